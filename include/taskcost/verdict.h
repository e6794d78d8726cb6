// SPDX-License-Identifier: Apache-2.0
//
// Judging claims by evidence: rounds of two variants in turn, medians, a bootstrap interval of their ratio, a
// threshold.
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

// Left over right.
struct Ratio {
  double left_median = 0;
  double right_median = 0;
  double ratio = 0;
  Interval interval;  // 95 % percentile bootstrap of the ratio of medians, fixed seed
};

// nullopt when a side is empty or the right median is not positive.
std::optional<Ratio> compare(const std::vector<double>& left, const std::vector<double>& right);

// One side of a claim in one or more rounds.
struct Side {
  std::string label;           // "process (fork)"
  std::vector<double> rounds;  // one figure a round
};

struct Claim {
  std::string_view id;         // "cost.creation"
  std::string_view statement;  // of the text that is judged
  std::string_view workload;
  std::string_view figure;    // what is compared, with its unit in `unit`
  std::string_view unit;      // "ns", "bytes", "count"
  double threshold = 1.05;    // confirmed beyond it
  bool structural = false;    // exact: one counter-example refutes
  std::string_view evidence;  // the kernel evidence that it needs
};

// What user space measured in the same rounds, beside what the kernel accounted.
struct UserView {
  std::string figure;  // "wall time per hop"
  std::string unit;
  std::optional<double> left;  // medians
  std::optional<double> right;
  std::optional<double> ratio;
  std::optional<Interval> interval;
  std::string remark;  // where the two views differ, in one sentence; may be empty
};

struct Verdict {
  std::string id;
  std::string statement;
  Ruling ruling = Ruling::inconclusive;
  std::string unit;
  std::string left_label;
  std::string right_label;
  std::optional<double> left;  // median
  std::optional<double> right;
  std::optional<double> ratio;  // left / right
  std::optional<Interval> interval;
  std::size_t rounds = 0;
  std::string evidence;  // the source that was used
  std::string meaning;   // one sentence, made from the figures
  std::optional<UserView> user_space;
};

// The ratio rule: confirmed when the whole interval lies beyond the threshold, refuted when it lies wholly below 1,
// inconclusive otherwise. Not measurable when a side has no rounds; `unavailable` then says which evidence is denied.
Verdict judge_ratio(const Claim& claim, const Side& left, const Side& right, std::string_view source,
                    std::string_view unavailable = {});

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

}  // namespace taskcost
