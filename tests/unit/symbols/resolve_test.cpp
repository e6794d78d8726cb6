// SPDX-License-Identifier: Apache-2.0
#include "symbols/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "support/elf_file.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Mark = Frame::Mark;

constexpr std::uint32_t tgid = 4711;
constexpr std::uint64_t process = 3;
constexpr std::uint64_t late_ns = std::uint64_t{1} << 62U;  // later than any change of the files

// A process that maps tests/elf/pie, and a kernel with a few functions.
class Resolve : public ::testing::Test {
 protected:
  Resolve() { spaces_.on_mmap(tgid, loaded_.mapping, late_ns); }

  std::uint64_t at(const std::string& function, std::uint64_t offset = 1) {
    return addresses_.at(function) + loaded_.bias + offset;
  }
  RawStack stack(std::vector<std::uint64_t> user, std::vector<std::uint64_t> kernel = {}) {
    RawStack raw;
    raw.process = process;
    raw.wait = TC_WAIT_PIPE;
    raw.user = std::move(user);
    raw.kernel = std::move(kernel);
    raw.count = 1;
    raw.time = 10us;
    return raw;
  }
  Stacks resolved(const std::vector<RawStack>& raw, std::uint64_t lost = 0) {
    return resolve(
        raw, spaces_, [](std::uint64_t id) { return id == process ? std::optional(tgid) : std::nullopt; }, symbolizer_,
        kernel_, lost);
  }
  static std::vector<std::string> functions(const NamedStack& stack) {
    std::vector<std::string> names;
    for (const Frame& frame : stack.frames) {
      names.push_back(frame.function);
    }
    return names;
  }

  Loaded loaded_ = load(elf_path("pie"));
  std::map<std::string, std::uint64_t> addresses_ = nm_of("pie");
  AddressSpaces spaces_;
  Symbolizer symbolizer_;
  KernelSymbols kernel_ = KernelSymbols::parse("ffffffff81001000 T pipe_read\nffffffff81002000 T ksys_read\n");
};

TEST_F(Resolve, OutermostFirstUserBeforeKernel) {
  const Stacks all = resolved(
      {stack({at("knead"), at("bake", 6), at("main", 6), at("_start", 9)}, {0xffffffff81001000, 0xffffffff81002011})});
  ASSERT_THAT(all.stacks, SizeIs(1));
  const NamedStack& one = all.stacks[0];
  EXPECT_THAT(functions(one), ElementsAre("_start", "main", "bake", "knead", "ksys_read", "pipe_read"));
  EXPECT_FALSE(one.frames[3].kernel);
  EXPECT_TRUE(one.frames[4].kernel);
  EXPECT_FALSE(one.cut);
  EXPECT_EQ(one.process, process);
  EXPECT_EQ(one.wait, TC_WAIT_PIPE);
  EXPECT_EQ(all.events, 1U);
  EXPECT_EQ(all.cut_events, 0U);
}

TEST_F(Resolve, AReturnAddressIsInTheCallBeforeIt) {
  // A call that does not return may be the last instruction: the return address then lies in the next function.
  const Stacks all = resolved({stack({at("knead", 0), at("bake", 0), at("_start", 9)})});
  EXPECT_EQ(all.stacks[0].frames[2].function, "knead") << "the innermost is where it is";
  EXPECT_NE(all.stacks[0].frames[1].function, "bake");
}

TEST_F(Resolve, WhatDoesNotReachAnEntryIsCut) {
  RawStack missing = stack({}, {0xffffffff81001000});
  missing.user_missing = true;
  missing.count = 5;
  RawStack cut = stack({at("knead"), at("bake")});
  cut.count = 3;
  const Stacks all = resolved({missing, cut, stack({at("_start")})}, 7);
  EXPECT_EQ(all.events, 9U);
  EXPECT_EQ(all.cut_events, 8U);
  EXPECT_EQ(all.lost_events, 7U);
  EXPECT_THAT(all.stacks,
              ElementsAre(::testing::Field(&NamedStack::cut, true), ::testing::Field(&NamedStack::cut, true),
                          ::testing::Field(&NamedStack::cut, false)));
}

TEST_F(Resolve, TheEndOfTheWalkSaysWhetherAStackIsCut) {
  const auto ended = [this](tc_stack_end end, const char* outermost) {
    RawStack raw = stack({at("knead"), at(outermost)});
    raw.end = end;
    return resolved({raw}).stacks[0];
  };
  EXPECT_FALSE(ended(TC_STACK_END_COMPLETE, "bake").cut);
  EXPECT_TRUE(ended(TC_STACK_END_NO_RULE, "bake").cut);
  EXPECT_EQ(ended(TC_STACK_END_NO_RULE, "bake").end, TC_STACK_END_NO_RULE);
  EXPECT_EQ(ended(TC_STACK_END_NO_TABLE, "_start").end, TC_STACK_END_COMPLETE) << "it is an entry";
  EXPECT_TRUE(ended(TC_STACK_END_PENDING, "_start").cut) << "a frame in the middle may be missing";
  RawStack exiting = stack({}, {0xffffffff81001000});
  exiting.end = TC_STACK_END_NO_USER;
  EXPECT_FALSE(resolved({exiting}).stacks[0].cut);
}

// The process writes the map of its compiled code.
TEST_F(Resolve, CompiledCodeIsNoEntryWhateverItsName) {
  const Folder folder;
  std::ofstream(folder.file("map")) << "7f0000001000 100 _start\n7f0000002000 100 start_thread\n";
  Symbolizer::Options options;
  options.jit_map = [&](std::uint32_t) { return RegularFile(folder.file("map")); };
  Symbolizer symbolizer(options);
  Mapping memory;
  memory.start = 0x7f0000000000;
  memory.end = 0x7f0000100000;
  memory.path = "//anon";
  memory.jit = 1;
  spaces_.on_mmap(tgid, memory, late_ns);
  const auto end_of = [&](std::uint64_t outermost) {
    RawStack raw = stack({at("knead"), outermost});
    raw.end = TC_STACK_END_NO_TABLE;
    return resolve(
               {raw}, spaces_, [](std::uint64_t) { return tgid; }, symbolizer, kernel_, 0)
        .stacks[0];
  };
  for (const std::uint64_t address : {0x7f0000001080UL, 0x7f0000002080UL}) {
    const NamedStack claimed = end_of(address);
    EXPECT_THAT(claimed.frames[0].function, AnyOf("_start", "start_thread"));
    EXPECT_EQ(claimed.end, TC_STACK_END_NO_TABLE);
    EXPECT_TRUE(claimed.cut);
  }
  EXPECT_FALSE(end_of(at("_start")).cut);
}

TEST_F(Resolve, SumsAreKeptByEnd) {
  RawStack cut = stack({at("knead"), at("bake")});
  cut.end = TC_STACK_END_UNREADABLE;
  cut.count = 3;
  cut.time = 30us;
  const Stacks all = resolved({cut, stack({at("_start")})});
  EXPECT_EQ(all.time, 40us);
  EXPECT_EQ(all.cut_time, 30us);
  EXPECT_EQ(all.ends[TC_STACK_END_UNREADABLE].count, 3U);
  EXPECT_EQ(all.ends[TC_STACK_END_UNREADABLE].time, 30us);
  EXPECT_EQ(all.ends[TC_STACK_END_COMPLETE].count, 1U);
}

TEST_F(Resolve, EqualStacksBecomeOneAndTheLargestIsFirst) {
  RawStack once = stack({at("knead", 1), at("_start")});
  RawStack again = stack({at("knead", 2), at("_start")});
  again.count = 4;
  again.time = 40us;
  RawStack fault = stack({at("knead", 1), at("_start")});
  fault.kind = StackKind::fault;
  fault.time = 30us;
  RawStack other_wait = stack({at("knead", 1), at("_start")});
  other_wait.wait = TC_WAIT_POLL;
  other_wait.time = 20us;
  const Stacks all = resolved({once, fault, other_wait, again});
  ASSERT_THAT(all.stacks, SizeIs(3));
  EXPECT_EQ(all.stacks[0].count, 5U);
  EXPECT_EQ(all.stacks[0].time, 50us);
  EXPECT_EQ(all.stacks[1].kind, StackKind::fault);
  EXPECT_EQ(all.stacks[2].wait, TC_WAIT_POLL);
}

TEST_F(Resolve, AWaitIsNoPartOfOtherKinds) {
  RawStack one = stack({at("_start")});
  one.kind = StackKind::creation;
  RawStack other = one;
  other.wait = TC_WAIT_POLL;
  EXPECT_THAT(resolved({one, other}).stacks, SizeIs(1));
}

TEST_F(Resolve, UnknownAddressesAndProcessesAreUnknown) {
  const Stacks all = resolved({stack({0x10, at("_start")})});
  EXPECT_EQ(all.stacks[0].frames[1].mark, Mark::unknown);
  RawStack other = stack({at("knead"), at("_start")});
  other.process = 99;
  const Stacks strange = resolved({other});
  EXPECT_EQ(strange.stacks[0].frames[0].mark, Mark::unknown);
  EXPECT_TRUE(strange.stacks[0].cut);
}

TEST_F(Resolve, AStackFromBeforeAnExecKeepsItsNames) {
  spaces_.on_exec(tgid, late_ns + 5);
  spaces_.on_mmap(tgid, load(elf_path("no_pie")).mapping, late_ns + 6);
  EXPECT_THAT(functions(resolved({stack({at("knead"), at("_start")})}).stacks[0]), ElementsAre("_start", "knead"));
}

TEST_F(Resolve, PairsOfSleeperAndWakerAreMergedAndTheLongestIsFirst) {
  const auto pair = [this](const char* sleeper, const char* waker, std::uint64_t count, Duration time) {
    RawWakerStack each{stack({at(sleeper), at("_start")}), stack({at(waker), at("_start")})};
    each.sleeper.count = count;
    each.sleeper.time = time;
    each.waker.kind = StackKind::on_cpu;
    return each;
  };
  const std::vector<WakerStack> all = resolve(
      {pair("knead", "bake", 1, 10us), pair("bake", "knead", 1, 25us), pair("knead", "bake", 2, 20us),
       pair("knead", "main", 1, 5us)},
      spaces_, [](std::uint64_t) { return tgid; }, symbolizer_, kernel_);
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_THAT(functions(all[0].sleeper), ElementsAre("_start", "knead"));
  EXPECT_THAT(functions(all[0].waker), ElementsAre("_start", "bake"));
  for (const NamedStack* side : {&all[0].sleeper, &all[0].waker}) {
    EXPECT_EQ(side->count, 3U);
    EXPECT_EQ(side->time, 30us);
  }
  EXPECT_EQ(all[0].sleeper.wait, TC_WAIT_PIPE);
  EXPECT_EQ(all[1].sleeper.time, 25us);
  EXPECT_THAT(functions(all[2].waker), ElementsAre("_start", "main"));
}

TEST_F(Resolve, NothingIsNothing) {
  const Stacks all = resolved({}, 2);
  EXPECT_THAT(all.stacks, IsEmpty());
  EXPECT_EQ(all.events, 0U);
  EXPECT_EQ(all.lost_events, 2U);
}

TEST_F(Resolve, ZeroAddressesDoNotWrapAround) {
  const Stacks all = resolved({stack({0, 0}, {0, 0})});
  EXPECT_EQ(all.stacks[0].frames[0].mark, Mark::unknown);
}

// Pairs with the same two stacks are one; the time of the wait belongs to both sides.
TEST_F(Resolve, WakersAreNamedWithTheirSleepers) {
  const auto pair = [this](std::uint64_t waker_at, Duration time) {
    RawWakerStack raw{stack({at("knead"), at("main", 6)}), stack({waker_at, at("main", 6)})};
    raw.sleeper.count = 2;
    raw.sleeper.time = time;
    raw.waker.kind = StackKind::on_cpu;
    return raw;
  };
  const std::vector<WakerStack> all = resolve(
      std::vector{pair(at("bake"), 3us), pair(at("knead"), 9us), pair(at("bake"), 4us)}, spaces_,
      [](std::uint64_t) { return std::optional(tgid); }, symbolizer_, kernel_);
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_THAT(functions(all[0].waker), ElementsAre("main", "knead")) << "the longest first";
  EXPECT_THAT(functions(all[1].sleeper), ElementsAre("main", "knead"));
  EXPECT_THAT(functions(all[1].waker), ElementsAre("main", "bake"));
  for (const NamedStack& side : {all[1].sleeper, all[1].waker}) {
    EXPECT_EQ(side.count, 4U);
    EXPECT_EQ(side.time, 7us);
  }
  EXPECT_EQ(all[1].waker.kind, StackKind::on_cpu);
}

}  // namespace
}  // namespace taskcost::test
