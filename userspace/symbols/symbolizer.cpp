// SPDX-License-Identifier: Apache-2.0
#include "symbols/symbolizer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <string_view>
#include <utility>

#include "symbols/file_times.h"
#include "symbols/mapped_files.h"
#include "symbols/own_vdso.h"
#include "symbols/regular_file.h"

namespace taskcost {
namespace {

constexpr std::string_view vdso_path = "[vdso]";
constexpr std::string_view deleted = " (deleted)";

// The latest time, on CLOCK_MONOTONIC, at which the file may have changed last: its timestamps have the resolution of a
// tick. 0: the change is in the future, because the clock was set since.
std::uint64_t changed_ns(const RegularFile& file) {
  const struct stat status = file.status();
  timespec tick{};
  clock_getres(CLOCK_REALTIME_COARSE, &tick);
  // unlink() sets the ctime as well, so an unlinked file counts by its mtime.
  const timespec changed = status.st_nlink == 0 ? status.st_mtim : status.st_ctim;
  if (to_ns(changed) > read_clock_ns(CLOCK_REALTIME)) {
    return 0;
  }
  return static_cast<std::uint64_t>(std::max<std::int64_t>(to_monotonic_ns(changed) + to_ns(tick), 1));
}

RegularFile own_vdso() {
  const auto image = own_vdso_image();
  RegularFile file(memfd_create("vdso", MFD_CLOEXEC));
  if (!file || write(file.get(), image.data(), image.size()) != static_cast<ssize_t>(image.size())) {
    return {};
  }
  return file;
}

std::optional<ElfSymbols> read_symbols(const RegularFile& file, const std::string& path,
                                       const std::vector<std::string>& debug_directories, const Root& root = {}) {
  auto symbols = ElfSymbols::read(file, path, debug_directories, root);
  return symbols ? std::optional(std::move(*symbols)) : std::nullopt;
}

}  // namespace

Symbolizer::Module Symbolizer::load(const Mapping& mapping) {
  if (spent_ >= options_.budget && is_file_path(mapping.path)) {
    Module module;
    module.mark = Frame::Mark::unread;
    return module;
  }
  const auto start = std::chrono::steady_clock::now();
  Module module = load_file(mapping);
  spent_ += std::chrono::steady_clock::now() - start;
  return module;
}

Symbolizer::Module Symbolizer::load_file(const Mapping& mapping) {
  Module module;
  if (mapping.path == vdso_path) {
    // A 32-bit process has another vDSO.
    constexpr std::uint64_t end_of_32_bits = std::uint64_t{1} << 32;
    const RegularFile file = mapping.start < end_of_32_bits ? RegularFile() : own_vdso();
    if (file) {
      module.symbols = read_symbols(file, mapping.path, {});
    }
    return module;
  }
  if (!is_file_path(mapping.path)) {
    module.mark = Frame::Mark::unknown;
    return module;
  }
  KeptFile kept = options_.kept_file ? options_.kept_file(mapping) : KeptFile();
  if (kept.file) {
    module.has_no_name = kept.file.status().st_nlink == 0;
    take_symbols(module, mapping, kept.file, kept.root);
    return module;
  }
  const std::pair device(mapping.device_major, mapping.device_minor);
  if (silent_devices_.contains(device)) {
    module.mark = Frame::Mark::unread;
    return module;
  }
  RegularFile file(mapping.path, {.root = descriptor_of(kept.root)});
  const int why_not = errno;
  if (!file && (why_not == ETIMEDOUT || why_not == EAGAIN || why_not == ECANCELED || why_not == EFBIG)) {
    if (why_not == ETIMEDOUT && device.first + device.second != 0) {
      silent_devices_.insert(device);
    }
    module.mark = Frame::Mark::unread;
    return module;
  }
  // The name of an existing file may end with " (deleted)", too.
  const bool says_deleted = mapping.path.ends_with(deleted);
  if (!file) {
    const bool is_gone = says_deleted || why_not == ENOENT || why_not == ENOTDIR;
    const bool is_no_file = why_not == EINVAL;
    module.mark = is_gone ? Frame::Mark::unlinked : is_no_file ? Frame::Mark::replaced : Frame::Mark::none;
    return module;
  }
  if (!is_mapping_of(mapping, file)) {
    module.mark = says_deleted ? Frame::Mark::unlinked : Frame::Mark::replaced;
    return module;
  }
  take_symbols(module, mapping, file, kept.root);
  return module;
}

// The file has the inode of the mapping, but its content may have changed.
void Symbolizer::take_symbols(Module& module, const Mapping& mapping, const RegularFile& file, const Root& root) const {
  if (file.status().st_size > options_.largest_file) {
    module.mark = Frame::Mark::unread;
    return;
  }
  if (mapping.build_id.empty()) {
    module.changed_ns = changed_ns(file);
  }
  auto symbols = read_symbols(file, mapping.path, options_.debug_directories, root);
  if (symbols && !mapping.build_id.empty() && symbols->build_id() != mapping.build_id) {
    module.mark = Frame::Mark::replaced;
    return;
  }
  module.symbols = std::move(symbols);
}

Symbolizer::Module& Symbolizer::find_or_load(const Mapping& mapping) {
  // Bound the memory for a program that keeps mapping new files.
  constexpr std::size_t max_modules = 1024;
  Key key(mapping.path, mapping.device_major, mapping.device_minor, mapping.inode, mapping.inode_generation,
          mapping.build_id);
  const auto known = modules_.find(key);
  if (known != modules_.end()) {
    return known->second;
  }
  if (modules_.size() >= max_modules) {
    modules_.clear();
  }
  return modules_.emplace(std::move(key), load(mapping)).first->second;
}

const PerfMap& Symbolizer::find_or_read(std::uint32_t jit) {
  const auto known = jit_maps_.find(jit);
  if (known != jit_maps_.end()) {
    return known->second;
  }
  const auto start = std::chrono::steady_clock::now();
  PerfMap map = spent_ < options_.budget ? read_map(jit) : PerfMap();
  spent_ += std::chrono::steady_clock::now() - start;
  return jit_maps_.emplace(jit, std::move(map)).first->second;
}

PerfMap Symbolizer::read_map(std::uint32_t jit) {
  constexpr std::size_t max_jit_bytes = 4 * PerfMap::max_bytes;
  const RegularFile file = options_.jit_map ? options_.jit_map(jit) : RegularFile();
  const auto size = file ? static_cast<std::size_t>(std::max<off_t>(file.status().st_size, 0)) : 0;
  std::string text(std::min({size, PerfMap::max_bytes, max_jit_bytes - jit_bytes_}), '\0');
  const ssize_t got = pread(file.get(), text.data(), text.size(), static_cast<off_t>(size - text.size()));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (text.size() < size) {
    text.erase(0, text.find('\n'));  // the first line is torn
  }
  jit_bytes_ += text.size();
  return PerfMap::parse(std::move(text));
}

Symbolizer::JitSums Symbolizer::jit_sums() const {
  JitSums sums;
  for (const auto& [jit, map] : jit_maps_) {
    ++(map.empty() ? sums.refused : sums.read);
  }
  return sums;
}

Frame Symbolizer::name(const Mapping* mapping, std::uint64_t address) {
  Frame frame;
  if (mapping == nullptr) {
    frame.mark = Frame::Mark::unknown;
    return frame;
  }
  Module& module = find_or_load(*mapping);
  if (mapping->jit != 0 && !module.symbols) {
    frame.function = find_or_read(mapping->jit).find(address);
    if (!frame.function.empty()) {
      frame.module = compiled_module;
      return frame;
    }
  }
  const std::uint64_t offset = address - mapping->start + (mapping->path == vdso_path ? 0 : mapping->file_offset);
  frame.module = mapping->path;
  const bool is_changed = mapping->mapped_ns != 0 && module.changed_ns > mapping->mapped_ns;
  frame.mark = is_changed ? Frame::Mark::replaced : module.mark;
  if (frame.module.ends_with(deleted) && (module.has_no_name || module.mark == Frame::Mark::unlinked)) {
    frame.module.resize(frame.module.size() - deleted.size());
  }
  if (module.symbols && !is_changed) {
    const auto [known, is_new] = module.functions.try_emplace(offset);
    if (is_new) {
      known->second = demangle(module.symbols->find(offset));
    }
    frame.function = known->second;
  }
  frame.offset = frame.function.empty() ? offset : 0;
  return frame;
}

std::vector<BuildId> Symbolizer::build_ids() const {
  std::vector<BuildId> ids;
  for (const auto& [key, module] : modules_) {
    const std::string& mapped = std::get<5>(key);
    const std::string id = mapped.empty() && module.symbols ? module.symbols->build_id() : mapped;
    if (!id.empty()) {
      ids.push_back({std::get<0>(key), id});
    }
  }
  return ids;
}

}  // namespace taskcost
