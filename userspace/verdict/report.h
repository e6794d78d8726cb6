// SPDX-License-Identifier: Apache-2.0
//
// The report as a value: an observation, and what was made of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "account/account.h"
#include "account/clock_anchor.h"
#include "account/evidence.h"
#include "account/groups.h"
#include "account/observation.h"
#include "account/stacks.h"
#include "trace/critical_path.h"
#include "trace/record_check.h"
#include "trace/timeline.h"
#include "verdict/verdict.h"

namespace taskcost {

// What the caller counts as work: figures are shown for one unit of it.
struct UnitsOfWork {
  double number = 0;                  // as given; not used if there is a counter
  std::optional<tc_counter> counter;  // its total is the number of units

  // nullopt: the counter was not measured, or it is 0.
  [[nodiscard]] std::optional<double> in(const Session& session) const;
};

struct Report {
  std::string tool_version;
  std::string command_line;  // of taskcost itself

  Host host;
  ObservedTarget target;
  WindowEnd window_end = WindowEnd::target_exited;
  std::optional<ReportedPart> part;  // nullopt: the whole observation
  WindowClocks clocks;
  // Steal time of all CPUs while claims were measured, from /proc/stat. The kernel counts it for the interrupted tasks.
  // nullopt: not virtualized, or no claims.
  std::optional<Duration> stolen;
  EvidenceList evidence;
  Observer observer;
  Session session;
  std::optional<GroupBy> group_by;      // nullopt: --by was not given
  std::optional<UnitsOfWork> per;       // nullopt: neither --per nor --per-count was given
  std::vector<SideBySide> comparisons;  // for verify: the accounts of both variants, line by line
  std::vector<Verdict> claims;
  std::vector<Sweep> sweeps;
  std::vector<FigureTable> tables;
  std::vector<Price> prices;                  // prices on this machine
  std::optional<Stacks> stacks;               // nullopt without --stacks
  std::optional<RecordCheck> records;         // nullopt: the events were not recorded
  std::optional<CriticalPath> critical_path;  // nullopt: not recorded, no exit, some tasks only, or too many events
  std::optional<Timeline> timeline;           // nullopt: the events were not recorded; only render_html() shows it

  [[nodiscard]] GroupBy grouping() const { return group_by.value_or(default_grouping(session)); }
};

}  // namespace taskcost
