// SPDX-License-Identifier: Apache-2.0
//
// The series that every group has, as one table: metric, labels, and how to read the value from an account.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "account/account.h"

namespace taskcost {

struct GroupMetric {
  const char* name;
  const char* help;
  double unit;  // of a value: 1e-9 if values are in ns
};

struct GroupSeries {
  const GroupMetric* metric;                                // series of one metric stand together
  std::vector<std::pair<std::string, std::string>> labels;  // besides the group
  // nullopt: not measured.
  std::function<std::optional<std::int64_t>(const Account&)> read;
};

// `calls`: system calls and page faults have probes. Without, there is no split into user and kernel time, and neither
// activities nor channels are known.
std::vector<GroupSeries> group_series(bool calls);

}  // namespace taskcost
