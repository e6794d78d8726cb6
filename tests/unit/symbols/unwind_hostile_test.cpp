// SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "support/elf_file.h"
#include "support/unwind_rows.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string usual = cie(text_of({DW_CFA_def_cfa, 7, 8, DW_CFA_offset | 16, 1}));

std::string why_of_file(const std::string& file) { return why(make_unwind_table(image_of(file))); }

// The file has a changed header.
template <typename Change>
std::string why_with(Change change) {
  std::string file = elf_with(usual + fde(usual.size(), text_address, 0x10, {}));
  change(*reinterpret_cast<Elf64_Ehdr*>(file.data()), *reinterpret_cast<Elf64_Phdr*>(file.data() + sizeof(Elf64_Ehdr)));
  return why_of_file(file);
}

TEST(UnwindOfHostileFiles, NeedsAnElfFileOfThisKind) {
  EXPECT_EQ(why_with([](auto&, auto&) {}), "a table");
  EXPECT_THAT(why_of_file(""), HasSubstr("not an ELF file"));
  EXPECT_THAT(why_of_file(std::string(4096, 'x')), HasSubstr("not an ELF file"));
  const auto make_32_bit = [](auto& header, auto&) {
    header.e_ident[EI_CLASS] = ELFCLASS32;
    header.e_flags = 1;  // the number of sections is there
  };
  EXPECT_THAT(why_with(make_32_bit), HasSubstr("not a 64-bit"));
  EXPECT_THAT(why_with([](auto& header, auto&) { header.e_ident[EI_DATA] = ELFDATA2MSB; }), HasSubstr("little-endian"));
  EXPECT_THAT(why_with([](auto& header, auto&) { header.e_machine = EM_RISCV; }), HasSubstr("another machine (243)"));
  EXPECT_THAT(why_with([](auto& header, auto&) { header.e_shnum = 0; }), HasSubstr("more than 65,279 sections"));
  EXPECT_THAT(why_with([](auto& header, auto&) { header.e_phnum = PN_XNUM; }), HasSubstr("more than 65,279 sections"));
  EXPECT_THAT(why_with([](auto& header, auto&) { header.e_shoff = header.e_shnum = 0; }), HasSubstr("no .eh_frame"));
  EXPECT_THAT(why_with([](auto&, auto& code) { code.p_flags = PF_R; }), HasSubstr("no executable segment"));
  EXPECT_THAT(why_with([](auto&, auto& code) { code.p_offset = 1U << 30; }), HasSubstr("no executable segment"));
  EXPECT_THAT(why_with([](auto&, auto& code) { code.p_vaddr = 0; }), HasSubstr("describes no function"));
}

TEST(UnwindOfHostileFiles, AFileHasToBeRegularAndOfBoundedSize) {
  EXPECT_THAT(why(make_unwind_table(-1)), StartsWith("cannot make an unwind table: "));
  EXPECT_THAT(why(table_of("/dev/null")), HasSubstr("not a regular file"));
  const Fd file(memfd_create("large", MFD_CLOEXEC));
  const std::string elf = elf_with(usual);
  ASSERT_EQ(write(file.get(), elf.data(), elf.size()), static_cast<ssize_t>(elf.size()));
  EXPECT_THAT(why(make_unwind_table(file.get())), HasSubstr("describes no function"));
  ASSERT_EQ(ftruncate(file.get(), off_t{1} << 32), 0);
  EXPECT_THAT(why(make_unwind_table(file.get())), HasSubstr("larger than 4 GiB"));
  ASSERT_EQ(ftruncate(file.get(), 100), 0);
  EXPECT_THAT(why(make_unwind_table(file.get())), StartsWith("cannot make an unwind table: "));
}

TEST(UnwindOfHostileFiles, AFileWithoutSectionHeadersHasTheSameTable) {
  std::string file = bytes_of(elf_path("pie"));
  const auto whole = in_words(make_unwind_table(image_of(file)));
  auto& header = *reinterpret_cast<Elf64_Ehdr*>(file.data());
  header.e_shoff = header.e_shnum = header.e_shstrndx = 0;
  EXPECT_EQ(in_words(make_unwind_table(image_of(file))), whole);
  EXPECT_GT(whole.size(), 5U);
}

TEST(UnwindOfHostileFiles, ADebugFileHasNoTable) {
  EXPECT_THAT(why(table_of(elf_path("linked.debug"))), HasSubstr("no executable segment"));
  std::string file = elf_with(usual);
  Elf64_Ehdr header{};
  std::memcpy(&header, file.data(), sizeof header);
  const Elf64_Word no_bits = SHT_NOBITS;
  std::memcpy(file.data() + header.e_shoff + sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_type), &no_bits,
              sizeof no_bits);
  EXPECT_THAT(why_of_file(file), HasSubstr("a debug file, without .eh_frame"));
}

TEST(UnwindOfHostileFiles, EachPrefixOfAFileIsATableOrAnError) {
  const std::string file = bytes_of(elf_path("pie"));
  for (std::size_t size = 0; size < file.size(); size += 97) {
    EXPECT_THAT(why_of_file(file.substr(0, size)), ::testing::AnyOf("a table", StartsWith("cannot make")));
  }
}

TEST(UnwindOfHostileFiles, EntriesThatAreCutOff) {
  const std::string function = fde(usual.size(), text_address, 0x100, text_of({DW_CFA_advance_loc4, 1, 0, 0, 0}));
  const std::string frame = usual + function;
  ASSERT_EQ(why(table_with(frame)), "a table");
  for (std::size_t size = 1; size < frame.size(); ++size) {
    EXPECT_THAT(why(table_with(frame.substr(0, size))), StartsWith("cannot make")) << size;
  }
  EXPECT_THAT(why(table_with("")), HasSubstr("describes no function"));
  EXPECT_THAT(why(table_with(text_of({0, 0, 0, 0}))), HasSubstr("describes no function"));
  EXPECT_THAT(why(table_with(std::string(4, '\xff') + std::string(12, '\xff'))), HasSubstr("malformed"));
  EXPECT_THAT(why(table_with(std::string(4, '\xef') + usual)), HasSubstr("malformed"));
}

TEST(UnwindOfHostileFiles, ATerminatorInBetweenIsNoEnd) {
  std::string frame = usual + text_of({0, 0, 0, 0});
  frame += fde(frame.size(), text_address, 0x10, {});
  EXPECT_EQ(in_words(table_with(frame)), (std::vector<std::string>{"0: gap", "1000: sp+1", "1010: gap"}));
}

TEST(UnwindOfHostileFiles, FunctionsBelongToACommonEntry) {
  std::string of_itself = fde(0, text_address, 0x10, {});
  of_itself[4] = 4;
  EXPECT_THAT(why(table_with(of_itself)), HasSubstr("malformed"));
  std::string of_inside = usual + fde(usual.size(), text_address, 0x10, {});
  of_inside[usual.size() + 4] = static_cast<char>(of_inside[usual.size() + 4] - 1);
  EXPECT_THAT(why(table_with(of_inside)), HasSubstr("an FDE has no CIE"));
}

TEST(UnwindOfHostileFiles, CommonEntriesOfAnotherKind) {
  const std::string old = cie({}, "eh");
  EXPECT_THAT(why(table_with(old + fde(old.size(), text_address, 0x10, {}))), HasSubstr("malformed"));
  std::string version = usual + fde(usual.size(), text_address, 0x10, {});
  version[8] = 77;
  EXPECT_THAT(why(table_with(version)), HasSubstr("malformed"));
  std::string encoding = usual + fde(usual.size(), text_address, 0x10, {});
  encoding[encoding.find('\x1b')] = 0x5b;
  EXPECT_THAT(why(table_with(encoding)), HasSubstr("the encoding of a pointer is not supported"));
  const std::string other_link = cie(text_of({DW_CFA_def_cfa, 7, 8, DW_CFA_offset | 16, 1}), "zR", 15);
  EXPECT_EQ(in_words(table_with(other_link + fde(other_link.size(), text_address, 0x10, {})))[1], "1000: none");
}

std::string why_of(std::initializer_list<int> instructions) { return why(table_of_function(text_of(instructions))); }

TEST(UnwindOfHostileFiles, InstructionsOutOfOrder) {
  EXPECT_THAT(why_of({DW_CFA_restore_state}), HasSubstr("a state is restored that was not remembered"));
  EXPECT_THAT(why_of({DW_CFA_remember_state, DW_CFA_restore_state, DW_CFA_restore_state}), HasSubstr("not remembered"));
  EXPECT_THAT(why(table_of_function(std::string(65, DW_CFA_remember_state))), HasSubstr("too many states"));
  EXPECT_EQ(why(table_of_function(std::string(64, DW_CFA_remember_state))), "a table");
  EXPECT_THAT(why_of({DW_CFA_def_cfa}), HasSubstr("an instruction is cut off"));
  EXPECT_THAT(why_of({DW_CFA_def_cfa_expression, 0x7f, 0}), HasSubstr("an instruction is cut off"));
  EXPECT_THAT(why_of({DW_CFA_def_cfa_offset, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0}),
              HasSubstr("an instruction is cut off"));
  EXPECT_THAT(why_of({DW_CFA_MIPS_advance_loc8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, DW_CFA_nop}),
              HasSubstr("a location overflows"));
  EXPECT_THAT(why(table_of_function({}, text_of({DW_CFA_advance_loc | 1}))), HasSubstr("a CIE has locations"));
}

TEST(UnwindOfHostileFiles, ALocationThatIsSetLiesAhead) {
  const auto table_at = [](std::uint64_t address) {
    // An FDE has 17 bytes before its instructions, and there are two before the location.
    const std::uint64_t here = frame_address + usual.size() + 17 + 2;
    const std::string set = raw(static_cast<std::uint32_t>(address - here));
    return table_of_function(text_of({DW_CFA_advance_loc | 8, DW_CFA_set_loc}) + set +
                             text_of({DW_CFA_def_cfa_offset, 16}));
  };
  EXPECT_EQ(in_words(table_at(text_address + 0x20)),
            (std::vector<std::string>{"0: gap", "1000: sp+1", "1020: sp+2", "1100: gap"}));
  EXPECT_EQ(why(table_at(text_address + 8)), "a table");
  EXPECT_THAT(why(table_at(text_address + 7)), HasSubstr("rows are out of order"));
}

TEST(UnwindOfHostileFiles, LocationsBehindTheFunctionAreNotItsOwn) {
  const auto table = table_of_function(text_of({DW_CFA_advance_loc4, 0, 1, 0, 0, DW_CFA_def_cfa_offset, 16}));
  EXPECT_EQ(in_words(table), (std::vector<std::string>{"0: gap", "1000: sp+1", "1100: gap"}));
  std::string steps;
  for (int i = 0; i < 100'000; ++i) {
    steps += text_of({DW_CFA_def_cfa_offset, 8 + 8 * (i % 2), DW_CFA_advance_loc | 1});
  }
  EXPECT_EQ(in_words(table_of_function(steps)).size(), 0x100 + 2U);
}

TEST(UnwindOfHostileFiles, NumbersThatOverflow) {
  const auto rule = [](std::initializer_list<int> instructions) {
    return in_words(table_of_function(text_of(instructions)))[1];
  };
  const int f = 0xff;
  EXPECT_EQ(rule({DW_CFA_def_cfa_offset, 0x80, 0x80, 0x10}), "1000: none") << "32,768 slots";
  EXPECT_EQ(rule({DW_CFA_def_cfa_offset, 0xf8, f, 0x0f}), "1000: sp+32767");
  EXPECT_EQ(rule({DW_CFA_def_cfa_offset, f, f, f, f, f, f, f, f, f, 1}), "1000: none");
  EXPECT_EQ(rule({DW_CFA_def_cfa_offset_sf, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f}), "1000: none");
  EXPECT_EQ(rule({DW_CFA_offset | 6, f, f, f, f, f, f, f, f, f, 1}), "1000: none");
  EXPECT_EQ(rule({DW_CFA_offset | 6, 0x80, 0x02}), "1000: none") << "256 slots";
  EXPECT_EQ(rule({DW_CFA_def_cfa, f, f, f, f, f, f, f, f, f, 1, 8}), "1000: none");
}

TEST(UnwindOfHostileFiles, FunctionsOutsideOfTheCode) {
  std::string frame = usual;
  frame += fde(frame.size(), text_address - 1, 0x10, {});
  frame += fde(frame.size(), text_address + text_size, 0x10, {});
  frame += fde(frame.size(), text_address + text_size - 8, 0xffff'ffff, {});
  const auto table = table_with(frame);
  EXPECT_EQ(in_words(table), (std::vector<std::string>{"0: gap", "1ff8: sp+1", "2000: gap"}));
  EXPECT_EQ(table->counts.outside, 2U);
}

TEST(UnwindOfHostileFiles, CountsWhyCodeHasNoRule) {
  const auto table = table_of_function(text_of({DW_CFA_def_cfa_register,
                                                10,
                                                DW_CFA_advance_loc | 16,
                                                DW_CFA_def_cfa,
                                                7,
                                                12,
                                                DW_CFA_advance_loc | 16,
                                                DW_CFA_def_cfa,
                                                7,
                                                16,
                                                DW_CFA_register,
                                                16,
                                                2,
                                                DW_CFA_advance_loc | 16,
                                                DW_CFA_restore | 16,
                                                DW_CFA_register,
                                                6,
                                                2,
                                                DW_CFA_advance_loc | 32,
                                                DW_CFA_restore | 6,
                                                DW_CFA_advance_loc | 16,
                                                0x3e}));
  ASSERT_TRUE(table) << why(table);
  std::vector<std::uint64_t> bytes;
  for (const auto& counted : table->counts.no_rule) {
    EXPECT_EQ(counted.ranges, 1U);
    bytes.push_back(counted.bytes);
  }
  EXPECT_EQ(bytes, (std::vector<std::uint64_t>{16, 16, 16, 32, 0x100 - 96}));
}

}  // namespace
}  // namespace taskcost::test
