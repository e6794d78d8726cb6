// SPDX-License-Identifier: Apache-2.0
//
// The functions of one ELF file, found by their offset in the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "symbols/process_roots.h"
#include "symbols/regular_file.h"

namespace taskcost {

class ElfSymbols {
 public:
  // `path` below `root` is where the file was found; the search for its debug file starts there. Error:
  // libdwfl cannot read it, or it needs too much memory (elf_file.h).
  static Result<ElfSymbols> read(const RegularFile& file, const std::string& path,
                                 const std::vector<std::string>& debug_directories, const Root& root = {});

  // Returns the symbol that covers this offset, still mangled, without its version; empty if there is none.
  [[nodiscard]] std::string find(std::uint64_t file_offset) const;
  [[nodiscard]] const std::string& build_id() const { return build_id_; }

 private:
  struct Segment {
    std::uint64_t file_offset = 0;
    std::uint64_t size = 0;  // bytes in the file
    std::uint64_t address = 0;
  };
  struct Symbol {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
    std::uint32_t name = 0;  // index in names_
  };
  class Reader;

  [[nodiscard]] std::optional<std::uint64_t> to_address(std::uint64_t file_offset) const;

  std::string build_id_;
  std::vector<Segment> segments_;
  std::vector<Symbol> symbols_;  // sorted by address, one for each address
  std::string names_;            // zero-terminated names
};

// Demangles a C++ name, as c++filt does; returns any other name unchanged.
std::string demangle(const std::string& name);

}  // namespace taskcost
