// SPDX-License-Identifier: Apache-2.0
//
// Makes the unwind table of one ELF file (taskcost/abi_unwind.h) from its .eh_frame. The file may be hostile, and may
// change while it is read. Memory: at most 64 MiB for .eh_frame, 64 MiB for the rows, and as much again while they are
// made; linear in the size of .eh_frame, as is the time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "symbols/unwind_row.h"
#include "taskcost/abi_unwind.h"

namespace taskcost {

struct UnwindCounts {
  struct Ranges {
    std::uint64_t ranges = 0;
    std::uint64_t bytes = 0;
  };
  std::uint64_t functions = 0;   // FDEs (frame description entries) with code in the file
  std::uint64_t outside = 0;     // FDEs without: the linker has dropped their code
  std::uint64_t overlapped = 0;  // FDEs that another one begins inside of; code has the rule of the last to begin
  std::uint64_t text_bytes = 0;  // of all executable segments
  std::uint64_t gap_bytes = 0;   // of these, what no FDE describes
  std::array<Ranges, nr_no_unwind_rules> no_rule;  // TC_UNWIND_NONE by NoUnwindRule
};

struct UnwindTable {
  // Sorted by offset, each once; neighbors differ. The first has offset 0, and the last is TC_UNWIND_GAP.
  std::vector<tc_unwind_row> rows;
  UnwindCounts counts;
  bool is_arm64 = false;
};

// `file` is the descriptor of a regular file; its position may change.
Result<UnwindTable> make_unwind_table(int file);
// A whole file in memory, as the vDSO.
Result<UnwindTable> make_unwind_table(std::span<const std::byte> image);

// The rows as the probes keep them, with the rest of the last page filled.
std::vector<tc_unwind_page> to_pages(std::span<const tc_unwind_row> rows);

}  // namespace taskcost
