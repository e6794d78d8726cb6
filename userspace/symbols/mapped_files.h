// SPDX-License-Identifier: Apache-2.0
//
// The files behind the mappings of living processes, looked at while they can be: in another mount namespace, or once
// its name is gone, a file is reached through /proc/PID/map_files alone, and only for as long as it is mapped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "symbols/address_space.h"
#include "symbols/regular_file.h"
#include "taskcost/fd.h"

namespace taskcost {

class MappedFiles {
 public:
  // `pid` as /proc numbers it. Tells the build id of a mapping that has none, and keeps the file open if its path does
  // not lead there for us. Does nothing for what is no file, and for file systems that may wait for somebody else.
  void look_at(std::uint32_t pid, Mapping& mapping);

  // The file that was kept; closed when there is none.
  [[nodiscard]] RegularFile open(const Mapping& mapping) const;

 private:
  struct Known {
    std::string build_id;
    Fd file;  // closed: its path leads there
  };
  // Path, device, inode, generation and build id.
  using Key = std::tuple<std::string, std::uint32_t, std::uint32_t, std::uint64_t, std::uint64_t, std::string>;

  static Key key_of(const Mapping& mapping);

  // By what the kernel told of the mapping, and by that with the build id.
  std::map<Key, std::shared_ptr<const Known>> known_;
  std::size_t kept_ = 0;
};

// Whether the mapping is one of this file, as far as numbers and build id tell.
bool is_mapping_of(const Mapping& mapping, const RegularFile& file);

}  // namespace taskcost
