// SPDX-License-Identifier: Apache-2.0
#include "symbols/unwind_row.h"

#include <dwarf.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace taskcost {
namespace {

constexpr std::int64_t slot_size = 8;
constexpr std::int64_t last_slot = TC_UNWIND_SLOT_BASE - 1;

struct Cfa {
  std::uint8_t kind = TC_UNWIND_NONE;
  std::int64_t offset = 0;  // in bytes; TC_UNWIND_PLT: in slots
  NoUnwindRule reason = NoUnwindRule::cfa;
};

// DW_OP_bregN offset [DW_OP_deref [DW_OP_plus_uconst more]]
struct Expression {
  std::uint64_t base = 0;
  std::int64_t offset = 0;
  bool is_deref = false;
  std::uint64_t more = 0;
};

std::optional<Expression> parse(std::span<const std::uint8_t> expression) {
  constexpr std::uint64_t nr_registers = 32;
  CfiBytes bytes(expression);
  Expression parsed;
  parsed.base = bytes.fixed(1) - DW_OP_breg0;
  parsed.offset = bytes.sleb();
  if (bytes.failed() || parsed.base >= nr_registers) {
    return std::nullopt;
  }
  parsed.is_deref = !bytes.at_end();
  if (parsed.is_deref && bytes.fixed(1) != DW_OP_deref) {
    return std::nullopt;
  }
  if (!bytes.at_end()) {
    if (bytes.fixed(1) != DW_OP_plus_uconst) {
      return std::nullopt;
    }
    parsed.more = bytes.uleb();
  }
  if (bytes.failed() || !bytes.at_end()) {
    return std::nullopt;
  }
  return parsed;
}

// The linker's rule for entries of .plt, by the last bits of the address: before their push, or behind it.
std::optional<std::int64_t> parse_plt(std::span<const std::uint8_t> expression) {
  constexpr std::size_t threshold = 6;
  std::array<std::uint8_t, 11> plt{DW_OP_breg7, 8,        DW_OP_breg16, 0,         DW_OP_lit15, DW_OP_and,
                                   DW_OP_lit0,  DW_OP_ge, DW_OP_lit3,   DW_OP_shl, DW_OP_plus};
  if (expression.size() != plt.size()) {
    return std::nullopt;
  }
  const int behind = expression[threshold] - DW_OP_lit0;
  plt[threshold] = expression[threshold];
  if (behind < 0 || behind > 15 || !std::ranges::equal(expression, plt)) {
    return std::nullopt;
  }
  return behind;
}

Cfa cfa_of_expression(const CfiRegisters& registers, std::span<const std::uint8_t> bytes) {
  if (const auto behind = parse_plt(bytes); behind && !registers.is_arm64) {
    return {TC_UNWIND_PLT, *behind};
  }
  const auto parsed = parse(bytes);
  if (parsed && parsed->is_deref && parsed->base == registers.fp && parsed->more == 0) {
    return {TC_UNWIND_DEREF_FP, parsed->offset};
  }
  if (parsed && parsed->is_deref && parsed->base == registers.sp && parsed->more == slot_size) {
    return {TC_UNWIND_DEREF_SP, parsed->offset};
  }
  return {};
}

Cfa cfa_of(const CfiRegisters& registers, const CfiState& state) {
  Cfa cfa;
  if (state.cfa == CfiState::Cfa::expression) {
    cfa = cfa_of_expression(registers, state.cfa_expression);
  } else if (state.cfa == CfiState::Cfa::at_register && state.cfa_register == registers.sp) {
    cfa = {TC_UNWIND_SP, state.cfa_offset};
  } else if (state.cfa == CfiState::Cfa::at_register && state.cfa_register == registers.fp) {
    cfa = {TC_UNWIND_FP, state.cfa_offset};
  } else if (state.cfa == CfiState::Cfa::at_register && state.cfa_register == registers.rbx) {
    cfa = {TC_UNWIND_RBX, state.cfa_offset};
  }
  if (cfa.kind == TC_UNWIND_NONE || cfa.kind == TC_UNWIND_PLT) {
    return cfa;
  }
  using Limits = std::numeric_limits<std::int16_t>;
  const std::int64_t slots = cfa.offset / slot_size;
  if (cfa.offset % slot_size != 0 || slots < Limits::min() || slots > Limits::max()) {
    return {.reason = NoUnwindRule::cfa_offset};
  }
  return cfa;
}

// Returns the slot of a value that was saved at the CFA + `offset`.
std::optional<std::uint8_t> slot_of(const Cfa& cfa, std::int64_t offset) {
  if (offset % slot_size == 0 && offset < 0 && offset >= -last_slot * slot_size) {
    return static_cast<std::uint8_t>(-offset / slot_size);
  }
  const bool is_register = cfa.kind == TC_UNWIND_SP || cfa.kind == TC_UNWIND_FP;
  return is_register && offset < 0 && offset == -cfa.offset ? std::optional<std::uint8_t>(TC_UNWIND_SLOT_BASE)
                                                            : std::nullopt;
}

bool is_unchanged(const CfiRule& rule) {
  using How = CfiRule::How;
  return rule.how == How::unspecified || rule.how == How::same || rule.how == How::undefined;
}

std::optional<std::uint8_t> frame_pointer_slot(const CfiRegisters& registers, const Cfa& cfa, const CfiRule& fp) {
  if (is_unchanged(fp)) {
    return 0;
  }
  if (fp.how == CfiRule::How::at_cfa) {
    return slot_of(cfa, fp.offset);
  }
  const auto saved = fp.how == CfiRule::How::expression ? parse(fp.expression) : std::nullopt;
  if (saved && !saved->is_deref && saved->base == registers.fp && saved->offset == 0) {
    if (cfa.kind == TC_UNWIND_FP || cfa.kind == TC_UNWIND_DEREF_FP) {
      return TC_UNWIND_SLOT_BASE;
    }
    // GCC leaves the rule as it is at the return of a function with a realigned stack, where rbp is the caller's again.
    if (cfa.kind == TC_UNWIND_SP) {
      return 0;
    }
  }
  return std::nullopt;
}

std::uint8_t rbx_slot(const CfiRule& rbx) {
  using How = CfiRule::How;
  if (rbx.how == How::unspecified || rbx.how == How::same) {
    return 0;
  }
  const bool is_slot = rbx.how == How::at_cfa && rbx.offset % slot_size == 0 && rbx.offset < 0 &&
                       rbx.offset > -TC_UNWIND_RBX_LOST * slot_size;
  return static_cast<std::uint8_t>(is_slot ? -rbx.offset / slot_size : std::int64_t{TC_UNWIND_RBX_LOST});
}

UnwindRule rule_of(const Cfa& cfa, std::uint8_t flags, std::uint8_t fp_slot) {
  UnwindRule rule;
  const bool in_slots = cfa.kind == TC_UNWIND_PLT;
  rule.row.cfa_offset = static_cast<std::int16_t>(in_slots ? cfa.offset : cfa.offset / slot_size);
  rule.row.kind = cfa.kind | flags;
  rule.row.fp_slot = fp_slot;
  return rule;
}

UnwindRule x86_64_rule(const CfiRegisters& registers, const Cfa& cfa, const CfiState& state) {
  const CfiRule& link = state.return_address;
  const bool is_vfork =
      link.how == CfiRule::How::in_register && link.number == registers.rdi && cfa.kind == TC_UNWIND_SP;
  if (!is_vfork && (link.how != CfiRule::How::at_cfa || link.offset != -slot_size)) {
    return no_unwind_rule(NoUnwindRule::return_address);
  }
  const auto slot = frame_pointer_slot(registers, cfa, state.fp);
  const auto flags = static_cast<std::uint8_t>(rbx_slot(state.rbx) << TC_UNWIND_RBX_SHIFT);
  const Cfa rule{.kind = is_vfork ? std::uint8_t{TC_UNWIND_RDI} : cfa.kind, .offset = cfa.offset};
  return slot ? rule_of(rule, flags, *slot) : no_unwind_rule(NoUnwindRule::frame_pointer);
}

UnwindRule arm64_rule(const CfiRegisters& registers, const Cfa& cfa, const CfiState& state) {
  const CfiRule& link = state.return_address;
  const auto slot = frame_pointer_slot(registers, cfa, state.fp);
  if (!slot) {
    return no_unwind_rule(NoUnwindRule::frame_pointer);
  }
  if (link.how == CfiRule::How::unspecified || link.how == CfiRule::How::same) {
    return rule_of(cfa, TC_UNWIND_RA_REGISTER, *slot);
  }
  if (link.how != CfiRule::How::at_cfa) {
    return no_unwind_rule(NoUnwindRule::return_address);
  }
  if (*slot == 0) {
    const auto link_slot = slot_of(cfa, link.offset);
    return link_slot ? rule_of(cfa, TC_UNWIND_RA_ALONE, *link_slot) : no_unwind_rule(NoUnwindRule::return_address);
  }
  const bool is_beside = state.fp.how == CfiRule::How::at_cfa && link.offset == state.fp.offset + slot_size;
  return is_beside ? rule_of(cfa, 0, *slot) : no_unwind_rule(NoUnwindRule::return_address);
}

// glibc's __restore_rt, and the kernel's on arm64: the stack pointer is in the ucontext on top of the stack.
bool is_sigreturn(const CfiRegisters& registers, const CfiState& state) {
  constexpr std::int64_t rsp_in_ucontext = 160;
  if (registers.is_arm64) {
    return true;
  }
  const auto parsed = state.cfa == CfiState::Cfa::expression ? parse(state.cfa_expression) : std::nullopt;
  return parsed && parsed->base == registers.sp && parsed->offset == rsp_in_ucontext && parsed->is_deref &&
         parsed->more == 0;
}

}  // namespace

UnwindRule no_unwind_rule(NoUnwindRule reason) { return {.row = plain_row(0, TC_UNWIND_NONE), .reason = reason}; }

UnwindRule to_unwind_rule(const CfiRegisters& registers, const CfiCommon& common, const CfiState& state) {
  if (common.is_signal) {
    return is_sigreturn(registers, state) ? UnwindRule{.row = plain_row(0, TC_UNWIND_SIGNAL)}
                                          : no_unwind_rule(NoUnwindRule::cfa);
  }
  if (common.is_other_link) {
    return no_unwind_rule(NoUnwindRule::return_address);
  }
  if (state.return_address.how == CfiRule::How::undefined) {
    return {.row = plain_row(0, TC_UNWIND_END)};
  }
  const Cfa cfa = cfa_of(registers, state);
  if (cfa.kind == TC_UNWIND_NONE) {
    return no_unwind_rule(cfa.reason);
  }
  if (state.sp.how != CfiRule::How::unspecified) {
    return no_unwind_rule(NoUnwindRule::cfa);
  }
  return registers.is_arm64 ? arm64_rule(registers, cfa, state) : x86_64_rule(registers, cfa, state);
}

}  // namespace taskcost
