// SPDX-License-Identifier: Apache-2.0
//
// The comparison of two reports, quantity by quantity. These are plain values, read from the JSON of reports.
//
// Definitions:
//
//   own time     the sum of the lifetimes of the observed tasks. With more than one process, it excludes waits for a
//                child and for vfork, because these would count the child's time twice. It is the wall time if one task
//                runs at a time, and more if several run in parallel.
//   piece        own time is split into pieces: running, by activity; waiting for a CPU (preempted and runnable);
//                blocked, by what the task waited for; and the residual.
//   share        the change of a piece over the change of own time.
//   interval     has 95 % confidence. That of a ratio is [low of B / high of A, high of B / low of A], which holds
//                whatever the correlation of A and B is, and is wider than necessary. The report of one run has no
//                intervals; that of repeated runs (taskcost.compare/2 with one command) has medians with intervals.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/describe/fields.h"
#include "account/evidence.h"
#include "base/result.h"
#include "base/unit.h"
#include "verdict/report.h"
#include "verdict/verdict.h"

namespace taskcost {

std::string lifecycle_item(tc_creation kind);  // "create_fork"

struct Quantity {
  enum class State {
    measured,
    none,         // measured, but there was no case, as for a mean of no creations
    not_measured  // not measured, or missing in this report
  };
  State state = State::not_measured;
  double value = 0;  // 0 unless measured
  std::optional<Interval> interval;
  Unit unit = Unit::count;

  [[nodiscard]] bool measured() const { return state == State::measured; }
};

struct QuantityName {
  Topic topic = Topic::window;
  std::string item;
  std::string aspect;

  friend auto operator<=>(const QuantityName&, const QuantityName&) = default;
};

struct ClaimFigures {
  std::string id;
  std::string statement;
  std::string verdict;
  std::optional<double> ratio;
  std::optional<Interval> interval;  // interval of the ratio; an open end is infinite
  std::uint64_t rounds = 0;
};

// Sums of the time of tasks, in ns. The parts and the residual add up to `lifetime`.
struct TimeSums {
  double lifetime = 0;
  std::map<std::string, double> running;  // by activity
  double queued = 0;                      // preempted and runnable
  std::map<std::string, double> blocked;  // by what the task waited for

  [[nodiscard]] double running_total() const;
  [[nodiscard]] double blocked_total() const;
};
void add(TimeSums& sum, const TimeSums& more);

struct NamedProcesses {
  double count = 0;
  TimeSums time;
};

// The figures of a report that are compared.
struct ReportFigures {
  std::string name;  // name of the file; hostile
  std::string tool_version;
  std::string command;      // hostile
  std::string target_mode;  // "run", "attach", "workload", "verify"
  std::string window_exit;  // "target-exited", "duration", ...
  std::string ended;        // "exit 0", "signal 9"; empty if unknown
  std::string kernel;
  std::string arch;
  std::string virtualization;
  std::optional<std::uint64_t> cpus;
  std::optional<bool> calls_seen;  // true if system calls had probes; nullopt: unknown
  std::vector<Evidence> evidence;
  std::map<std::string, double> losses;  // losses that are not 0
  std::map<QuantityName, Quantity> quantities;
  // nullopt: no tasks were observed, as in a report of claims only, or the report does not have it.
  std::optional<TimeSums> time;
  double process_count = 0;
  std::map<std::string, NamedProcesses> processes;  // by comm (hostile), without kernel threads
  std::vector<ClaimFigures> claims;
};

ReportFigures report_figures(const Report& report);

struct Change {
  QuantityName name;
  Quantity a;
  Quantity b;

  // B - A and B / A; nullopt unless both are measured, and for the ratio A is above 0.
  [[nodiscard]] std::optional<double> difference() const;
  [[nodiscard]] std::optional<double> ratio() const;
  [[nodiscard]] std::optional<Interval> ratio_interval() const;  // nullopt unless both have an interval
};

struct Piece {
  enum class Kind { running, queued, blocked, residual };
  Kind kind = Kind::running;
  std::string key;  // activity or cause of the wait; empty for the other kinds
  double a = 0;     // ns
  double b = 0;
  bool again = false;  // a wait for observed children, which is not part of own time

  [[nodiscard]] double difference() const { return b - a; }
};

// The processes of one name in both reports.
struct ProcessDifference {
  std::string comm;                 // hostile
  std::optional<NamedProcesses> a;  // nullopt: the report has no such process
  std::optional<NamedProcesses> b;
  double own_a = 0;  // own time, ns
  double own_b = 0;
  std::optional<Piece> mostly;  // the piece with the largest change; nullopt: nothing changed

  [[nodiscard]] double difference() const { return own_b - own_a; }
};

struct ClaimChange {
  std::optional<ClaimFigures> a;  // nullopt: the report does not judge it
  std::optional<ClaimFigures> b;

  [[nodiscard]] bool verdict_changed() const { return a && b && a->verdict != b->verdict; }
  // True if the intervals of the ratios do not overlap.
  [[nodiscard]] bool ratio_moved() const;
};

// A difference in the circumstances of A and B, which may explain differences of the figures.
struct Mismatch {
  enum class Kind { tool, host, target, ended, detail, evidence, losses };
  Kind kind = Kind::host;
  std::string subject;  // "kernel", "command", the figure of the evidence, the kind of loss
  std::string a;        // hostile; empty: unknown
  std::string b;
};

struct Difference {
  ReportFigures a;  // describe the reports; their quantities are in `changes`
  ReportFigures b;
  std::vector<Mismatch> mismatches;
  std::vector<Change> changes;  // all quantities, sorted by topic, then by the size of the difference
  std::vector<Piece> pieces;    // sorted by the size of the difference, `again` last; empty unless both have tasks
  std::vector<ProcessDifference> processes;  // sorted by the size of the difference
  std::vector<ClaimChange> claims;           // changed verdicts first, then moved ratios, then the others

  [[nodiscard]] const Change* find(Topic topic, std::string_view item, std::string_view aspect) const;
  // True if wall time is a cost: in both reports the target ran until its end.
  [[nodiscard]] bool wall_is_a_cost() const;
  [[nodiscard]] bool any_interval() const;
};

Difference diff_reports(ReportFigures a, ReportFigures b);

// --fail-above judges these costs: wall time if it is a cost, and the CPU time of all tasks; for reports without tasks,
// the points of sweeps in ns. A cost with an interval is above only if its whole interval is.
struct CostCheck {
  enum class Outcome { within, above, not_measured };
  Change change;
  Outcome outcome = Outcome::within;
};

// `percent` is 0 or more. Errors: wall time is missing in one report, or the reports have no cost in common.
Result<std::vector<CostCheck>> check_costs(const Difference& difference, double percent);

}  // namespace taskcost
