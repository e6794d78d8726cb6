// SPDX-License-Identifier: Apache-2.0
//
// Describes verdicts and the figures they are based on, comparisons side by side, sweeps, tables, and the price list.
#pragma once

#include <optional>

#include "report/describe/verdict_keys.h"
#include "verdict/verdict.h"

namespace taskcost {

void describe(auto& v, Is<UserView> auto& view) {
  v.object("user_view", "The measurements of the workload's own clock in the same rounds.");
  v.field("figure", view.figure, "What was measured.");
  v.field("unit", view.unit, "Unit of left and right.");
  v.field("left", view.left, "Median of the left side over the rounds.");
  v.field("right", view.right, "Median of the right side over the rounds.");
  v.field("ratio", view.ratio, "left / right; null: not measured, or one of them is 0.");
  describe_interval(v, "ratio_low", "ratio_high", view.interval, "Lower end of the 95 % interval of the ratio.");
}

void describe(auto& v, Is<Total> auto& total) {
  v.row("total", "All operations together.");
  v.field("mean", total.mean, "Median over rounds of the mean over operations.");
  v.field("slowest_share", total.slowest_share,
          "Share of the slowest 1 % of the operations in the time; null: the operations were not timed one by one.");
}

void describe_difference(auto& v, Is<PartOfDifference> auto& part) {
  v.field("left", part.left, "Mean of the left side over the rounds.");
  v.field("right", part.right, "Mean of the right side over the rounds.");
  v.field("difference", part.difference, "left - right");
  v.field("low", part.interval.low, "Lower end of the 95 % interval of the difference.");
  v.field("high", part.interval.high, "Upper end of the 95 % interval of the difference.");
}

void describe(auto& v, Is<Breakdown::Part> auto& part) {
  v.row("part", "A part of a difference.");
  v.field("name", part.name, "Name of the part.");
  describe_difference(v, part.figures);
}

void describe(auto& v, Is<Breakdown> auto& breakdown) {
  v.object("breakdown", "The parts of a difference: means over the same rounds, so that the parts add up.");
  v.field("title", breakdown.title, "What is split into parts.");
  v.field("rounds", breakdown.rounds, "Number of rounds that the means are over.");
  describe_difference(v, breakdown.whole);
  v.field("parts", breakdown.parts, "The parts, the largest difference first.");
}

void describe(auto& v, Is<TwoModes> auto& side) {
  v.row("modes", "A side whose operations have two different typical times.");
  v.field("side", side.label, "Label of the side.");
  v.field("low", side.modes.low, "Median of the lower mode.");
  v.field("high", side.modes.high, "Median of the higher mode.");
  v.field("high_share", side.modes.high_share, "Share of the operations in the higher mode.");
  v.field("part", side.part, "The part with the largest difference between the modes.");
  v.field("difference", side.difference, "Difference of the part's medians.");
}

void describe(auto& v, Is<RoundOfBoth> auto& pair) {
  v.row("pair", "A round of both sides.");
  v.field("round", pair.round, "Number of the round.");
  v.field("left", pair.figures.left, "Figure of the left side.");
  v.field("right", pair.figures.right, "Figure of the right side.");
}

void describe(auto& v, Is<Verdict> auto& claim) {
  v.object("claim", "A claim and how it was judged.");
  v.field("id", claim.id, "Stable key of the claim.");
  v.field("statement", claim.statement, "Statement, quoted from the text that is judged.");
  v.field("chapter", claim.chapter, "Chapter of the text that is judged; claims are in the order of the text.");
  v.field("condition", or_null(claim.condition), "CPUs on which the tasks ran; null: they do not matter.");
  v.field("verdict", claim.ruling, "How the claim was judged.");
  v.field("answer", claim.answer, "left compared with right; the same: within 5 %. null: the claim has no ratio.");
  v.field("unit", claim.unit, "Unit of left and right.");
  v.field("left_label", claim.left_label, "Label of the left side.");
  v.field("right_label", claim.right_label, "Label of the right side.");
  v.field(
      "left", claim.left,
      "Typical operation of the left side: median over operations, if these are timed one by one, then over rounds.");
  v.field("right", claim.right, "Typical operation of the right side, computed as `left`.");
  v.field("left_total", claim.left_total, "All operations of the left side together.");
  v.field("right_total", claim.right_total, "All operations of the right side together.");
  v.field("ratio", claim.ratio, "left / right, over paired rounds.");
  describe_interval(
      v, "ratio_low", "ratio_high", claim.interval,
      "Lower end of the ratio's interval, which is right in 95 of 100 runs, at whichever round they stopped.");
  v.field("rounds", claim.rounds, "Number of measured rounds.");
  v.field("rounds_to_decide", claim.rounds_to_decide,
          "Expected number of rounds to a decision; null: it is decided, or not known.");
  v.field("evidence", claim.evidence, "Source of the figures.");
  v.field("meaning", claim.meaning, "One sentence with the figures.");
  v.field("user_space", claim.user_space, "Measurements of the workload's own clock in the same rounds.");
  v.field("breakdown", claim.breakdown, "Parts of the difference.");
  v.field("modes", claim.modes, "Sides whose operations have two different typical times in this condition.");
  v.field("pairs", claim.pairs, "All rounds, in order of time.");
}

void describe(auto& v, Is<SideBySide::Line> auto& line) {
  auto ratio = line.ratio ? std::optional(line.ratio->ratio) : std::nullopt;
  auto interval = line.ratio ? std::optional(line.ratio->interval) : std::nullopt;
  v.row("line", "A figure of two variants.");
  v.field("name", line.name, "Name of the figure.");
  v.field("unit", line.unit, "Unit of left and right.");
  v.field("left", line.left, "Median of the left variant over the rounds, per operation.");
  v.field("right", line.right, "Median of the right variant over the rounds, per operation.");
  v.field("ratio", ratio, "left / right; null: not measured, or one of them is 0.");
  describe_interval(v, "ratio_low", "ratio_high", interval, "Lower end of the 95 % interval of the ratio.");
  if constexpr (reads<decltype(v)>) {
    if (ratio && interval && line.left && line.right) {
      line.ratio = Ratio{*line.left, *line.right, *ratio, *interval};
    }
  }
}

void describe(auto& v, Is<SideBySide> auto& sides) {
  v.object("comparison", "Two variants of a workload; medians over rounds, per operation.");
  v.field("workload", sides.workload, "Name of the workload.");
  v.field("left_label", sides.left_label, "Label of the left variant.");
  v.field("right_label", sides.right_label, "Label of the right variant.");
  v.field("rounds", sides.rounds, "Number of measured rounds.");
  v.field("lines", sides.lines, "The figures of both variants.");
}

void describe(auto& v, Is<Price> auto& price) {
  v.row("unit_price", "The price of one operation on this machine.");
  v.field("id", price.id, "Stable key of the price.");
  v.field("group", price.group, "Group of prices that it belongs to.");
  v.field("name", price.name, "Name of the operation, for people.");
  v.field("per", price.per, "What the price is for: a created task, a message, ...");
  v.field("condition", or_null(price.condition), "CPUs on which the tasks ran; null: they do not matter.");
  v.field("unit", price.unit, "Unit of the value.");
  v.field("value", price.value, "Median over rounds; null: not measured.");
  describe_interval(v, "low", "high", price.interval, "Lower end of the 95 % interval of the value.");
  v.field("rounds", price.rounds, "Number of measured rounds.");
}

void describe(auto& v, Is<Sweep::Point> auto& point) {
  v.row("point", "A size, and the figure at this size.");
  v.field("x", point.x, "The size.");
  v.field("y", point.y, "Median of the figure over the rounds.");
  v.field("low", point.interval.low, "Lower end of the median's 95 % interval.");
  v.field("high", point.interval.high, "Upper end of the median's 95 % interval.");
  v.field("rounds", point.rounds, "Number of measured rounds.");
}

void describe(auto& v, Is<Sweep::Series> auto& series) {
  v.object("series", "A variant's figures by size.");
  v.field("label", series.label, "Label of the variant.");
  v.field("slope", series.slope, "y per unit of x; null with one point.");
  describe_interval(v, "slope_low", "slope_high", series.interval, "Lower end of the 95 % interval of the slope.");
  v.field("points", series.points, "Points, sorted by x.");
}

void describe(auto& v, Is<Sweep> auto& sweep) {
  v.object("sweep", "A figure as a function of a size.");
  v.field("id", sweep.id, "Stable key of the sweep.");
  v.field("claim", sweep.claim, "`id` of its claim.");
  v.field("title", sweep.title, "Title, for people.");
  v.field("x_name", sweep.x_name, "What the size is.");
  v.field("x_unit", sweep.x_unit, "Unit of x.");
  v.field("y_name", sweep.y_name, "What is measured.");
  v.field("y_unit", sweep.y_unit, "Unit of y.");
  v.field("logarithmic", sweep.logarithmic, "True if x grows by factors, so that a logarithmic axis fits.");
  v.field("series", sweep.series, "A series for each variant.");
}

void describe(auto& v, Is<FigureTable::Row> auto& row) {
  v.row("table_row", "A figure of each variant.");
  v.field("name", row.name, "Name of the figure.");
  v.field("unit", row.unit, "Unit of the values.");
  v.field("values", row.values, "Medians over the rounds, one for each column; null: not measured.");
}

void describe(auto& v, Is<FigureTable> auto& table) {
  v.object("table", "Figures of several variants.");
  v.field("id", table.id, "Stable key of the table.");
  v.field("claim", table.claim, "`id` of its claim.");
  v.field("title", table.title, "Title, for people.");
  v.field("note", table.note, "Explains the figures; may be empty.");
  v.field("columns", table.columns, "Names of the variants.");
  v.field("rows", table.rows, "A row for each figure.");
}

}  // namespace taskcost
