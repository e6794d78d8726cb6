// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic of amounts with an interval.
#pragma once

#include <algorithm>
#include <cmath>

#include "verdict/estimate/estimate.h"

namespace taskcost {

inline Amount exactly(double value) { return {value, value, value}; }

inline Amount times(const Amount& amount, double factor) {
  const double low = amount.low * factor;
  const double high = amount.high * factor;
  return {amount.value * factor, std::min(low, high), std::max(low, high)};
}

inline Amount product(const Amount& a, const Amount& b) { return {a.value * b.value, a.low * b.low, a.high * b.high}; }

// The errors of both are independent.
inline Amount sum(const Amount& a, const Amount& b) {
  const double value = a.value + b.value;
  return {value, value - std::hypot(a.value - a.low, b.value - b.low),
          value + std::hypot(a.high - a.value, b.high - b.value)};
}

inline Amount difference(const Amount& a, const Amount& b) { return sum(a, times(b, -1)); }

inline Amount not_below(const Amount& amount, double least) {
  return {std::max(amount.value, least), std::max(amount.low, least), std::max(amount.high, least)};
}

// An unknown value from `low` to `high`: their geometric mean. REQUIRES: both are above 0.
inline Amount between(double low, double high) { return {std::sqrt(low * high), low, high}; }

// Covers `amount` both as it is and multiplied by `ratio`.
inline Amount with_scale(const Amount& amount, double ratio) {
  const double usable = std::isfinite(ratio) && ratio > 0 ? ratio : 1;
  return {amount.value * std::sqrt(usable), amount.low * std::min(1.0, usable), amount.high * std::max(1.0, usable)};
}

inline double ratio_or_one(double numerator, double denominator) {
  return numerator > 0 && denominator > 0 ? numerator / denominator : 1;
}

}  // namespace taskcost
