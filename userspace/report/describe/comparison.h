// SPDX-License-Identifier: Apache-2.0
//
// The document of schema taskcost.compare/1, which is written for a comparison of commands, and read by `diff`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "report/describe/report.h"
#include "taskcost/compare.h"

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
  std::string unit;
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
  v.object("result", "As hyperfine writes it, in seconds.");
  v.field("command", result.command, "Its name.");
  v.field("mean", result.wall.mean, "Of wall time.", "s");
  v.field("stddev", result.wall.stddev, "Of wall time.", "s");
  v.field("median", result.wall.median, "Of wall time.", "s");
  v.field("user", result.user, "Mean.", "s");
  v.field("system", result.system, "Mean.", "s");
  v.field("min", result.wall.min, "Of wall time.", "s");
  v.field("max", result.wall.max, "Of wall time.", "s");
  v.field("times", result.times, "Wall times of the runs.", "s");
  v.field("exit_codes", result.exit_codes, "Of the runs.");
}

void describe_quantity(auto& v, Is<QuantityName> auto& name, Is<std::string> auto& unit) {
  v.field("topic", name.topic, "What the quantity belongs to.");
  v.field("item", name.item, "Activity, cause, counter, channel, ...");
  v.field("aspect", name.aspect, "What is told of it.");
  v.field("unit", unit, "Of its figures.");
}

void describe_part_name(auto& v, Is<std::string> auto& text, Is<PartName> auto& name) {
  v.field("text", text, "For people.");
  v.field("process", or_null(name.comm), "null: the launched process.");
  v.field("kind", name.kind, "What it did.");
  v.field("key", or_null(name.key), "Activity or cause of the wait.");
}

void describe(auto& v, Is<MeanPart> auto& part) {
  v.row("mean_part", "A part of the time of a command.");
  describe_part_name(v, part.text, part.name);
  v.field("mean_ns", part.mean, "Over the runs.");
}

void describe(auto& v, Is<QuantitySummary> auto& quantity) {
  auto& spread = quantity.spread;
  v.row("quantity", "A figure of the runs that measured it.");
  describe_quantity(v, quantity.name, quantity.unit);
  v.field("median", in_full(spread.median), "Over the runs.");
  describe_interval(v, "low", "high", spread.interval, "Of the median's 95 % interval; null: too few runs.");
  v.field("mean", in_full(spread.mean), "Over the runs.");
  v.field("stddev", spread.stddev, "Over the runs.");
  v.field("min", in_full(spread.min), "Of the runs.");
  v.field("max", in_full(spread.max), "Of the runs.");
  v.field("runs", quantity.runs, "That measured it.");
}

void describe(auto& v, Is<TimeSums> auto& time) {
  v.row("time", "Where time went; means over the runs.");
  v.field("lifetime_ns", time.lifetime, "Of all tasks.");
  v.field("running_ns", time.running, "By activity.");
  v.field("queued_ns", time.queued, "Preempted and runnable.");
  v.field("blocked_ns", time.blocked, "By cause.");
}

void describe(auto& v, Is<ProcessSummary> auto& process) {
  v.object("named_processes", "Processes of one name.");
  v.field("comm", process.comm, "Their name.");
  v.field("count", process.count, "Mean over the runs.");
  v.field("time", process.time, "Of them all.");
}

void describe(auto& v, Is<CommandSummary> auto& command) {
  v.object("command", "A command and its runs. Lists of runs are in the order of time.");
  v.field("label", command.label, "Short.");
  v.field("name", command.name, "That was given, else the command.");
  v.field("command", command.command, "As it was given.");
  v.field("program", command.program, "Name of the launched process when it ended.");
  v.field("calls_seen", command.calls_seen, "false: user_ns is all time on CPUs.");
  v.field("in_sequence", command.in_sequence, "Its children ran one after the other while they were waited for.");
  v.field("rounds", command.rounds, "That each run belongs to, from 0.");
  v.field("statuses", command.statuses, "As a shell gives them.");
  v.field("wall_ns", command.wall, "Of each run.");
  v.field("cpu_ns", command.cpu, "Of each run.");
  v.field("user_ns", command.user, "Of each run.");
  v.field("wall_parts", command.wall_parts, "Of wall time, the largest first.");
  v.field("cpu_parts", command.cpu_parts, "Of time on CPUs, the largest first.");
  v.field("quantities", command.quantities, "Those that were measured.");
  v.field("time", command.time, "Of all tasks.");
  v.field("process_count", command.process_count, "Mean over the runs.");
  v.field("processes", command.processes, "By name.");
  v.field("losses", in_full(command.losses), "Of all runs; those that occurred.");
}

void describe(auto& v, Is<QuantityAnswer> auto& answer) {
  auto ratio = answer.ratio ? std::optional(answer.ratio->ratio) : std::nullopt;
  auto interval = answer.ratio ? std::optional(answer.ratio->interval) : std::nullopt;
  v.row("answer", "How a quantity of one command stands to that of the first.");
  describe_quantity(v, answer.name, answer.unit);
  v.field("left", in_full(answer.left), "Median over the rounds.");
  v.field("right", in_full(answer.right), "Median over the rounds.");
  v.field("ratio", ratio, "Of the pairs; null: a side is 0 in a round.");
  describe_interval(v, "ratio_low", "ratio_high", interval, "Of its interval.");
  v.field("answer", answer.answer, "How left stands to right.");
  v.field("rounds_to_decide", answer.rounds_to_decide, "While undecided; null: that cannot be told.");
  if constexpr (reads<decltype(v)>) {
    if (ratio && interval) {
      answer.ratio = PairedRatio{answer.left, answer.right, *ratio, *interval, 0};
    }
  }
}

void describe_figures(auto& v, Is<PartOfDifference> auto& part) {
  v.field("left_ns", part.left, "Mean.");
  v.field("right_ns", part.right, "Mean.");
  v.field("difference_ns", part.difference, "left - right");
  v.field("low_ns", part.interval.low, "Of the 95 % interval of the difference.");
  v.field("high_ns", part.interval.high, "Of the 95 % interval of the difference.");
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
  v.field("rounds", difference.rounds, "That the means are over.");
  v.field("parts", difference.parts, "The largest difference first.");
}

void describe(auto& v, Is<PairSummary> auto& of) {
  auto& pair = of.pair;
  v.object("pair", "A later command against the first.");
  v.field("left", pair.left, "Index in `commands`; a ratio is left over right.");
  v.field("right", pair.right, "Index in `commands`.");
  v.field("rounds", pair.rounds, "That both have.");
  v.field("children", pair.children, "One of them launched processes of its own.");
  v.field("in_sequence", pair.in_sequence,
          "In the division of wall time, what children did stands for the waits for them.");
  v.field("wall", pair.wall, "Wall time.");
  v.field("cpu", pair.cpu, "Time on CPUs.");
  v.field("wall_time", of.wall_time, "Where its difference comes from.");
  v.field("cpu_time", of.cpu_time, "Where its difference comes from.");
  v.field("quantities", pair.quantities, "Those that differ first.");
}

void describe(auto& v, Is<ComparisonDocument> auto& document) {
  auto& experiment = document.experiment;
  v.object("",
           "Commands that taskcost ran in rounds. Times are nanoseconds, but for those of `results`. null: not "
           "measured, or there is none.");
  v.constant("schema", "taskcost.compare/1");
  describe_tool(v, experiment.tool_version, experiment.command_line);
  v.field("host", experiment.host, "The machine that they ran on.");
  v.field("evidence", experiment.evidence, "Where each figure comes from.");
  v.field("head", on_lines(document.head), "The answers; for people, not for parsing.");
  v.field("window", row_group([&] {
            v.field("end", experiment.end, "What ended the rounds.");
            v.field("text", document.end_text, "For people.");
            v.field("rounds", experiment.rounds, "Complete ones.");
            v.field("asked_for", experiment.asked_for, "Rounds.");
            v.field("max_time_ns", experiment.budget, "Of all rounds.");
            v.field("elapsed_ns", experiment.elapsed, "Of all rounds.");
            describe_clocks(v, experiment.clocks);
          }),
          "When and how often they ran.");
  v.field("confidence", document.confidence, "Of each ratio's interval.", "fraction");
  v.field("same_up_to", document.same_up_to, "Ratios from 1 / x to x are the same.");
  v.field("results", document.results, "What hyperfine writes.");
  v.field("pairs", document.pairs, "Each later command against the first.");
  v.field("commands", document.commands, "In the order in which they were given.");
}

}  // namespace taskcost
