// SPDX-License-Identifier: Apache-2.0
//
// A rule of .eh_frame as a row of an unwind table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "symbols/cfi_program.h"
#include "taskcost/abi_unwind.h"

namespace taskcost {

// Why a row is TC_UNWIND_NONE.
enum class NoUnwindRule : std::uint8_t {
  cfa,             // the CFA is in a register that the probe does not follow, or in an expression that no row has
  cfa_offset,      // too large for a row, or not a multiple of 8
  return_address,  // in another register, or at an unusual place
  frame_pointer,   // as the return address
  instruction,     // an instruction that is not known
};
inline constexpr std::size_t nr_no_unwind_rules = 5;

struct UnwindRule {
  tc_unwind_row row{};                   // but for its offset
  std::optional<NoUnwindRule> reason{};  // if its kind is TC_UNWIND_NONE
};

// A row of a kind that needs no more.
constexpr tc_unwind_row plain_row(std::uint32_t offset, tc_unwind_kind kind) {
  return {offset, 0, static_cast<std::uint8_t>(kind), 0};
}

UnwindRule to_unwind_rule(const CfiRegisters& registers, const CfiCommon& common, const CfiState& state);
UnwindRule no_unwind_rule(NoUnwindRule reason);

}  // namespace taskcost
