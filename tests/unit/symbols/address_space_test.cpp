// SPDX-License-Identifier: Apache-2.0
#include "symbols/address_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace taskcost::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

Mapping mapped(std::uint64_t start, std::uint64_t end, std::string path, std::uint64_t offset = 0) {
  Mapping mapping;
  mapping.start = start;
  mapping.end = end;
  mapping.file_offset = offset;
  mapping.path = std::move(path);
  return mapping;
}

std::string path_at(const AddressSpaces& spaces, std::uint32_t pid, std::uint64_t address) {
  const Mapping* mapping = spaces.find(pid, address);
  return mapping == nullptr ? "" : mapping->path;
}

// Returns the file offset that is mapped at that address.
std::uint64_t offset_at(const AddressSpaces& spaces, std::uint32_t pid, std::uint64_t address) {
  const Mapping* mapping = spaces.find(pid, address);
  return mapping == nullptr ? 0 : address - mapping->start + mapping->file_offset;
}

TEST(AddressSpaces, FindsWhatIsMapped) {
  AddressSpaces spaces;
  spaces.on_mmap(1, mapped(0x1000, 0x3000, "/a"), 1);
  spaces.on_mmap(1, mapped(0x5000, 0x6000, "/b"), 2);
  EXPECT_EQ(path_at(spaces, 1, 0x0fff), "");
  EXPECT_EQ(path_at(spaces, 1, 0x1000), "/a");
  EXPECT_EQ(path_at(spaces, 1, 0x2fff), "/a");
  EXPECT_EQ(path_at(spaces, 1, 0x3000), "");
  EXPECT_EQ(path_at(spaces, 1, 0x5fff), "/b");
  EXPECT_EQ(path_at(spaces, 2, 0x1000), "") << "another process";
}

TEST(AddressSpaces, ALaterMappingSplitsTheEarlier) {
  AddressSpaces spaces;
  spaces.on_mmap(1, mapped(0x1000, 0x9000, "/old", 0x100000), 1);
  spaces.on_mmap(1, mapped(0x3000, 0x5000, "/new"), 2);
  EXPECT_EQ(path_at(spaces, 1, 0x2fff), "/old");
  EXPECT_EQ(path_at(spaces, 1, 0x3000), "/new");
  EXPECT_EQ(path_at(spaces, 1, 0x4fff), "/new");
  EXPECT_EQ(path_at(spaces, 1, 0x5000), "/old");
  EXPECT_EQ(offset_at(spaces, 1, 0x2000), 0x101000U);
  EXPECT_EQ(offset_at(spaces, 1, 0x5000), 0x104000U) << "the rest keeps its place in the file";
  EXPECT_EQ(spaces.mappings(), 3U);
}

TEST(AddressSpaces, ALaterMappingCutsAndCovers) {
  AddressSpaces spaces;
  spaces.on_mmap(1, mapped(0x1000, 0x3000, "/head"), 1);
  spaces.on_mmap(1, mapped(0x3000, 0x4000, "/covered"), 2);
  spaces.on_mmap(1, mapped(0x4000, 0x5000, "/same-start"), 2);
  spaces.on_mmap(1, mapped(0x5000, 0x8000, "/tail", 0x1000), 3);
  spaces.on_mmap(1, mapped(0x2000, 0x6000, "/new"), 4);
  EXPECT_EQ(path_at(spaces, 1, 0x1fff), "/head");
  for (const std::uint64_t address : {0x2000, 0x3000, 0x4000, 0x5fff}) {
    EXPECT_EQ(path_at(spaces, 1, address), "/new");
  }
  EXPECT_EQ(path_at(spaces, 1, 0x6000), "/tail");
  EXPECT_EQ(offset_at(spaces, 1, 0x6000), 0x2000U);
  EXPECT_EQ(spaces.mappings(), 3U);
}

// A stack has addresses, but no time: which of two libraries it was in is not known.
TEST(AddressSpaces, WhereFilesWereMappedInTurnAStackHasNone) {
  AddressSpaces spaces;
  spaces.on_mmap(1, mapped(0x1000, 0x4000, "/one"), 1);
  spaces.on_mmap(1, mapped(0x2000, 0x3000, "/other"), 2);
  spaces.on_mmap(1, mapped(0x7000, 0x8000, "/alone"), 2);
  const std::vector<std::uint64_t> addresses = {0x1fff, 0x2000, 0x3000, 0x7000};
  const auto found = [&] { return spaces.find_together(1, addresses); };
  EXPECT_EQ(found()[0]->path, "/one");
  EXPECT_EQ(found()[1], nullptr);
  EXPECT_EQ(found()[2]->path, "/one");
  EXPECT_EQ(found()[3]->path, "/alone");
  EXPECT_EQ(path_at(spaces, 1, 0x2000), "/other") << "at present";
  spaces.on_mmap(1, mapped(0x1000, 0x4000, "/one"), 3);
  EXPECT_EQ(found()[0]->path, "/one");
  EXPECT_EQ(found()[1], nullptr) << "it was another file once";
  EXPECT_EQ(found()[2]->path, "/one");
  spaces.on_mmap(1, mapped(0x7000, 0x8000, "/alone"), 4);
  EXPECT_EQ(found()[3]->path, "/alone") << "dlclose() and dlopen() of the same library";
  spaces.on_mmap(1, mapped(0x7000, 0x8000, "/alone", 0x1000), 5);
  EXPECT_EQ(found()[3], nullptr) << "another part of it";
  spaces.on_exec(1, 6);
  spaces.on_mmap(1, mapped(0x2000, 0x3000, "/new"), 7);
  EXPECT_EQ(spaces.find_together(1, addresses, {6, 0})[1]->path, "/new");
}

TEST(AddressSpaces, EmptyAndBackwardMappingsAreNone) {
  AddressSpaces spaces;
  spaces.on_mmap(1, mapped(0x1000, 0x1000, "/empty"), 1);
  spaces.on_mmap(1, mapped(0x3000, 0x1000, "/backward"), 1);
  EXPECT_EQ(spaces.mappings(), 0U);
}

TEST(AddressSpaces, ReachesTheEndOfMemory) {
  AddressSpaces spaces;
  spaces.on_mmap(1, mapped(0, ~0ULL, "/everything"), 1);
  spaces.on_mmap(1, mapped(~0ULL - 0x1000, ~0ULL, "/end"), 2);
  EXPECT_EQ(path_at(spaces, 1, 0), "/everything");
  EXPECT_EQ(path_at(spaces, 1, ~0ULL - 1), "/end");
}

TEST(AddressSpaces, ExecForgets) {
  AddressSpaces spaces;
  spaces.on_mmap(1, mapped(0x1000, 0x2000, "/before"), 1);
  spaces.on_exec(1, 2);
  EXPECT_EQ(path_at(spaces, 1, 0x1000), "");
  spaces.on_mmap(1, mapped(0x4000, 0x5000, "/after"), 3);
  EXPECT_EQ(path_at(spaces, 1, 0x4000), "/after");
}

TEST(AddressSpaces, ForkCopies) {
  AddressSpaces spaces;
  spaces.on_mmap(1, mapped(0x1000, 0x2000, "/shared"), 1);
  spaces.on_fork(1, 2, 2);
  EXPECT_EQ(path_at(spaces, 2, 0x1000), "/shared");
  EXPECT_EQ(spaces.mappings(), 1U) << "a fork costs nothing until one of the two changes";

  spaces.on_mmap(2, mapped(0x1000, 0x2000, "/child"), 3);
  spaces.on_mmap(1, mapped(0x7000, 0x8000, "/parent"), 4);
  EXPECT_EQ(path_at(spaces, 1, 0x1000), "/shared");
  EXPECT_EQ(path_at(spaces, 2, 0x1000), "/child");
  EXPECT_EQ(path_at(spaces, 2, 0x7000), "");

  spaces.on_exec(2, 5);
  EXPECT_EQ(path_at(spaces, 2, 0x1000), "");
  EXPECT_EQ(path_at(spaces, 1, 0x1000), "/shared");
}

TEST(AddressSpaces, AForkOfAnUnknownProcessKnowsNothing) {
  AddressSpaces spaces;
  spaces.on_fork(1, 2, 1);
  EXPECT_EQ(spaces.find(2, 0x1000), nullptr);
  spaces.on_mmap(2, mapped(0x1000, 0x2000, "/own"), 2);
  EXPECT_EQ(path_at(spaces, 2, 0x1000), "/own");
}

TEST(AddressSpaces, ASnapshotHoldsWhatCameBefore) {
  AddressSpaces spaces;
  spaces.on_snapshot(1, {mapped(0x1000, 0x2000, "/now"), mapped(0x5000, 0x6000, "/lib")}, 10);
  spaces.on_exec(1, 8);
  spaces.on_mmap(1, mapped(0x1000, 0x2000, "/unmapped since"), 9);
  EXPECT_EQ(path_at(spaces, 1, 0x1000), "/now");
  EXPECT_EQ(path_at(spaces, 1, 0x5000), "/lib");
  spaces.on_mmap(1, mapped(0x1000, 0x2000, "/later"), 11);
  EXPECT_EQ(path_at(spaces, 1, 0x1000), "/later");
}

TEST(AddressSpaces, AStackFromBeforeAnExecIsOfTheFormerProgram) {
  AddressSpaces spaces;
  spaces.on_mmap(1, mapped(0x1000, 0x2000, "/shell"), 1);
  spaces.on_mmap(1, mapped(0x8000, 0x9000, "/shell-lib"), 1);
  spaces.on_fork(1, 2, 2);
  spaces.on_exec(2, 3);
  spaces.on_mmap(2, mapped(0x1000, 0x3000, "/tool"), 4);

  const std::uint64_t before[] = {0x1500, 0x8500};
  const auto old = spaces.find_together(2, before);
  ASSERT_THAT(old, SizeIs(2));
  EXPECT_EQ(old[0]->path, "/shell");
  EXPECT_EQ(old[1]->path, "/shell-lib");

  const std::uint64_t after[] = {0x1500, 0x2500};
  const auto now = spaces.find_together(2, after);
  EXPECT_EQ(now[0]->path, "/tool");
  EXPECT_EQ(now[1]->path, "/tool");

  const std::uint64_t either[] = {0x1500};
  EXPECT_EQ(spaces.find_together(2, either)[0]->path, "/tool") << "of equals the latest";
  const std::uint64_t nowhere[] = {0xdead0000};
  EXPECT_EQ(spaces.find_together(2, nowhere)[0], nullptr);
  EXPECT_EQ(spaces.find_together(77, nowhere)[0], nullptr);
  EXPECT_THAT(spaces.find_together(2, {}), IsEmpty());
}

// Programs run at the same addresses, one after the other with the same pid.
TEST(AddressSpaces, AStackIsOfTheProgramOfItsTime) {
  AddressSpaces spaces;
  spaces.on_mmap(1, mapped(0x1000, 0x2000, "/shell"), 1);
  spaces.on_fork(1, 2, 10);
  spaces.on_exec(2, 20);
  spaces.on_mmap(2, mapped(0x1000, 0x2000, "/first"), 21);
  spaces.on_exec(2, 30);
  spaces.on_mmap(2, mapped(0x1000, 0x2000, "/second"), 31);
  spaces.on_fork(1, 2, 50);  // another process with this pid
  const std::uint64_t addresses[] = {0x1500};
  const auto at = [&](const AddressSpaces::Program& program) {
    return spaces.find_together(2, addresses, program).at(0)->path;
  };
  EXPECT_EQ(at({22, 9}), "/first") << "an exec is over a little after the kernel reported it";
  EXPECT_EQ(at({33, 9}), "/second");
  EXPECT_EQ(at({0, 9}), "/shell") << "before its first exec";
  EXPECT_EQ(at({0, 49}), "/shell");
  EXPECT_EQ(at({0, 70}), "/shell") << "nothing later is known";
  EXPECT_EQ(spaces.find(2, 0x1500)->mapped_ns, 1U);
}

TEST(AddressSpaces, ManyExecsKeepTheirMemory) {
  AddressSpaces spaces;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    spaces.on_exec(1, i);
    spaces.on_mmap(1, mapped(0x1000, 0x2000, "/tool"), i);
  }
  EXPECT_LE(spaces.mappings(), 4U);
  EXPECT_EQ(spaces.dropped(), 0U);
}

TEST(AddressSpaces, TheLimitHoldsAndIsCounted) {
  AddressSpaces spaces(10);
  for (std::uint64_t i = 0; i < 100; ++i) {
    spaces.on_mmap(1, mapped(0x1000 * (i + 1), 0x1000 * (i + 2), "/lib"), i);
  }
  EXPECT_LE(spaces.mappings(), 10U);
  EXPECT_EQ(spaces.dropped(), 100 - spaces.mappings());
  for (std::uint32_t pid = 2; pid < 50; ++pid) {
    spaces.on_fork(1, pid, 200);
  }
  EXPECT_EQ(path_at(spaces, 2, 0x1000), "/lib");
  EXPECT_EQ(path_at(spaces, 49, 0x1000), "");
  EXPECT_GT(spaces.dropped(), 100U);
}

TEST(ParseMaps, TakesExecutableFilesMemoryAndTheVdso) {
  const auto mappings = parse_maps(
      "55d0c0000000-55d0c0001000 r--p 00000000 fe:01 1234                       /usr/bin/tool\n"
      "55d0c0001000-55d0c0005000 r-xp 00001000 fe:01 1234                       /usr/bin/tool\n"
      "55d0c1000000-55d0c1021000 rw-p 00000000 00:00 0                          [heap]\n"
      "7f0000000000-7f0000001000 rwxp 00000000 00:00 0 \n"
      "7f0000002000-7f0000003000 r-xp 00000000 00:00 0                          [anon: v8]\n"
      "7f0000100000-7f0000200000 r-xs 00002000 103:0a 18446744073709551615      /tmp/with  two spaces (deleted)\n"
      "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]\n"
      "7ffc00100000-7ffc00102000 r-xp 00000000 00:00 0                          [vdso]\n"
      "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n");
  ASSERT_THAT(mappings, SizeIs(5));
  EXPECT_EQ(mappings[0].start, 0x55d0c0001000U);
  EXPECT_EQ(mappings[0].end, 0x55d0c0005000U);
  EXPECT_EQ(mappings[0].file_offset, 0x1000U);
  EXPECT_EQ(mappings[0].device_major, 0xfeU);
  EXPECT_EQ(mappings[0].device_minor, 1U);
  EXPECT_EQ(mappings[0].inode, 1234U);
  EXPECT_EQ(mappings[0].path, "/usr/bin/tool");
  EXPECT_EQ(mappings[1].path, "//anon");
  EXPECT_EQ(mappings[1].end, 0x7f0000001000U);
  EXPECT_EQ(mappings[2].path, "//anon");
  EXPECT_EQ(mappings[3].path, "/tmp/with  two spaces (deleted)");
  EXPECT_EQ(mappings[3].device_major, 0x103U);
  EXPECT_EQ(mappings[3].inode, ~0ULL);
  EXPECT_EQ(mappings[4].path, "[vdso]");
}

TEST(ParseMaps, HostilePathsStayPaths) {
  const auto mappings = parse_maps(
      "1000-2000 r-xp 00000000 fe:01 7 /tmp/a\\0121000-2000 r-xp 0 fe:01 7 /fake\n"
      "3000-4000 r-xp 00000000 fe:01 8 /tmp/\xff\x1b[31m;\"</script>\n");
  ASSERT_THAT(mappings, SizeIs(2));
  EXPECT_EQ(mappings[0].path, "/tmp/a\n1000-2000 r-xp 0 fe:01 7 /fake");
  EXPECT_EQ(mappings[1].path, "/tmp/\xff\x1b[31m;\"</script>");
}

TEST(ParseMaps, PassesOverWhatIsNoLine) {
  for (const char* text :
       {"", "\n\n", "nonsense", "1000", "1000-", "1000-2000", "1000-2000 ", "1000-2000 r-xp", "1000-2000 r-xp 0 fe:01",
        "1000-2000 r-xp 0 fe:01 7", "1000-2000 r-xp 0 fe:01 7 ", "2000-1000 r-xp 0 fe:01 7 /backward",
        "g-h r-xp 0 fe:01 7 /letters", "10000000000000000-20000000000000000 r-xp 0 fe:01 7 /too-large"}) {
    EXPECT_THAT(parse_maps(text), IsEmpty()) << text;
  }
  EXPECT_THAT(parse_maps("1000-2000 r-xp 00000000 fe:01 7 /no-newline-at-the-end"), SizeIs(1));
}

}  // namespace
}  // namespace taskcost::test
