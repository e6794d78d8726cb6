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

// A region that a program marked.
struct FoundRegion {
  std::string name;        // hostile
  std::uint64_t task = 0;  // Task::id; 0 if it is not kept one by one
  std::uint32_t tid = 0;   // 0 if unknown
  std::string comm{};      // of the task; hostile; empty if unknown
  Instant start{};
  Duration time{};
  bool ended = true;   // a mark has ended it
  unsigned depth = 0;  // regions around it
  Duration user{};     // these add up to `time`
  Duration calls{};
  Duration faults{};
  Duration preempted{};
  Duration runnable{};
  Duration blocked{};
  std::optional<tc_wait> wait{};  // the cause of most of `blocked`; nullopt: it was not blocked
};

// The longest regions of a capture that a filter admits.
struct FoundRegions {
  std::string name;  // pattern of fnmatch(3)
  std::optional<Duration> longer_than;
  std::uint64_t count = 0;           // of all that it admits
  Duration longest{};                // of all with such a name
  std::vector<FoundRegion> regions;  // the longest first
};

// What the caller counts as work: figures are shown for one unit of it.
struct UnitsOfWork {
  double number = 0;                  // as given; not used if there is a counter or a region
  std::optional<tc_counter> counter;  // its total is the number of units
  std::string region{};               // the number of marked regions of that name is; empty: none; hostile

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
  std::optional<KeptPart> kept;      // nullopt: no part of the recording was forgotten
  WindowClocks clocks;
  // Steal time of all CPUs in the window, or while claims were measured, from /proc/stat. The kernel counts it for the
  // interrupted tasks. nullopt: not virtualized, or not known.
  std::optional<Duration> stolen;
  EvidenceList evidence;
  Observer observer;
  Session session;
  std::optional<GroupBy> group_by;      // nullopt: --by was not given
  std::optional<UnitsOfWork> per;       // nullopt: none of --per, --per-count and --per-region was given
  std::vector<SideBySide> comparisons;  // for verify: the accounts of both variants, line by line
  std::vector<Verdict> claims;
  std::vector<Sweep> sweeps;
  std::vector<FigureTable> tables;
  std::vector<Price> prices;                  // prices on this machine
  std::optional<Stacks> stacks;               // nullopt without --stacks
  std::optional<RecordCheck> records;         // nullopt: the events were not recorded
  std::optional<FoundRegions> found_regions;  // nullopt: not asked for
  std::optional<CriticalPath> critical_path;  // nullopt: not recorded, no exit, some tasks only, or too many events
  std::optional<Timeline> timeline;           // nullopt: the events were not recorded; only render_html() shows it

  [[nodiscard]] GroupBy grouping() const { return group_by.value_or(default_grouping(session)); }
};

}  // namespace taskcost
