// SPDX-License-Identifier: Apache-2.0
//
// Idle waits and waits on the way of programs that wait for a known time.
#include <gtest/gtest.h>

#include <string>

#include "support/expect.h"

namespace taskcost::test {
namespace {

constexpr std::int64_t nap_ns = 300'000'000;
constexpr std::int64_t most_of_it = nap_ns * 9 / 10;

Json summary_of(const Words& command) {
  const Observed observed = observe(command);
  expect_ran(observed);
  return observed.report ? (*observed.report)["summary"] : Json();
}

const Json* cost_for(const Json& summary, const std::string& wait) {
  for (const Json& cost : summary.at("costs")) {
    if (cost.at("wait") == wait) {
      return &cost;
    }
  }
  return nullptr;
}

TEST(IdleWaits, ASleepIsIdle) {
  const Json summary = summary_of({"sleep", "0.3"});
  ASSERT_FALSE(summary.is_null());
  EXPECT_GE(summary.at("idle_ns").get<std::int64_t>(), most_of_it);
  EXPECT_LT(summary.at("on_the_way_ns").get<std::int64_t>(), most_of_it);
  ASSERT_FALSE(summary.at("idle_costs").empty());
  EXPECT_EQ(summary.at("idle_costs")[0].at("wait"), "timer");
  EXPECT_EQ(summary.at("idle_costs")[0].at("process"), "sleep");
}

TEST(IdleWaits, AReaderWaitsOnTheWayForItsWriter) {
  const Json summary = summary_of({"sh", "-c", "{ sleep 0.3; echo; } | cat"});
  ASSERT_FALSE(summary.is_null());
  const Json* const cost = cost_for(summary, "pipe");
  ASSERT_NE(cost, nullptr);
  EXPECT_EQ(cost->at("process"), "cat");
  EXPECT_GE(cost->at("time_ns").get<std::int64_t>(), most_of_it);
  EXPECT_EQ(cost->at("waker"), "task");
  EXPECT_EQ(cost->at("by_process"), "sh") << "the subshell writes the line";
}

TEST(IdleWaits, TheSummaryHasAllCpuTime) {
  const Observed observed = observe({"sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  const Json& summary = (*observed.report)["summary"];
  EXPECT_EQ(summary.at("user_ns").get<std::int64_t>() + summary.at("kernel_ns").get<std::int64_t>(),
            time_in_condition((*observed.report)["totals"], "running_ns"));
}

}  // namespace
}  // namespace taskcost::test
