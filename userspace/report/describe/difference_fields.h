// SPDX-License-Identifier: Apache-2.0
//
// The document of schema taskcost.diff/2.
#pragma once

#include <optional>
#include <string>

#include "report/describe/verdict_keys.h"
#include "report/diff_words.h"

namespace taskcost {

// Describes one of the two reports.
void describe_side(auto& v, Is<ReportFigures> auto& figures) {
  v.object("side", "One of the two reports.");
  v.field("name", or_null(figures.name), "Name of the file.");
  v.field("command", or_null(figures.command), "Command that was observed.");
  v.field("mode", or_null(figures.target_mode), "How it was observed.");
  v.field("exit", or_null(figures.window_exit), "What ended the window.");
  v.field("kernel", or_null(figures.kernel), "Kernel release, as uname -r.");
  v.field("tool_version", or_null(figures.tool_version), "Version of taskcost.");
}
void describe(auto& v, Is<ReportFigures> auto& figures) { describe_side(v, figures); }

void describe(auto& v, Is<Mismatch> auto& mismatch) {
  v.row("mismatch", "A mismatch of the circumstances, which may explain differences of the figures.");
  v.field("kind", mismatch.kind, "What differs.");
  v.field("subject", mismatch.subject,
          "What it is about: kernel, command, the figure of the evidence, the kind of loss, ...");
  v.field("a", or_null(mismatch.a), "Value in A; null: unknown.");
  v.field("b", or_null(mismatch.b), "Value in B; null: unknown.");
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
  v.field("key", or_null(piece.key), "Activity or cause of the wait, as in the report; null: the kind has none.");
  v.field("a_ns", in_full(piece.a), "Time in A.");
  v.field("b_ns", in_full(piece.b), "Time in B.");
  const double difference = piece.difference();
  v.field("difference_ns", in_full(difference), "b_ns - a_ns");
  v.field("already_counted", piece.again, "A wait for observed children, whose own time is counted already.");
  v.derived(
      "share", [&] { return shared ? std::optional(difference / *of.whole) : std::nullopt; },
      "Share in the change of own time; null: own time hardly changed.");
}
void describe(auto& v, Is<Piece> auto& piece) { describe(v, PieceOf<decltype(piece)>{piece, std::nullopt}); }

void describe(auto& v, Is<ProcessDifference> auto& change) {
  const double count_a = change.a ? change.a->count : 0;
  const double count_b = change.b ? change.b->count : 0;
  const double difference = change.difference();
  const auto own_a = change.a ? std::optional(change.own_a) : std::nullopt;
  const auto own_b = change.b ? std::optional(change.own_b) : std::nullopt;
  v.object("process", "The processes with one name in both reports.");
  v.field("comm", change.comm, "Name of the processes.");
  v.field("a_processes", in_full(count_a), "Number of processes in A.");
  v.field("b_processes", in_full(count_b), "Number of processes in B.");
  v.field("a_own_ns", in_full(own_a), "Their own time in A; null: no process has this name.");
  v.field("b_own_ns", in_full(own_b), "Their own time in B; null: no process has this name.");
  v.field("difference_ns", in_full(difference), "b_own_ns - a_own_ns");
  v.field("largest_change", change.mostly, "The piece with the largest change; null: nothing changed.");
}

void describe(auto& v, Is<ClaimFigures> auto& claim) {
  v.row("judgement", "The verdict on a claim in one report.");
  v.field("verdict", claim.verdict, "How the claim was judged.");
  v.field("ratio", claim.ratio, "left / right");
  describe_interval(v, "ratio_low", "ratio_high", claim.interval,
                    "Lower end of the interval of the ratio; null: there is no ratio.");
  v.field("rounds", claim.rounds, "Number of measured rounds.");
}

void describe(auto& v, Is<ClaimChange> auto& change) {
  static const ClaimFigures nothing;
  const ClaimFigures& known = change.a ? *change.a : change.b ? *change.b : nothing;
  v.object("claim", "A claim in both reports.");
  v.field("id", known.id, "Stable key of the claim.");
  v.field("statement", known.statement, "Statement, quoted from the text that is judged.");
  v.derived(
      "verdict_changed", [&] { return change.verdict_changed(); }, "The verdicts differ.");
  v.derived(
      "ratio_moved", [&] { return change.ratio_moved(); }, "The intervals of the ratios do not overlap.");
  v.field("a", change.a, "Verdict in A; null: not judged.");
  v.field("b", change.b, "Verdict in B; null: not judged.");
}

struct SideKeys {
  const char* value;
  const char* state;
  const char* low;
  const char* high;
};
void describe_side(auto& v, const SideKeys& keys, Is<Quantity> auto& quantity) {
  const auto value = quantity.measured() ? std::optional(quantity.value) : std::nullopt;
  v.field(keys.value, in_full(value), "Value in this report; null: not measured, or there was no case.");
  v.field(keys.state, quantity.state, "measured, not measured, or none: it was measured, but there was no case.");
  describe_interval(v, keys.low, keys.high, quantity.interval,
                    "Lower end of the 95 % interval; null: the report has no rounds.");
}

void describe(auto& v, Is<Change> auto& change) {
  v.row("change", "A quantity in both reports.");
  v.field("topic", change.name.topic, "Part of the report that the quantity belongs to.");
  v.field("item", change.name.item, "Activity, cause, counter, channel, ...");
  v.field("aspect", change.name.aspect, "The figure of the item: a condition, count, p50_ns, ...");
  v.field("unit", change.a.unit, "Unit of its figures.");
  describe_side(v, {"a", "a_state", "a_low", "a_high"}, change.a);
  describe_side(v, {"b", "b_state", "b_low", "b_high"}, change.b);
  const auto difference = change.difference();
  const auto interval = change.ratio_interval();
  v.field("difference", in_full(difference), "b - a");
  v.derived(
      "ratio", [&] { return change.ratio(); }, "b / a");
  describe_interval(v, "ratio_low", "ratio_high", interval,
                    "Lower end of the ratio's 95 % interval; null: a report has no rounds.");
}

void describe(auto& v, Is<Difference> auto& difference) {
  const auto whole = has_shares(difference) ? own_change(difference)->difference() : std::nullopt;
  v.object("", "A comparison of two reports of taskcost. Times are nanoseconds. null: not measured, or there is none.");
  v.constant("schema", "taskcost.diff/2");
  v.derived(
      "head", [&] { return head_text(difference); }, "The answer in words, for people, not for parsing.");
  v.field("a", difference.a, "The first report.");
  v.field("b", difference.b, "The second report.");
  v.field("mismatches", difference.mismatches, "Mismatches of the circumstances.");
  v.derived(
      "wall_is_a_cost", [&] { return difference.wall_is_a_cost(); },
      "Wall time is a cost: in both reports the target ran until its end.");
  v.field("pieces",
          elements(difference.pieces,
                   [whole](auto& piece) {
                     return PieceOf<decltype(piece)>{piece, whole};
                   }),
          "The parts of the time of all tasks, the largest change first. Empty unless both reports have tasks.");
  v.field("processes", difference.processes, "Processes by name, the largest change of own time first.");
  v.field("claims", difference.claims, "Claims; changed verdicts come first.");
  v.field("changes", difference.changes, "All quantities, sorted by topic, then by the size of the difference.");
}

}  // namespace taskcost
