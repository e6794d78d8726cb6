// SPDX-License-Identifier: Apache-2.0
//
// Identifies the files behind the mappings of running processes while that is possible, and keeps them open until the
// report: a file in another mount namespace can be opened through /proc/PID/map_files only, and only while it is
// mapped, and one that is unlinked later has no path then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>

#include "account/stacks.h"
#include "base/fd.h"
#include "symbols/address_space.h"
#include "symbols/jit_processes.h"
#include "symbols/process_roots.h"
#include "symbols/regular_file.h"

namespace taskcost {

// Where the file of a mapping is found.
struct KeptFile {
  RegularFile file;  // closed: it was not kept, or never seen
  Root root;         // where its path, and those of its debug files, lead to it
};

class MappedFiles {
 public:
  MappedFiles();

  // Looks at the file of a mapping that existed at `at_ns` (CLOCK_MONOTONIC): adds its build id if the mapping has
  // none, and keeps it open. If the process has ended, the file is looked for where its nearest living ancestor has its
  // root. Adds the number of the process if the mapping may have compiled code. `pid` is an id in the pid namespace of
  // /proc. Reads nothing from file systems that may block (fetcher.h).
  void identify(std::uint32_t pid, Mapping& mapping, std::uint64_t at_ns);
  void on_fork(std::uint32_t parent, std::uint32_t pid, std::uint64_t at_ns);
  void on_exec(std::uint32_t pid, std::uint64_t at_ns) { jit_.forget(pid, at_ns); }

  [[nodiscard]] KeptFile find(const Mapping& mapping) const;
  [[nodiscard]] const JitProcesses& jit() const { return jit_; }
  [[nodiscard]] const KeptFiles& sums() const { return sums_; }

 private:
  struct Known {
    std::string build_id;
    Fd file;  // empty: it is not kept
    Root root;
  };
  struct Seen {
    RegularFile file{};
    Root root{};
    bool is_blocking = false;  // its file system may block, or does
  };
  // Path, device, inode, generation and build id.
  using Key = std::tuple<std::string, std::uint32_t, std::uint32_t, std::uint64_t, std::uint64_t, std::string>;

  static Key make_key(const Mapping& mapping);
  Seen open(std::uint32_t pid, const Mapping& mapping);
  // REQUIRES: errno says why the root of the process cannot be had.
  std::optional<Root> find_ancestors_root(std::uint32_t pid);
  void keep(Known& known, RegularFile& file);

  ProcessRoots roots_;
  JitProcesses jit_;
  // Each file has two keys: the mapping without and with its build id.
  std::map<Key, std::shared_ptr<const Known>> known_;
  std::unordered_map<std::uint32_t, std::uint32_t> parents_;
  KeptFiles sums_;
};

// True if this path of a mapping names a file.
bool is_file_path(const std::string& mapped_path);
// True if build id, device, inode and generation of the mapping, as far as they are known, are those of the file.
bool is_mapping_of(const Mapping& mapping, const RegularFile& file);

}  // namespace taskcost
