// SPDX-License-Identifier: Apache-2.0
#include "symbols/mapped_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <utility>

#include "base/fetcher.h"
#include "symbols/debug_files.h"

namespace taskcost {
namespace {

// File descriptors are limited, and an open file keeps its file system from being unmounted.
constexpr std::size_t max_kept = 128;
constexpr std::size_t max_known = 16384;

bool has_numbers(const Mapping& mapping, std::uint32_t device_major, std::uint32_t device_minor, std::uint64_t inode) {
  return mapping.inode == inode && mapping.device_major == device_major && mapping.device_minor == device_minor;
}

// On overlayfs and btrfs, stat() returns another device and inode than /proc/PID/maps shows: map the file to compare.
bool maps_as(const RegularFile& file, const Mapping& mapping) {
  const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (at == MAP_FAILED) {
    return false;
  }
  bool same = false;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t start = 0;
    std::uint32_t major_number = 0;
    std::uint32_t minor_number = 0;
    std::uint64_t inode = 0;
    constexpr int fields = 4;
    // NOLINTNEXTLINE(cert-err34-c): the kernel's own numbers
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%*x %*s %*x %x:%x %" SCNu64, &start, &major_number, &minor_number,
                    &inode) == fields &&
        start == reinterpret_cast<std::uintptr_t>(at)) {
      same = has_numbers(mapping, major_number, minor_number, inode);
      break;
    }
  }
  munmap(at, size);
  return same;
}

// False only if both generations are known and differ.
bool may_have_generation(const RegularFile& file, const Mapping& mapping) {
  unsigned long generation = 0;  // FS_IOC_GETVERSION is declared with long, but the kernel writes an int
  if (mapping.inode_generation == 0 || ioctl(file.get(), FS_IOC_GETVERSION, &generation) != 0) {
    return true;
  }
  return static_cast<std::uint32_t>(generation) == static_cast<std::uint32_t>(mapping.inode_generation);
}

// True if the path leads to the inode of `file` in our mount namespace.
bool leads_to(const std::string& path, const RegularFile& file) {
  const struct stat expected = file.status();
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && found.st_dev == expected.st_dev && found.st_ino == expected.st_ino;
}

}  // namespace

bool is_mapping_of(const Mapping& mapping, const RegularFile& file) {
  if (!mapping.build_id.empty() && read_build_id(file) != mapping.build_id) {
    return false;
  }
  if (mapping.inode == 0) {
    return true;
  }
  const struct stat status = file.status();
  const bool is_same = has_numbers(mapping, major(status.st_dev), minor(status.st_dev), status.st_ino);
  return (is_same || (!file.is_copy() && maps_as(file, mapping))) && may_have_generation(file, mapping);
}

MappedFiles::Key MappedFiles::make_key(const Mapping& mapping) {
  return {mapping.path,  mapping.device_major,     mapping.device_minor,
          mapping.inode, mapping.inode_generation, mapping.build_id};
}

void MappedFiles::identify(std::uint32_t pid, Mapping& mapping) {
  if (!mapping.path.starts_with('/') || mapping.path.starts_with("//")) {
    return;
  }
  const Key reported = make_key(mapping);
  if (const auto known = known_.find(reported); known != known_.end()) {
    mapping.build_id = known->second->build_id;
    return;
  }
  const std::string path = fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, mapping.start, mapping.end);
  const Fd file_path(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!file_path || may_block(file_path.get())) {
    return;
  }
  RegularFile file(path);
  // Another process may have the pid by now.
  if (!file || !is_mapping_of(mapping, file)) {
    return;
  }
  if (known_.size() >= max_known) {
    known_.clear();
    kept_ = 0;
  }
  auto known = std::make_shared<Known>();
  known->build_id = mapping.build_id.empty() ? read_build_id(file) : mapping.build_id;
  if (kept_ < max_kept && !leads_to(mapping.path, file)) {
    known->file = Fd(file.release());
    ++kept_;
  }
  mapping.build_id = known->build_id;
  known_.emplace(reported, known);
  known_.emplace(make_key(mapping), known);
}

RegularFile MappedFiles::open(const Mapping& mapping) const {
  const auto known = known_.find(make_key(mapping));
  return RegularFile(
      known == known_.end() || !known->second->file ? -1 : fcntl(known->second->file.get(), F_DUPFD_CLOEXEC, 0));
}

}  // namespace taskcost
