// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "trace/gaps.h"

namespace taskcost {
namespace {

Instant at(std::uint64_t ns) { return Instant(std::chrono::nanoseconds(ns)); }

TEST(Gaps, AnInterruptionIsAGapOfAnyCpu) {
  const ReplayGap gap = to_gap(Interruption{Interruption::Why::dropped, CaptureSpan{400, 500, 7}});
  EXPECT_EQ(gap.first, at(400));
  EXPECT_EQ(gap.last, at(500));
  EXPECT_EQ(gap.lost, 7U);
  EXPECT_EQ(gap.cpu, std::nullopt);
}

TEST(Gaps, AnInterruptionOfUnknownSpanIsAllOfTime) {
  const Interruption damaged{Interruption::Why::damaged, std::nullopt};
  EXPECT_EQ(range_of(damaged).first_ns, 0U);
  EXPECT_EQ(range_of(damaged).last_ns, UINT64_MAX);
  const ReplayGap gap = to_gap(damaged);
  EXPECT_EQ(gap.first, at(0));
  EXPECT_EQ(gap.last, Instant::max());
  EXPECT_EQ(gap.lost, std::nullopt) << "there is no count";
}

}  // namespace
}  // namespace taskcost
