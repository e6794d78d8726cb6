// SPDX-License-Identifier: Apache-2.0
// The bucket arithmetic that the probes use, compiled natively.
#include "taskcost/histogram.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>

namespace {

constexpr std::uint64_t limit = std::uint64_t{1} << TC_HISTOGRAM_OCTAVES;

TEST(BpfHistogram, HighestBitAgreesWithTheProcessor) {
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t power = std::uint64_t{1} << bit;
    EXPECT_EQ(tc_highest_bit(power), bit);
    EXPECT_EQ(tc_highest_bit(power | (power - 1)), bit);
    EXPECT_EQ(tc_highest_bit(power | 1), std::bit_width(power | 1) - 1U);
  }
}

TEST(BpfHistogram, EveryBucketHoldsExactlyItsValues) {
  for (std::uint32_t bucket = 0; bucket < TC_HISTOGRAM_BUCKETS; ++bucket) {
    const std::uint64_t from = tc_bucket_from(bucket);
    const std::uint64_t to = tc_bucket_from(bucket + 1);
    ASSERT_LT(from, to) << "bucket " << bucket;
    EXPECT_EQ(tc_bucket_of(from), bucket);
    EXPECT_EQ(tc_bucket_of(from + (to - from) / 2), bucket);
    EXPECT_EQ(tc_bucket_of(to - 1), bucket);
  }
}

TEST(BpfHistogram, NoBucketIsWiderThanASixteenthOfItsValues) {
  for (std::uint32_t bucket = 16; bucket < TC_HISTOGRAM_BUCKETS; ++bucket) {
    const std::uint64_t from = tc_bucket_from(bucket);
    EXPECT_LE((tc_bucket_from(bucket + 1) - from) * 16, from) << "bucket " << bucket;
  }
}

TEST(BpfHistogram, SmallValuesAreExact) {
  for (std::uint64_t value = 0; value < 32; ++value) {
    EXPECT_EQ(tc_bucket_of(value), value);
    EXPECT_EQ(tc_bucket_from(static_cast<std::uint32_t>(value)), value);
  }
  EXPECT_EQ(tc_bucket_of(33), tc_bucket_of(32));
  EXPECT_NE(tc_bucket_of(34), tc_bucket_of(32));
}

TEST(BpfHistogram, TheLastBucketTakesAllThatIsBeyondTheLimit) {
  EXPECT_EQ(tc_bucket_from(TC_HISTOGRAM_BUCKETS), limit);
  EXPECT_EQ(tc_bucket_of(limit - 1), TC_HISTOGRAM_BUCKETS - 1U);
  EXPECT_EQ(tc_bucket_of(limit), TC_HISTOGRAM_BUCKETS - 1U);
  EXPECT_EQ(tc_bucket_of(UINT64_MAX), TC_HISTOGRAM_BUCKETS - 1U);
}

TEST(BpfHistogram, GreaterValuesNeverLandInLowerBuckets) {
  std::uint32_t last = 0;
  for (std::uint64_t value = 0; value < 100'000; ++value) {
    const std::uint32_t bucket = tc_bucket_of(value);
    ASSERT_TRUE(bucket == last || bucket == last + 1) << value;
    last = bucket;
  }
}

}  // namespace
