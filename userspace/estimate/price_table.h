// SPDX-License-Identifier: Apache-2.0
//
// Prices by id, and what a line takes of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>

#include "taskcost/estimate.h"

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

  // On one CPU and across CPUs, where both are measured: anything between them.
  [[nodiscard]] std::optional<Amount> find(const std::string& id) const {
    const auto same = one(id);
    const auto across = one(id + ".across-cpus");
    if (!same || !across) {
      return same ? same : across;
    }
    return Amount{std::sqrt(same->value * across->value), std::min(same->low, across->low),
                  std::max(same->high, across->high)};
  }
  // In that one condition.
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

// A line takes the prices that it needs; the first that is missing leaves it without one.
class Wanted {
 public:
  explicit Wanted(const Prices& prices) : prices_(prices) {}

  Amount operator()(const std::string& id) { return take(id, prices_.find(id)); }
  Amount one(const std::string& id) { return take(id, prices_.one(id)); }
  // The first by name, of those that are missing: compilers evaluate arguments in different orders.
  [[nodiscard]] const std::string& missing() const { return missing_; }

 private:
  Amount take(const std::string& id, const std::optional<Amount>& found) {
    if (!found && (missing_.empty() || id < missing_)) {
      missing_ = id;
    }
    return found.value_or(Amount{});
  }

  const Prices& prices_;
  std::string missing_;
};

}  // namespace taskcost
