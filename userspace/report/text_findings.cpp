// SPDX-License-Identifier: Apache-2.0
//
// Figures of several variants, figures by size, prices of whole lives, and who ended with whom.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "report/text_sections.h"
#include "report/text_words.h"
#include "report/units.h"

namespace taskcost {
namespace {

// More do not fit beside each other in 80 columns.
constexpr std::size_t columns_at_once = 5;

std::string value_text(const std::optional<double>& value, std::string_view unit) {
  return value ? quantity_text(*value, unit == "share" ? "count" : unit) : "-";
}

// A part of the columns.
void write_columns(Page& page, const FigureTable& table, std::size_t from, std::size_t to) {
  std::vector<Column> columns{{"", Column::Align::left, least_name_columns}};
  for (std::size_t i = from; i < to; ++i) {
    columns.push_back({table.columns[i], Column::Align::right, least_name_columns});
  }
  Table part(std::move(columns));
  for (const FigureTable::Row& row : table.rows) {
    std::vector<Cell> cells{row.name};
    for (std::size_t i = from; i < to; ++i) {
      cells.emplace_back(value_text(row.values[i], row.unit));
    }
    part.row(std::move(cells));
  }
  page.table(part);
}

void write_figure_table(Page& page, const FigureTable& table) {
  page.blank();
  page.paragraph(fmt::format("{} ({})", table.title, table.claim), Page::margin, Ink::strong);
  for (std::size_t from = 0; from < table.columns.size(); from += columns_at_once) {
    if (from > 0) {
      page.blank();
    }
    write_columns(page, table, from, std::min(from + columns_at_once, table.columns.size()));
  }
  if (!table.note.empty()) {
    page.paragraph(table.note, Page::margin, Ink::faint);
  }
}

// A slope by the byte is too small to read.
std::string slope_text(const Sweep& sweep, const Sweep::Series& series) {
  const double step = sweep.x_unit == "bytes" ? 1024 : 1;
  std::string text = quantity_text(*series.slope * step, sweep.y_unit);
  if (series.interval) {
    text += fmt::format(" [{}..{}]", quantity_text(series.interval->low * step, sweep.y_unit),
                        quantity_text(series.interval->high * step, sweep.y_unit));
  }
  return text + " per " +
         (sweep.x_unit == "count"   ? "one of " + sweep.x_name
          : sweep.x_unit == "bytes" ? "KiB"
                                    : sweep.x_unit);
}

void write_sweep(Page& page, const Sweep& sweep) {
  page.blank();
  page.paragraph(fmt::format("{}: {} ({})", sweep.title, sweep.y_name, sweep.claim), Page::margin, Ink::strong);
  std::set<double> sizes;
  for (const Sweep::Series& series : sweep.series) {
    for (const Sweep::Point& point : series.points) {
      sizes.insert(point.x);
    }
  }
  std::vector<Column> columns{{"", Column::Align::left, least_name_columns}};
  for (const double size : sizes) {
    columns.push_back({quantity_text(size, sweep.x_unit)});
  }
  Table table(std::move(columns));
  for (const Sweep::Series& series : sweep.series) {
    std::vector<Cell> cells{series.label};
    for (const double size : sizes) {
      const auto point = std::ranges::find(series.points, size, &Sweep::Point::x);
      cells.emplace_back(point == series.points.end() ? "-" : quantity_text(point->y, sweep.y_unit));
    }
    table.row(std::move(cells));
  }
  page.table(table);
  for (const Sweep::Series& series : sweep.series) {
    if (series.slope) {
      page.item(fmt::format("{}: ", series.label), slope_text(sweep, series), Page::margin, Ink::faint);
    }
  }
}

}  // namespace

void write_tables(Page& page, const Report& report) {
  if (report.tables.empty()) {
    return;
  }
  page.heading("Variants beside each other (medians, per operation)");
  for (const FigureTable& table : report.tables) {
    write_figure_table(page, table);
  }
}

void write_sweeps(Page& page, const Report& report) {
  if (report.sweeps.empty()) {
    return;
  }
  page.heading("By size (medians; slope with its 95 % interval)");
  for (const Sweep& sweep : report.sweeps) {
    write_sweep(page, sweep);
  }
}

void write_prices(Page& page, const Session& session) {
  if (!session.calls_seen) {
    return;
  }
  Table table({{"kind", Column::Align::left, least_name_columns},
               {"count"},
               {"create"},
               {"start"},
               {"exec"},
               {"faults"},
               {"exit"},
               {"reap"},
               {"cow"}});
  for (int kind = 0; kind < TC_NR_CREATIONS; ++kind) {
    const LifetimePrice& price = session.prices[kind];
    if (price.count > 0) {
      table.row({key_of(static_cast<tc_creation>(kind)), std::to_string(price.count),
                 mean_text(price.create, price.count), mean_text(price.start, price.count),
                 mean_text(price.exec, price.count), mean_text(price.faults, price.count),
                 mean_text(price.exit, price.count), mean_text(price.reap, price.count),
                 mean_text(price.copy_on_write, price.count)});
    }
  }
  if (table.empty()) {
    return;
  }
  page.heading("Price of a life (mean kernel time on a CPU)");
  page.table(table);
  page.paragraph("cow: write-protected pages that the parent's process faulted on", Page::margin, Ink::faint);
}

void write_blasts(Page& page, const Session& session) {
  if (session.blasts.empty()) {
    return;
  }
  constexpr std::size_t shown = 20;
  page.heading("Ended by a signal");
  Table table({{"process", Column::Align::left, least_name_columns},
               {"signal", Column::Align::left},
               {"tasks"},
               {"first exit"},
               {"last exit"},
               {"others alive"},
               {"ran on"}});
  const auto time = [](const std::optional<Duration>& duration) { return duration ? duration_text(*duration) : "-"; };
  for (std::size_t i = 0; i < std::min(shown, session.blasts.size()); ++i) {
    const Blast& blast = session.blasts[i];
    const auto process = std::ranges::find(session.processes, blast.process, &Process::id);
    table.row({process == session.processes.end() ? "-" : fmt::format("{} ({})", process->comm, process->tgid),
               signal_text(blast.signal), std::to_string(blast.tasks_ended), time(blast.to_first_exit),
               time(blast.to_last_exit), std::to_string(blast.others_alive), std::to_string(blast.others_ran_on)});
  }
  page.table(table);
  if (session.blasts.size() > shown) {
    page.paragraph(fmt::format("and {} more", session.blasts.size() - shown), Page::margin, Ink::faint);
  }
}

}  // namespace taskcost
