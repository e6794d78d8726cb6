// SPDX-License-Identifier: Apache-2.0
//
// Names of user-space addresses. Files are opened where their paths lead now, which may be after their process has
// ended: a file that was removed, replaced or written to in between gives no names, and the frame says so. So it says
// of a file that does not answer in time, and of those that come when the time for all of them is used up.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "symbols/address_space.h"
#include "symbols/elf_symbols.h"
#include "taskcost/stacks.h"

namespace taskcost {

class Symbolizer {
 public:
  struct Options {
    // Where separate debug files are, besides the directory of the file itself.
    std::vector<std::string> debug_directories = {"/usr/lib/debug"};
    // A file that was kept open for a mapping, closed when there is none.
    std::function<RegularFile(const Mapping&)> kept_file;
    std::chrono::nanoseconds budget = std::chrono::seconds(20);  // for reading all files
    std::int64_t largest_file = std::int64_t{4} << 30;
  };

  Symbolizer() : Symbolizer(Options{}) {}
  explicit Symbolizer(Options options) : options_(std::move(options)) {}
  Symbolizer(const Symbolizer&) = delete;
  Symbolizer& operator=(const Symbolizer&) = delete;

  // `mapping` is that of `address`, null when none is known. Without a symbol the frame's offset is that into the file.
  Frame name(const Mapping* mapping, std::uint64_t address);

 private:
  struct Module {
    Frame::Mark mark = Frame::Mark::none;
    bool has_no_name = false;           // any more, but the file is known
    std::uint64_t changed_ns = 0;       // the file changed then: older mappings had another content; 0: not so
    std::optional<ElfSymbols> symbols;  // nullopt when they cannot be read
    std::unordered_map<std::uint64_t, std::string> functions;  // by offset, demangled
  };
  // Path, device, inode, generation and build id: another file of the same path is another module.
  using Key = std::tuple<std::string, std::uint32_t, std::uint32_t, std::uint64_t, std::uint64_t, std::string>;

  Module& module_of(const Mapping& mapping);
  Module load(const Mapping& mapping);
  Module load_file(const Mapping& mapping);
  void take_symbols(Module& module, const Mapping& mapping, RegularFile file) const;

  Options options_;
  std::map<Key, Module> modules_;
  std::chrono::nanoseconds spent_{};
  std::set<std::pair<std::uint32_t, std::uint32_t>> silent_devices_;  // of files that did not answer
};

}  // namespace taskcost
