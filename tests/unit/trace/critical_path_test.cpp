// SPDX-License-Identifier: Apache-2.0
#include "trace/critical_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/replayed.h"

namespace taskcost {
namespace {

using namespace test;                  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using testing::ElementsAre;
using testing::IsEmpty;

struct Told {
  std::optional<CriticalPath> path;
  std::vector<std::string> parts;  // "b running 30us"
};

Told path_of(const Script& script, Duration end, std::size_t limit = 1000) {
  CriticalPathBuilder builder(nullptr, {}, limit);
  Replay::Options options;
  options.classes = test_classes();
  options.listener = &builder;
  Replay replay(std::move(options));
  for (const Record& record : script.records()) {
    replay.on_record(record);
  }
  replay.living(Instant(end));
  Told told;
  told.path = builder.take([](std::uint64_t id) { return std::string(1, static_cast<char>('a' + id - 1)); });
  Duration sum{};
  for (const CriticalPath::Part& part : told.path ? told.path->parts : std::vector<CriticalPath::Part>()) {
    sum += part.time;
    told.parts.push_back(part.comm + " " + (part.condition ? key_of(*part.condition) : "unknown") +
                         (part.wait ? std::string(" for ") + key_of(*part.wait) : "") + " " +
                         std::to_string(part.time.count() / 1000));
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

TEST(CriticalPath, WithoutAnExitThereIsNone) {
  EXPECT_FALSE(path_of(script().at(10us).adopted_running(a, 0), 50us).path);
}

TEST(CriticalPath, OfTooManyEventsNoneIsGuessed) { EXPECT_FALSE(path_of(build(), 110us, 3).path); }

}  // namespace
}  // namespace taskcost
