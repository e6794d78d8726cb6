// SPDX-License-Identifier: Apache-2.0
//
// Judging claims by evidence: paired rounds of two variants, the interval of their ratio, and a band in which two
// figures are the same. statistics.h has the arithmetic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "taskcost/statistics.h"

namespace taskcost {

enum class Ruling { confirmed, refuted, inconclusive, not_measurable };
const char* to_string(Ruling ruling);  // "confirmed", ..., "not measurable"

// Medians of unpaired rounds, side by side.
struct Ratio {
  double left_median = 0;
  double right_median = 0;
  double ratio = 0;   // left / right
  Interval interval;  // 95 % percentile bootstrap of the ratio of medians, fixed seed
};

// nullopt when a side is empty or the right median is not positive.
std::optional<Ratio> compare(const std::vector<double>& left, const std::vector<double>& right);

// Where the tasks of a measurement may run. A condition is a part of the claim: its figures are judged apart.
enum class Condition {
  none,        // it does not matter, or the claim says it
  same_cpu,    // all tasks on one CPU
  across_cpus  // partners, or creator and child, on different CPUs
};
const char* to_string(Condition condition);  // "", "same CPU", "across CPUs"

struct Claim {
  std::string id;         // "cost.creation", "cost.creation.across-cpus"
  std::string statement;  // of the text that is judged
  std::string workload;
  std::string figure;       // what is compared, with its unit in `unit`
  std::string unit;         // "ns", "bytes", "count"
  std::string evidence;     // the kernel evidence that it needs
  bool structural = false;  // exact: one counter-example refutes
  Condition condition = Condition::none;
  std::string chapter = {};  // of the text that is judged: "Overhead"
};

// Ratios within it are the same; a claim of more is confirmed above it. The only thresholds there are.
inline constexpr Band verdict_band{1.05};

// What user space measured in the same rounds, beside what the kernel accounted.
struct UserView {
  std::string figure;  // "wall time per hop"
  std::string unit;
  std::optional<double> left;  // medians
  std::optional<double> right;
  std::optional<double> ratio;
  std::optional<Interval> interval;
};

// All operations together, beside the typical one.
struct Total {
  double mean = 0;  // median over rounds of the mean over operations
  std::optional<double>
      slowest_share;  // of the time, that the slowest 1 % of operations have; nullopt: not timed apart
};

// Operations of one side that take two different times in one condition.
struct TwoModes {
  std::string label;      // of the side
  Modes modes;            // in the unit of the claim
  std::string part;       // that differs most between the two
  double difference = 0;  // of its medians
};

// Where the difference of the sides comes from: the parts add up to the whole.
struct Breakdown {
  std::string title;
  PartOfDifference whole;
  struct Part {
    std::string name;
    PartOfDifference figures;
  };
  std::vector<Part> parts;  // the largest difference first
  std::size_t rounds = 0;   // that the means are over
};

// One round of both sides.
struct RoundOfBoth {
  unsigned round = 0;
  Pair figures;
};

struct Verdict {
  std::string id;
  std::string statement;
  std::string chapter;
  Condition condition = Condition::none;
  Ruling ruling = Ruling::inconclusive;
  std::optional<Answer> answer;  // how left stands to right; nullopt without a ratio
  std::string unit;
  std::string left_label;
  std::string right_label;
  std::optional<double> left;  // the typical operation: median over operations, then over rounds
  std::optional<double> right;
  std::optional<Total> left_total;
  std::optional<Total> right_total;
  std::optional<double> ratio;  // left / right
  std::optional<Interval> interval;
  std::size_t rounds = 0;
  std::optional<std::size_t> rounds_to_decide;  // of an inconclusive ratio
  std::string evidence;                         // the source that was used
  std::string meaning;                          // one sentence, made from the figures
  std::optional<UserView> user_space;
  std::optional<Breakdown> breakdown;
  std::vector<TwoModes> modes;
  std::vector<RoundOfBoth> pairs;  // in the order of time
};

// Both sides of a claim, round by round.
struct Sides {
  std::string left_label;
  std::string right_label;
  std::vector<RoundOfBoth> rounds;
};

// The ratio rule: confirmed when the whole interval lies above the band, refuted when it lies within or below it,
// inconclusive otherwise. Not measurable without rounds; `unavailable` then says which evidence is denied.
Verdict judge_ratio(const Claim& claim, Sides sides, std::string_view source, std::string_view unavailable = {});

// The structural rule: `observed` cases were looked at, `counter_examples` of them contradict. Refuted by one counter-
// example, not measurable without cases.
Verdict judge_structural(const Claim& claim, std::uint64_t observed, std::uint64_t counter_examples,
                         std::string_view source, std::string_view unavailable = {});

// The same for a claim that something can be: confirmed by one case that holds, inconclusive when none does.
Verdict judge_existence(const Claim& claim, std::uint64_t observed, std::uint64_t counter_examples,
                        std::string_view source, std::string_view unavailable = {});

const std::vector<Claim>& claims();
// nullptr when there is no such claim.
const Claim* find_claim(std::string_view id);

// Two variants of one workload, their accounts line by line.
struct SideBySide {
  std::string workload;
  std::string left_label;
  std::string right_label;
  struct Line {
    std::string name;
    std::string unit;            // "ns", "count", "bytes"
    std::optional<double> left;  // median over rounds, per operation
    std::optional<double> right;
    std::optional<Ratio> ratio;
  };
  std::vector<Line> lines;
  std::size_t rounds = 0;
};

// One figure as a function of a size: a line for each variant.
struct Sweep {
  std::string id;            // "fork-by-resident"
  std::string claim;         // that it belongs to
  std::string title;         // "Creation of a process by resident memory of its parent"
  std::string x_name;        // "resident memory"
  std::string x_unit;        // "MiB", "bytes", "count"
  std::string y_name;        // "copy and publish"
  std::string y_unit;        // "ns", "bytes", "count"
  bool logarithmic = false;  // x grows by factors
  struct Point {
    double x = 0;
    double y = 0;       // median over rounds
    Interval interval;  // 95 %, of the median
    std::size_t rounds = 0;
  };
  struct Series {
    std::string label;
    std::vector<Point> points;         // by x
    std::optional<double> slope;       // y per unit of x, least squares through the medians; nullopt with one point
    std::optional<Interval> interval;  // of the slope, 95 %
  };
  std::vector<Series> series;
};

// Figures of more than two variants: prices of a lifetime, bills of a bake, costs of channels.
struct FigureTable {
  std::string id;     // "lifetime-price"
  std::string claim;  // that it belongs to
  std::string title;
  std::vector<std::string> columns;
  struct Row {
    std::string name;
    std::string unit;
    std::vector<std::optional<double>> values;  // one a column; medians
  };
  std::vector<Row> rows;
  std::string note;  // what the figures are; may be empty
};

// What one of something costs on this machine.
struct Price {
  std::string id;     // "create.fork"
  std::string group;  // "create", "switch", "message", ...
  std::string name;   // "process (fork)"
  std::string per;    // "created task", "MiB of the creator", "message"
  std::string unit;   // "ns"
  Condition condition = Condition::none;
  std::optional<double> value;       // median over rounds; nullopt: not measured
  std::optional<Interval> interval;  // 95 %
  std::size_t rounds = 0;
};

}  // namespace taskcost
