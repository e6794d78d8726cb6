// SPDX-License-Identifier: Apache-2.0
#include "trace/critical_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <variant>

#include "support/replayed.h"

namespace taskcost {
namespace {

using namespace test;                  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using testing::ElementsAre;
using testing::IsEmpty;

struct Told {
  std::optional<CriticalPath> path;
  std::vector<std::string> parts;      // "b running 30"
  std::vector<std::string> functions;  // "b running in b1 30"
};

std::string told_part(const CriticalPath::Part& part, const std::string& function = {}) {
  return part.comm + " " + (part.condition ? key_of(*part.condition) : "unknown") +
         (part.wait ? std::string(" for ") + key_of(*part.wait) : "") + (function.empty() ? "" : " in " + function) +
         " " + std::to_string(part.time.count() / 1000);
}

// A task's stack at its first switch has the key 10 times its id, and so on; its function is "b1" then.
std::string function_of(std::uint64_t key) {
  return static_cast<char>('a' + key / 10 - 1) + std::to_string(key % 10 + 1);
}

Told path_of(const Script& script, Duration end, std::size_t limit = 1000, bool with_stacks = false) {
  CriticalPathBuilder builder(nullptr, {}, limit);
  Replay::Options options;
  options.classes = test_classes();
  options.listener = &builder;
  Replay replay(std::move(options));
  std::map<std::uint64_t, std::uint64_t> switches;
  for (const Record& record : script.records()) {
    if (const auto* event = std::get_if<tc_switch>(&record); with_stacks && event != nullptr && event->prev != 0) {
      builder.on_stack(event->prev, event->prev * 10 + switches[event->prev]++);
    }
    replay.on_record(record);
  }
  replay.living(Instant(end));
  Told told;
  told.path = builder.take([](std::uint64_t id) { return std::string(1, static_cast<char>('a' + id - 1)); },
                           with_stacks ? function_of : CriticalPathBuilder::NameOf());
  Duration sum{};
  for (const CriticalPath::Part& part : told.path ? told.path->parts : std::vector<CriticalPath::Part>()) {
    sum += part.time;
    told.parts.push_back(told_part(part));
  }
  if (told.path && told.path->functions) {
    Duration in_functions{};
    for (const CriticalPath::FunctionPart& part : *told.path->functions) {
      in_functions += part.time;
      told.functions.push_back(told_part(part, part.function.empty() ? "?" : part.function));
    }
    EXPECT_EQ(in_functions, sum);
  }
  if (told.path) {
    EXPECT_EQ(sum, told.path->end - told.path->start) << "the parts add up";
  }
  return told;
}

// a waits for its child b, which reads from a disk; c runs beside them and is not on the path.
Script build() {
  return script()
      .at(10us)
      .adopted_running(a, 0)
      .adopted_running(c, 1)
      .at(20us)
      .born(b, a, TC_CREATION_FORK, 20us)
      .at(25us)
      .published(b, a)
      .at(30us)
      .switches(0, asleep(TC_ACTIVITY_WAIT, TC_WAIT_CHILD, 28us), b, woken(25us, a))
      .at(50us)
      .switches(0, asleep(TC_ACTIVITY_FILE, TC_WAIT_DISK, 45us), unobserved)
      .at(80us)
      .runs(0, b, woken(75us))
      .at(90us)
      .exits(b)
      .at(95us)
      .switches(0, dead(), a, woken(92us, b, TC_FROM_EXIT))
      .at(98us)
      .exits(a)
      .at(100us)
      .switches(0, dead(), unobserved);
}

TEST(CriticalPath, GoesFromTheLastExitThroughWakers) {
  const Told told = path_of(build(), 110us);
  ASSERT_TRUE(told.path);
  EXPECT_EQ(told.path->start, Instant(10us));
  EXPECT_EQ(told.path->end, Instant(100us));
  EXPECT_EQ(told.path->wakeups, 2U);
  EXPECT_THAT(told.parts,
              ElementsAre("b running 32", "b blocked for disk 25", "a running 20", "b runnable 10", "a runnable 3"));
}

// b reads in its first stack, and exits in the second one; a waits for it in its first stack.
TEST(CriticalPath, HasTheFunctionOfEachSwitch) {
  EXPECT_THAT(
      path_of(build(), 110us, 1000, true).functions,
      ElementsAre("b blocked for disk in b1 25", "b running in b1 20", "a running in a1 15", "b running in b2 12",
                  "a running in a2 5", "b runnable in ? 5", "b runnable in b1 5", "a runnable in a1 3"));
  EXPECT_FALSE(path_of(build(), 110us).path->functions);
}

TEST(CriticalPath, WithoutAnExitThereIsNone) {
  EXPECT_FALSE(path_of(script().at(10us).adopted_running(a, 0), 50us).path);
}

TEST(CriticalPath, OfTooManyEventsNoneIsGuessed) { EXPECT_FALSE(path_of(build(), 110us, 3).path); }

}  // namespace
}  // namespace taskcost
