// SPDX-License-Identifier: Apache-2.0
//
// The comparison of several commands, which run in turn in rounds, with the first of them. These are plain values:
// cli/ measures them, compare/ judges them, and report/ prints them.
//
// Definitions, in addition to those of account.h and diff.h:
//
//   round       one run of each command that still takes part, in random order.
//   wall time   the time of a run from the creation of the launched process to the final switch-out of its last task.
//   CPU time    the CPU time of all tasks of all processes of a run. user: in user code; system: all other.
//   ratio       the figure of a command over that of the first command, paired by round (paired_rounds.h).
//   answer      more, the same, less: the whole interval of the ratio lies above, within or below the band.
//   part        CPU time is split by process and activity. Wall time is split by what the main thread of the launched
//               process did: running, by activity; waiting for a CPU; blocked, by cause. If its children ran one after
//               the other while it waited for them, their parts replace the wait, and the rest of the wait is the part
//               `handover`. If they ran in parallel, the wait is a part itself.
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

#include "account/evidence.h"
#include "base/result.h"
#include "base/unit.h"
#include "verdict/diff/diff.h"
#include "verdict/paired_rounds.h"
#include "verdict/report.h"

namespace taskcost {

struct PartName {
  enum class Kind {
    running,   // by activity
    queued,    // preempted or runnable
    blocked,   // by cause
    residual,  // the residual
    handover,  // waits for children minus what these did meanwhile, if they ran one after the other
    threads    // other threads of the launched process, after its main thread had exited
  };
  std::string comm;  // comm of the process (hostile); empty: the launched process
  Kind kind = Kind::running;
  std::string key;  // activity or cause; empty for the other kinds

  friend auto operator<=>(const PartName&, const PartName&) = default;
};
const char* key_of(PartName::Kind kind);

// The figures of one run.
struct RunFigures {
  std::string program;  // last comm of the launched process (hostile)
  double wall = 0;      // ns
  double cpu = 0;
  double user = 0;  // equal to `cpu` if system calls had no probes
  bool calls_seen = true;
  std::map<QuantityName, Quantity> quantities;
  TimeSums time;  // sums over all tasks
  double process_count = 0;
  std::map<std::string, NamedProcesses> processes;
  std::map<std::string, double> losses;
  std::map<PartName, double> cpu_parts;       // add up to `cpu`
  std::map<PartName, double> wall_parts;      // add up to `wall`
  std::map<PartName, double> children_parts;  // add up to the own time of all other processes
};

// `pid` is that of the launched process. nullopt: it is not in the session.
std::optional<RunFigures> run_figures(const Session& session, std::uint32_t pid);

// All runs of one command, with a column for each figure, so that each run takes little memory.
struct CommandRuns {
  std::string name;
  std::string command;  // as given on the command line
  std::string program;
  bool calls_seen = true;

  std::vector<std::size_t> rounds;  // the round of each run, from 0
  std::vector<int> statuses;        // exit statuses as in a shell
  std::vector<double> wall;
  std::vector<double> cpu;
  std::vector<double> user;

  struct Column {
    Unit unit = Unit::count;
    std::vector<double> values;  // one for each run; NaN: not measured, or there was no case
  };
  std::map<QuantityName, Column> quantities;
  using Parts = std::map<PartName, std::vector<double>>;  // by run; missing values at the end are 0
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
  answered,  // every pair is decided
  rounds,    // the requested number of rounds, or the last look, was reached
  budget,    // the time budget was used up
  signal,    // SIGINT or SIGTERM
  failure    // a command or taskcost failed
};
const char* to_string(RoundsEnd end);

// The measurements.
struct Experiment {
  std::string tool_version;
  std::string command_line;  // of taskcost itself
  Host host;
  EvidenceList evidence;
  std::vector<CommandRuns> commands;  // the others are compared with the first
  RoundsEnd end = RoundsEnd::answered;
  std::size_t rounds = 0;                // number of complete rounds
  std::optional<std::size_t> asked_for;  // requested number of rounds
  std::optional<Duration> budget;
  Duration elapsed{};
  WindowClocks clocks;  // before the first round and after the last
};

// The spread of one figure over the runs of a command.
struct Spread {
  double mean = 0;
  double stddev = 0;
  double median = 0;
  double min = 0;
  double max = 0;
  std::optional<Interval> interval;  // of the median, with 95 % confidence; nullopt with too few runs
};
// REQUIRES: the sample is not empty.
Spread compute_spread(const std::vector<double>& sample);
// The narrowest pair of order statistics with at least this confidence. nullopt if the sample is too small.
std::optional<Interval> interval_of_median(std::vector<double> sample, double confidence);

struct QuantityAnswer {
  QuantityName name;
  Unit unit = Unit::count;
  double left = 0;  // medians over the common rounds
  double right = 0;
  std::optional<PairedRatio> ratio;  // nullopt: a side is 0 in a round
  Answer answer = Answer::undecided;
  std::optional<std::size_t> rounds_to_decide;  // if undecided and predictable
};

struct TimePart {
  PartName name;
  PartOfDifference figures;
};

struct TimeDifference {
  PartOfDifference whole;
  std::vector<TimePart> parts;  // add up to the whole; the largest difference first
  std::size_t rounds = 0;       // number of rounds that the means are over
};

// The comparison of command `left` with `right`, the first command.
struct PairComparison {
  std::size_t left = 1;
  std::size_t right = 0;
  std::size_t rounds = 0;  // number of common rounds
  QuantityAnswer wall;
  QuantityAnswer cpu;
  std::vector<QuantityAnswer> quantities;  // those that differ first, the largest ratio first
  bool children = false;                   // one of the commands created processes
  bool in_sequence = false;                // the children's parts replace the waits for them
  std::optional<TimeDifference> wall_time;
  std::optional<TimeDifference> cpu_time;
};

struct Comparison {
  Experiment experiment;
  double confidence = look_confidence;
  Band band;
  std::vector<PairComparison> pairs;  // empty with one command
};

// True if this number of rounds can have an interval of this confidence.
bool enough_rounds(std::size_t rounds, double confidence);
// The confidence of intervals: it is higher if the rounds were judged at each look than if their number was fixed.
double choose_confidence(const Experiment& experiment);
QuantityAnswer answer_for(const std::vector<Pair>& rounds, double confidence, const Band& band);
// The values of left and right in each common round.
std::vector<Pair> paired(const CommandRuns& left, const std::vector<double>& left_values, const CommandRuns& right,
                         const std::vector<double>& right_values);

Comparison compare_runs(Experiment experiment);

// Means over all runs of one command, the largest first. Wall time has the children's parts if the children ran one
// after the other.
using MeanParts = std::vector<std::pair<PartName, double>>;
MeanParts mean_wall_parts(const CommandRuns& runs);
MeanParts mean_cpu_parts(const CommandRuns& runs);
// True if the children ran one after the other while their parent waited for them.
bool ran_in_sequence(const CommandRuns& runs);

// --fail-above: a figure whose whole interval is above the first command's by more than the given percentage.
struct Excess {
  std::size_t command = 0;
  const char* what = "";  // "wall time", "CPU time"
  PairedRatio ratio;
};
std::vector<Excess> excesses(const Comparison& comparison, double percent);

}  // namespace taskcost
