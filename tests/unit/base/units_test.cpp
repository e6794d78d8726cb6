// SPDX-License-Identifier: Apache-2.0
#include "base/units.h"

#include <gtest/gtest.h>

#include <limits>

namespace taskcost {
namespace {

using namespace std::chrono_literals;

TEST(Units, DurationsHaveThreeSignificantDigits) {
  EXPECT_EQ(duration_text(0ns), "0");
  EXPECT_EQ(duration_text(7ns), "7 ns");
  EXPECT_EQ(duration_text(999ns), "999 ns");
  EXPECT_EQ(duration_text(1000ns), "1.00 µs");
  EXPECT_EQ(duration_text(12'345ns), "12.3 µs");
  EXPECT_EQ(duration_text(123'456ns), "123 µs");
  EXPECT_EQ(duration_text(1500ms), "1.50 s");
  EXPECT_EQ(duration_text(4321s), "4321 s");
  EXPECT_EQ(duration_text(-1234ns), "-1.23 µs");
}

TEST(Units, RoundingCarriesIntoTheNextDigitAndUnit) {
  EXPECT_EQ(duration_text(9'994ns), "9.99 µs");
  EXPECT_EQ(duration_text(9'995ns), "10.0 µs");
  EXPECT_EQ(duration_text(99'960ns), "100 µs");
  EXPECT_EQ(duration_text(999'499ns), "999 µs");
  EXPECT_EQ(duration_text(999'500ns), "1.00 ms");
  EXPECT_EQ(nanoseconds_text(999.7), "1.00 µs");
}

TEST(Units, DurationsBeyondADoubleStayReadable) {
  EXPECT_EQ(duration_text(Duration::max()), "9223372037 s");
  EXPECT_EQ(duration_text(Duration::min()), "-9223372037 s");
}

TEST(Units, SignsAreShownForDifferences) {
  EXPECT_EQ(signed_duration_text(1230ns), "+1.23 µs");
  EXPECT_EQ(signed_duration_text(-1230ns), "-1.23 µs");
  EXPECT_EQ(signed_duration_text(0ns), "0");
  EXPECT_EQ(signed_percent_text(1, 5000), "+0.02%");
  EXPECT_EQ(signed_percent_text(-30, 1000), "-3.00%");
  EXPECT_EQ(signed_percent_text(-1, 1e9), "0.00%");
  EXPECT_EQ(signed_percent_text(1, 0), "-");
}

TEST(Units, BytesGoByPowersOf1024) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1023), "1.00 KiB");
  EXPECT_EQ(bytes_text(49'152), "48.0 KiB");
  EXPECT_EQ(bytes_text(1'101'004.8), "1.05 MiB");
  EXPECT_EQ(bytes_text(-2048), "-2.00 KiB");
}

TEST(Units, InstantsAreOfTheCalendar) {
  EXPECT_EQ(iso_time_text(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(iso_time_text(1'709'210'096'000'000'789), "2024-02-29T12:34:56.000000789Z");
  EXPECT_EQ(utc_time_text(1'709'210'096'999'999'999), "2024-02-29 12:34:56 UTC");
  EXPECT_EQ(iso_time_text(std::numeric_limits<std::uint64_t>::max()), "2554-07-21T23:34:33.709551615Z");
}

TEST(Units, SharesHaveOneDecimal) {
  EXPECT_EQ(share_text(534, 1000), "53.4%");
  EXPECT_EQ(share_text(1, 1), "100.0%");
  EXPECT_EQ(share_text(1, 0), "-");
}

TEST(Units, QuantitiesFollowTheirUnit) {
  EXPECT_EQ(quantity_text(68'230.5, Unit::ns), "68.2 µs");
  EXPECT_EQ(quantity_text(49'152, Unit::bytes), "48.0 KiB");
  EXPECT_EQ(quantity_text(12345, Unit::count), "12345");
  EXPECT_EQ(quantity_text(1.5, Unit::count), "1.50");
  EXPECT_EQ(quantity_text(2, Unit::factor), "2 factor");
}

TEST(Units, WhatIsNotANumberSaysSo) {
  EXPECT_EQ(ratio_text(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(ratio_text(std::numeric_limits<double>::quiet_NaN()), "?");
  EXPECT_EQ(quantity_text(std::numeric_limits<double>::infinity(), Unit::ns), "inf");
}

TEST(Units, DigitsAreInGroupsOfThree) {
  EXPECT_EQ(grouped_text(0), "0");
  EXPECT_EQ(grouped_text(999), "999");
  EXPECT_EQ(grouped_text(1000), "1,000");
  EXPECT_EQ(grouped_text(1'234'567), "1,234,567");
}

TEST(Units, DifferencesHaveASignWhateverTheirUnit) {
  EXPECT_EQ(signed_quantity_text(2048, Unit::bytes), "+2.00 KiB");
  EXPECT_EQ(signed_quantity_text(-2048, Unit::bytes), "-2.00 KiB");
  EXPECT_EQ(signed_quantity_text(-1.5, Unit::count), "-1.50");
  EXPECT_EQ(signed_quantity_text(0, Unit::ns), "0");
}

TEST(Units, AKeySaysItsUnit) {
  EXPECT_EQ(unit_of_key("run_queue_ns"), Unit::ns);
  EXPECT_EQ(unit_of_key("bytes_in"), Unit::bytes);
  EXPECT_EQ(unit_of_key("share_of_cpu"), Unit::share);
  EXPECT_EQ(unit_of_key("switches"), Unit::count);
}

TEST(Units, OneIsSingular) {
  EXPECT_EQ(counted(1, "process", "processes"), "1 process");
  EXPECT_EQ(counted(0, "process", "processes"), "0 processes");
}

}  // namespace
}  // namespace taskcost
