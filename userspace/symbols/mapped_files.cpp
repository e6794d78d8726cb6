// SPDX-License-Identifier: Apache-2.0
#include "symbols/mapped_files.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <utility>

#include "symbols/debug_files.h"
#include "symbols/file_times.h"

namespace taskcost {
namespace {

constexpr std::size_t max_kept = 512;
constexpr std::size_t max_known = 16384;
constexpr std::size_t max_parents = 65536;
constexpr int max_ancestors = 16;

// The tool needs descriptors for other things, too.
std::uint64_t kept_limit() {
  constexpr rlim_t share = 4;
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::min<rlim_t>(max_kept, limit.rlim_cur / share) : 0;
}

bool is_elf(const RegularFile& file) {
  std::array<char, SELFMAG> magic{};
  return pread(file.get(), magic.data(), magic.size(), 0) == SELFMAG && std::memcmp(magic.data(), ELFMAG, SELFMAG) == 0;
}

// Without one of these, any file could be that of the mapping.
bool has_identity(const Mapping& mapping) { return mapping.inode != 0 || !mapping.build_id.empty(); }

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

}  // namespace

bool is_file_path(const std::string& mapped_path) {
  return mapped_path.starts_with('/') && !mapped_path.starts_with("//");
}

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

MappedFiles::MappedFiles() { sums_.limit = kept_limit(); }

void MappedFiles::on_fork(std::uint32_t parent, std::uint32_t pid, std::uint64_t at_ns) {
  jit_.forget(pid, at_ns);
  if (parents_.size() >= max_parents) {
    parents_.clear();
  }
  parents_[pid] = parent;
}

void MappedFiles::identify(std::uint32_t pid, Mapping& mapping, std::uint64_t at_ns) {
  if (may_be_compiled(mapping.path)) {
    mapping.jit = jit_.find(pid, roots_);
  }
  if (!is_file_path(mapping.path)) {
    return;
  }
  const Key reported = make_key(mapping);
  if (const auto known = known_.find(reported); known != known_.end()) {
    mapping.build_id = known->second->build_id;
    return;
  }
  Seen seen = open(pid, mapping);
  if (!seen.file && !seen.is_blocking) {
    return;
  }
  if (known_.size() >= max_known) {
    known_.clear();
    sums_.kept = 0;
  }
  auto known = std::make_shared<Known>();
  known->build_id = mapping.build_id;
  known->root = seen.root;
  if (seen.file) {
    const bool is_written_since = to_monotonic_ns(seen.file.status().st_mtim) > static_cast<std::int64_t>(at_ns);
    if (known->build_id.empty() && !is_written_since) {
      known->build_id = read_build_id(seen.file);
    }
    keep(*known, seen.file);
  }
  mapping.build_id = known->build_id;
  known_.emplace(reported, known);
  known_.emplace(make_key(mapping), known);
}

// An open file keeps its file system from being unmounted: leave those of our mount namespace alone, unless the file is
// on the mount of the root, or has no path.
void MappedFiles::keep(Known& known, RegularFile& file) {
  const bool pins_a_mount = !known.root && file.status().st_nlink > 0 && !roots_.is_on_our_root(file.get());
  if (pins_a_mount || !is_elf(file)) {
    return;
  }
  if (sums_.kept >= sums_.limit) {
    ++sums_.not_kept;
    return;
  }
  known.file = Fd(file.release());
  ++sums_.kept;
}

MappedFiles::Seen MappedFiles::open(std::uint32_t pid, const Mapping& mapping) {
  std::optional<Root> root = roots_.find(pid);
  if (root) {
    RegularFile file(fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, mapping.start, mapping.end), {.quick = true});
    if (!file && (errno == EOPNOTSUPP || errno == ETIMEDOUT)) {
      return {RegularFile(), *root, true};
    }
    // Another process may have the pid by now, or another file the address.
    if (file && is_mapping_of(mapping, file)) {
      return {std::move(file), *root};
    }
  } else {
    root = find_ancestors_root(pid);
  }
  if (!root || !has_identity(mapping)) {
    return {};
  }
  RegularFile file(mapping.path, {.root = descriptor_of(*root), .quick = true});
  return file && is_mapping_of(mapping, file) ? Seen{std::move(file), *root} : Seen{};
}

std::optional<Root> MappedFiles::find_ancestors_root(std::uint32_t pid) {
  std::optional<Root> root;
  for (int i = 0; !root && errno == ENOENT && i < max_ancestors; ++i) {
    const auto parent = parents_.find(pid);
    if (parent == parents_.end()) {
      return std::nullopt;
    }
    pid = parent->second;
    root = roots_.find(pid);
  }
  return root;
}

KeptFile MappedFiles::find(const Mapping& mapping) const {
  const auto known = known_.find(make_key(mapping));
  if (known == known_.end()) {
    return {};
  }
  const Fd& file = known->second->file;
  return {RegularFile(file ? fcntl(file.get(), F_DUPFD_CLOEXEC, 0) : -1), known->second->root};
}

}  // namespace taskcost
