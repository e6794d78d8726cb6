// SPDX-License-Identifier: Apache-2.0
//
// Identifies the files behind the mappings of running processes while that is possible: a file in another mount
// namespace, or an unlinked one, can be opened through /proc/PID/map_files only, and only while it is mapped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "base/fd.h"
#include "symbols/address_space.h"
#include "symbols/regular_file.h"

namespace taskcost {

class MappedFiles {
 public:
  // Adds the build id to a mapping that has none, and keeps the file open if its path leads elsewhere in our mount
  // namespace. `pid` is an id in the pid namespace of /proc. Skips mappings that are not of a file, and file systems
  // that may block (fetcher.h).
  void identify(std::uint32_t pid, Mapping& mapping);

  // A duplicate of the file that was kept open; closed if there is none.
  [[nodiscard]] RegularFile open(const Mapping& mapping) const;

 private:
  struct Known {
    std::string build_id;
    Fd file;  // empty: its path leads to it
  };
  // Path, device, inode, generation and build id.
  using Key = std::tuple<std::string, std::uint32_t, std::uint32_t, std::uint64_t, std::uint64_t, std::string>;

  static Key make_key(const Mapping& mapping);

  // Each file has two keys: the mapping without and with its build id.
  std::map<Key, std::shared_ptr<const Known>> known_;
  std::size_t kept_ = 0;
};

// True if build id, device, inode and generation of the mapping, as far as they are known, are those of the file.
bool is_mapping_of(const Mapping& mapping, const RegularFile& file);

}  // namespace taskcost
