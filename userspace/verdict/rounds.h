// SPDX-License-Identifier: Apache-2.0
//
// What was observed in the rounds of all variants.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "taskcost/account.h"

namespace taskcost {

// One measured region of one variant of a workload.
struct Round {
  Session session;                                   // of the region alone
  std::uint64_t operations = 0;                      // that the workload says it did in it
  Duration wall{};                                   // that the workload measured for them
  std::map<std::string, double, std::less<>> facts;  // what else it says: known counts, what it saw (1) or not (0)
};

// By Variant::name.
using Rounds = std::map<std::string, std::vector<Round>, std::less<>>;

// Rounds whose sessions are kept whole, of one variant: for structural claims, sweeps and tables. Of the others only
// the readings are kept (measures.h), so that memory does not grow with sessions.
inline constexpr unsigned kept_rounds = 9;

}  // namespace taskcost
