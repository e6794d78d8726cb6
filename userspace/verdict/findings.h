// SPDX-License-Identifier: Apache-2.0
//
// Makes verdicts, comparisons, sweeps, tables and prices from rounds. The same rounds always give the same answer.
#pragma once

#include <string>
#include <vector>

#include "account/evidence.h"
#include "verdict/claim_table.h"
#include "verdict/measures.h"
#include "verdict/rounds.h"
#include "verdict/verdict.h"

namespace taskcost {

struct Findings {
  std::vector<SideBySide> comparisons;
  std::vector<Verdict> verdicts;  // in the order of the table of claims
  std::vector<Sweep> sweeps;      // sweeps and tables that have rounds
  std::vector<FigureTable> tables;
  std::vector<Price> prices;
};

// Judges these claims (ids; empty: all). A claim without rounds or evidence is not measurable.
Findings make_findings(const Rounds& rounds, const Readings& readings, const EvidenceList& evidence,
                       const std::vector<std::string>& claims);

// Predicts how many more rounds it takes until the ratio is decided and its interval is narrow (high / low at
// most 1.2), assuming the scatter so far. 0 for a claim without a ratio; nullopt if no number of rounds suffices.
std::optional<std::size_t> rounds_to_settle(const ClaimRow& row, const Readings& readings);

}  // namespace taskcost
