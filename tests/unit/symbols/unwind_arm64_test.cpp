// SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/frames_of.h"
#include "support/unwind_rows.h"

namespace taskcost::test {
namespace {

int slots_in(const std::string& text) { return std::stoi(text.substr(text.find_first_of("+-"))) / 8; }

// What readelf's line means, in the words of a row.
std::string expected_arm64_words(const FrameLine& line) {
  if (line.is_signal) {
    return "signal";
  }
  std::string text = line.cfa.starts_with("sp") ? "sp" : "fp";
  if (const int slots = slots_in(line.cfa); slots != 0) {
    text += "+" + std::to_string(slots);
  }
  if (line.return_address == "u" || line.return_address.empty()) {
    return text + " x30";
  }
  return line.fp == "u" ? text + " ra@" + std::to_string(-slots_in(line.return_address))
                        : text + " fp@" + std::to_string(-slots_in(line.fp));
}

TEST(UnwindArm64, HasTheRulesThatReadelfShows) {
  const std::string path = std::string(TASKCOST_GOLDEN_DIR) + "/../fuzz/corpus/unwind/arm64.elf";
  const auto table = table_of(path);
  ASSERT_TRUE(table) << why(table);
  EXPECT_TRUE(table->is_arm64);
  EXPECT_EQ(table->counts.gap_bytes, 0U);
  const FrameLines lines(path, "x29");
  int outermost = 0;
  for (const FrameLine& line : lines.all()) {
    const std::string found = in_words(row_at(*table, line.from), true);
    // readelf shows "not saved" and "there is none" alike.
    if (found == "end" && line.return_address == "u" && ++outermost == 1) {
      continue;
    }
    EXPECT_EQ(found, expected_arm64_words(line)) << std::hex << line.from;
    EXPECT_EQ(in_words(row_at(*table, line.to - 1), true), found) << std::hex << line.to;
  }
  EXPECT_EQ(outermost, 1);
  EXPECT_GE(lines.all().size(), 18U);
}

std::string rule_of(std::initializer_list<int> instructions) {
  const std::string begin = cie(text_of({DW_CFA_def_cfa, 31, 0}), "zR", 30);
  const auto words =
      in_words(table_with(begin + fde(begin.size(), text_address, 0x100, text_of(instructions)), EM_AARCH64));
  return words.size() == 3 ? words[1].substr(words[1].find(' ') + 1) : words[0];
}

TEST(UnwindArm64, FindsTheFrameRecordOfALargeFrame) {
  // 0x400 slots, with x29 and x30 in the lowest two.
  EXPECT_EQ(rule_of({DW_CFA_def_cfa_offset, 0x80, 0x40, DW_CFA_offset_extended, 29, 0x80, 0x08, DW_CFA_offset_extended,
                     30, 0xff, 0x07}),
            "sp+1024 fp@base");
  EXPECT_EQ(rule_of({DW_CFA_def_cfa, 29, 0x80, 0x40, DW_CFA_offset_extended, 29, 0x80, 0x08, DW_CFA_offset_extended, 30,
                     0xff, 0x07}),
            "fp+1024 fp@base");
  EXPECT_EQ(rule_of({DW_CFA_def_cfa_offset, 0x80, 0x40, DW_CFA_offset_extended, 30, 0x80, 0x08}), "sp+1024 ra@base");
  EXPECT_EQ(rule_of({DW_CFA_def_cfa_offset, 0x90, 0x40, DW_CFA_offset_extended, 30, 0x80, 0x08}), "none");
}

TEST(UnwindArm64, HasNoRuleForOtherPlacesOfTheReturnAddress) {
  EXPECT_EQ(rule_of({DW_CFA_offset | 29, 4, DW_CFA_offset | 30, 2}), "none");
  EXPECT_EQ(rule_of({DW_CFA_register, 30, 9}), "none");
  EXPECT_EQ(rule_of({DW_CFA_def_cfa, 9, 0}), "none");
  EXPECT_EQ(rule_of({DW_CFA_offset | 29, 4}), "sp fp@4 x30");
  EXPECT_EQ(rule_of({DW_CFA_AARCH64_negate_ra_state}), "sp x30");
  EXPECT_EQ(rule_of({DW_CFA_undefined, 30}), "end");
}

TEST(UnwindArm64, FindsTheReturnFromSignalHandlersInTheVdso) {
  const std::string begin = cie(text_of({DW_CFA_def_cfa, 31, 0}), "zR", 30);
  std::string file = elf_with(begin + fde(begin.size(), text_address, 0x10, {}), EM_AARCH64);
  const std::string code = text_of({0x1f, 0x20, 0x03, 0xd5, 0x68, 0x11, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4});
  file.replace(text_offset + 0x40, code.size(), code);
  EXPECT_EQ(in_words(make_unwind_table(image_of(file))),
            (std::vector<std::string>{"0: gap", "1000: sp x30", "1010: gap", "1040: signal", "104c: gap"}));
}

}  // namespace
}  // namespace taskcost::test
