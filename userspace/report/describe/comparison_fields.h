// SPDX-License-Identifier: Apache-2.0
//
// The document of schema taskcost.compare/2, which is written for a comparison of commands, and read by `diff`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "report/describe/report_fields.h"
#include "verdict/compare/compare.h"

namespace taskcost {

// The format of hyperfine, in seconds.
struct HyperfineResult {
  std::string command;
  Spread wall;
  double user = 0;
  double system = 0;
  std::vector<double> times;
  std::vector<int> exit_codes;
};

struct MeanPart {
  std::string text;
  PartName name;
  double mean = 0;
};

struct QuantitySummary {
  QuantityName name;
  Unit unit = Unit::count;
  Spread spread;
  std::size_t runs = 0;
};

struct ProcessSummary {
  std::string comm;
  double count = 0;
  TimeSums time;
};

struct CommandSummary {
  std::string label;
  std::string name;
  std::string command;
  std::string program;
  bool calls_seen = true;
  bool in_sequence = false;
  std::vector<std::size_t> rounds;
  std::vector<int> statuses;
  std::vector<Duration> wall;
  std::vector<Duration> cpu;
  std::vector<Duration> user;
  std::vector<MeanPart> wall_parts;
  std::vector<MeanPart> cpu_parts;
  std::vector<QuantitySummary> quantities;
  TimeSums time;  // means
  double process_count = 0;
  std::vector<ProcessSummary> processes;
  std::map<std::string, double> losses;
};

struct DifferencePart {
  std::string text;
  TimePart part;
};

struct DifferenceSummary {
  PartOfDifference whole;
  std::size_t rounds = 0;
  std::vector<DifferencePart> parts;
};

struct PairSummary {
  PairComparison pair;
  std::optional<DifferenceSummary> wall_time;
  std::optional<DifferenceSummary> cpu_time;
};

struct ComparisonDocument {
  Experiment experiment;  // without its commands
  double confidence = 0;
  double same_up_to = 0;
  std::string end_text;
  std::vector<std::string> head;
  std::vector<HyperfineResult> results;
  std::vector<PairSummary> pairs;
  std::vector<CommandSummary> commands;
};

void describe(auto& v, Is<HyperfineResult> auto& result) {
  v.object("result", "The results in the format of hyperfine, in seconds.");
  v.field("command", result.command, "Name of the command.");
  v.field("mean", result.wall.mean, "Mean wall time.", Unit::seconds);
  v.field("stddev", result.wall.stddev, "Standard deviation of the wall time.", Unit::seconds);
  v.field("median", result.wall.median, "Median wall time.", Unit::seconds);
  v.field("user", result.user, "Mean user CPU time.", Unit::seconds);
  v.field("system", result.system, "Mean system CPU time.", Unit::seconds);
  v.field("min", result.wall.min, "Shortest wall time.", Unit::seconds);
  v.field("max", result.wall.max, "Longest wall time.", Unit::seconds);
  v.field("times", result.times, "Wall times of the runs.", Unit::seconds);
  v.field("exit_codes", result.exit_codes, "Exit statuses of the runs.");
}

void describe_quantity(auto& v, Is<QuantityName> auto& name, Is<Unit> auto& unit) {
  v.field("topic", name.topic, "Part of the report that the quantity belongs to.");
  v.field("item", name.item, "Activity, cause, counter, channel, ...");
  v.field("aspect", name.aspect, "The figure of the item: a condition, count, p50_ns, ...");
  v.field("unit", unit, "Unit of its figures.");
}

void describe_part_name(auto& v, Is<std::string> auto& text, Is<PartName> auto& name) {
  v.field("text", text, "Name of the part, for people.");
  v.field("process", or_null(name.comm), "Name of the process; null: the launched process.");
  v.field("kind", name.kind, "What the process did.");
  v.field("key", or_null(name.key), "Activity or cause of the wait; null: the kind has none.");
}

void describe(auto& v, Is<MeanPart> auto& part) {
  v.row("mean_part", "A part of the time of a command.");
  describe_part_name(v, part.text, part.name);
  v.field("mean_ns", part.mean, "Mean over the runs.");
}

void describe(auto& v, Is<QuantitySummary> auto& quantity) {
  auto& spread = quantity.spread;
  v.row("quantity", "A figure over the runs in which it was measured.");
  describe_quantity(v, quantity.name, quantity.unit);
  v.field("median", in_full(spread.median), "Median over the runs.");
  describe_interval(v, "low", "high", spread.interval, "Lower end of the median's 95 % interval; null: too few runs.");
  v.field("mean", in_full(spread.mean), "Mean over the runs.");
  v.field("stddev", spread.stddev, "Standard deviation over the runs.");
  v.field("min", in_full(spread.min), "Minimum over the runs.");
  v.field("max", in_full(spread.max), "Maximum over the runs.");
  v.field("runs", quantity.runs, "Number of runs in which it was measured.");
}

void describe(auto& v, Is<TimeSums> auto& time) {
  v.row("time", "How tasks spent their time; means over the runs.");
  v.field("lifetime_ns", time.lifetime, "Sum of the lifetimes of all tasks.");
  v.field("running_ns", time.running, "CPU time by activity.");
  v.field("queued_ns", time.queued, "Time preempted or runnable.");
  v.field("blocked_ns", time.blocked, "Blocked time by what the tasks waited for.");
}

void describe(auto& v, Is<ProcessSummary> auto& process) {
  v.object("named_processes", "Processes with one name.");
  v.field("comm", process.comm, "Name of the processes.");
  v.field("count", process.count, "Number of processes; mean over the runs.");
  v.field("time", process.time, "Time of all these processes.");
}

void describe(auto& v, Is<CommandSummary> auto& command) {
  v.object("command", "A command and its runs. Lists over the runs are in order of time.");
  v.field("label", command.label, "Short label: the name, or A, B, ...");
  v.field("name", command.name, "The given name, else the command.");
  v.field("command", command.command, "The command as given.");
  v.field("program", command.program, "Last comm of the launched process.");
  v.field("calls_seen", command.calls_seen, "false: system calls had no probes, and user_ns is all CPU time.");
  v.field("in_sequence", command.in_sequence,
          "Its children ran one after the other while their parent waited for them.");
  v.field("rounds", command.rounds, "Round of each run, from 0.");
  v.field("statuses", command.statuses, "Exit status of each run, as a shell reports it.");
  v.field("wall_ns", command.wall, "Wall time of each run.");
  v.field("cpu_ns", command.cpu, "CPU time of each run.");
  v.field("user_ns", command.user, "User CPU time of each run; all CPU time if system calls had no probes.");
  v.field("wall_parts", command.wall_parts, "Parts of the wall time, the largest first.");
  v.field("cpu_parts", command.cpu_parts, "Parts of the CPU time, the largest first.");
  v.field("quantities", command.quantities, "Quantities that were measured.");
  v.field("time", command.time, "Time of all tasks.");
  v.field("process_count", command.process_count, "Number of processes; mean over the runs.");
  v.field("processes", command.processes, "Processes by name.");
  v.field("losses", in_full(command.losses), "Losses in all runs; only kinds that occurred.");
}

void describe(auto& v, Is<QuantityAnswer> auto& answer) {
  auto ratio = answer.ratio ? std::optional(answer.ratio->ratio) : std::nullopt;
  auto interval = answer.ratio ? std::optional(answer.ratio->interval) : std::nullopt;
  v.row("answer", "A quantity of one command compared with that of the first.");
  describe_quantity(v, answer.name, answer.unit);
  v.field("left", in_full(answer.left), "Median of the left command over the rounds.");
  v.field("right", in_full(answer.right), "Median of the right command over the rounds.");
  v.field("ratio", ratio, "left / right, over pairs of runs; null: a side is 0 in a round.");
  describe_interval(v, "ratio_low", "ratio_high", interval,
                    "Lower end of the interval of the ratio; null: there is no ratio.");
  v.field("answer", answer.answer, "left compared with right.");
  v.field("rounds_to_decide", answer.rounds_to_decide,
          "Expected number of rounds to a decision; null: it is decided, or not known.");
  if constexpr (reads<decltype(v)>) {
    if (ratio && interval) {
      answer.ratio = PairedRatio{answer.left, answer.right, *ratio, *interval, 0};
    }
  }
}

void describe_figures(auto& v, Is<PartOfDifference> auto& part) {
  v.field("left_ns", part.left, "Mean of the left command.");
  v.field("right_ns", part.right, "Mean of the right command.");
  v.field("difference_ns", part.difference, "left - right");
  v.field("low_ns", part.interval.low, "Lower end of the 95 % interval of the difference.");
  v.field("high_ns", part.interval.high, "Upper end of the 95 % interval of the difference.");
}

void describe(auto& v, Is<DifferencePart> auto& part) {
  v.row("difference_part", "A part of a difference.");
  describe_part_name(v, part.text, part.part.name);
  describe_figures(v, part.part.figures);
}

void describe(auto& v, Is<DifferenceSummary> auto& difference) {
  v.object("difference",
           "Means over the rounds whose difference is in the middle half; the parts add up to the whole.");
  describe_figures(v, difference.whole);
  v.field("rounds", difference.rounds, "Number of rounds that the means are over.");
  v.field("parts", difference.parts, "Parts, the largest difference first.");
}

void describe(auto& v, Is<PairSummary> auto& of) {
  auto& pair = of.pair;
  v.object("pair", "A comparison of a command with the first one.");
  v.field("left", pair.left, "Index of the left command in `commands`; ratios are left / right.");
  v.field("right", pair.right, "Index of the right command in `commands`: the first one.");
  v.field("rounds", pair.rounds, "Number of rounds in which both ran.");
  v.field("children", pair.children, "One of the commands created processes.");
  v.field("in_sequence", pair.in_sequence,
          "In the parts of wall time, the children's parts replace the waits for them.");
  v.field("wall", pair.wall, "Wall time of both commands.");
  v.field("cpu", pair.cpu, "CPU time of both commands.");
  v.field("wall_time", of.wall_time, "Parts of the difference of wall time.");
  v.field("cpu_time", of.cpu_time, "Parts of the difference of CPU time.");
  v.field("quantities", pair.quantities, "Quantities; the ones that differ come first.");
}

void describe(auto& v, Is<ComparisonDocument> auto& document) {
  auto& experiment = document.experiment;
  v.object("",
           "Commands that taskcost ran in rounds. Times are nanoseconds, except those in `results`. null: not "
           "measured, or there is none.");
  v.constant("schema", "taskcost.compare/2");
  describe_tool(v, experiment.tool_version, experiment.command_line);
  v.field("host", experiment.host, "The machine that the commands ran on.");
  v.field("evidence", experiment.evidence, "The source of each figure.");
  v.field("head", on_lines(document.head), "The answers in words, for people, not for parsing.");
  v.field("window", row_group([&] {
            v.field("end", experiment.end, "What ended the rounds.");
            v.field("text", document.end_text, "What ended the rounds, for people.");
            v.field("rounds", experiment.rounds, "Number of complete rounds.");
            v.field("asked_for", experiment.asked_for, "Requested number of rounds.");
            v.field("max_time_ns", experiment.budget, "Time budget for all rounds.");
            v.field("elapsed_ns", experiment.elapsed, "Elapsed time of all rounds.");
            describe_clocks(v, experiment.clocks);
          }),
          "When and how often the commands ran.");
  v.field("confidence", document.confidence, "Confidence of the interval of each ratio.", Unit::share);
  v.field("same_up_to", document.same_up_to, "Ratios from 1 / x to x count as the same.");
  v.field("results", document.results, "The results in the format of hyperfine.");
  v.field("pairs", document.pairs, "Comparisons of each command with the first one.");
  v.field("commands", document.commands, "The commands in the given order.");
}

}  // namespace taskcost
