// SPDX-License-Identifier: Apache-2.0
#include "symbols/cfi_program.h"

#include <dwarf.h>

#include <limits>

namespace taskcost {
namespace {

constexpr std::size_t most_remembered = 64;  // compilers need 1 or 2
constexpr std::uint8_t low_operand = 0x3f;
constexpr std::uint8_t cfa_aarch64_negate_ra_state_with_pc = 0x2c;

}  // namespace

std::uint64_t CfiBytes::fail() {
  failed_ = true;
  left_ = {};
  return 0;
}

std::span<const std::uint8_t> CfiBytes::bytes(std::uint64_t size) {
  if (size > left_.size()) {
    fail();
    return {};
  }
  const auto taken = left_.first(size);
  left_ = left_.subspan(size);
  return taken;
}

std::uint64_t CfiBytes::fixed(std::size_t size) {
  std::uint64_t value = 0;
  const auto taken = bytes(size);
  for (std::size_t i = taken.size(); i > 0; --i) {
    value = value << 8 | taken[i - 1];
  }
  return value;
}

std::uint64_t CfiBytes::leb(unsigned& shift, std::uint8_t& last) {
  constexpr std::uint8_t more = 0x80;
  std::uint64_t value = 0;
  for (shift = 0; shift < 64 && !left_.empty();) {
    last = left_.front();
    left_ = left_.subspan(1);
    value |= std::uint64_t{last & 0x7fU} << shift;
    shift += 7;
    if ((last & more) == 0) {
      return value;
    }
  }
  last = 0;
  return fail();
}

std::uint64_t CfiBytes::uleb() {
  unsigned bits = 0;
  std::uint8_t last = 0;
  return leb(bits, last);
}

std::int64_t CfiBytes::sleb() {
  constexpr std::uint8_t sign = 0x40;
  unsigned bits = 0;
  std::uint8_t last = 0;
  const std::uint64_t value = leb(bits, last);
  const bool is_negative = (last & sign) != 0 && bits < 64;
  return static_cast<std::int64_t>(is_negative ? value | ~std::uint64_t{0} << bits : value);
}

std::optional<std::uint64_t> CfiBytes::pointer(std::uint8_t encoding, std::uint64_t address) {
  constexpr std::uint8_t format = 0x0f;
  std::uint64_t value = 0;
  switch (encoding & format) {
    case DW_EH_PE_absptr:
    case DW_EH_PE_udata8:
    case DW_EH_PE_sdata8:
      value = fixed(8);
      break;
    case DW_EH_PE_udata4:
      value = fixed(4);
      break;
    case DW_EH_PE_sdata4:
      value = static_cast<std::uint64_t>(static_cast<std::int32_t>(fixed(4)));
      break;
    case DW_EH_PE_udata2:
      value = fixed(2);
      break;
    case DW_EH_PE_sdata2:
      value = static_cast<std::uint64_t>(static_cast<std::int16_t>(fixed(2)));
      break;
    default:
      return std::nullopt;
  }
  switch (encoding & ~format) {
    case 0:
      return value;
    case DW_EH_PE_pcrel:
      return address + value;
    default:
      return std::nullopt;
  }
}

CfiProgram::CfiProgram(const CfiRegisters& registers, const CfiCommon& common,
                       std::span<const std::uint8_t> instructions, std::uint64_t address, std::uint64_t location)
    : registers_(registers),
      common_(common),
      instructions_(instructions),
      first_(instructions.data()),
      address_(address),
      location_(location),
      state_(common.initial) {}

CfiProgram::Stop CfiProgram::malformed(const char* why) {
  why_ = why;
  return Stop::malformed;
}

CfiProgram::Stop CfiProgram::run() {
  while (!instructions_.at_end()) {
    const auto stop = execute();
    if (instructions_.failed()) {
      return malformed("an instruction is cut off");
    }
    if (stop) {
      return *stop;
    }
  }
  return Stop::done;
}

std::optional<CfiProgram::Stop> CfiProgram::execute() {
  const auto instruction = static_cast<std::uint8_t>(instructions_.fixed(1));
  const std::uint8_t operand = instruction & low_operand;
  switch (instruction & ~low_operand) {
    case DW_CFA_advance_loc:
      return advance(operand);
    case DW_CFA_offset:
      set_offset(operand, static_cast<std::int64_t>(instructions_.uleb()));
      return std::nullopt;
    case DW_CFA_restore:
      restore(operand);
      return std::nullopt;
    default:
      return execute_extended(instruction);
  }
}

std::optional<CfiProgram::Stop> CfiProgram::execute_extended(std::uint8_t instruction) {
  switch (instruction) {
    case DW_CFA_nop:
      return std::nullopt;
    case DW_CFA_set_loc:
      return set_location();
    case DW_CFA_advance_loc1:
      return advance(instructions_.fixed(1));
    case DW_CFA_advance_loc2:
      return advance(instructions_.fixed(2));
    case DW_CFA_advance_loc4:
      return advance(instructions_.fixed(4));
    case DW_CFA_MIPS_advance_loc8:
      return advance(instructions_.fixed(8));
    case DW_CFA_remember_state:
      return remember_state();
    case DW_CFA_restore_state:
      return restore_state();
    case DW_CFA_GNU_args_size:
      (void)instructions_.uleb();
      return std::nullopt;
    // The walker clears the signature of any return address.
    case DW_CFA_AARCH64_negate_ra_state:
    case cfa_aarch64_negate_ra_state_with_pc:
      return registers_.is_arm64 ? std::nullopt : std::optional(Stop::unknown_instruction);
    default:
      return execute_cfa(instruction);
  }
}

std::optional<CfiProgram::Stop> CfiProgram::execute_cfa(std::uint8_t instruction) {
  switch (instruction) {
    case DW_CFA_def_cfa:
      state_.cfa = CfiState::Cfa::at_register;
      state_.cfa_register = instructions_.uleb();
      state_.cfa_offset = static_cast<std::int64_t>(instructions_.uleb());
      return std::nullopt;
    case DW_CFA_def_cfa_sf:
      state_.cfa = CfiState::Cfa::at_register;
      state_.cfa_register = instructions_.uleb();
      state_.cfa_offset = factored(instructions_.sleb());
      return std::nullopt;
    case DW_CFA_def_cfa_register:
      state_.cfa = CfiState::Cfa::at_register;
      state_.cfa_register = instructions_.uleb();
      return std::nullopt;
    case DW_CFA_def_cfa_offset:
      state_.cfa_offset = static_cast<std::int64_t>(instructions_.uleb());
      return std::nullopt;
    case DW_CFA_def_cfa_offset_sf:
      state_.cfa_offset = factored(instructions_.sleb());
      return std::nullopt;
    case DW_CFA_def_cfa_expression:
      state_.cfa = CfiState::Cfa::expression;
      state_.cfa_expression = instructions_.bytes(instructions_.uleb());
      return std::nullopt;
    default:
      return execute_rule(instruction);
  }
}

std::optional<CfiProgram::Stop> CfiProgram::execute_rule(std::uint8_t instruction) {
  using How = CfiRule::How;
  const auto number = [this] { return instructions_.uleb(); };
  std::uint64_t of = 0;
  switch (instruction) {
    case DW_CFA_undefined:
      set(number(), {.how = How::undefined});
      return std::nullopt;
    case DW_CFA_same_value:
      set(number(), {.how = How::same});
      return std::nullopt;
    case DW_CFA_restore_extended:
      restore(number());
      return std::nullopt;
    case DW_CFA_offset_extended:
      of = number();
      set_offset(of, static_cast<std::int64_t>(instructions_.uleb()));
      return std::nullopt;
    case DW_CFA_offset_extended_sf:
      of = number();
      set_offset(of, instructions_.sleb());
      return std::nullopt;
    case DW_CFA_GNU_negative_offset_extended:
      of = number();
      set_offset(of, static_cast<std::int64_t>(-instructions_.uleb()));
      return std::nullopt;
    case DW_CFA_register:
      of = number();
      set(of, {.how = How::in_register, .number = instructions_.uleb()});
      return std::nullopt;
    case DW_CFA_val_offset:
      of = number();
      (void)instructions_.uleb();
      set(of, {.how = How::other});
      return std::nullopt;
    case DW_CFA_val_offset_sf:
      of = number();
      (void)instructions_.sleb();
      set(of, {.how = How::other});
      return std::nullopt;
    case DW_CFA_expression:
      of = number();
      set(of, {.how = How::expression, .expression = instructions_.bytes(instructions_.uleb())});
      return std::nullopt;
    case DW_CFA_val_expression:
      of = number();
      (void)instructions_.bytes(instructions_.uleb());
      set(of, {.how = How::other});
      return std::nullopt;
    default:
      return Stop::unknown_instruction;
  }
}

CfiProgram::Stop CfiProgram::advance(std::uint64_t units) {
  std::uint64_t distance = 0;
  if (__builtin_mul_overflow(units, common_.code_factor, &distance) ||
      __builtin_add_overflow(location_, distance, &location_)) {
    return malformed("a location overflows");
  }
  return Stop::advanced;
}

CfiProgram::Stop CfiProgram::set_location() {
  const std::uint64_t here = address_ + static_cast<std::uint64_t>(instructions_.position() - first_);
  const auto location = instructions_.pointer(common_.pointer_encoding, here);
  if (!location || *location < location_) {
    return malformed("rows are out of order");
  }
  location_ = *location;
  return Stop::advanced;
}

std::int64_t CfiProgram::factored(std::int64_t units) const {
  std::int64_t offset = 0;
  return __builtin_mul_overflow(units, common_.data_factor, &offset) ? std::numeric_limits<std::int64_t>::max()
                                                                     : offset;
}

template <typename State>
auto* CfiProgram::find_rule(State& state, std::uint64_t number) const {
  return number == registers_.fp               ? &state.fp
         : number == registers_.return_address ? &state.return_address
         : number == registers_.sp             ? &state.sp
         : number == registers_.rbx            ? &state.rbx
                                               : nullptr;
}

void CfiProgram::set(std::uint64_t number, const CfiRule& to) {
  if (CfiRule* found = find_rule(state_, number); found != nullptr) {
    *found = to;
  }
}

void CfiProgram::set_offset(std::uint64_t number, std::int64_t units) {
  set(number, {.how = CfiRule::How::at_cfa, .offset = factored(units)});
}

void CfiProgram::restore(std::uint64_t number) {
  if (const CfiRule* found = find_rule(common_.initial, number); found != nullptr) {
    set(number, *found);
  }
}

std::optional<CfiProgram::Stop> CfiProgram::remember_state() {
  if (remembered_.size() == most_remembered) {
    return malformed("too many states are remembered");
  }
  remembered_.push_back(state_);
  return std::nullopt;
}

std::optional<CfiProgram::Stop> CfiProgram::restore_state() {
  if (remembered_.empty()) {
    return malformed("a state is restored that was not remembered");
  }
  state_ = remembered_.back();
  remembered_.pop_back();
  return std::nullopt;
}

}  // namespace taskcost
