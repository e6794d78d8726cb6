// SPDX-License-Identifier: Apache-2.0
//
// The functions of one ELF file, by place in the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "symbols/regular_file.h"
#include "taskcost/result.h"

namespace taskcost {

class ElfSymbols {
 public:
  // `path` is where the file was found: its debug file is looked for from there.
  static Result<ElfSymbols> read(RegularFile file, const std::string& path,
                                 const std::vector<std::string>& debug_directories);

  // The symbol there as the file has it, without its version; empty when there is none.
  [[nodiscard]] std::string find(std::uint64_t file_offset) const;
  [[nodiscard]] const std::string& build_id() const { return build_id_; }

 private:
  struct Segment {
    std::uint64_t file_offset = 0;
    std::uint64_t size = 0;  // in the file
    std::uint64_t address = 0;
  };
  struct Symbol {
    std::uint64_t address = 0;
    std::uint64_t size = 0;  // 0: as far as the next symbol
    std::uint32_t name = 0;  // in names_
  };
  class Reader;

  [[nodiscard]] std::optional<std::uint64_t> address_of(std::uint64_t file_offset) const;

  std::string build_id_;
  std::vector<Segment> segments_;
  std::vector<Symbol> symbols_;  // by address, one for each
  std::string names_;            // each with a zero behind it
};

// A C++ name as one reads it; any other name unchanged.
std::string demangled(const std::string& name);

}  // namespace taskcost
