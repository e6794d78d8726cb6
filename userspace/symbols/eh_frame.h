// SPDX-License-Identifier: Apache-2.0
//
// Finds .eh_frame in an ELF file, and the functions that it describes.
#pragma once

#include <gelf.h>

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "symbols/cfi_program.h"

namespace taskcost {

// Executable code in the file.
struct CodeSegment {
  std::uint64_t offset = 0;  // in the file
  std::uint64_t size = 0;    // bytes in the file
  std::uint64_t address = 0;
};

// The code of one FDE.
struct DescribedFunction {
  std::uint64_t address = 0;
  std::uint32_t from = 0;  // offset in the file
  std::uint32_t to = 0;
  std::uint32_t common = 0;        // index in EhFrame::commons
  std::uint32_t instructions = 0;  // position in EhFrame::bytes
  std::uint32_t size = 0;          // bytes of instructions
};

struct EhFrame {
  CfiRegisters registers{};
  std::vector<CodeSegment> code;
  std::span<const std::uint8_t> bytes;  // of the Elf
  std::uint64_t address = 0;            // of the bytes
  std::vector<CfiCommon> commons;
  std::vector<DescribedFunction> functions;
  std::uint64_t outside = 0;             // FDEs of no code in this file
  std::optional<std::uint32_t> entry{};  // offset in the file of the code that is executed first
};

Error no_unwind_table(std::string why);

// `size`: of the file. The result is valid as long as `elf`.
Result<EhFrame> read_eh_frame(Elf* elf, std::uint64_t size);

}  // namespace taskcost
