// SPDX-License-Identifier: Apache-2.0
//
// Unwind tables of files and of single functions, and their rows in words.
#pragma once

#include <dwarf.h>
#include <fcntl.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "base/fd.h"
#include "support/eh_frame_file.h"
#include "symbols/unwind_table.h"

namespace taskcost::test {

// "sp+2 fp@2": the CFA is the stack pointer + 2 slots, and the caller's frame pointer is 2 slots below it.
inline std::string in_words(const tc_unwind_row& row, bool is_arm64 = false) {
  const char* kinds[] = {"gap", "none", "sp", "fp", "*sp", "*fp", "plt", "signal", "end", "rbx", "rdi"};
  std::string text = kinds[row.kind & TC_UNWIND_KIND_MASK];
  if (row.cfa_offset != 0) {
    text += (row.cfa_offset > 0 ? "+" : "") + std::to_string(row.cfa_offset);
  }
  const int arm64_flags = row.kind & (TC_UNWIND_RA_ALONE | TC_UNWIND_RA_REGISTER);
  if (row.fp_slot != 0) {
    text += is_arm64 && (arm64_flags & TC_UNWIND_RA_ALONE) != 0 ? " ra@" : " fp@";
    text += row.fp_slot == TC_UNWIND_SLOT_BASE ? "base" : std::to_string(row.fp_slot);
  }
  if (is_arm64) {
    return (arm64_flags & TC_UNWIND_RA_REGISTER) != 0 ? text + " x30" : text;
  }
  const int rbx_slot = row.kind >> TC_UNWIND_RBX_SHIFT;
  return rbx_slot == 0 ? text : text + " rbx@" + (rbx_slot == TC_UNWIND_RBX_LOST ? "?" : std::to_string(rbx_slot));
}

inline std::vector<std::string> in_words(const Result<UnwindTable>& table) {
  std::vector<std::string> words;
  if (!table) {
    return {to_line(table.error())};
  }
  for (const tc_unwind_row& row : table->rows) {
    char offset[16];
    std::snprintf(offset, sizeof offset, "%x: ", row.offset);
    words.push_back(offset + in_words(row, table->is_arm64));
  }
  return words;
}

inline Result<UnwindTable> table_of(const std::string& path) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return make_unwind_table(file.get());
}

inline Result<UnwindTable> table_with(const std::string& eh_frame, std::uint16_t machine = EM_X86_64) {
  return make_unwind_table(image_of(elf_with(eh_frame, machine)));
}

// One function at the begin of the code, 0x100 bytes long.
inline Result<UnwindTable> table_of_function(const std::string& instructions, const std::string& common = {}) {
  const std::string begin = cie(common.empty() ? text_of({DW_CFA_def_cfa, 7, 8, DW_CFA_offset | 16, 1}) : common);
  return table_with(begin + fde(begin.size(), text_address, 0x100, instructions));
}

inline std::string why(const Result<UnwindTable>& table) { return table ? "a table" : to_line(table.error()); }

inline const tc_unwind_row& row_at(const UnwindTable& table, std::uint64_t offset) {
  return *(std::ranges::upper_bound(table.rows, offset, {}, &tc_unwind_row::offset) - 1);
}

}  // namespace taskcost::test
