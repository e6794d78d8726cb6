// SPDX-License-Identifier: Apache-2.0
//
// From what was observed in the rounds of all variants to comparisons, verdicts, sweeps and tables. Pure: no kernel, no
// clock, the same rounds always give the same answer.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "taskcost/account.h"
#include "taskcost/evidence.h"
#include "taskcost/verdict.h"

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

struct Findings {
  std::vector<SideBySide> comparisons;
  std::vector<Verdict> verdicts;  // in the order of the table of claims
  std::vector<Sweep> sweeps;      // of the wanted claims, as the tables
  std::vector<FigureTable> tables;
};

// Verdicts on these claims (ids; empty: on all), and what goes with them. A claim whose rounds or evidence are missing
// is not measurable. `evidence` names the sources: of the figures, or why there are none.
Findings find(const Rounds& rounds, const EvidenceList& evidence, const std::vector<std::string>& claims);

}  // namespace taskcost
