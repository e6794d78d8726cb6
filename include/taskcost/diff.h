// SPDX-License-Identifier: Apache-2.0
//
// Two reports compared, quantity by quantity. Plain values: read from the JSON of a report, joined, never printed here.
//
// Definitions:
//
//   own time     summed lifetime of the observed tasks without their waits for a child or for a creation to be complete
//                where more than one process was observed: such a wait is the child's time once more. Where one task
//                runs at a time it is the wall time, where several run in parallel it is more.
//   piece        own time is divided into pieces: running, by activity; waiting for a CPU (preempted and runnable);
//                blocked, by what was waited for; and what no ledger has.
//   share        the change of a piece over the change of own time.
//   interval     95 %. A ratio's is [low of B / high of A, high of B / low of A]: it holds whatever the two have in
//                common, and is wider than need be. One run has no rounds, so it has none; a command that was run again
//                and again (taskcost.compare/1 with one command) has medians with theirs.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "taskcost/evidence.h"
#include "taskcost/report.h"
#include "taskcost/result.h"
#include "taskcost/verdict.h"

namespace taskcost {

// What a quantity belongs to. Its item and aspect are keys of the JSON report.
enum class Topic {
  window,          // "wall": "wall_ns"; "all": "processes", "tasks", "own_ns", "lifetime_ns", "running_ns", ...
  activity,        // activity: condition
  wait,            // cause: "blocked_ns", "count"
  counter,         // counter: "count" or "ns"
  memory,          // counter: "bytes" or "count"
  channel,         // channel: "calls", "bytes_in", "bytes_out", "kernel_ns"
  latency,         // histogram: "count", "p50_ns", "p90_ns", "p99_ns"
  lifecycle,       // "create_fork", ..., "exec", "exit", "zombie": "count" and means
  kernel_threads,  // "all": "running_ns", "queued_ns", "switches"
  comparison,      // "workload: variant": line; medians over rounds, per operation
  sweep,           // "sweep: variant": "x"; medians over rounds
};
inline constexpr int topic_count = static_cast<int>(Topic::sweep) + 1;
const char* key_of(Topic topic);

struct Quantity {
  enum class State {
    measured,
    none,         // measured, and there was no case to take a value from: a mean of no creations
    not_measured  // or not told by this report
  };
  State state = State::not_measured;
  double value = 0;  // 0 unless measured
  std::optional<Interval> interval;
  std::string unit = "count";  // "ns", "count", "bytes", or as the report names it

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
  std::optional<Interval> interval;  // of the ratio; an end without bound is infinite
  std::uint64_t rounds = 0;
};

// Where the time of tasks went: these parts and the residual make up `lifetime`. ns.
struct TimeSums {
  double lifetime = 0;
  std::map<std::string, double> running;  // by activity
  double queued = 0;                      // preempted and runnable
  std::map<std::string, double> blocked;  // by what was waited for

  [[nodiscard]] double running_total() const;
  [[nodiscard]] double blocked_total() const;
};
void add(TimeSums& sum, const TimeSums& more);

struct NamedProcesses {
  double count = 0;
  TimeSums time;
};

// What is compared of a report.
struct ReportFigures {
  std::string name;  // of the file; hostile
  std::string tool_version;
  std::string command;      // hostile
  std::string target_mode;  // "run", "attach", "workload", "verify"
  std::string window_exit;  // "target-exited", "duration", ...
  std::string ended;        // "exit 0", "signal 9"; empty when not told
  std::string kernel;
  std::string arch;
  std::string virtualization;
  std::optional<std::uint64_t> cpus;
  std::optional<bool> calls_seen;  // system calls had probes; nullopt: nothing tells
  std::vector<Evidence> evidence;
  std::map<std::string, double> losses;  // those that are not 0
  std::map<QuantityName, Quantity> quantities;
  // nullopt: no tasks were observed, as in a report of claims alone, or nothing tells.
  std::optional<TimeSums> time;
  double process_count = 0;
  std::map<std::string, NamedProcesses> processes;  // by comm (hostile), without kernel threads
  std::vector<ClaimFigures> claims;
};

// From the JSON of a report of schema taskcost.report/1, or of taskcost.compare/1 with one command. Any bytes may be
// given. Error: no JSON, nested too deep, another schema, or a value of the wrong type or out of range, with its place.
// What is absent is not measured.
Result<ReportFigures> read_report(std::string_view json);

struct Change {
  QuantityName name;
  Quantity a;
  Quantity b;

  // B - A and B / A; nullopt unless both are measured, and for the ratio A is above 0.
  [[nodiscard]] std::optional<double> difference() const;
  [[nodiscard]] std::optional<double> ratio() const;
  [[nodiscard]] std::optional<Interval> ratio_interval() const;  // nullopt unless both have one
};

struct Piece {
  enum class Kind { running, queued, blocked, unaccounted };
  Kind kind = Kind::running;
  std::string key;  // activity or cause of the wait; empty for the others
  double a = 0;     // ns
  double b = 0;
  bool again = false;  // a wait for observed children: not part of own time

  [[nodiscard]] double difference() const { return b - a; }
};

// One process name in both reports.
struct ProcessDifference {
  std::string comm;                 // hostile
  std::optional<NamedProcesses> a;  // nullopt: it is not there
  std::optional<NamedProcesses> b;
  double own_a = 0;  // own time, ns
  double own_b = 0;
  std::optional<Piece> mostly;  // the piece that changed most; nullopt: nothing changed

  [[nodiscard]] double difference() const { return own_b - own_a; }
};

struct ClaimChange {
  std::optional<ClaimFigures> a;  // nullopt: not judged there
  std::optional<ClaimFigures> b;

  [[nodiscard]] bool verdict_changed() const { return a && b && a->verdict != b->verdict; }
  // The intervals of the ratios have nothing in common.
  [[nodiscard]] bool ratio_moved() const;
};

// Where A and B are not alike, so that a difference may come from there.
struct Mismatch {
  enum class Kind { tool, host, target, ended, detail, evidence, losses };
  Kind kind = Kind::host;
  std::string subject;  // "kernel", "command", the figure of the evidence, the kind of loss
  std::string a;        // hostile; empty: not told
  std::string b;
};

struct Difference {
  ReportFigures a;  // for what they are of; their quantities are in `changes`
  ReportFigures b;
  std::vector<Mismatch> mismatches;
  std::vector<Change> changes;  // all quantities: by topic, then by the size of the difference
  std::vector<Piece> pieces;    // by the size of the difference, those counted again last; empty without tasks in both
  std::vector<ProcessDifference> processes;  // by the size of the difference
  std::vector<ClaimChange> claims;           // changed verdicts first, then moved ratios, then the others

  [[nodiscard]] const Change* find(Topic topic, std::string_view item, std::string_view aspect) const;
  // Wall time is a cost: the target ran until its end, in both.
  [[nodiscard]] bool wall_is_a_cost() const;
  [[nodiscard]] bool any_interval() const;
};

Difference difference_of(ReportFigures a, ReportFigures b);

// --fail-above. Costs that are judged: wall time where it is one, and time on CPUs of all tasks; of reports without
// tasks, the points of sweeps in ns. One with an interval is above only when its whole interval is.
struct CostCheck {
  enum class Outcome { within, above, not_measured };
  Change change;
  Outcome outcome = Outcome::within;
};

// `percent`: 0 or more. Error: wall time is missing in one of them, or there is nothing that both could be judged by.
Result<std::vector<CostCheck>> check_costs(const Difference& difference, double percent);

void render_difference_text(const Difference& difference, std::ostream& out, const TextOptions& options);
// JSON of schema taskcost.diff/1.
void render_difference_json(const Difference& difference, std::ostream& out);
std::string_view difference_schema();

// What a checked cost is called, "time on CPUs", and its figures, "1.32 s against 1.00 s, 1.32 x".
std::string cost_text(const Change& change);
std::string cost_figures_text(const Change& change);

}  // namespace taskcost
