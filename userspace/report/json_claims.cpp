// SPDX-License-Identifier: Apache-2.0
//
// Verdicts with what they rest on, comparisons side by side, and the price list.
#include <string_view>

#include "report/json_sections.h"

namespace taskcost {
namespace {

using Layout = JsonWriter::Layout;

void write_user_view(JsonWriter& json, const std::optional<UserView>& view) {
  if (!view) {
    json.field("user_space", nullptr);
    return;
  }
  json.object("user_space", [&] {
    json.field("figure", view->figure);
    json.field("unit", view->unit);
    json.field("left", view->left);
    json.field("right", view->right);
    json.field("ratio", view->ratio);
    write_json_interval(json, "ratio_low", "ratio_high", view->interval);
  });
}

void write_total(JsonWriter& json, std::string_view key, const std::optional<Total>& total) {
  if (!total) {
    json.field(key, nullptr);
    return;
  }
  json.object(
      key,
      [&] {
        json.field("mean", total->mean);
        json.field("slowest_share", total->slowest_share);
      },
      Layout::row);
}

void write_difference(JsonWriter& json, const PartOfDifference& part) {
  json.field("left", part.left);
  json.field("right", part.right);
  json.field("difference", part.difference);
  json.field("low", part.interval.low);
  json.field("high", part.interval.high);
}

void write_breakdown(JsonWriter& json, const std::optional<Breakdown>& breakdown) {
  if (!breakdown) {
    json.field("breakdown", nullptr);
    return;
  }
  json.object("breakdown", [&] {
    json.field("title", breakdown->title);
    json.field("rounds", breakdown->rounds);
    write_difference(json, breakdown->whole);
    json.array("parts", [&] {
      for (const Breakdown::Part& part : breakdown->parts) {
        json.object(
            [&] {
              json.field("name", part.name);
              write_difference(json, part.figures);
            },
            Layout::row);
      }
    });
  });
}

void write_modes(JsonWriter& json, const std::vector<TwoModes>& sides) {
  json.array("modes", [&] {
    for (const TwoModes& side : sides) {
      json.object(
          [&] {
            json.field("side", side.label);
            json.field("low", side.modes.low);
            json.field("high", side.modes.high);
            json.field("high_share", side.modes.high_share);
            json.field("part", side.part);
            json.field("difference", side.difference);
          },
          Layout::row);
    }
  });
}

void write_pairs(JsonWriter& json, const std::vector<RoundOfBoth>& pairs) {
  json.array("pairs", [&] {
    for (const RoundOfBoth& pair : pairs) {
      json.object(
          [&] {
            json.field("round", pair.round);
            json.field("left", pair.figures.left);
            json.field("right", pair.figures.right);
          },
          Layout::row);
    }
  });
}

void write_claim(JsonWriter& json, const Verdict& claim) {
  json.object([&] {
    json.field("id", claim.id);
    json.field("statement", claim.statement);
    json.field("chapter", claim.chapter);
    json.field("condition", claim.condition == Condition::none
                                ? std::nullopt
                                : std::optional<std::string_view>(to_string(claim.condition)));
    json.field("verdict", std::string_view(to_string(claim.ruling)));
    json.field("answer", claim.answer ? std::optional<std::string_view>(to_string(*claim.answer)) : std::nullopt);
    json.field("unit", claim.unit);
    json.field("left_label", claim.left_label);
    json.field("right_label", claim.right_label);
    json.field("left", claim.left);
    json.field("right", claim.right);
    write_total(json, "left_total", claim.left_total);
    write_total(json, "right_total", claim.right_total);
    json.field("ratio", claim.ratio);
    write_json_interval(json, "ratio_low", "ratio_high", claim.interval);
    json.field("rounds", claim.rounds);
    json.field("rounds_to_decide", claim.rounds_to_decide);
    json.field("evidence", claim.evidence);
    json.field("meaning", claim.meaning);
    write_user_view(json, claim.user_space);
    write_breakdown(json, claim.breakdown);
    write_modes(json, claim.modes);
    write_pairs(json, claim.pairs);
  });
}

void write_line(JsonWriter& json, const SideBySide::Line& line) {
  json.object(
      [&] {
        json.field("name", line.name);
        json.field("unit", line.unit);
        json.field("left", line.left);
        json.field("right", line.right);
        json.field("ratio", line.ratio ? std::optional(line.ratio->ratio) : std::nullopt);
        write_json_interval(json, "ratio_low", "ratio_high",
                            line.ratio ? std::optional(line.ratio->interval) : std::nullopt);
      },
      Layout::row);
}

void write_comparisons(JsonWriter& json, const std::vector<SideBySide>& comparisons) {
  json.array("comparisons", [&] {
    for (const SideBySide& sides : comparisons) {
      json.object([&] {
        json.field("workload", sides.workload);
        json.field("left_label", sides.left_label);
        json.field("right_label", sides.right_label);
        json.field("rounds", sides.rounds);
        json.array("lines", [&] {
          for (const SideBySide::Line& line : sides.lines) {
            write_line(json, line);
          }
        });
      });
    }
  });
}

void write_price(JsonWriter& json, const Price& price) {
  json.object(
      [&] {
        json.field("id", price.id);
        json.field("group", price.group);
        json.field("name", price.name);
        json.field("per", price.per);
        json.field("condition", price.condition == Condition::none
                                    ? std::nullopt
                                    : std::optional<std::string_view>(to_string(price.condition)));
        json.field("unit", price.unit);
        json.field("value", price.value);
        write_json_interval(json, "low", "high", price.interval);
        json.field("rounds", price.rounds);
      },
      Layout::row);
}

}  // namespace

void write_json_claims(JsonWriter& json, const Report& report) {
  json.array("claims", [&] {
    for (const Verdict& claim : report.claims) {
      write_claim(json, claim);
    }
  });
  write_comparisons(json, report.comparisons);
  json.array("price_list", [&] {
    for (const Price& price : report.prices) {
      write_price(json, price);
    }
  });
}

}  // namespace taskcost
