// SPDX-License-Identifier: Apache-2.0
//
// Commands that were run again and again in turn, compared with the first of them. Plain values: measured by the
// command line, judged by compare/, printed by report/.
//
// Definitions, beside those of account.h and diff.h:
//
//   round       one run of each command that still runs, in an order that was drawn.
//   wall time   of a run: from the creation of the launched process to the last switch-out of its last task.
//   CPU time    of a run: on CPUs, all tasks of all its processes. user: in user code; system: everything else.
//   ratio       of a command over the first one, paired by round (statistics.h).
//   answer      more, the same, less: the whole interval of the ratio lies above, within or below the band.
//   part        CPU time is divided by process and activity. Wall time is divided by what the launched process's main
//               task did: running, by activity; waiting for a CPU; blocked, by cause. Where its children ran one after
//               the other while it waited for them, their parts stand for the wait, and what is left of it is the part
//               `handover`. Where they ran in parallel, the wait is a part itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "taskcost/diff.h"
#include "taskcost/evidence.h"
#include "taskcost/report.h"
#include "taskcost/result.h"
#include "taskcost/statistics.h"

namespace taskcost {

struct PartName {
  enum class Kind {
    running,      // by activity
    queued,       // preempted or runnable
    blocked,      // by cause
    unaccounted,  // in no cell
    handover,     // waits for children less what they did meanwhile, where they ran one after the other
    threads       // other tasks of the launched process, after its main task ended
  };
  std::string comm;  // of the process (hostile); empty: the launched process
  Kind kind = Kind::running;
  std::string key;  // activity or cause; empty for the others

  friend auto operator<=>(const PartName&, const PartName&) = default;
};
const char* key_of(PartName::Kind kind);

// What is kept of one run.
struct RunFigures {
  std::string program;  // comm of the launched process when it ended (hostile)
  double wall = 0;      // ns
  double cpu = 0;
  double user = 0;  // all of `cpu` where system calls had no probes
  bool calls_seen = true;
  std::map<QuantityName, Quantity> quantities;
  TimeSums time;  // of all tasks
  double process_count = 0;
  std::map<std::string, NamedProcesses> processes;
  std::map<std::string, double> losses;
  std::map<PartName, double> cpu_parts;       // add up to `cpu`
  std::map<PartName, double> wall_parts;      // add up to `wall`
  std::map<PartName, double> children_parts;  // own time of all other processes
};

// `pid`: of the launched process. nullopt: it is not in the session.
std::optional<RunFigures> run_figures(const Session& session, std::uint32_t pid);

// All runs of one command: a column for each figure, so that a run costs no more than its numbers.
struct CommandRuns {
  std::string name;
  std::string command;  // as it was given
  std::string program;
  bool calls_seen = true;

  std::vector<std::size_t> rounds;  // that each run belongs to, from 0
  std::vector<int> statuses;        // as a shell would give them
  std::vector<double> wall;
  std::vector<double> cpu;
  std::vector<double> user;

  struct Column {
    std::string unit;
    std::vector<double> values;  // of the runs; NaN: not measured, or no case
  };
  std::map<QuantityName, Column> quantities;
  using Parts = std::map<PartName, std::vector<double>>;  // shorter than the runs: 0 from there on
  Parts cpu_parts;
  Parts wall_parts;
  Parts children_parts;

  TimeSums time;  // sums over the runs
  double process_count = 0;
  std::map<std::string, NamedProcesses> processes;
  std::map<std::string, double> losses;

  void add(std::size_t round, int status, const RunFigures& figures);
  [[nodiscard]] std::size_t count() const { return wall.size(); }
  [[nodiscard]] std::vector<double> system() const;
};

enum class RoundsEnd {
  answered,  // every pair
  rounds,    // as many as were asked for, or as there are looks
  budget,    // of time
  signal,    // somebody wanted to stop
  failure    // of a command, or of the tool
};
const char* to_string(RoundsEnd end);

// What was measured.
struct Experiment {
  std::string tool_version;
  std::string command_line;  // of taskcost itself
  Report::Host host;
  EvidenceList evidence;
  std::vector<CommandRuns> commands;  // the first is what the others are compared with
  RoundsEnd end = RoundsEnd::answered;
  std::size_t rounds = 0;                // complete ones
  std::optional<std::size_t> asked_for;  // rounds
  std::optional<Duration> budget;
  Duration elapsed{};
  WindowClocks clocks;  // before the first round and after the last
};

// Of one figure over the runs of a command.
struct Spread {
  double mean = 0;
  double stddev = 0;
  double median = 0;
  double min = 0;
  double max = 0;
  std::optional<Interval> interval;  // 95 %, of the median; nullopt with too few runs
};
// Of a sample that is not empty.
Spread spread_of(const std::vector<double>& sample);
// Order statistics: the narrowest pair of ranks with at least that confidence. nullopt where the sample is too small.
std::optional<Interval> interval_of_median(std::vector<double> sample, double confidence);

struct QuantityAnswer {
  QuantityName name;
  std::string unit;
  double left = 0;  // medians over the rounds that both have
  double right = 0;
  std::optional<PairedRatio> ratio;  // nullopt: a side is 0 in a round
  Answer answer = Answer::undecided;
  std::optional<std::size_t> rounds_to_decide;  // while undecided, when it can be told
};

struct TimePart {
  PartName name;
  PartOfDifference figures;
};

struct TimeDifference {
  PartOfDifference whole;
  std::vector<TimePart> parts;  // they add up to the whole; the largest difference first
  std::size_t rounds = 0;       // that the means are over
};

// `left` over `right`, which is the first command.
struct PairComparison {
  std::size_t left = 1;
  std::size_t right = 0;
  std::size_t rounds = 0;  // that both have
  QuantityAnswer wall;
  QuantityAnswer cpu;
  std::vector<QuantityAnswer> quantities;  // those that differ first, the largest ratio first
  bool children = false;                   // one of them launched processes of its own
  bool in_sequence = false;                // the children's parts stand for the waits for them
  std::optional<TimeDifference> wall_time;
  std::optional<TimeDifference> cpu_time;
};

struct Comparison {
  Experiment experiment;
  double confidence = look_confidence;
  Band band;
  std::vector<PairComparison> pairs;  // none for one command
};

// Whether so many rounds can tell anything with this confidence.
bool enough_rounds(std::size_t rounds, double confidence);
// How sure an interval is after rounds whose number was fixed, or that were judged while they were made.
double confidence_of(const Experiment& experiment);
QuantityAnswer answer_for(const std::vector<Pair>& rounds, double confidence, const Band& band);
// Left and right in each round that both have.
std::vector<Pair> paired(const CommandRuns& left, const std::vector<double>& left_values, const CommandRuns& right,
                         const std::vector<double>& right_values);

Comparison compare_runs(Experiment experiment);

// Means over all runs of one command, the largest first. Those of wall time have the children's parts where the
// children ran one after the other.
using MeanParts = std::vector<std::pair<PartName, double>>;
MeanParts mean_wall_parts(const CommandRuns& runs);
MeanParts mean_cpu_parts(const CommandRuns& runs);
// Whether the children ran one after the other, while they were waited for.
bool ran_in_sequence(const CommandRuns& runs);

// --fail-above: what is above the first command by more than that, with its whole interval.
struct Excess {
  std::size_t command = 0;
  const char* what = "";  // "wall time", "CPU time"
  PairedRatio ratio;
};
std::vector<Excess> excesses(const Comparison& comparison, double percent);

void render_comparison_text(const Comparison& comparison, std::ostream& out, const TextOptions& options);
// JSON of schema taskcost.compare/1; `results` in it is what hyperfine writes.
void render_comparison_json(const Comparison& comparison, std::ostream& out);
std::string_view comparison_schema();
void render_comparison_html(const Comparison& comparison, std::ostream& out);
// Tables as hyperfine exports them: Markdown in the unit that fits, CSV in seconds.
void render_comparison_markdown(const Comparison& comparison, std::ostream& out);
void render_comparison_csv(const Comparison& comparison, std::ostream& out);

}  // namespace taskcost
