// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "account/trigger.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

TriggerKey key_named(const std::string& name) {
  const auto& keys = trigger_keys();
  const auto found = std::ranges::find(keys, name, &TriggerKey::name);
  if (found == keys.end()) {
    throw std::runtime_error("no key " + name);
  }
  return *found;
}

Trigger trigger_on(const std::string& name, double limit, Trigger::Comparison comparison = Trigger::Comparison::above) {
  return {key_named(name), comparison, limit, name};
}

TEST(Trigger, KeysDifferAndEachLatencyHasFour) {
  std::set<std::string> names;
  for (const TriggerKey& key : trigger_keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
  }
  EXPECT_EQ(names.size(), (std::size_t{TC_NR_HISTOGRAMS} + 1) * 4 + live_counts);
  EXPECT_EQ(key_named("region_max").source, TriggerKey::Source::region);
  EXPECT_EQ(key_named("run_queue_max").source, TriggerKey::Source::latency);
  EXPECT_EQ(key_named("switch_same_p50").histogram, TC_HISTOGRAM_SWITCH_SAME);
}

TEST(Trigger, ItsLimitIsIncludedOrNot) {
  using enum Trigger::Comparison;
  const auto holds = [](Trigger::Comparison comparison, double value) {
    return trigger_on("lost_events", 10, comparison).holds(value);
  };
  EXPECT_TRUE(holds(above, 11) && !holds(above, 10) && holds(at_least, 10) && !holds(at_least, 9));
  EXPECT_TRUE(holds(below, 9) && !holds(below, 10) && holds(at_most, 10) && !holds(at_most, 11));
}

TEST(TriggerMeter, ALatencyIsThatOfTheLastIntervalAlone) {
  TriggerMeter meter(trigger_on("run_queue_p99", 1e7));
  Histogram sum;
  for (int i = 0; i < 1000; ++i) {
    sum.add(50ms);
  }
  EXPECT_EQ(meter.update({Instant(1s), sum.raw(), 0}), std::nullopt) << "no interval yet";
  for (int i = 0; i < 100; ++i) {
    sum.add(2ms);
  }
  const auto calm = meter.update({Instant(2s), sum.raw(), 0});
  ASSERT_TRUE(calm);
  EXPECT_NEAR(*calm, 2e6, 2e6 / 32);
  EXPECT_FALSE(meter.trigger().holds(*calm));
  EXPECT_EQ(meter.update({Instant(3s), sum.raw(), 0}), std::nullopt) << "nothing happened";
  sum.add(20ms);
  const auto busy = meter.update({Instant(4s), sum.raw(), 0});
  ASSERT_TRUE(busy);
  EXPECT_NEAR(*busy, 20e6, 20e6 / 32);
  EXPECT_TRUE(meter.trigger().holds(*busy));
  EXPECT_EQ(meter.closest(), busy);
}

TEST(TriggerMeter, QuantilesAreOrdered) {
  Histogram sum;
  for (int i = 1; i <= 1000; ++i) {
    sum.add(std::chrono::microseconds(i));
  }
  double before = 0;
  for (const char* name : {"run_queue_p50", "run_queue_p90", "run_queue_p99", "run_queue_max"}) {
    TriggerMeter meter(trigger_on(name, 1));
    meter.update({Instant(1s), {}, 0});
    const auto value = meter.update({Instant(2s), sum.raw(), 0});
    ASSERT_TRUE(value);
    EXPECT_GE(*value, before);
    before = *value;
  }
  EXPECT_NEAR(before, 1e6, 1e6 / 16);
}

TEST(TriggerMeter, ARateIsPerSecondAndACountIsNot) {
  TriggerMeter rate(trigger_on("switches_per_s", 100));
  TriggerMeter count(trigger_on("lost_events", 100));
  for (TriggerMeter* meter : {&rate, &count}) {
    EXPECT_EQ(meter->update({Instant(1s), {}, 1000}), std::nullopt);
    EXPECT_EQ(meter->update({Instant(1s), {}, 1000}), std::nullopt) << "no time has passed";
  }
  EXPECT_EQ(rate.update({Instant(3s), {}, 1400}), 200);
  EXPECT_EQ(count.update({Instant(3s), {}, 1400}), 400);
  EXPECT_EQ(trigger_value_text(rate.trigger().key, 200), "200/s");
  EXPECT_EQ(trigger_value_text(count.trigger().key, 1400), "1,400");
  EXPECT_EQ(trigger_value_text(key_named("exec_max"), 1.5e6), "1.50 ms");
}

TEST(TriggerMeter, TheClosestValueIsTheSmallestWhereALimitIsBelow) {
  TriggerMeter meter(trigger_on("switches_per_s", 100, Trigger::Comparison::below));
  meter.update({Instant(1s), {}, 0});
  meter.update({Instant(2s), {}, 500});
  meter.update({Instant(3s), {}, 800});
  meter.update({Instant(4s), {}, 1400});
  EXPECT_EQ(meter.closest(), 300);
}

}  // namespace
}  // namespace taskcost
