// SPDX-License-Identifier: Apache-2.0
//
// Names user-space addresses. It takes files that were kept open, and opens others by their paths, possibly after their
// process has exited. A file that was unlinked, replaced or written to in between gives no names, and the frame's mark
// says so; so it does for a file that does not answer in time, and for all files after the budget is used up.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "account/stacks.h"
#include "symbols/address_space.h"
#include "symbols/elf_symbols.h"
#include "symbols/mapped_files.h"
#include "symbols/perf_map.h"

namespace taskcost {

// The module of a frame whose name is from the map of a just-in-time compiler.
inline constexpr std::string_view compiled_module = "[JIT]";

class Symbolizer {
 public:
  struct Options {
    // Searched for separate debug files, besides the directory of the file itself.
    std::vector<std::string> debug_directories = {"/usr/lib/debug"};
    // Returns the file that was kept open for a mapping, and the root of its process.
    std::function<KeptFile(const Mapping&)> kept_file = {};
    // Opens the map of compiled code by Mapping::jit; closed if there is none.
    std::function<RegularFile(std::uint32_t)> jit_map = {};
    std::chrono::nanoseconds budget = std::chrono::seconds(20);  // for reading all files
    std::int64_t largest_file = std::int64_t{4} << 30;
  };

  Symbolizer() : Symbolizer(Options{}) {}
  explicit Symbolizer(Options options) : options_(std::move(options)) {}
  Symbolizer(const Symbolizer&) = delete;
  Symbolizer& operator=(const Symbolizer&) = delete;

  // `mapping` contains `address`; nullptr if none is known. Without a symbol, the frame has its offset in the file.
  Frame name(const Mapping* mapping, std::uint64_t address);

  // The maps of compiled code that were asked for: with names, and without any.
  struct JitSums {
    std::uint64_t read = 0;
    std::uint64_t refused = 0;
  };
  [[nodiscard]] JitSums jit_sums() const;
  // Returns those of the files that name() has read.
  [[nodiscard]] std::vector<BuildId> build_ids() const;

 private:
  struct Module {
    Frame::Mark mark = Frame::Mark::none;
    bool has_no_name = false;           // unlinked, but kept open
    std::uint64_t changed_ns = 0;       // last change of the file: older mappings had another content; 0: not known
    std::optional<ElfSymbols> symbols;  // nullopt if they cannot be read
    std::unordered_map<std::uint64_t, std::string> functions;  // by offset, demangled
  };
  // Path, device, inode, generation and build id: another file with the same path is another module.
  using Key = std::tuple<std::string, std::uint32_t, std::uint32_t, std::uint64_t, std::uint64_t, std::string>;

  Module& find_or_load(const Mapping& mapping);
  Module load(const Mapping& mapping);
  Module load_file(const Mapping& mapping);
  void take_symbols(Module& module, const Mapping& mapping, const RegularFile& file, const Root& root) const;
  const PerfMap& find_or_read(std::uint32_t jit);
  PerfMap read_map(std::uint32_t jit);

  Options options_;
  std::map<Key, Module> modules_;
  std::map<std::uint32_t, PerfMap> jit_maps_;
  std::size_t jit_bytes_ = 0;
  std::chrono::nanoseconds spent_{};
  std::set<std::pair<std::uint32_t, std::uint32_t>> silent_devices_;  // a file there did not answer in time
};

}  // namespace taskcost
