// SPDX-License-Identifier: Apache-2.0
//
// Instructions that compilers seldom emit: readelf shows no file with them.
#include "symbols/cfi_program.h"

#include <dwarf.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace taskcost {
namespace {

using How = CfiRule::How;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t sp = 7;
constexpr std::uint8_t fp = 6;
constexpr std::uint8_t minus_two = 0x7e;  // SLEB128

struct Ran {
  CfiProgram::Stop stop = CfiProgram::Stop::malformed;
  CfiState state;
};

// All offsets are in units of -8, as in all files of x86-64. The caller's frame pointer was saved 16 bytes below the
// CFA at the beginning.
Ran run(const Bytes& instructions) {
  CfiCommon common;
  common.data_factor = -8;
  common.initial.fp = {.how = How::at_cfa, .offset = -16};
  CfiProgram program(x86_64_registers, common, instructions, 0, 0);
  const auto stop = program.run();
  return {stop, program.state()};
}

CfiState state_after(const Bytes& instructions) {
  const Ran ran = run(instructions);
  EXPECT_EQ(ran.stop, CfiProgram::Stop::done);
  return ran.state;
}

TEST(CfiProgram, TheCfaMayHaveASignedOffset) {
  const CfiState defined = state_after({DW_CFA_def_cfa_sf, sp, minus_two});
  EXPECT_EQ(defined.cfa, CfiState::Cfa::at_register);
  EXPECT_EQ(defined.cfa_register, sp);
  EXPECT_EQ(defined.cfa_offset, 16);
  EXPECT_EQ(state_after({DW_CFA_def_cfa, sp, 8, DW_CFA_def_cfa_offset_sf, minus_two}).cfa_offset, 16);
}

TEST(CfiProgram, ARegisterHasTheLastOfItsRules) {
  EXPECT_EQ(state_after({}).fp.how, How::at_cfa);
  EXPECT_EQ(state_after({DW_CFA_undefined, fp}).fp.how, How::undefined);
  EXPECT_EQ(state_after({DW_CFA_same_value, fp}).fp.how, How::same);
  EXPECT_EQ(state_after({DW_CFA_val_offset, fp, 2}).fp.how, How::other);
  EXPECT_EQ(state_after({DW_CFA_val_offset_sf, fp, minus_two}).fp.how, How::other);
  EXPECT_EQ(state_after({DW_CFA_val_expression, fp, 1, DW_OP_lit0}).fp.how, How::other);
  const CfiRule in_register = state_after({DW_CFA_register, fp, 3}).fp;
  EXPECT_EQ(in_register.how, How::in_register);
  EXPECT_EQ(in_register.number, 3U);
  const CfiRule expression = state_after({DW_CFA_expression, fp, 2, DW_OP_lit0, DW_OP_lit1}).fp;
  EXPECT_EQ(expression.how, How::expression);
  EXPECT_EQ(expression.expression.size(), 2U);
  const CfiState restored = state_after({DW_CFA_undefined, fp, DW_CFA_restore_extended, fp});
  EXPECT_EQ(restored.fp.how, How::at_cfa);
  EXPECT_EQ(restored.fp.offset, -16);
}

TEST(CfiProgram, OffsetsHaveThreeForms) {
  EXPECT_EQ(state_after({DW_CFA_offset_extended, fp, 4}).fp.offset, -32);
  EXPECT_EQ(state_after({DW_CFA_offset_extended_sf, fp, minus_two}).fp.offset, 16);
  EXPECT_EQ(state_after({DW_CFA_GNU_negative_offset_extended, fp, 2}).fp.offset, 16);
}

TEST(CfiProgram, OperandsOfOtherRegistersAreSkipped) {
  const CfiState state = state_after({DW_CFA_val_offset, 99, 2, DW_CFA_val_expression, 98, 1, DW_OP_lit0,
                                      DW_CFA_GNU_negative_offset_extended, 97, 2, DW_CFA_def_cfa, sp, 24});
  EXPECT_EQ(state.cfa_offset, 24);
  EXPECT_EQ(state.fp.offset, -16);
}

TEST(CfiProgram, WhatItDoesNotKnowEndsIt) {
  EXPECT_EQ(run({0x3c}).stop, CfiProgram::Stop::unknown_instruction);
  EXPECT_EQ(run({DW_CFA_def_cfa, sp}).stop, CfiProgram::Stop::malformed) << "its operand is cut off";
}

TEST(CfiBytes, PointersHaveTheSizeAndSignOfTheirEncoding) {
  const Bytes bytes(8, 0xfe);
  const auto pointer = [&bytes](std::uint8_t encoding) { return CfiBytes(bytes).pointer(encoding, 0x1000); };
  EXPECT_EQ(pointer(DW_EH_PE_absptr), 0xfefefefefefefefeU);
  EXPECT_EQ(pointer(DW_EH_PE_sdata8), 0xfefefefefefefefeU);
  EXPECT_EQ(pointer(DW_EH_PE_udata4), 0xfefefefeU);
  EXPECT_EQ(pointer(DW_EH_PE_sdata4), 0xfffffffffefefefeU);
  EXPECT_EQ(pointer(DW_EH_PE_udata2), 0xfefeU);
  EXPECT_EQ(pointer(DW_EH_PE_sdata2), 0xfffffffffffffefeU);
  EXPECT_EQ(pointer(DW_EH_PE_udata2 | DW_EH_PE_pcrel), 0x10efeU);
  EXPECT_EQ(pointer(DW_EH_PE_uleb128), std::nullopt);
  EXPECT_EQ(pointer(DW_EH_PE_udata4 | DW_EH_PE_funcrel), std::nullopt);
}

}  // namespace
}  // namespace taskcost
