// SPDX-License-Identifier: Apache-2.0
#include "symbols/symbolizer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/read_text.h"
#include "support/elf_file.h"
#include "support/subprocess.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using Mark = Frame::Mark;

std::string function_at(const Loaded& loaded, std::uint64_t address, Symbolizer&& symbolizer = Symbolizer()) {
  return symbolizer.name(&loaded.mapping, address + loaded.bias).function;
}

Symbolizer with_directory(const std::string& directory) { return Symbolizer(Symbolizer::Options{{directory}, {}}); }

void expect_known_functions(const Loaded& loaded, const std::string& nm_name, Symbolizer&& symbolizer = Symbolizer()) {
  const auto addresses = nm_of(nm_name);
  for (const char* name : {"knead", "rest", "bake", "main", "_start"}) {
    const auto address = addresses.find(name);
    if (address == addresses.end()) {
      EXPECT_STREQ(name, "rest") << "the compiler may have put it into its caller";
      continue;
    }
    for (const std::uint64_t inside : {0, 1}) {
      const Frame frame = symbolizer.name(&loaded.mapping, address->second + loaded.bias + inside);
      EXPECT_EQ(frame.function, name);
      EXPECT_EQ(frame.mark, Mark::none);
      EXPECT_EQ(frame.offset, 0U);
      EXPECT_EQ(frame.module, loaded.mapping.path);
      EXPECT_FALSE(frame.kernel);
    }
  }
}

void expect_nameless(const Loaded& loaded, Mark mark, Symbolizer&& symbolizer = Symbolizer()) {
  const Frame frame = symbolizer.name(&loaded.mapping, loaded.mapping.start + 0x10);
  EXPECT_EQ(frame.function, "");
  EXPECT_EQ(frame.mark, mark);
  EXPECT_EQ(frame.offset, loaded.mapping.file_offset + 0x10);
}

TEST(Symbolizer, PositionIndependent) { expect_known_functions(load(elf_path("pie")), "pie"); }

TEST(Symbolizer, AtFixedAddresses) { expect_known_functions(load(elf_path("no_pie")), "no_pie"); }

TEST(Symbolizer, DebugFileBeside) { expect_known_functions(load(elf_path("linked")), "pie"); }

TEST(Symbolizer, DebugFileInASubdirectoryOrADirectoryOfDebugFiles) {
  const Folder folder;
  const Loaded loaded = load(folder.take("linked", "bin/linked"));
  const std::uint64_t knead = nm_of("pie").at("knead");
  EXPECT_EQ(function_at(loaded, knead), "");
  (void)folder.take("linked.debug", "bin/.debug/linked.debug");
  EXPECT_EQ(function_at(loaded, knead), "knead");

  const Folder other;
  const Loaded elsewhere = load(other.take("linked", "bin/linked"));
  const std::string debug = "debug" + other.file("bin/linked.debug");
  (void)other.take("linked.debug", debug);
  EXPECT_EQ(function_at(elsewhere, knead), "");
  EXPECT_EQ(function_at(elsewhere, knead, with_directory(other.file("debug"))), "knead");
}

TEST(Symbolizer, ADebugFileOfAnotherBuildIsNone) {
  const Folder folder;
  const Loaded loaded = load(folder.take("linked", "linked"));
  std::ofstream(folder.file("linked.debug"), std::ios::binary) << bytes_of(elf_path("linked.debug")) << "x";
  EXPECT_EQ(function_at(loaded, nm_of("pie").at("knead")), "") << "its checksum differs";
}

TEST(Symbolizer, DebugFileByBuildId) {
  const Loaded loaded = load(elf_path("by_build_id"));
  const std::uint64_t knead = nm_of("pie").at("knead");
  EXPECT_EQ(function_at(loaded, knead), "");

  auto symbols = ElfSymbols::read(RegularFile(loaded.mapping.path), loaded.mapping.path, {});
  ASSERT_TRUE(symbols) << to_line(symbols.error());
  const std::string id = symbols->build_id();
  ASSERT_EQ(id.size(), 40U);
  const std::string place = ".build-id/" + id.substr(0, 2) + "/" + id.substr(2) + ".debug";
  const Folder folder;
  (void)folder.take("by_build_id.debug", place);
  expect_known_functions(loaded, "pie", with_directory(folder.file("")));

  // The file has the same symbols, but is of another build.
  std::string other = bytes_of(elf_path("by_build_id.debug"));
  const auto first = static_cast<char>(std::stoi(id.substr(0, 2), nullptr, 16));
  const auto second = static_cast<char>(std::stoi(id.substr(2, 2), nullptr, 16));
  const std::size_t note = other.find(std::string("GNU\0", 4) + first + second);
  ASSERT_NE(note, std::string::npos);
  other[note + 4] = static_cast<char>(~first);
  std::ofstream(folder.file(place), std::ios::binary | std::ios::trunc) << other;
  EXPECT_EQ(function_at(loaded, knead, with_directory(folder.file(""))), "") << "it has another build id";
}

TEST(Symbolizer, WithoutSymbolsThereIsAnOffset) { expect_nameless(load(elf_path("stripped")), Mark::none); }

TEST(Symbolizer, ReadsCppNames) {
  const Loaded loaded = load(elf_path("names"));
  const auto addresses = nm_of("names");
  EXPECT_EQ(function_at(loaded, addresses.at("_ZNK6bakery4Oven4heatEiPKc")),
            "bakery::Oven::heat(int, char const*) const");
  EXPECT_EQ(function_at(loaded, addresses.at("_ZN6bakery5twiceIiEET_S1_")), "int bakery::twice<int>(int)");
}

// The linkage table lies behind _init, which has no size.
TEST(Symbolizer, TheLinkageTableBelongsToNoFunction) {
  const std::string path = elf_path("paths_no_pie");
  const std::string bytes = bytes_of(path);
  Elf64_Ehdr header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  std::memcpy(sections.data(), bytes.data() + header.e_shoff, sections.size() * sizeof(Elf64_Shdr));
  const char* const names = bytes.data() + sections.at(header.e_shstrndx).sh_offset;
  const Loaded loaded = load(path);
  Symbolizer symbolizer;
  int checked = 0;
  for (const Elf64_Shdr& section : sections) {
    const std::string name = names + section.sh_name;
    for (std::uint64_t at = section.sh_addr; name.starts_with(".plt") && at < section.sh_addr + section.sh_size; ++at) {
      ASSERT_EQ(symbolizer.name(&loaded.mapping, at).function, "") << std::hex << at;
      ++checked;
    }
    if (name == ".init") {
      EXPECT_EQ(symbolizer.name(&loaded.mapping, section.sh_addr).function, "_init");
    }
  }
  EXPECT_GT(checked, 0);
}

// The first and the last byte of each function of a library of the system.
TEST(Symbolizer, NamesOfALibraryAreThoseOfNm) {
  std::string path;
  for (const Mapping& mapping : parse_maps(read_text("/proc/self/maps"))) {
    path = mapping.path.find("/libc.so") != std::string::npos ? mapping.path : path;
  }
  struct Symbol {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
    std::string name;
  };
  std::vector<Symbol> symbols;
  for (const char* option : {"-D", "-a"}) {
    std::istringstream lines(run({"nm", option, "-S", "--defined-only", path}).out);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      Symbol symbol;
      std::string type;
      if (words >> std::hex >> symbol.address >> symbol.size >> type >> symbol.name &&
          std::string("TtWwi").find(type) != std::string::npos && symbol.size > 0) {
        symbol.name.resize(std::min(symbol.name.find('@'), symbol.name.size()));
        symbols.push_back(symbol);
      }
    }
  }
  if (symbols.empty()) {
    GTEST_SKIP() << "no nm, or no library";
  }
  const Loaded loaded = load(path);
  std::ranges::sort(symbols, {}, &Symbol::address);
  Symbolizer symbolizer;
  int different = 0;
  int checked = 0;
  for (std::size_t i = 0; i < symbols.size(); i += 7) {
    for (const std::uint64_t at : {symbols[i].address, symbols[i].address + symbols[i].size - 1}) {
      const std::string name = symbolizer.name(&loaded.mapping, at + loaded.bias).function;
      const bool is_known = std::ranges::any_of(
          symbols, [&](const Symbol& symbol) { return at - symbol.address < symbol.size && symbol.name == name; });
      different += is_known ? 0 : 1;
      ++checked;
      EXPECT_TRUE(is_known || different > 5) << std::hex << at << " " << symbols[i].name << " " << name;
    }
  }
  EXPECT_EQ(different, 0) << "of " << checked;
  EXPECT_GT(checked, 100);
}

TEST(Symbolizer, FilesThatAreGone) {
  const Folder folder;
  Loaded loaded = load(folder.take("pie", "tool"));
  std::filesystem::remove(loaded->path);
  expect_nameless(loaded, Mark::unlinked);

  loaded->path += " (deleted)";
  expect_nameless(loaded, Mark::unlinked);
  EXPECT_EQ(Symbolizer().name(&loaded.mapping, loaded->start).module, folder.file("tool"));
  // Another file has the path now, but the mapping says that its own file was deleted.
  std::ofstream(folder.file("tool")) << "another";
  expect_nameless(loaded, Mark::unlinked);
}

TEST(Symbolizer, AFileWhoseNameSoundsDeleted) {
  const Folder folder;
  expect_known_functions(load(folder.take("pie", "tool (deleted)")), "pie");
}

TEST(Symbolizer, FilesThatWereReplaced) {
  const Folder folder;
  const std::string path = folder.take("pie", "tool");
  Loaded loaded = load(path);
  std::filesystem::rename(folder.take("no_pie", "new"), path);
  expect_nameless(loaded, Mark::replaced);

  Loaded other_device = load(path);
  other_device->device_minor += 1;
  expect_nameless(other_device, Mark::replaced);

  // The inode is the same, but its content is another build.
  Loaded overwritten = load(elf_path("pie"));
  overwritten->build_id = "0123456789abcdef0123456789abcdef01234567";
  expect_nameless(overwritten, Mark::replaced);
  overwritten->build_id = ElfSymbols::read(RegularFile(overwritten->path), overwritten->path, {})->build_id();
  expect_known_functions(overwritten, "pie");

  // Records with a build id have no inode.
  Loaded without_inode = load(elf_path("pie"));
  without_inode->inode = 0;
  expect_known_functions(without_inode, "pie");
}

std::uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

// Without a build id, only the times of the file show that it was written to.
TEST(Symbolizer, AFileThatChangedSinceItWasMapped) {
  const Folder folder;
  Loaded loaded = load(folder.take("pie", "tool"));
  std::this_thread::sleep_for(30ms);  // longer than a tick
  loaded->mapped_ns = monotonic_ns();
  expect_known_functions(loaded, "pie");
  std::this_thread::sleep_for(30ms);
  std::ofstream(loaded->path, std::ios::binary | std::ios::trunc) << bytes_of(elf_path("pie"));
  expect_nameless(loaded, Mark::replaced);
  std::this_thread::sleep_for(30ms);
  Symbolizer symbolizer;
  EXPECT_EQ(symbolizer.name(&loaded.mapping, loaded->start + 0x10).mark, Mark::replaced);
  Mapping later = loaded.mapping;
  later.mapped_ns = monotonic_ns();
  EXPECT_EQ(symbolizer.name(&later, later.start + 0x10).mark, Mark::none) << "of the same file, but newer";
}

TEST(Symbolizer, AFileThatWasKeptOpen) {
  const Folder folder;
  const std::string path = folder.take("pie", "tool");
  const Loaded loaded = load(path);
  Symbolizer::Options options;
  options.kept_file = [copy = folder.take("pie", "kept")](const Mapping&) { return KeptFile{RegularFile(copy), {}}; };
  std::filesystem::remove(path);
  expect_known_functions(loaded, "pie", Symbolizer(options));
}

// The file and its debug file are found by their paths in the container, and by no path of ours.
TEST(Symbolizer, AFileBelowTheRootOfItsProcess) {
  const Folder folder;
  (void)folder.take("linked", "root/bin/tool");
  (void)folder.take("linked.debug", "root/usr/lib/debug/bin/linked.debug");
  Loaded loaded = load(folder.file("root/bin/tool"));
  loaded->path = "/bin/tool";
  Symbolizer::Options options;
  options.kept_file =
      [root = std::make_shared<const Fd>(open(folder.file("root").c_str(), O_PATH | O_CLOEXEC))](const Mapping&) {
        return KeptFile{RegularFile(), root};
      };
  expect_known_functions(loaded, "pie", Symbolizer(options));
  loaded->path = "/bin/another";
  expect_nameless(loaded, Mark::unlinked, Symbolizer(options));
}

TEST(Symbolizer, CompiledCodeHasTheNamesOfItsMap) {
  const Folder folder;
  std::ofstream(folder.file("map")) << "7f0000001000 100 LazyCompile:*bake /srv/oven.js:12\n";
  Symbolizer::Options options;
  options.jit_map = [&](std::uint32_t jit) { return jit == 1 ? RegularFile(folder.file("map")) : RegularFile(); };
  Symbolizer symbolizer(options);
  Mapping memory;
  memory.start = 0x7f0000000000;
  memory.end = 0x7f0000100000;
  memory.path = "//anon";
  memory.jit = 1;
  const Frame frame = symbolizer.name(&memory, 0x7f0000001080);
  EXPECT_EQ(frame.function, "LazyCompile:*bake /srv/oven.js:12");
  EXPECT_EQ(frame.module, "[JIT]");
  EXPECT_EQ(frame.mark, Mark::none);
  EXPECT_EQ(symbolizer.name(&memory, 0x7f0000001100).mark, Mark::unknown) << "beyond the entry";
  memory.jit = 2;
  EXPECT_EQ(symbolizer.name(&memory, 0x7f0000001080).mark, Mark::unknown) << "of another process";
  EXPECT_EQ(symbolizer.jit_sums().read, 1U);
  EXPECT_EQ(symbolizer.jit_sums().refused, 1U);
}

TEST(Symbolizer, OfAHugeMapItTakesTheEnd) {
  const Folder folder;
  std::ofstream file(folder.file("map"));
  file << "1000 10 early\n" << std::string(PerfMap::max_bytes - 30, '\0') << "\n1010 10 late\n";
  file.close();
  Symbolizer::Options options;
  options.jit_map = [&](std::uint32_t) { return RegularFile(folder.file("map")); };
  Symbolizer symbolizer(options);
  Mapping memory;
  memory.end = 0x2000;
  memory.path = "//anon";
  memory.jit = 1;
  EXPECT_EQ(symbolizer.name(&memory, 0x1000).function, "early");
  EXPECT_EQ(symbolizer.name(&memory, 0x1010).function, "late");

  std::filesystem::resize_file(folder.file("map"), std::uintmax_t{1} << 40U);  // without blocks
  EXPECT_EQ(Symbolizer(options).name(&memory, 0x1010).function, "");
  std::ofstream(folder.file("map"), std::ios::app) << "\n1010 10 late\n";
  EXPECT_EQ(Symbolizer(options).name(&memory, 0x1010).function, "late");
}

TEST(Symbolizer, AFifoInItsPlaceDoesNotBlock) {
  const Folder folder;
  Loaded loaded = load(folder.take("pie", "tool"));
  std::filesystem::remove(loaded->path);
  ASSERT_EQ(mkfifo(loaded->path.c_str(), 0600), 0);
  expect_nameless(loaded, Mark::replaced);
}

TEST(Symbolizer, WhatIsNoFile) {
  Symbolizer symbolizer;
  EXPECT_EQ(symbolizer.name(nullptr, 0x1234).mark, Mark::unknown);
  EXPECT_EQ(symbolizer.name(nullptr, 0x1234).module, "");
  for (const char* path : {"", "//anon", "[heap]", "relative"}) {
    Mapping mapping;
    mapping.start = 0x1000;
    mapping.end = 0x2000;
    mapping.path = path;
    EXPECT_EQ(symbolizer.name(&mapping, 0x1800).mark, Mark::unknown) << path;
    EXPECT_EQ(symbolizer.name(&mapping, 0x1800).module, path);
  }
}

// Resolves addresses of this process from its own maps.
class Self : public ::testing::Test {
 protected:
  Self() {
    std::ifstream file("/proc/self/maps");
    spaces_.on_snapshot(1, parse_maps(std::string(std::istreambuf_iterator<char>(file), {})), monotonic_ns());
  }
  AddressSpaces spaces_;
  Symbolizer symbolizer_;
};

void function_of_this_test() {}

TEST_F(Self, KnowsItsFunctions) {
  const auto address = reinterpret_cast<std::uint64_t>(&function_of_this_test);
  const Frame frame = symbolizer_.name(spaces_.find(1, address), address);
  EXPECT_THAT(frame.function, HasSubstr("function_of_this_test()"));
  EXPECT_EQ(frame.mark, Mark::none);
}

TEST_F(Self, KnowsTheVdso) {
  std::ifstream file("/proc/self/maps");
  std::set<std::string> names;
  for (const Mapping& mapping : parse_maps(std::string(std::istreambuf_iterator<char>(file), {}))) {
    for (std::uint64_t at = mapping.start; mapping.path == "[vdso]" && at < mapping.end; ++at) {
      names.insert(symbolizer_.name(&mapping, at).function);
    }
  }
  EXPECT_THAT(names, Contains(AnyOf("__vdso_clock_gettime", "clock_gettime", "__kernel_clock_gettime")));
}

TEST_F(Self, TheVdsoOfA32BitProcessIsAnother) {
  Mapping mapping;
  mapping.start = 0xf7f00000;
  mapping.end = 0xf7f02000;
  mapping.path = "[vdso]";
  for (std::uint64_t at = mapping.start; at < mapping.end; ++at) {
    ASSERT_EQ(symbolizer_.name(&mapping, at).function, "");
  }
}

TEST(ElfSymbols, TornAndForeignFilesAreRefusedOrEmpty) {
  const Folder folder;
  const std::string whole = bytes_of(elf_path("pie"));
  for (std::size_t size = 0; size < whole.size(); size += size < 1024 ? 16 : 512) {
    std::ofstream(folder.file("torn"), std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    Loaded loaded = load(elf_path("pie"));
    loaded->path = folder.file("torn");
    identify(loaded.mapping);
    (void)function_at(loaded, nm_of("pie").at("knead"));
  }
  std::ofstream(folder.file("text")) << "#!/bin/sh\n";
  EXPECT_FALSE(ElfSymbols::read(RegularFile(folder.file("text")), folder.file("text"), {}));
  EXPECT_FALSE(ElfSymbols::read(RegularFile(folder.file("absent")), folder.file("absent"), {}));
}

// Damages bytes of the headers and symbols, one at a time.
TEST(ElfSymbols, DamagedFilesDoNoHarm) {
  const Folder folder;
  const std::string whole = bytes_of(elf_path("no_pie"));
  for (std::size_t at = 0; at < whole.size(); at += at < 1024 ? 3 : 97) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0xff);
    std::ofstream(folder.file("damaged"), std::ios::binary | std::ios::trunc) << damaged;
    auto symbols = ElfSymbols::read(RegularFile(folder.file("damaged")), folder.file("damaged"), {folder.file("")});
    if (symbols) {
      (void)symbols->find(0x1010);
      (void)symbols->find(~0ULL);
    }
  }
}

TEST(Demangled, LeavesOtherNamesAsTheyAre) {
  for (const char* name : {"", "main", "_Z", "_Zmain", "_ZN", "__libc_start_main", "<script>"}) {
    EXPECT_EQ(demangle(name), name);
  }
  EXPECT_EQ(demangle("_ZNSt6vectorIiSaIiEE9push_backERKi"),
            "std::vector<int, std::allocator<int> >::push_back(int const&)");
}

// These 300 bytes demangle to more text than this machine has memory.
TEST(Demangled, ABombDoesNotGoOff) {
  std::string bomb = "_Z1f1AIiiE";
  const std::string digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (std::size_t level = 0; level < 30; ++level) {
    const std::string former = std::string("S") + digits[level] + "_";
    bomb.append("S_I").append(former).append(former).append("E");
  }
  EXPECT_EQ(demangle(bomb), bomb);
  EXPECT_LT(demangle("_Z" + std::string(100'000, 'P')).size(), 2000U);
}

}  // namespace
}  // namespace taskcost::test
