// SPDX-License-Identifier: Apache-2.0
//
// From rounds to verdicts, comparisons, sweeps, tables and prices. Pure: no kernel, no clock, the same rounds always
// give the same answer.
#pragma once

#include <string>
#include <vector>

#include "taskcost/evidence.h"
#include "taskcost/verdict.h"
#include "verdict/claim_table.h"
#include "verdict/measures.h"
#include "verdict/rounds.h"

namespace taskcost {

struct Findings {
  std::vector<SideBySide> comparisons;
  std::vector<Verdict> verdicts;  // in the order of the table of claims
  std::vector<Sweep> sweeps;      // of the wanted claims, as the tables
  std::vector<FigureTable> tables;
  std::vector<Price> prices;
};

// Verdicts on these claims (ids; empty: on all), and what goes with them. A claim whose rounds or evidence are missing
// is not measurable. `evidence` names the sources: of the figures, or why there are none.
Findings find(const Rounds& rounds, const Readings& readings, const EvidenceList& evidence,
              const std::vector<std::string>& claims);

// How many more rounds it takes until the ratio is decided and its interval is narrow (high / low at most 1.2), if they
// scatter as those so far; 0 for a claim without a ratio. nullopt when no number of rounds would do.
std::optional<std::size_t> rounds_to_settle(const ClaimRow& row, const Readings& readings);

}  // namespace taskcost
