// SPDX-License-Identifier: Apache-2.0
//
// One figure over the rounds of one model.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "verdict/figures.h"
#include "verdict/rounds.h"

namespace taskcost {

inline constexpr const char* process_label = "process";
inline constexpr const char* fork_label = "process (fork)";
inline constexpr const char* thread_label = "thread";

using Figure = std::function<std::optional<double>(const Round&)>;

// Of the rounds that have the figure.
inline std::vector<double> figures(const std::vector<Round>& rounds, const Figure& figure) {
  std::vector<double> values;
  for (const Round& round : rounds) {
    if (const auto value = figure(round)) {
      values.push_back(*value);
    }
  }
  return values;
}

inline std::optional<double> latency_within(const Round& round) { return latency_of(round, "switch_same"); }
inline std::optional<double> latency_across(const Round& round) { return latency_of(round, "switch_other"); }

}  // namespace taskcost
