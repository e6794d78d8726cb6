// SPDX-License-Identifier: Apache-2.0
//
// The observed rounds of all variants.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "account/account.h"

namespace taskcost {

// One measured region of one variant of a workload.
struct Round {
  Session session;                                   // the measured region only
  std::uint64_t operations = 0;                      // by the workload's own count
  Duration wall{};                                   // by the workload's clock
  std::map<std::string, double, std::less<>> facts;  // its other results: known counts, and what it saw (1) or not (0)
};

// The key is Variant::name.
using Rounds = std::map<std::string, std::vector<Round>, std::less<>>;

// Rounds of a variant whose sessions are kept, for structural claims, sweeps and tables. Of further rounds only the
// readings are kept (measures.h), which bounds the memory.
inline constexpr unsigned kept_rounds = 9;

}  // namespace taskcost
