// SPDX-License-Identifier: Apache-2.0
#include "symbols/unwind_table.h"

#include <dwarf.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/read_text.h"
#include "support/eh_frame_file.h"
#include "support/elf_file.h"
#include "support/frames_of.h"
#include "support/unwind_rows.h"
#include "symbols/address_space.h"
#include "symbols/own_vdso.h"

namespace taskcost::test {
namespace {

// In slots below the CFA.
int slot_in(const std::string& text) { return std::stoi(text.substr(text.find('-') + 1)) / 8; }

// What readelf's line means, in the words of a row; empty: any row of an expression.
std::string expected_words(const FrameLine& line) {
  if (line.is_signal) {
    return "signal";
  }
  if (line.return_address == "u") {
    return "end";
  }
  if (line.cfa == "exp") {
    return {};
  }
  const std::size_t sign = line.cfa.find_first_of("+-");
  const std::map<std::string, std::string> bases{{"rsp", "sp"}, {"rbp", "fp"}, {"rbx", "rbx"}};
  const auto base = bases.find(line.cfa.substr(0, sign));
  // At a return from a realigned stack, the expression of before is left.
  const bool is_unchanged = line.fp == "u" || (line.fp == "exp" && line.cfa == "rsp+8");
  const bool is_vfork = line.return_address == "r5(rdi)" && line.cfa.starts_with("rsp");
  if (base == bases.end() || (!is_vfork && line.return_address != "c-8") ||
      (!is_unchanged && !line.fp.starts_with("c-"))) {
    return "none";
  }
  const int slots = std::stoi(line.cfa.substr(sign)) / 8;
  std::string text = is_vfork ? "rdi" : base->second;
  if (slots != 0) {
    text += (slots > 0 ? "+" : "") + std::to_string(slots);
  }
  if (!is_unchanged) {
    text += " fp@" + std::to_string(slot_in(line.fp));
  }
  if (line.rbx == "u") {
    return text;
  }
  const bool is_near = line.rbx.starts_with("c-") && slot_in(line.rbx) < TC_UNWIND_RBX_LOST;
  return text + " rbx@" + (is_near ? std::to_string(slot_in(line.rbx)) : "?");
}

bool fits_expression(const tc_unwind_row& row) {
  const int kind = row.kind & TC_UNWIND_KIND_MASK;
  return kind == TC_UNWIND_PLT || kind == TC_UNWIND_DEREF_SP || kind == TC_UNWIND_DEREF_FP || kind == TC_UNWIND_NONE;
}

void expect_as_readelf(const std::string& path, int every = 1) {
  SCOPED_TRACE(path);
  const auto table = table_of(path);
  ASSERT_TRUE(table) << why(table);
  const FrameLines lines(path, "rbp", every);
  int different = 0;
  std::uint64_t described = 0;
  for (const FrameLine& line : lines.all()) {
    described += line.to - line.from;
    const std::string expected = expected_words(line);
    for (const std::uint64_t offset : {line.from, line.to - 1}) {
      const tc_unwind_row& row = row_at(*table, offset);
      const bool same = expected.empty() ? fits_expression(row) : in_words(row) == expected;
      if (!same && ++different < 10) {
        ADD_FAILURE() << std::hex << offset << ": " << in_words(row) << ", readelf: " << line.cfa << " " << line.fp
                      << " " << line.return_address;
      }
    }
  }
  EXPECT_EQ(different, 0);
  EXPECT_GT(lines.all().size(), 5U);
  if (every == 1) {
    EXPECT_EQ(table->counts.text_bytes - table->counts.gap_bytes, described);
  }
}

TEST(UnwindTable, HasTheRulesThatReadelfShows) {
  expect_as_readelf("/bin/bash");
  expect_as_readelf(elf_path("pie"));
  expect_as_readelf(elf_path("paths_no_pie"));
  expect_as_readelf(elf_path("stripped"));
}

TEST(UnwindTable, HasTheRulesOfLibraries) {
  for (const Mapping& mapping : parse_maps(read_text("/proc/self/maps"))) {
    if (mapping.path.find("/libc.so") != std::string::npos || mapping.path.find("/ld-linux") != std::string::npos ||
        mapping.path.find("/libgcc_s") != std::string::npos) {
      expect_as_readelf(mapping.path);
    }
  }
}

TEST(UnwindTable, HasTheRulesOfThisProgram) {
  constexpr int every = 20;  // there are a hundred thousand functions
  expect_as_readelf(std::filesystem::read_symlink("/proc/self/exe"), every);
}

TEST(UnwindTable, RowsAreSortedAndDiffer) {
  const auto table = table_of("/bin/bash");
  ASSERT_TRUE(table);
  const auto& rows = table->rows;
  EXPECT_EQ(rows.front().offset, 0U);
  EXPECT_EQ(in_words(rows.back()), "gap");
  for (std::size_t i = 1; i < rows.size(); ++i) {
    EXPECT_LT(rows[i - 1].offset, rows[i].offset);
    EXPECT_NE(in_words(rows[i - 1]), in_words(rows[i])) << rows[i].offset;
  }
  const auto pages = to_pages(rows);
  ASSERT_EQ(pages.size(), (rows.size() + TC_UNWIND_PAGE_ROWS - 1) / TC_UNWIND_PAGE_ROWS);
  EXPECT_EQ(pages[1].rows[1].offset, rows[TC_UNWIND_PAGE_ROWS + 1].offset);
  EXPECT_EQ(pages.back().rows[TC_UNWIND_PAGE_ROWS - 1].offset, TC_UNWIND_PAD);
}

TEST(UnwindTable, IsMadeOfTheVdso) {
  const auto image = own_vdso_image();
  if (image.empty()) {
    GTEST_SKIP() << "no vDSO";
  }
  for (const Mapping& mapping : parse_maps(read_text("/proc/self/maps"))) {
    if (mapping.path == "[vdso]") {
      EXPECT_LE(image.size(), mapping.end - mapping.start);
    }
  }
  const auto table = make_unwind_table(image);
  ASSERT_TRUE(table) << why(table);
  EXPECT_GT(table->counts.functions, 0U);
  EXPECT_LT(table->counts.gap_bytes, table->counts.text_bytes);
}

TEST(UnwindTable, ClosesGapsAndMergesNeighbors) {
  const std::string begin = cie(text_of({DW_CFA_def_cfa, 7, 8, DW_CFA_offset | 16, 1}));
  std::string frame = begin;
  frame += fde(frame.size(), text_address + 0x80, 0x20, {});
  frame += fde(frame.size(), text_address + 0x10, 0x10, {});
  frame += fde(frame.size(), text_address + 0x20, 0x10, text_of({DW_CFA_advance_loc | 4, DW_CFA_def_cfa_offset, 16}));
  frame += fde(frame.size(), 0x77'0000, 0x10, {});
  const auto table = table_with(frame);
  EXPECT_EQ(in_words(table),
            (std::vector<std::string>{"0: gap", "1010: sp+1", "1024: sp+2", "1030: gap", "1080: sp+1", "10a0: gap"}));
  EXPECT_EQ(table->counts.functions, 3U);
  EXPECT_EQ(table->counts.outside, 1U);
  EXPECT_EQ(table->counts.text_bytes, text_size);
  EXPECT_EQ(table->counts.gap_bytes, text_size - 0x40);
}

TEST(UnwindTable, CodeOfTwoFunctionsHasTheRuleOfTheLastToBegin) {
  const std::string begin = cie(text_of({DW_CFA_def_cfa, 7, 8, DW_CFA_offset | 16, 1}));
  std::string frame = begin;
  frame += fde(frame.size(), text_address, 0x40, {});
  frame += fde(frame.size(), text_address + 0x10, 0x10, text_of({DW_CFA_def_cfa_offset, 16}));
  const auto table = table_with(frame);
  EXPECT_EQ(in_words(table), (std::vector<std::string>{"0: gap", "1000: sp+1", "1010: sp+2", "1020: gap"}));
  EXPECT_EQ(table->counts.overlapped, 1U);
}

// As in the dynamic linker: assembly without any description, which has no caller.
TEST(UnwindTable, CodeThatIsExecutedFirstIsTheEntry) {
  const std::string begin = cie(text_of({DW_CFA_def_cfa, 7, 8, DW_CFA_offset | 16, 1}));
  std::string frame = begin;
  frame += fde(frame.size(), text_address, 0x10, {});
  frame += fde(frame.size(), text_address + 0x200, 0x10, {});
  const auto words = [&frame](std::uint64_t entry) {
    return in_words(make_unwind_table(image_of(elf_with(frame, EM_X86_64, text_address + entry))));
  };
  using Words = std::vector<std::string>;
  EXPECT_EQ(words(0x10), (Words{"0: gap", "1000: sp+1", "1010: end", "1090: gap", "1200: sp+1", "1210: gap"}));
  EXPECT_EQ(words(0x1f0), (Words{"0: gap", "1000: sp+1", "1010: gap", "11f0: end", "1200: sp+1", "1210: gap"}));
  EXPECT_EQ(words(0x200), (Words{"0: gap", "1000: sp+1", "1010: gap", "1200: sp+1", "1210: gap"}));
  EXPECT_EQ(words(0x210), (Words{"0: gap", "1000: sp+1", "1010: gap", "1200: sp+1", "1210: end", "1290: gap"}));
}

TEST(UnwindTable, HasEachKindOfRule) {
  const auto only = [](std::initializer_list<int> instructions) {
    const auto words = in_words(table_of_function(text_of(instructions)));
    return words.size() == 3 ? words[1].substr(words[1].find(' ') + 1) : words[0];
  };
  const int breg6 = DW_OP_breg6;
  const int breg7 = DW_OP_breg7;
  EXPECT_EQ(only({DW_CFA_def_cfa, 6, 16, DW_CFA_offset | 6, 2}), "fp+2 fp@2");
  EXPECT_EQ(only({DW_CFA_def_cfa_offset, 12}), "none");
  EXPECT_EQ(only({DW_CFA_def_cfa, 10, 0}), "none");
  EXPECT_EQ(only({DW_CFA_undefined, 16}), "end");
  EXPECT_EQ(only({DW_CFA_register, 16, 2}), "none");
  EXPECT_EQ(only({DW_CFA_def_cfa_offset, 16, DW_CFA_register, 16, 5}), "rdi+2");
  EXPECT_EQ(only({DW_CFA_def_cfa, 6, 16, DW_CFA_register, 16, 5}), "none");
  EXPECT_EQ(only({DW_CFA_register, 6, 9}), "none");
  EXPECT_EQ(only({DW_CFA_same_value, 6}), "sp+1");
  EXPECT_EQ(only({DW_CFA_def_cfa, 3, 32}), "rbx+4");
  EXPECT_EQ(only({DW_CFA_offset | 3, 4, DW_CFA_offset | 6, 3}), "sp+1 fp@3 rbx@4");
  EXPECT_EQ(only({DW_CFA_offset | 3, 15}), "sp+1 rbx@?");
  EXPECT_EQ(only({DW_CFA_register, 3, 8}), "sp+1 rbx@?");
  EXPECT_EQ(only({DW_CFA_def_cfa_expression, 3, breg6, 0x58, DW_OP_deref, DW_CFA_expression, 6, 2, breg6, 0}),
            "*fp-5 fp@base");
  EXPECT_EQ(only({DW_CFA_def_cfa_expression, 5, breg7, 0x28, DW_OP_deref, DW_OP_plus_uconst, 8, DW_CFA_offset | 6, 3}),
            "*sp+5 fp@3");
  EXPECT_EQ(only({DW_CFA_def_cfa_expression, 5, breg7, 0x28, DW_OP_deref, DW_OP_plus_uconst, 16}), "none");
  EXPECT_EQ(only({DW_CFA_def_cfa_expression, 11, breg7, 8, DW_OP_breg16, 0, DW_OP_lit15, DW_OP_and, DW_OP_lit11,
                  DW_OP_ge, DW_OP_lit3, DW_OP_shl, DW_OP_plus}),
            "plt+11");
  EXPECT_EQ(only({DW_CFA_remember_state, DW_CFA_def_cfa_offset, 32, DW_CFA_restore_state}), "sp+1");
  EXPECT_EQ(only({DW_CFA_offset | 6, 2, DW_CFA_restore | 6}), "sp+1");
  EXPECT_EQ(only({DW_CFA_GNU_args_size, 16, DW_CFA_def_cfa_offset_sf, 0x7e}), "sp+2");
  EXPECT_EQ(only({0x3e, 1}), "none");
}

}  // namespace
}  // namespace taskcost::test
