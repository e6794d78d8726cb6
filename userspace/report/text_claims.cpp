// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

#include "report/text_sections.h"
#include "report/units.h"

namespace taskcost {
namespace {

constexpr std::size_t note_indent = 6;

Ink ink_of(Ruling ruling) {
  switch (ruling) {
    case Ruling::confirmed:
      return Ink::good;
    case Ruling::refuted:
      return Ink::bad;
    case Ruling::inconclusive:
      return Ink::warning;
    case Ruling::not_measurable:
      return Ink::faint;
  }
  return Ink::plain;
}

std::string side_text(const std::optional<double>& value, std::string_view unit) {
  return value ? quantity_text(*value, unit) : "-";
}

std::string interval_text(const Interval& interval) {
  return fmt::format("[{}..{}]", ratio_text(interval.low), ratio_text(interval.high));
}

std::string ratio_with_interval(const Verdict& verdict) {
  if (!verdict.ratio) {
    return "-";
  }
  return ratio_text(*verdict.ratio) + (verdict.interval ? " " + interval_text(*verdict.interval) : "");
}

// What was compared, how often, and the source of the figures; empty when there is nothing to say.
std::string sides_text(const Verdict& verdict) {
  const bool compared = verdict.answer.has_value();
  std::vector<std::string> parts;
  if (compared) {
    parts.push_back(fmt::format("{} against {}", verdict.left_label, verdict.right_label));
  }
  if (verdict.rounds > 0) {
    parts.push_back((compared ? "" : "checked in ") + counted(verdict.rounds, "round", "rounds"));
  }
  if (!verdict.evidence.empty()) {
    parts.push_back("source: " + verdict.evidence);
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string user_space_text(const UserView& view) {
  return fmt::format("In user space, {}: {} against {}{}.", view.figure, side_text(view.left, view.unit),
                     side_text(view.right, view.unit),
                     view.ratio ? fmt::format(", ratio {}{}", ratio_text(*view.ratio),
                                              view.interval ? " " + interval_text(*view.interval) : "")
                                : "");
}

std::string signed_quantity(double value, std::string_view unit) {
  return (value > 0 ? "+" : "") + quantity_text(value, unit);
}

std::string breakdown_text(const Breakdown& breakdown, std::string_view unit) {
  constexpr std::size_t shown = 4;
  std::vector<std::string> parts;
  double rest = breakdown.whole.difference;
  for (const Breakdown::Part& part : breakdown.parts) {
    if (parts.size() < shown && part.figures.difference != 0) {
      parts.push_back(fmt::format("{} {}", part.name, signed_quantity(part.figures.difference, unit)));
      rest -= part.figures.difference;
    }
  }
  const bool all_shown =
      parts.size() == breakdown.parts.size() || std::abs(rest) < 1e-9 * std::abs(breakdown.whole.left);
  return fmt::format("Of the difference of {}: {}{}.", signed_quantity(breakdown.whole.difference, unit),
                     fmt::join(parts, ", "), all_shown ? "" : ", all else " + signed_quantity(rest, unit));
}

std::string total_text(const Verdict& verdict) {
  const auto side = [&](const std::optional<Total>& total) {
    return fmt::format("{}{}", quantity_text(total->mean, verdict.unit),
                       total->slowest_share ? fmt::format(" (the slowest 1 % of operations have {} of it)",
                                                          share_text(*total->slowest_share, 1))
                                            : "");
  };
  return fmt::format("Mean: {} against {}.", side(verdict.left_total), side(verdict.right_total));
}

std::string modes_text(const TwoModes& side, std::string_view unit) {
  return fmt::format("Two modes, {}: {} of the operations take {}, the others {}; {} differs by {}.", side.label,
                     share_text(side.modes.high_share, 1), quantity_text(side.modes.high, unit),
                     quantity_text(side.modes.low, unit), side.part, quantity_text(side.difference, unit));
}

void add_details(Table& table, const Verdict& verdict) {
  if (verdict.breakdown && !verdict.breakdown->parts.empty()) {
    table.note(breakdown_text(*verdict.breakdown, verdict.unit), note_indent, Ink::faint);
  }
  if (verdict.left_total && verdict.right_total) {
    table.note(total_text(verdict), note_indent, Ink::faint);
  }
  for (const TwoModes& side : verdict.modes) {
    table.note(modes_text(side, verdict.unit), note_indent, Ink::faint);
  }
  if (verdict.user_space) {
    table.note(user_space_text(*verdict.user_space), note_indent, Ink::faint);
  }
}

void add_verdict(Table& table, const Verdict& verdict) {
  table.row({{verdict.id, Ink::strong},
             {to_string(verdict.ruling), ink_of(verdict.ruling)},
             side_text(verdict.left, verdict.unit),
             side_text(verdict.right, verdict.unit),
             ratio_with_interval(verdict)});
  table.note(verdict.statement, note_indent, Ink::faint);
  if (const std::string sides = sides_text(verdict); !sides.empty()) {
    table.note(sides, note_indent, Ink::faint);
  }
  if (!verdict.meaning.empty()) {
    table.note(verdict.meaning, note_indent);
  }
  add_details(table, verdict);
}

void write_comparison(Page& page, const SideBySide& sides) {
  page.blank();
  page.paragraph(fmt::format("{}: {} (left) against {} (right), {}", sides.workload, sides.left_label,
                             sides.right_label, counted(sides.rounds, "round", "rounds")),
                 Page::margin, Ink::strong);
  Table table({{"", Column::Align::left, 12}, {"left"}, {"right"}, {"ratio"}, {"95 % interval"}});
  for (const SideBySide::Line& line : sides.lines) {
    table.row({line.name, side_text(line.left, line.unit), side_text(line.right, line.unit),
               line.ratio ? ratio_text(line.ratio->ratio) : "-",
               line.ratio ? interval_text(line.ratio->interval) : "-"});
  }
  page.table(table);
}

}  // namespace

void write_claims(Page& page, const Report& report) {
  if (report.claims.empty()) {
    return;
  }
  page.heading("Claims");
  Table table({{"claim", Column::Align::left, 12},
               {"verdict", Column::Align::left},
               {"left"},
               {"right"},
               {"ratio [95 %]", Column::Align::left}});
  for (const Verdict& verdict : report.claims) {
    add_verdict(table, verdict);
  }
  page.table(table);
}

void write_price_list(Page& page, const Report& report) {
  if (report.prices.empty()) {
    return;
  }
  page.heading("Price list of this machine (medians over rounds)");
  Table table({{"", Column::Align::left, least_name_columns},
               {"where", Column::Align::left},
               {"price"},
               {"95 % interval"},
               {"per", Column::Align::left}});
  for (const Price& price : report.prices) {
    table.row({price.name, to_string(price.condition), side_text(price.value, price.unit),
               price.interval ? fmt::format("{}..{}", quantity_text(price.interval->low, price.unit),
                                            quantity_text(price.interval->high, price.unit))
                              : "-",
               price.per});
  }
  page.table(table);
}

void write_comparisons(Page& page, const Report& report) {
  if (report.comparisons.empty()) {
    return;
  }
  page.heading("Side by side (medians per operation)");
  for (const SideBySide& sides : report.comparisons) {
    write_comparison(page, sides);
  }
}

}  // namespace taskcost
