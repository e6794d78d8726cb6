// SPDX-License-Identifier: Apache-2.0
//
// From what was observed in the rounds of both models to comparisons and verdicts. Pure: no kernel, no clock, the same
// rounds always give the same answer.
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

struct RoundsOfBothModels {
  std::vector<Round> processes;
  std::vector<Round> threads;
};

struct Findings {
  std::vector<SideBySide> comparisons;
  std::vector<Verdict> verdicts;  // in the order of the table of claims
};

// `create --model fork` against `create --model thread`, and `switch --model process` against `switch --model thread`.
// `evidence` names the sources: of the figures, or why there are none.
Findings findings_of_create(const RoundsOfBothModels& rounds, const EvidenceList& evidence);
Findings findings_of_switch(const RoundsOfBothModels& rounds, const EvidenceList& evidence);

}  // namespace taskcost
