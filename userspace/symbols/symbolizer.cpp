// SPDX-License-Identifier: Apache-2.0
#include "symbols/symbolizer.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <string_view>
#include <utility>

#include "symbols/regular_file.h"

namespace taskcost {
namespace {

constexpr std::string_view vdso_path = "[vdso]";
constexpr std::string_view deleted = " (deleted)";

bool is_file(const std::string& path) { return path.starts_with('/') && !path.starts_with("//"); }

bool has_identity(const Mapping& mapping, std::uint32_t device_major, std::uint32_t device_minor, std::uint64_t inode) {
  return mapping.inode == inode && mapping.device_major == device_major && mapping.device_minor == device_minor;
}

// On overlayfs and btrfs stat() does not tell the device and inode that a mapping has: so map it, and look.
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
      same = has_identity(mapping, major_number, minor_number, inode);
      break;
    }
  }
  munmap(at, size);
  return same;
}

bool is_same_file(const RegularFile& file, const Mapping& mapping) {
  const struct stat status = file.status();
  return mapping.inode == 0 || has_identity(mapping, major(status.st_dev), minor(status.st_dev), status.st_ino) ||
         maps_as(file, mapping);
}

// The vDSO of this process, which is that of all 64-bit processes.
RegularFile own_vdso() {
  const auto* image = reinterpret_cast<const char*>(getauxval(AT_SYSINFO_EHDR));  // NOLINT(performance-no-int-to-ptr)
  if (image == nullptr) {
    return {};
  }
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(image);
  const std::size_t size = header->e_shoff + static_cast<std::size_t>(header->e_shentsize) * header->e_shnum;
  RegularFile file(memfd_create("vdso", MFD_CLOEXEC));
  if (!file || write(file.get(), image, size) != static_cast<ssize_t>(size)) {
    return {};
  }
  return file;
}

std::optional<ElfSymbols> symbols_of(RegularFile file, const std::string& path,
                                     const std::vector<std::string>& debug_directories) {
  auto symbols = ElfSymbols::read(std::move(file), path, debug_directories);
  return symbols ? std::optional(std::move(*symbols)) : std::nullopt;
}

}  // namespace

Symbolizer::Module Symbolizer::load(const Mapping& mapping) const {
  Module module;
  if (mapping.path == vdso_path) {
    // That of a 32-bit process is another one.
    constexpr std::uint64_t end_of_32_bits = std::uint64_t{1} << 32;
    RegularFile file = mapping.start < end_of_32_bits ? RegularFile() : own_vdso();
    if (file) {
      module.symbols = symbols_of(std::move(file), mapping.path, {});
    }
    return module;
  }
  if (!is_file(mapping.path)) {
    module.mark = Frame::Mark::unknown;
    return module;
  }
  RegularFile file(mapping.path);
  const int why_not = errno;
  // A name may end like that and still be the file's.
  const bool says_deleted = mapping.path.ends_with(deleted);
  if (!file) {
    const bool is_gone = says_deleted || why_not == ENOENT || why_not == ENOTDIR;
    const bool is_no_file = why_not == EINVAL;
    module.mark = is_gone ? Frame::Mark::unlinked : is_no_file ? Frame::Mark::replaced : Frame::Mark::none;
    return module;
  }
  if (!is_same_file(file, mapping)) {
    module.mark = says_deleted ? Frame::Mark::unlinked : Frame::Mark::replaced;
    return module;
  }
  auto symbols = symbols_of(std::move(file), mapping.path, options_.debug_directories);
  if (symbols && !mapping.build_id.empty() && symbols->build_id() != mapping.build_id) {
    module.mark = Frame::Mark::replaced;
    return module;
  }
  module.symbols = std::move(symbols);
  return module;
}

Symbolizer::Module& Symbolizer::module_of(const Mapping& mapping) {
  // A program that maps ever new files must not fill the memory with their symbols.
  constexpr std::size_t most_modules = 1024;
  Key key(mapping.path, mapping.device_major, mapping.device_minor, mapping.inode, mapping.build_id);
  const auto known = modules_.find(key);
  if (known != modules_.end()) {
    return known->second;
  }
  if (modules_.size() >= most_modules) {
    modules_.clear();
  }
  return modules_.emplace(std::move(key), load(mapping)).first->second;
}

Frame Symbolizer::name(const Mapping* mapping, std::uint64_t address) {
  Frame frame;
  if (mapping == nullptr) {
    frame.mark = Frame::Mark::unknown;
    return frame;
  }
  Module& module = module_of(*mapping);
  const std::uint64_t offset = address - mapping->start + (mapping->path == vdso_path ? 0 : mapping->file_offset);
  frame.module = mapping->path;
  frame.mark = module.mark;
  if (frame.module.ends_with(deleted) && module.mark == Frame::Mark::unlinked) {
    frame.module.resize(frame.module.size() - deleted.size());
  }
  if (module.symbols) {
    const auto [known, is_new] = module.functions.try_emplace(offset);
    if (is_new) {
      known->second = demangled(module.symbols->find(offset));
    }
    frame.function = known->second;
  }
  frame.offset = frame.function.empty() ? offset : 0;
  return frame;
}

}  // namespace taskcost
