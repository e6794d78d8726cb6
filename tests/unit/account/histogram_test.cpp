// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "account/account.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

TEST(Histogram, OfNothingKnowsNothing) {
  const Histogram empty;
  EXPECT_EQ(empty.count(), 0U);
  EXPECT_EQ(empty.sum(), 0ns);
  EXPECT_FALSE(empty.min());
  EXPECT_FALSE(empty.max());
  EXPECT_FALSE(empty.quantile(0.5));
  EXPECT_TRUE(empty.buckets().empty());
}

TEST(Histogram, OfOneValueIsThatValue) {
  Histogram one;
  one.add(1234567ns);
  EXPECT_EQ(one.count(), 1U);
  EXPECT_EQ(one.sum(), 1234567ns);
  for (const double q : {0.0, 0.5, 0.999, 1.0}) {
    EXPECT_EQ(one.quantile(q), 1234567ns) << q;
  }
}

TEST(Histogram, QuantilesAreA32ndOffAtMost) {
  Histogram uniform;
  for (int ns = 1; ns <= 100'000; ++ns) {
    uniform.add(std::chrono::nanoseconds(ns));
  }
  for (const double q : {0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999}) {
    const double exact = q * 100'000;
    const auto found = static_cast<double>(uniform.quantile(q)->count());
    EXPECT_LE(std::abs(found - exact) / exact, 1.0 / 32) << q;
  }
  EXPECT_EQ(uniform.min(), 1ns);
  EXPECT_EQ(uniform.max(), 100us);
}

TEST(Histogram, NoBucketIsWiderThanItsWidth) {
  Histogram all;
  for (std::uint64_t ns = 1; ns < std::uint64_t{1} << 40; ns += 1 + ns / 32) {
    all.add(std::chrono::nanoseconds(ns));
  }
  double widest = 0;
  for (const Histogram::Bucket& bucket : all.buckets()) {
    if (bucket.from.count() >= TC_HISTOGRAM_STEPS) {
      const auto width = static_cast<double>((bucket.to - bucket.from).count());
      widest = std::max(widest, width / static_cast<double>(bucket.from.count()));
    }
  }
  EXPECT_EQ(widest, Histogram::bucket_width);
}

TEST(Histogram, QuantilesOutsideOfTheirRangeAreTheEnds) {
  Histogram two;
  two.add(2ns);
  two.add(5ns);
  EXPECT_EQ(two.quantile(-1), 2ns);
  EXPECT_EQ(two.quantile(0.5), 2ns);
  EXPECT_EQ(two.quantile(0.51), 5ns);
  EXPECT_EQ(two.quantile(7), 5ns);
}

TEST(Histogram, MergingIsAddingAll) {
  tc_histogram raw{};
  raw.buckets[tc_bucket_of(100)] = 2;
  raw.sum_ns = 201;
  raw.max_ns = 101;
  raw.min_ns_inverted = ~std::uint64_t{100};
  Histogram merged;
  merged.add(1ms);
  merged.merge(raw);
  Histogram other;
  other.add(7ns);
  merged.merge(other);
  EXPECT_EQ(merged.count(), 4U);
  EXPECT_EQ(merged.sum(), 1ms + 208ns);
  EXPECT_EQ(merged.min(), 7ns);
  EXPECT_EQ(merged.max(), 1ms);
}

TEST(Histogram, MergingACpuThatSawNothingLeavesTheMinimumAlone) {
  Histogram histogram;
  histogram.add(7ns);
  histogram.merge(tc_histogram{});
  EXPECT_EQ(histogram.min(), 7ns);
}

TEST(Histogram, BucketsAreThoseThatHoldSomething) {
  Histogram histogram;
  histogram.add(3ns);
  histogram.add(1000ns);
  histogram.add(1001ns);
  const auto buckets = histogram.buckets();
  ASSERT_EQ(buckets.size(), 2U);
  EXPECT_EQ(buckets[0].from, 3ns);
  EXPECT_EQ(buckets[0].to, 4ns);
  EXPECT_EQ(buckets[0].count, 1U);
  EXPECT_EQ(buckets[1].from, 992ns);
  EXPECT_EQ(buckets[1].to, 1024ns);
  EXPECT_EQ(buckets[1].count, 2U);
}

TEST(Histogram, TheLastBucketReachesAsFarAsItsValues) {
  Histogram days;
  days.add(48h);
  ASSERT_EQ(days.buckets().size(), 1U);
  EXPECT_GT(days.buckets()[0].to, 48h);
  EXPECT_EQ(days.quantile(0.5), 48h);
}

TEST(Histogram, ATimeThatRanBackwardsIsNoTime) {
  Histogram histogram;
  histogram.add(-5ns);
  EXPECT_EQ(histogram.min(), 0ns);
  EXPECT_EQ(histogram.sum(), 0ns);
}

}  // namespace
}  // namespace taskcost
