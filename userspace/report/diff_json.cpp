// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "report/diff_words.h"
#include "report/json_sections.h"
#include "report/json_writer.h"

namespace taskcost {
namespace {

using Layout = JsonWriter::Layout;

const char* json_key(Quantity::State state) {
  switch (state) {
    case Quantity::State::measured:
      return "measured";
    case Quantity::State::none:
      return "none";
    case Quantity::State::not_measured:
      break;
  }
  return "not measured";
}

const char* json_key(Piece::Kind kind) {
  switch (kind) {
    case Piece::Kind::running:
      return "running";
    case Piece::Kind::queued:
      return "queued";
    case Piece::Kind::blocked:
      return "blocked";
    case Piece::Kind::unaccounted:
      break;
  }
  return "unaccounted";
}

const char* json_key(Mismatch::Kind kind) {
  switch (kind) {
    case Mismatch::Kind::tool:
      return "tool";
    case Mismatch::Kind::host:
      return "host";
    case Mismatch::Kind::target:
      return "target";
    case Mismatch::Kind::ended:
      return "ended";
    case Mismatch::Kind::detail:
      return "detail";
    case Mismatch::Kind::evidence:
      return "evidence";
    case Mismatch::Kind::losses:
      break;
  }
  return "losses";
}

void write_side(JsonWriter& json, std::string_view key, const ReportFigures& figures) {
  json.object(key, [&] {
    json.field("name", text_or_nothing(figures.name));
    json.field("command", text_or_nothing(figures.command));
    json.field("mode", text_or_nothing(figures.target_mode));
    json.field("exit", text_or_nothing(figures.window_exit));
    json.field("kernel", text_or_nothing(figures.kernel));
    json.field("tool_version", text_or_nothing(figures.tool_version));
  });
}

void write_mismatch(JsonWriter& json, const Mismatch& mismatch) {
  json.object(
      [&] {
        json.field("kind", std::string_view(json_key(mismatch.kind)));
        json.field("subject", mismatch.subject);
        json.field("a", text_or_nothing(mismatch.a));
        json.field("b", text_or_nothing(mismatch.b));
      },
      Layout::row);
}

void write_quantity(JsonWriter& json, const Quantity& quantity, std::string_view key, std::string_view state_key) {
  write_json_number(json, key, quantity.measured() ? std::optional(quantity.value) : std::nullopt);
  json.field(state_key, std::string_view(json_key(quantity.state)));
}

void write_change(JsonWriter& json, const Change& change) {
  json.object(
      [&] {
        json.field("topic", std::string_view(key_of(change.name.topic)));
        json.field("item", change.name.item);
        json.field("aspect", change.name.aspect);
        json.field("unit", change.a.unit);
        write_quantity(json, change.a, "a", "a_state");
        write_json_interval(json, "a_low", "a_high", change.a.interval);
        write_quantity(json, change.b, "b", "b_state");
        write_json_interval(json, "b_low", "b_high", change.b.interval);
        write_json_number(json, "difference", change.difference());
        json.field("ratio", change.ratio());
        write_json_interval(json, "ratio_low", "ratio_high", change.ratio_interval());
      },
      Layout::row);
}

void write_piece(JsonWriter& json, const Piece& piece, std::optional<double> whole) {
  json.field("kind", std::string_view(json_key(piece.kind)));
  json.field("key", text_or_nothing(piece.key));
  write_json_number(json, "a_ns", piece.a);
  write_json_number(json, "b_ns", piece.b);
  write_json_number(json, "difference_ns", piece.difference());
  json.field("again", piece.again);
  json.field("share", whole && !piece.again ? std::optional(piece.difference() / *whole) : std::nullopt);
}

void write_process(JsonWriter& json, const ProcessDifference& change) {
  json.object([&] {
    json.field("comm", change.comm);
    write_json_number(json, "a_processes", change.a ? change.a->count : 0);
    write_json_number(json, "b_processes", change.b ? change.b->count : 0);
    write_json_number(json, "a_own_ns", change.a ? std::optional(change.own_a) : std::nullopt);
    write_json_number(json, "b_own_ns", change.b ? std::optional(change.own_b) : std::nullopt);
    write_json_number(json, "difference_ns", change.difference());
    if (change.mostly) {
      json.object(
          "mostly", [&] { write_piece(json, *change.mostly, std::nullopt); }, Layout::row);
    } else {
      json.field("mostly", nullptr);
    }
  });
}

void write_claim_side(JsonWriter& json, std::string_view key, const std::optional<ClaimFigures>& claim) {
  if (!claim) {
    json.field(key, nullptr);
    return;
  }
  json.object(
      key,
      [&] {
        json.field("verdict", claim->verdict);
        json.field("ratio", claim->ratio);
        write_json_interval(json, "ratio_low", "ratio_high", claim->interval);
        json.field("rounds", claim->rounds);
      },
      Layout::row);
}

void write_claim(JsonWriter& json, const ClaimChange& change) {
  json.object([&] {
    const ClaimFigures& known = change.a ? *change.a : *change.b;
    json.field("id", known.id);
    json.field("statement", known.statement);
    json.field("verdict_changed", change.verdict_changed());
    json.field("ratio_moved", change.ratio_moved());
    write_claim_side(json, "a", change.a);
    write_claim_side(json, "b", change.b);
  });
}

template <typename Values, typename Write>
void write_all(JsonWriter& json, std::string_view key, const Values& values, Write&& write) {
  json.array(key, [&] {
    for (const auto& value : values) {
      write(value);
    }
  });
}

}  // namespace

void render_difference_json(const Difference& difference, std::ostream& out) {
  JsonWriter json(out);
  const std::optional<double> whole = has_shares(difference) ? own_change(difference)->difference() : std::nullopt;
  json.object([&] {
    json.field("schema", std::string_view("taskcost.diff/1"));
    json.field("head", head_text(difference));
    write_side(json, "a", difference.a);
    write_side(json, "b", difference.b);
    write_all(json, "mismatches", difference.mismatches, [&](const auto& mismatch) { write_mismatch(json, mismatch); });
    json.field("wall_is_a_cost", difference.wall_is_a_cost());
    write_all(json, "pieces", difference.pieces,
              [&](const Piece& piece) { json.object([&] { write_piece(json, piece, whole); }, Layout::row); });
    write_all(json, "processes", difference.processes, [&](const auto& process) { write_process(json, process); });
    write_all(json, "claims", difference.claims, [&](const auto& claim) { write_claim(json, claim); });
    write_all(json, "changes", difference.changes, [&](const auto& change) { write_change(json, change); });
  });
  json.end_document();
}

}  // namespace taskcost
