// SPDX-License-Identifier: Apache-2.0
#include "verdict/prices.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace taskcost {
namespace {

std::optional<Price> price_with(const std::vector<Price>& prices, const std::string& id) {
  const auto found = std::ranges::find(prices, id, &Price::id);
  return found == prices.end() ? std::nullopt : std::optional(*found);
}

Sweep sweep_with(std::string id, std::vector<Sweep::Series> series) {
  Sweep sweep;
  sweep.id = std::move(id);
  sweep.series = std::move(series);
  return sweep;
}

// What a fork costs by the size of its parent is the slope of a sweep.
TEST(Prices, ASlopeIsThePriceOfOneMore) {
  const Sweep resident =
      sweep_with("creation-by-resident", {{"thread", {{0, 9'000, {8'000, 10'000}, 5}}, 1.0, Interval{0.5, 1.5}},
                                          {"fork",
                                           {{0, 68'000, {67'000, 69'000}, 5}, {64, 920'000, {910'000, 931'000}, 7}},
                                           13'312.5,
                                           Interval{13'100, 13'500}}});
  const auto price = price_with(make_prices({}, {resident}), "create.fork.per-mib");
  ASSERT_TRUE(price);
  EXPECT_EQ(price->value, 13'312.5) << "that of the fork";
  EXPECT_EQ(price->interval->low, 13'100);
  EXPECT_EQ(price->interval->high, 13'500);
  EXPECT_EQ(price->rounds, 7U) << "those of the point with the most";
  EXPECT_EQ(price->per, "MiB");
  EXPECT_FALSE(price_with(make_prices({}, {resident}), "create.fork.per-mapping")) << "that was not measured";
}

TEST(Prices, EachSizeOfAMessageHasItsOwn) {
  const Sweep messages =
      sweep_with("channel-by-size",
                 {{"pipe", {{1, 900, {890, 910}, 5}, {4096, 1'500, {1'400, 1'600}, 6}}, std::nullopt, std::nullopt}});
  const auto prices = make_prices({}, {messages});
  const auto one = price_with(prices, "message.pipe.1");
  const auto page = price_with(prices, "message.pipe.4096");
  ASSERT_TRUE(one && page);
  EXPECT_EQ(one->name, "pipe, 1 byte");
  EXPECT_EQ(page->name, "pipe, 4096 bytes");
  EXPECT_EQ(page->value, 1'500);
  EXPECT_EQ(page->interval->high, 1'600);
  EXPECT_EQ(page->rounds, 6U);
  EXPECT_EQ(page->condition, Condition::same_cpu);
}

TEST(Prices, AreOfWhatWasMeasured) {
  EXPECT_TRUE(make_prices({}, {}).empty());
  Rounds rounds;
  rounds["create/thread"].resize(3);  // nothing was counted in them
  const auto prices = make_prices(rounds, {});
  EXPECT_FALSE(prices.empty());
  for (const Price& price : prices) {
    EXPECT_EQ(price.value.has_value(), price.rounds > 0) << price.id;
    EXPECT_EQ(price.interval.has_value(), price.value.has_value()) << price.id;
    EXPECT_FALSE(price.name.empty() || price.group.empty() || price.per.empty()) << price.id;
  }
}

}  // namespace
}  // namespace taskcost
