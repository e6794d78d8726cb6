// SPDX-License-Identifier: Apache-2.0
//
// The results of `verify`: claims, prices, figures of several variants, figures by size.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "base/units.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr std::size_t details = 6;  // indentation below a claim
// 80 terminal columns have no room for more.
constexpr std::size_t columns_at_once = 5;

Tone tone_of(Ruling ruling) {
  switch (ruling) {
    case Ruling::confirmed:
      return Tone::good;
    case Ruling::refuted:
      return Tone::bad;
    case Ruling::inconclusive:
      return Tone::warning;
    case Ruling::not_measurable:
      return Tone::faint;
  }
  return Tone::plain;
}

Cell ratio_cell(const std::optional<double>& ratio, const std::optional<Interval>& interval) {
  return ratio ? Cell(ratio_text(*ratio, interval), Tone::plain, *ratio, Unit::ratio) : Cell("-");
}

// Says what was compared, how often, and the source of the figures; empty if there is nothing to say.
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
  return fmt::format("In user space, {}: {} against {}{}.", view.figure, quantity(view.left, view.unit).text,
                     quantity(view.right, view.unit).text,
                     view.ratio ? ", ratio " + ratio_text(*view.ratio, view.interval) : "");
}

std::string breakdown_text(const Breakdown& breakdown, Unit unit) {
  constexpr std::size_t most = 4;
  std::vector<std::string> parts;
  double rest = breakdown.whole.difference;
  for (const Breakdown::Part& part : breakdown.parts) {
    if (parts.size() < most && part.figures.difference != 0) {
      parts.push_back(fmt::format("{} {}", part.name, signed_quantity_text(part.figures.difference, unit)));
      rest -= part.figures.difference;
    }
  }
  const bool all_shown =
      parts.size() == breakdown.parts.size() || std::abs(rest) < 1e-9 * std::abs(breakdown.whole.left);
  return fmt::format("The difference of {} consists of: {}{}.", signed_quantity_text(breakdown.whole.difference, unit),
                     fmt::join(parts, ", "), all_shown ? "" : ", all else " + signed_quantity_text(rest, unit));
}

std::string total_text(const Verdict& verdict) {
  const auto side = [&](const Total& total) {
    return quantity_text(total.mean, verdict.unit) +
           (total.slowest_share
                ? fmt::format(" (the slowest 1 % of operations have {} of it)", share_text(*total.slowest_share, 1))
                : "");
  };
  return fmt::format("Mean: {} against {}.", side(*verdict.left_total), side(*verdict.right_total));
}

std::string modes_text(const TwoModes& side, Unit unit) {
  return fmt::format("Two modes, {}: {} of the operations take {}, the others {}; {} differs by {}.", side.label,
                     share_text(side.modes.high_share, 1), quantity_text(side.modes.high, unit),
                     quantity_text(side.modes.low, unit), side.part, quantity_text(side.difference, unit));
}

void add_verdict(Table& table, const Verdict& verdict) {
  table.row({{verdict.id, Tone::strong},
             {to_string(verdict.ruling), tone_of(verdict.ruling)},
             quantity(verdict.left, verdict.unit),
             quantity(verdict.right, verdict.unit),
             ratio_cell(verdict.ratio, verdict.interval)});
  const auto note = [&table](std::string text, Tone tone = Tone::faint) {
    if (!text.empty()) {
      table.note(std::move(text), details, tone);
    }
  };
  table.note(verdict.statement, details, Tone::faint);
  note(sides_text(verdict));
  note(verdict.meaning, Tone::plain);
  if (verdict.breakdown && !verdict.breakdown->parts.empty()) {
    note(breakdown_text(*verdict.breakdown, verdict.unit));
  }
  if (verdict.left_total && verdict.right_total) {
    note(total_text(verdict));
  }
  for (const TwoModes& side : verdict.modes) {
    note(modes_text(side, verdict.unit));
  }
  if (verdict.user_space) {
    note(user_space_text(*verdict.user_space));
  }
}

// A slope per byte would be too small to read.
std::string slope_text(const Sweep& sweep, const Sweep::Series& series) {
  const double step = sweep.x_unit == Unit::bytes ? 1024 : 1;
  std::string text = quantity_text(*series.slope * step, sweep.y_unit);
  if (series.interval) {
    text += " " + interval_text({series.interval->low * step, series.interval->high * step}, sweep.y_unit);
  }
  return text + " per " +
         (sweep.x_unit == Unit::count   ? "one of " + sweep.x_name
          : sweep.x_unit == Unit::bytes ? "KiB"
                                        : key_of(sweep.x_unit));
}

Table table_of(const Sweep& sweep) {
  std::set<double> sizes;
  for (const Sweep::Series& series : sweep.series) {
    for (const Sweep::Point& point : series.points) {
      sizes.insert(point.x);
    }
  }
  std::vector<Column> columns{left("", least_name_columns)};
  for (const double size : sizes) {
    columns.emplace_back(quantity_text(size, sweep.x_unit));
  }
  Table table(std::move(columns));
  for (const Sweep::Series& series : sweep.series) {
    std::vector<Cell> cells{series.label};
    for (const double size : sizes) {
      const auto point = std::ranges::find(series.points, size, &Sweep::Point::x);
      cells.push_back(point == series.points.end() ? Cell("-") : quantity(point->y, sweep.y_unit));
    }
    table.row(std::move(cells));
  }
  return table;
}

}  // namespace

Section claims(const Report& report) {
  Section section("claims", "Claims");
  if (report.claims.empty()) {
    return section;
  }
  Table table({left("claim", least_name_columns), left("verdict"), "left", "right", left("ratio [95 %]")});
  for (const Verdict& verdict : report.claims) {
    add_verdict(table, verdict);
  }
  section.add(std::move(table));
  return section;
}

Section unit_prices(const Report& report) {
  Section section("price_list", "Price list of this machine (medians over rounds)");
  if (report.prices.empty()) {
    return section;
  }
  Table table({left("", least_name_columns), left("where"), "price", "95 % interval", left("per")});
  std::string group;
  for (const Price& price : report.prices) {
    if (price.group != group) {
      group = price.group;
      table.row({{group, Tone::strong}});
    }
    table.row({price.name, to_string(price.condition), quantity(price.value, price.unit),
               price.interval ? fmt::format("{}..{}", quantity_text(price.interval->low, price.unit),
                                            quantity_text(price.interval->high, price.unit))
                              : "-",
               price.per},
              1);
  }
  section.add(std::move(table));
  return section;
}

Section figure_tables(const Report& report) {
  Section section("figure_tables", "Variants beside each other (medians, per operation)");
  for (const FigureTable& figures : report.tables) {
    std::vector<Column> columns{left("", least_name_columns)};
    for (const std::string& variant : figures.columns) {
      columns.emplace_back(variant, Column::Align::right, least_name_columns);
    }
    Table table(std::move(columns));
    table.at_once = columns_at_once;
    for (const FigureTable::Row& row : figures.rows) {
      std::vector<Cell> cells{row.name};
      for (std::size_t i = 0; i < figures.columns.size(); ++i) {
        cells.push_back(quantity(row.values[i], row.unit));
      }
      table.row(std::move(cells));
    }
    section.block(fmt::format("{} ({})", figures.title, figures.claim), true);
    section.add(std::move(table));
    if (!figures.note.empty()) {
      section.say(figures.note, Tone::faint);
    }
  }
  return section;
}

Section sweeps(const Report& report) {
  Section section("sweeps", "By size (medians; slope with its 95 % interval)");
  for (const Sweep& sweep : report.sweeps) {
    section.block(fmt::format("{}: {} ({})", sweep.title, sweep.y_name, sweep.claim), true).id = sweep.id;
    section.add(table_of(sweep));
    for (const Sweep::Series& series : sweep.series) {
      if (series.slope) {
        section.item(fmt::format("{}: ", series.label), slope_text(sweep, series), Tone::faint);
      }
    }
  }
  return section;
}

Section comparisons(const Report& report) {
  Section section("comparisons", "Side by side (medians per operation)");
  for (const SideBySide& sides : report.comparisons) {
    section.block(fmt::format("{}: {} (left) against {} (right), {}", sides.workload, sides.left_label,
                              sides.right_label, counted(sides.rounds, "round", "rounds")),
                  true);
    Table table({left("", least_name_columns), "left", "right", "ratio", "95 % interval"});
    for (const SideBySide::Line& line : sides.lines) {
      table.row({line.name, quantity(line.left, line.unit), quantity(line.right, line.unit),
                 ratio_cell(line.ratio ? std::optional(line.ratio->ratio) : std::nullopt, std::nullopt),
                 line.ratio ? ratios_text(line.ratio->interval) : "-"});
    }
    section.add(std::move(table));
  }
  return section;
}

Section of(const std::vector<Claim>& claims) {
  Section section("claim_list");
  for (const Claim& claim : claims) {
    section.block(claim.id);
    section.say(claim.statement, Tone::strong);
    section.item("workload  ", claim.workload);
    if (claim.condition != Condition::none) {
      section.item("condition ", to_string(claim.condition));
    }
    section.item("figure    ", claim.figure);
    section.item("rule      ", claim.structural
                                   ? "exact: one counter-example refutes it"
                                   : fmt::format("confirmed when the ratio lies wholly above {0}, refuted when it is "
                                                 "the same (wholly within {0} and 1 / {0}) or less",
                                                 verdict_band.same));
    section.item("evidence  ", claim.evidence);
  }
  return section;
}

}  // namespace taskcost::sections
