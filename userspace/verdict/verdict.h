// SPDX-License-Identifier: Apache-2.0
//
// Judges claims by paired rounds of two variants, the confidence interval of their ratio, and a band of ratios that
// count as the same. paired_rounds.h has the arithmetic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unit.h"
#include "verdict/paired_rounds.h"

namespace taskcost {

enum class Ruling { confirmed, refuted, inconclusive, not_measurable };
const char* to_string(Ruling ruling);  // "confirmed", ..., "not measurable"

// The ratio of the medians of unpaired rounds.
struct Ratio {
  double left_median = 0;
  double right_median = 0;
  double ratio = 0;   // left / right
  Interval interval;  // 95 % percentile bootstrap of the ratio of medians, fixed seed
};

// nullopt if a side is empty or the right median is not positive.
std::optional<Ratio> compare(const std::vector<double>& left, const std::vector<double>& right);

// The CPUs on which the tasks of a measurement run. Each condition is judged separately.
enum class Condition {
  none,        // the CPUs do not matter, or the claim's text has the condition
  same_cpu,    // all tasks on one CPU
  across_cpus  // partners, or creator and child, on different CPUs
};
const char* to_string(Condition condition);  // "", "same CPU", "across CPUs"

struct Claim {
  std::string id;         // "cost.creation", "cost.creation.across-cpus"
  std::string statement;  // quoted from the text that is judged
  std::string workload;
  std::string figure;  // what is compared, with its unit in `unit`
  Unit unit = Unit::count;
  std::string evidence;     // key of the evidence that it needs
  bool structural = false;  // true: one counter-example refutes it
  Condition condition = Condition::none;
  std::string chapter = {};  // chapter of the text that is judged: "Overhead"
};

// Ratios in the band count as the same; a claim of "more" is confirmed above it. There are no other thresholds.
inline constexpr Band verdict_band{1.05};

// The measurements of the workload itself in the same rounds, in addition to the account.
struct UserView {
  std::string figure;  // "wall time per hop"
  Unit unit = Unit::count;
  std::optional<double> left;  // medians
  std::optional<double> right;
  std::optional<double> ratio;
  std::optional<Interval> interval;
};

// All operations together, in addition to the typical operation.
struct Total {
  double mean = 0;  // median over rounds of the mean over operations
  // The share of the slowest 1 % of the operations in the time; nullopt: the operations were not timed one by one.
  std::optional<double> slowest_share;
};

// One side of a claim whose operations have two different typical times.
struct TwoModes {
  std::string label;      // label of the side
  Modes modes;            // in the unit of the claim
  std::string part;       // the part with the largest difference between the modes
  double difference = 0;  // difference of the part's medians
};

// The parts of the difference of the sides. They add up to the whole.
struct Breakdown {
  std::string title;
  PartOfDifference whole;
  struct Part {
    std::string name;
    PartOfDifference figures;
  };
  std::vector<Part> parts;  // the largest difference first
  std::size_t rounds = 0;   // number of rounds that the means are over
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
  std::optional<Answer> answer;  // left compared with right; nullopt without a ratio
  Unit unit = Unit::count;
  std::string left_label;
  std::string right_label;
  std::optional<double> left;  // typical operation: median over operations, then over rounds
  std::optional<double> right;
  std::optional<Total> left_total;
  std::optional<Total> right_total;
  std::optional<double> ratio;  // left / right
  std::optional<Interval> interval;
  std::size_t rounds = 0;
  std::optional<std::size_t> rounds_to_decide;  // for an inconclusive ratio
  std::string evidence;                         // the source that was used
  std::string meaning;                          // one sentence with the figures
  std::optional<UserView> user_space;
  std::optional<Breakdown> breakdown;
  std::vector<TwoModes> modes;
  std::vector<RoundOfBoth> pairs;  // in order of time
};

// Both sides of a claim, round by round.
struct Sides {
  std::string left_label;
  std::string right_label;
  std::vector<RoundOfBoth> rounds;
};

// The ratio rule: confirmed if the whole interval is above the band, refuted if it is in or below the band, else
// inconclusive. Not measurable without rounds; `unavailable` then says which evidence is missing.
Verdict judge_ratio(const Claim& claim, Sides sides, std::string_view source, std::string_view unavailable = {});

// The structural rule: of `observed` cases, `counter_examples` contradict the claim. One counter-example refutes it;
// not measurable without cases.
Verdict judge_structural(const Claim& claim, std::uint64_t observed, std::uint64_t counter_examples,
                         std::string_view source, std::string_view unavailable = {});

// The rule for a claim that something can happen: confirmed by one case, inconclusive if there is none.
Verdict judge_existence(const Claim& claim, std::uint64_t observed, std::uint64_t counter_examples,
                        std::string_view source, std::string_view unavailable = {});

const std::vector<Claim>& claims();
// nullptr if there is no such claim.
const Claim* find_claim(std::string_view id);

// The accounts of two variants of one workload, line by line.
struct SideBySide {
  std::string workload;
  std::string left_label;
  std::string right_label;
  struct Line {
    std::string name;
    Unit unit = Unit::count;
    std::optional<double> left;  // median over rounds, per operation
    std::optional<double> right;
    std::optional<Ratio> ratio;
  };
  std::vector<Line> lines;
  std::size_t rounds = 0;
};

// One figure as a function of a size, with a series for each variant.
struct Sweep {
  std::string id;      // "fork-by-resident"
  std::string claim;   // id of its claim
  std::string title;   // "Creation of a process by resident memory of its parent"
  std::string x_name;  // "resident memory"
  Unit x_unit = Unit::count;
  std::string y_name;  // "copy and publish"
  Unit y_unit = Unit::count;
  bool logarithmic = false;  // true: x grows by factors
  struct Point {
    double x = 0;
    double y = 0;       // median over rounds
    Interval interval;  // of the median, with 95 % confidence
    std::size_t rounds = 0;
  };
  struct Series {
    std::string label;
    std::vector<Point> points;         // sorted by x
    std::optional<double> slope;       // y per unit of x, by least squares of the medians; nullopt with one point
    std::optional<Interval> interval;  // of the slope, with 95 % confidence
  };
  std::vector<Series> series;
};

// A table of figures for more than two variants, such as prices of a lifetime or costs of channels.
struct FigureTable {
  std::string id;     // "lifetime-price"
  std::string claim;  // id of its claim
  std::string title;
  std::vector<std::string> columns;
  struct Row {
    std::string name;
    Unit unit = Unit::count;
    std::vector<std::optional<double>> values;  // medians, one for each column
  };
  std::vector<Row> rows;
  std::string note;  // explains the figures; may be empty
};

// The price of one operation on this machine.
struct Price {
  std::string id;     // "create.fork"
  std::string group;  // "create", "switch", "message", ...
  std::string name;   // "process (fork)"
  std::string per;    // "created task", "MiB of the creator", "message"
  Unit unit = Unit::ns;
  Condition condition = Condition::none;
  std::optional<double> value;       // median over rounds; nullopt: not measured
  std::optional<Interval> interval;  // 95 % confidence
  std::size_t rounds = 0;
};

}  // namespace taskcost
