// SPDX-License-Identifier: Apache-2.0
//
// Stacks of the tasks that ended long waits, of a program whose wakers are known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>
#include <string>
#include <utility>

#include "support/expect.h"

namespace taskcost::test {
namespace {

constexpr std::int64_t rings = 20;
constexpr std::int64_t knocks = rings / 2;
constexpr std::int64_t shortest_ns = 5'000'000;  // of a sleep

bool has_function(const Json& stack, const std::string& name) {
  for (const Json& frame : stack.at("frames")) {
    if (frame.at("function").is_string() && frame.at("function").get<std::string>().find(name) != std::string::npos) {
      return true;
    }
  }
  return false;
}

struct Wakeups {
  std::int64_t count = 0;
  std::int64_t time_ns = 0;
};

// The waits of a process that a function ended; "": any.
Wakeups waits_ended_by(const Report& report, const Json& sleeper, const std::string& function) {
  Wakeups sums;
  for (const Json& pair : report["stacks"].at("wakers")) {
    const Json& of = pair.at("sleeper");
    if (of.at("process") != sleeper.at("id") || (!function.empty() && !has_function(pair.at("waker"), function))) {
      continue;
    }
    EXPECT_EQ(of.at("kind"), "wait");
    EXPECT_EQ(of.at("wait"), "pipe");
    EXPECT_TRUE(has_function(of, "::sleep_until_woken(int)")) << of;
    EXPECT_EQ(pair.at("waker").at("count"), of.at("count"));
    EXPECT_EQ(pair.at("waker").at("time_ns"), of.at("time_ns"));
    sums.count += of.at("count").get<std::int64_t>();
    sums.time_ns += of.at("time_ns").get<std::int64_t>();
  }
  return sums;
}

// The time behind all lines that end in a waker with this function: its frames stand behind "--", the innermost first.
std::int64_t folded_time(const std::string& folded, const std::string& function) {
  std::int64_t sum = 0;
  std::istringstream lines(folded);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t waker = line.find(";--;");
    const std::size_t found = line.find(function, waker);
    if (waker == std::string::npos || found == std::string::npos) {
      continue;
    }
    EXPECT_TRUE(line.starts_with("sleeper;wait: ")) << line;
    EXPECT_LT(line.find("::sleep_until_woken(int)"), waker) << line;
    const std::size_t main = line.find(";main;", found);
    EXPECT_NE(main, std::string::npos) << line;
    EXPECT_NE(line.find(";wakes ", main), std::string::npos) << line;
    sum += std::stoll(line.substr(line.rfind(' ')));
  }
  return sum;
}

TEST(WakerStacks, AreThoseOfTheFunctionsThatEndWaits) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("r.wakers.folded");
  const Observed observed = observe({program("wakes"), std::to_string(rings), "5"}, {"--stacks", "-o", file});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  const Report& report = *observed.report;
  if (report["stacks"].at("unwind_tables").is_null()) {
    GTEST_SKIP() << "no unwind tables here, and the C library has no frame pointers";
  }
  EXPECT_EQ(report["losses"].at("missed_stacks"), 0);
  // A wakeup that the probe did not see has no stack.
  const auto unseen = report["losses"].at("skipped_probes").get<std::int64_t>();

  pid_t child = 0;
  Wakeups rung;
  Wakeups knocked;
  std::istringstream(observed.finished.out) >> child >> rung.count >> rung.time_ns >> knocked.count >> knocked.time_ns;
  EXPECT_EQ(rung.count, rings);
  EXPECT_EQ(knocked.count, knocks);
  const Json* sleeper = report.find(child);
  ASSERT_NE(sleeper, nullptr);
  const std::string folded = read_file(file);
  for (const auto& [function, own] : {std::pair("::ring(int)", rung), std::pair("::knock(int)", knocked)}) {
    SCOPED_TRACE(function);
    const Wakeups seen = waits_ended_by(report, *sleeper, function);
    EXPECT_LE(seen.count, own.count);
    EXPECT_GE(seen.count, own.count - unseen);
    EXPECT_GE(seen.time_ns, seen.count * shortest_ns);
    EXPECT_LE(seen.time_ns, own.time_ns);
    EXPECT_EQ(folded_time(folded, function), seen.time_ns);
  }

  const Wakeups all = waits_ended_by(report, *sleeper, "");
  const Json& account = sleeper->at("total").at("waits").at("pipe");
  EXPECT_EQ(account.at("count"), rings + knocks);
  EXPECT_GE(all.count, rings + knocks - unseen);
  if (all.count == account.at("count")) {
    EXPECT_EQ(all.time_ns, account.at("blocked_ns"));
  }
}

TEST(WakerStacks, AreNotTakenForShortWaits) {
  const Observed observed = observe({program("wakes"), "20", "0"}, {"--stacks"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  constexpr std::int64_t long_ns = 1'000'000;
  for (const Json& pair : (*observed.report)["stacks"].at("wakers")) {
    EXPECT_GE(pair.at("sleeper").at("time_ns").get<std::int64_t>(),
              pair.at("sleeper").at("count").get<std::int64_t>() * long_ns);
  }
}

}  // namespace
}  // namespace taskcost::test
