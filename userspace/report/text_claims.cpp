// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

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

// What was compared, how often, and where the figures came from; empty when there is nothing to say.
std::string sides_text(const Verdict& verdict) {
  std::vector<std::string> parts;
  if (!verdict.left_label.empty() || !verdict.right_label.empty()) {
    parts.push_back(fmt::format("{} against {}", verdict.left_label, verdict.right_label));
  }
  if (verdict.rounds > 0) {
    parts.push_back(counted(verdict.rounds, "round", "rounds"));
  }
  if (!verdict.evidence.empty()) {
    parts.push_back("from " + verdict.evidence);
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string user_space_text(const UserView& view) {
  return fmt::format("In user space, {}: {} against {}{}. {}", view.figure, side_text(view.left, view.unit),
                     side_text(view.right, view.unit),
                     view.ratio ? fmt::format(", ratio {}{}", ratio_text(*view.ratio),
                                              view.interval ? " " + interval_text(*view.interval) : "")
                                : "",
                     view.remark);
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
  if (verdict.user_space) {
    table.note(user_space_text(*verdict.user_space), note_indent, Ink::faint);
  }
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
