// SPDX-License-Identifier: Apache-2.0
//
// Prices by id, and the prices that a line needs.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>

#include "verdict/estimate/estimate.h"

namespace taskcost {

class Prices {
 public:
  explicit Prices(const PriceList& list) {
    for (const Price& price : list.prices) {
      if (price.value) {
        prices_.try_emplace(price.id, price);
      }
    }
  }

  // Covers the prices on one CPU and across CPUs if both are measured.
  [[nodiscard]] std::optional<Amount> find(const std::string& id) const {
    const auto same = one(id);
    const auto across = one(id + ".across-cpus");
    if (!same || !across) {
      return same ? same : across;
    }
    return Amount{std::sqrt(same->value * across->value), std::min(same->low, across->low),
                  std::max(same->high, across->high)};
  }
  // The price of this id alone, in its one condition.
  [[nodiscard]] std::optional<Amount> one(const std::string& id) const {
    const auto found = prices_.find(id);
    if (found == prices_.end()) {
      return std::nullopt;
    }
    const double value = *found->second.value;
    const Interval interval = found->second.interval.value_or(Interval{value, value});
    return Amount{value, std::max(0.0, interval.low), interval.high};
  }

 private:
  std::map<std::string, Price> prices_;
};

// Looks up the prices of a line, and remembers a missing one: then the line has no price.
class Wanted {
 public:
  explicit Wanted(const Prices& prices) : prices_(prices) {}

  Amount operator()(const std::string& id) { return value_or_missing(id, prices_.find(id)); }
  Amount one(const std::string& id) { return value_or_missing(id, prices_.one(id)); }
  // The alphabetically first missing id, because the evaluation order of arguments is unspecified.
  [[nodiscard]] const std::string& missing() const { return missing_; }

 private:
  Amount value_or_missing(const std::string& id, const std::optional<Amount>& found) {
    if (!found && (missing_.empty() || id < missing_)) {
      missing_ = id;
    }
    return found.value_or(Amount{});
  }

  const Prices& prices_;
  std::string missing_;
};

}  // namespace taskcost
