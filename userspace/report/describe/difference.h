// SPDX-License-Identifier: Apache-2.0
//
// The document of schema taskcost.diff/1.
#pragma once

#include <optional>
#include <string>

#include "report/describe/keys.h"
#include "report/diff_words.h"

namespace taskcost {

// Describes one of the two reports.
void describe_side(auto& v, Is<ReportFigures> auto& figures) {
  v.object("side", "One of the reports.");
  v.field("name", or_null(figures.name), "Of the file.");
  v.field("command", or_null(figures.command), "That was observed.");
  v.field("mode", or_null(figures.target_mode), "How it came to be observed.");
  v.field("exit", or_null(figures.window_exit), "What ended the window.");
  v.field("kernel", or_null(figures.kernel), "As uname -r.");
  v.field("tool_version", or_null(figures.tool_version), "Of taskcost.");
}
void describe(auto& v, Is<ReportFigures> auto& figures) { describe_side(v, figures); }

void describe(auto& v, Is<Mismatch> auto& mismatch) {
  v.row("mismatch", "Where the reports are not alike, so that a difference may come from there.");
  v.field("kind", mismatch.kind, "What differs.");
  v.field("subject", mismatch.subject, "kernel, command, the figure of the evidence, the kind of loss.");
  v.field("a", or_null(mismatch.a), "null: unknown.");
  v.field("b", or_null(mismatch.b), "null: unknown.");
}

template <typename P>
struct PieceOf {
  P& piece;
  std::optional<double> whole;  // the change that the piece is a share of; nullopt: there is no share
};
template <typename P>
void describe(auto& v, const PieceOf<P>& of) {
  auto& piece = of.piece;
  const bool shared = of.whole && !piece.again;
  v.row("piece", "A part of the time of all tasks.");
  v.field("kind", piece.kind, "What the tasks did.");
  v.field("key", or_null(piece.key), "Activity or cause, as in the report.");
  v.field("a_ns", in_full(piece.a), "In A.");
  v.field("b_ns", in_full(piece.b), "In B.");
  const double difference = piece.difference();
  v.field("difference_ns", in_full(difference), "b_ns - a_ns");
  v.field("again", piece.again, "A wait for observed children: their time once more.");
  v.derived(
      "share", [&] { return shared ? std::optional(difference / *of.whole) : std::nullopt; },
      "Of the change of own time; null: it hardly changed.");
}
void describe(auto& v, Is<Piece> auto& piece) { describe(v, PieceOf<decltype(piece)>{piece, std::nullopt}); }

void describe(auto& v, Is<ProcessDifference> auto& change) {
  const double count_a = change.a ? change.a->count : 0;
  const double count_b = change.b ? change.b->count : 0;
  const double difference = change.difference();
  const auto own_a = change.a ? std::optional(change.own_a) : std::nullopt;
  const auto own_b = change.b ? std::optional(change.own_b) : std::nullopt;
  v.object("process", "Processes of one name in both reports.");
  v.field("comm", change.comm, "The name.");
  v.field("a_processes", in_full(count_a), "How many in A.");
  v.field("b_processes", in_full(count_b), "How many in B.");
  v.field("a_own_ns", in_full(own_a), "Their own time in A; null: no process of that name.");
  v.field("b_own_ns", in_full(own_b), "Their own time in B; null: no process of that name.");
  v.field("difference_ns", in_full(difference), "b_own_ns - a_own_ns");
  v.field("mostly", change.mostly, "The piece that changed most.");
}

void describe(auto& v, Is<ClaimFigures> auto& claim) {
  v.row("judgement", "How a claim was judged.");
  v.field("verdict", claim.verdict, "The ruling.");
  v.field("ratio", claim.ratio, "left / right");
  describe_interval(v, "ratio_low", "ratio_high", claim.interval, "Of its interval.");
  v.field("rounds", claim.rounds, "That were measured.");
}

void describe(auto& v, Is<ClaimChange> auto& change) {
  static const ClaimFigures nothing;
  const ClaimFigures& known = change.a ? *change.a : change.b ? *change.b : nothing;
  v.object("claim", "A claim in both reports.");
  v.field("id", known.id, "Its name.");
  v.field("statement", known.statement, "Of the text that is judged.");
  v.derived(
      "verdict_changed", [&] { return change.verdict_changed(); }, "It was judged otherwise.");
  v.derived(
      "ratio_moved", [&] { return change.ratio_moved(); }, "The intervals have nothing in common.");
  v.field("a", change.a, "In A; null: not judged.");
  v.field("b", change.b, "In B; null: not judged.");
}

struct SideKeys {
  const char* value;
  const char* state;
  const char* low;
  const char* high;
};
void describe_side(auto& v, const SideKeys& keys, Is<Quantity> auto& quantity) {
  const auto value = quantity.measured() ? std::optional(quantity.value) : std::nullopt;
  v.field(keys.value, in_full(value), "null: not measured.");
  v.field(keys.state, quantity.state, "none: there was no case to measure.");
  describe_interval(v, keys.low, keys.high, quantity.interval, "Of the 95 % interval, where rounds give one.");
}

void describe(auto& v, Is<Change> auto& change) {
  v.row("change", "A quantity in both reports.");
  v.field("topic", change.name.topic, "What it belongs to.");
  v.field("item", change.name.item, "Activity, cause, counter, channel, ...");
  v.field("aspect", change.name.aspect, "What is told of it.");
  v.field("unit", change.a.unit, "Of its figures.");
  describe_side(v, {"a", "a_state", "a_low", "a_high"}, change.a);
  describe_side(v, {"b", "b_state", "b_low", "b_high"}, change.b);
  const auto difference = change.difference();
  const auto interval = change.ratio_interval();
  v.field("difference", in_full(difference), "b - a");
  v.derived(
      "ratio", [&] { return change.ratio(); }, "b / a");
  describe_interval(v, "ratio_low", "ratio_high", interval, "Of the 95 % interval, where rounds give one.");
}

void describe(auto& v, Is<Difference> auto& difference) {
  const auto whole = has_shares(difference) ? own_change(difference)->difference() : std::nullopt;
  v.object("", "Two reports of taskcost compared. Times are nanoseconds. null: not measured, or there is none.");
  v.constant("schema", "taskcost.diff/1");
  v.derived(
      "head", [&] { return head_text(difference); }, "The answer in words; for people, not for parsing.");
  v.field("a", difference.a, "The first report.");
  v.field("b", difference.b, "The second report.");
  v.field("mismatches", difference.mismatches, "Where the reports are not alike.");
  v.derived(
      "wall_is_a_cost", [&] { return difference.wall_is_a_cost(); }, "Both windows ended with their target.");
  v.field("pieces",
          elements(difference.pieces,
                   [whole](auto& piece) {
                     return PieceOf<decltype(piece)>{piece, whole};
                   }),
          "The time of all tasks, divided; the largest change first. Empty without tasks in both.");
  v.field("processes", difference.processes, "By name, the largest change of own time first.");
  v.field("claims", difference.claims, "Changed verdicts first.");
  v.field("changes", difference.changes, "Every quantity: by topic, then by the size of the difference.");
}

}  // namespace taskcost
