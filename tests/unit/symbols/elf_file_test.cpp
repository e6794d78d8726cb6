// SPDX-License-Identifier: Apache-2.0
#include "symbols/elf_file.h"

#include <fcntl.h>
#include <gelf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include "base/fd.h"
#include "support/elf_file.h"
#include "symbols/debug_files.h"
#include "symbols/eh_frame.h"
#include "symbols/elf_symbols.h"
#include "symbols/needed_libraries.h"
#include "symbols/unwind_table.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;

constexpr off_t headers_alone = sizeof(Elf64_Ehdr);

// A file in memory, which others can cut off and write again.
class CutFile {
 public:
  explicit CutFile(std::string bytes) : bytes_(std::move(bytes)) { restore(); }

  void cut(off_t size = headers_alone) const { EXPECT_EQ(ftruncate(file_.get(), size), 0); }
  void restore() const {
    EXPECT_EQ(pwrite(file_.get(), bytes_.data(), bytes_.size(), 0), static_cast<ssize_t>(bytes_.size()));
  }
  [[nodiscard]] RegularFile open() const { return RegularFile(fcntl(file_.get(), F_DUPFD_CLOEXEC, 0)); }

 private:
  std::string bytes_;
  Fd file_ = Fd(memfd_create("cut", MFD_CLOEXEC));
};

std::string elf_refusal(const std::string& bytes) {
  const CutFile file(bytes);
  auto elf = open_elf(file.open().get());
  return elf ? "opened" : elf.error().why;
}

template <typename Change>
std::string elf_refusal_with(Change change) {
  std::string bytes = bytes_of(elf_path("pie"));
  Elf64_Ehdr header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  Elf64_Shdr section{};  // the table of the sections' names
  char* const at = bytes.data() + header.e_shoff + header.e_shstrndx * sizeof section;
  std::memcpy(&section, at, sizeof section);
  change(header, section);
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(at, &section, sizeof section);
  return elf_refusal(bytes);
}

TEST(ElfFile, RefusesWhatNeedsMuchMemory) {
  EXPECT_EQ(elf_refusal_with([](auto&, auto&) {}), "opened");
  EXPECT_THAT(elf_refusal_with([](auto&, auto& names) { names.sh_size = (1U << 30U) + 1; }),
              HasSubstr("more than 1 GiB"));
  EXPECT_THAT(elf_refusal_with([](auto&, auto& names) { names.sh_size = ~0ULL; }), HasSubstr("more than 1 GiB"));
  EXPECT_THAT(elf_refusal_with([](auto& header, auto&) { header.e_shnum = 0; }), HasSubstr("65,279 sections"));
  EXPECT_THAT(elf_refusal_with([](auto& header, auto&) { header.e_phnum = PN_XNUM; }), HasSubstr("65,279 sections"));
  const auto as_32_bit = [](auto& header, auto&) {
    auto& other = reinterpret_cast<Elf32_Ehdr&>(header);
    other.e_ident[EI_CLASS] = ELFCLASS32;
    other.e_shoff = 4096;
    other.e_shnum = 0;
  };
  EXPECT_THAT(elf_refusal_with(as_32_bit), HasSubstr("65,279 sections"));
  EXPECT_EQ(elf_refusal("#!/bin/sh\n"), "not an ELF file");
  EXPECT_EQ(elf_refusal(""), "not an ELF file");
  EXPECT_FALSE(open_elf(-1));
}

TEST(ElfFile, ReadingWhatWasCutOffIsAnError) {
  const std::string bytes = bytes_of(elf_path("pie"));
  const CutFile file(bytes);
  const RegularFile opened = file.open();
  auto elf = open_elf(opened.get());
  ASSERT_TRUE(elf) << to_line(elf.error());
  file.cut();
  EXPECT_FALSE(read_eh_frame(elf->get(), bytes.size()));
  EXPECT_EQ(read_build_id(elf->get()), "");
}

TEST(ElfFile, ACopyStaysWhole) {
  for (const char* name : {"pie", "no_pie", "linked", "linked.debug", "stripped"}) {
    const CutFile file(bytes_of(elf_path(name)));
    const RegularFile original = file.open();
    const auto id = read_build_id(original);
    auto copy = copy_symbols(original);
    ASSERT_TRUE(copy) << name << ": " << to_line(copy.error());
    file.cut();
    EXPECT_EQ(read_build_id(*copy), id);
    file.restore();
    const auto of_file = ElfSymbols::read(original, name, {});
    file.cut();
    const auto of_copy = ElfSymbols::read(*copy, name, {});
    ASSERT_EQ(of_copy.has_value(), of_file.has_value()) << name;
    if (!of_copy) {
      continue;
    }
    EXPECT_EQ(of_copy->build_id(), id);
    const Loaded loaded = load(elf_path(std::string(name).starts_with("no") ? name : "pie"));
    const std::uint64_t code = loaded.mapping.file_offset;
    for (std::uint64_t at = code; at < code + (loaded.mapping.end - loaded.mapping.start); ++at) {
      ASSERT_EQ(of_copy->find(at), of_file->find(at)) << name << ": " << at;
    }
  }
}

TEST(ElfFile, ACopyHasNoCode) {
  const std::string bytes = bytes_of(elf_path("pie"));
  const CutFile file(bytes);
  auto copy = copy_symbols(file.open());
  ASSERT_TRUE(copy) << to_line(copy.error());
  const Loaded loaded = load(elf_path("pie"));
  const std::uint64_t main = nm_of("pie").at("main") + loaded.bias - loaded.mapping.start + loaded.mapping.file_offset;
  std::string code(16, 'x');
  ASSERT_EQ(pread(copy->get(), code.data(), code.size(), static_cast<off_t>(main)), 16);
  EXPECT_EQ(code, std::string(16, '\0'));
  EXPECT_NE(bytes.substr(main, 16), code);
}

// Reading a mapping of the file would end this process with SIGBUS.
TEST(ElfFile, AFileIsCutOffWhileItIsRead) {
  const CutFile file(bytes_of(elf_path("pie")));
  const auto most = static_cast<off_t>(bytes_of(elf_path("pie")).size());
  std::atomic<bool> stop = false;
  std::atomic<int> cuts = 0;
  std::thread other([&] {
    for (off_t size = 0; !stop; size = (size + 1000) % most) {
      file.cut(size);
      ++cuts;
      file.restore();
    }
  });
  while (cuts < 10) {
    std::this_thread::yield();
  }
  const RegularFile opened = file.open();
  const std::uint64_t knead = nm_of("pie").at("knead");
  for (int round = 0; round < 300; ++round) {
    if (const auto symbols = ElfSymbols::read(opened, "cut", {}); symbols) {
      (void)symbols->find(knead);
    }
    (void)make_unwind_table(opened.get());
    (void)read_build_id(opened);
    (void)needed_libraries(opened.get());
  }
  stop = true;
  other.join();
  const auto symbols = ElfSymbols::read(opened, "whole", {});
  ASSERT_TRUE(symbols);
  EXPECT_TRUE(make_unwind_table(opened.get()));
}

}  // namespace
}  // namespace taskcost::test
