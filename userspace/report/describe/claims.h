// SPDX-License-Identifier: Apache-2.0
//
// Describes verdicts and the figures they are based on, comparisons side by side, sweeps, tables, and the price list.
#pragma once

#include <optional>

#include "report/describe/keys.h"
#include "taskcost/verdict.h"

namespace taskcost {

void describe(auto& v, Is<UserView> auto& view) {
  v.object("user_view", "What the workload's own clock says of the same rounds.");
  v.field("figure", view.figure, "What it measured.");
  v.field("unit", view.unit, "Of left and right.");
  v.field("left", view.left, "Median.");
  v.field("right", view.right, "Median.");
  v.field("ratio", view.ratio, "left / right");
  describe_interval(v, "ratio_low", "ratio_high", view.interval, "Of the 95 % interval.");
}

void describe(auto& v, Is<Total> auto& total) {
  v.row("total", "All operations together.");
  v.field("mean", total.mean, "Median over rounds of the mean over operations.");
  v.field("slowest_share", total.slowest_share,
          "Of the time, in the slowest 1 % of operations; null: they are not timed apart.");
}

void describe_difference(auto& v, Is<PartOfDifference> auto& part) {
  v.field("left", part.left, "Mean over the rounds.");
  v.field("right", part.right, "Mean over the rounds.");
  v.field("difference", part.difference, "left - right");
  v.field("low", part.interval.low, "Of the 95 % interval of the difference.");
  v.field("high", part.interval.high, "Of the 95 % interval of the difference.");
}

void describe(auto& v, Is<Breakdown::Part> auto& part) {
  v.row("part", "A part of a difference.");
  v.field("name", part.name, "What takes it.");
  describe_difference(v, part.figures);
}

void describe(auto& v, Is<Breakdown> auto& breakdown) {
  v.object("breakdown", "Where a difference comes from: means over the same rounds, so that parts add up.");
  v.field("title", breakdown.title, "What is divided.");
  v.field("rounds", breakdown.rounds, "That the means are over.");
  describe_difference(v, breakdown.whole);
  v.field("parts", breakdown.parts, "The largest difference first.");
}

void describe(auto& v, Is<TwoModes> auto& side) {
  v.row("modes", "A side whose operations take two different times.");
  v.field("side", side.label, "Its label.");
  v.field("low", side.modes.low, "Median of the lower mode.");
  v.field("high", side.modes.high, "Median of the higher mode.");
  v.field("high_share", side.modes.high_share, "Of the operations, in the higher mode.");
  v.field("part", side.part, "That differs most between the two.");
  v.field("difference", side.difference, "Of its medians.");
}

void describe(auto& v, Is<RoundOfBoth> auto& pair) {
  v.row("pair", "A round of both sides.");
  v.field("round", pair.round, "Its number.");
  v.field("left", pair.figures.left, "What it measured.");
  v.field("right", pair.figures.right, "What it measured.");
}

void describe(auto& v, Is<Verdict> auto& claim) {
  v.object("claim", "A claim and how it was judged.");
  v.field("id", claim.id, "Its name.");
  v.field("statement", claim.statement, "Of the text that is judged.");
  v.field("chapter", claim.chapter, "That the statement is from; claims stand in the text's order.");
  v.field("condition", or_null(claim.condition), "Where its tasks ran; null: anywhere.");
  v.field("verdict", claim.ruling, "How it was judged.");
  v.field("answer", claim.answer, "How left stands to right; the same: within 5 %. null: it compares no figures.");
  v.field("unit", claim.unit, "Of left and right.");
  v.field("left_label", claim.left_label, "What stands left.");
  v.field("right_label", claim.right_label, "What stands right.");
  v.field("left", claim.left,
          "The typical operation: median over operations where they are timed apart, then over rounds.");
  v.field("right", claim.right, "Likewise.");
  v.field("left_total", claim.left_total, "All operations together.");
  v.field("right_total", claim.right_total, "All operations together.");
  v.field("ratio", claim.ratio, "left / right, of paired rounds.");
  describe_interval(v, "ratio_low", "ratio_high", claim.interval,
                    "Of the interval that holds in 95 of 100 runs, at whichever round they stopped.");
  v.field("rounds", claim.rounds, "That were measured.");
  v.field("rounds_to_decide", claim.rounds_to_decide, "That it would take; null: it is decided, or not known.");
  v.field("evidence", claim.evidence, "The source that was used.");
  v.field("meaning", claim.meaning, "A sentence, made from the figures.");
  v.field("user_space", claim.user_space, "What the workload's own clock says of the same rounds.");
  v.field("breakdown", claim.breakdown, "Where the difference comes from.");
  v.field("modes", claim.modes, "Sides whose operations take two different times in this condition.");
  v.field("pairs", claim.pairs, "Every round, in the order of time.");
}

void describe(auto& v, Is<SideBySide::Line> auto& line) {
  auto ratio = line.ratio ? std::optional(line.ratio->ratio) : std::nullopt;
  auto interval = line.ratio ? std::optional(line.ratio->interval) : std::nullopt;
  v.row("line", "A figure of two variants.");
  v.field("name", line.name, "What it is.");
  v.field("unit", line.unit, "Of left and right.");
  v.field("left", line.left, "Median over rounds, per operation.");
  v.field("right", line.right, "Median over rounds, per operation.");
  v.field("ratio", ratio, "left / right");
  describe_interval(v, "ratio_low", "ratio_high", interval, "Of the 95 % interval.");
  if constexpr (reads<decltype(v)>) {
    if (ratio && interval && line.left && line.right) {
      line.ratio = Ratio{*line.left, *line.right, *ratio, *interval};
    }
  }
}

void describe(auto& v, Is<SideBySide> auto& sides) {
  v.object("comparison", "Two variants of a workload; medians over rounds, per operation.");
  v.field("workload", sides.workload, "Its name.");
  v.field("left_label", sides.left_label, "What stands left.");
  v.field("right_label", sides.right_label, "What stands right.");
  v.field("rounds", sides.rounds, "That were measured.");
  v.field("lines", sides.lines, "Their accounts, line by line.");
}

void describe(auto& v, Is<Price> auto& price) {
  v.row("unit_price", "What one of something costs on this machine.");
  v.field("id", price.id, "Its name.");
  v.field("group", price.group, "That it belongs to.");
  v.field("name", price.name, "For people.");
  v.field("per", price.per, "One of what.");
  v.field("condition", or_null(price.condition), "Where its tasks ran; null: anywhere.");
  v.field("unit", price.unit, "Of the value.");
  v.field("value", price.value, "Median over rounds; null: not measured.");
  describe_interval(v, "low", "high", price.interval, "Of the 95 % interval.");
  v.field("rounds", price.rounds, "That were measured.");
}

void describe(auto& v, Is<Sweep::Point> auto& point) {
  v.row("point", "A size and what was measured at it.");
  v.field("x", point.x, "The size.");
  v.field("y", point.y, "Median over rounds.");
  v.field("low", point.interval.low, "Of the median's 95 % interval.");
  v.field("high", point.interval.high, "Of the median's 95 % interval.");
  v.field("rounds", point.rounds, "That were measured.");
}

void describe(auto& v, Is<Sweep::Series> auto& series) {
  v.object("series", "A variant's figures by size.");
  v.field("label", series.label, "Of the variant.");
  v.field("slope", series.slope, "y per unit of x; null with one point.");
  describe_interval(v, "slope_low", "slope_high", series.interval, "Of the 95 % interval.");
  v.field("points", series.points, "By x.");
}

void describe(auto& v, Is<Sweep> auto& sweep) {
  v.object("sweep", "A figure as a function of a size.");
  v.field("id", sweep.id, "Its name.");
  v.field("claim", sweep.claim, "That it belongs to.");
  v.field("title", sweep.title, "For people.");
  v.field("x_name", sweep.x_name, "What the size is.");
  v.field("x_unit", sweep.x_unit, "Of x.");
  v.field("y_name", sweep.y_name, "What is measured.");
  v.field("y_unit", sweep.y_unit, "Of y.");
  v.field("logarithmic", sweep.logarithmic, "x grows by factors.");
  v.field("series", sweep.series, "One for each variant.");
}

void describe(auto& v, Is<FigureTable::Row> auto& row) {
  v.row("table_row", "A figure of each variant.");
  v.field("name", row.name, "What it is.");
  v.field("unit", row.unit, "Of the values.");
  v.field("values", row.values, "Medians, one for each column.");
}

void describe(auto& v, Is<FigureTable> auto& table) {
  v.object("table", "Figures of several variants.");
  v.field("id", table.id, "Its name.");
  v.field("claim", table.claim, "That it belongs to.");
  v.field("title", table.title, "For people.");
  v.field("note", table.note, "What the figures are.");
  v.field("columns", table.columns, "The variants.");
  v.field("rows", table.rows, "The figures.");
}

}  // namespace taskcost
