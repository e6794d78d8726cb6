// SPDX-License-Identifier: Apache-2.0
#include "taskcost/estimate.h"

#include <fmt/format.h>

#include <cstdint>

#include "report/diff_words.h"
#include "report/text_page.h"
#include "report/text_words.h"
#include "report/units.h"

namespace taskcost {
namespace {

constexpr std::size_t least_line_columns = 14;

std::string interval_text(const Amount& amount) {
  return fmt::format("[{}..{}]", nanoseconds_text(amount.low), nanoseconds_text(amount.high));
}

std::string machine_text(const MeasuredOn& on) {
  return fmt::format("{}{}{}", on.kernel.empty() ? "a kernel that is not told" : on.kernel,
                     on.arch.empty() ? "" : " " + on.arch, on.cpus ? fmt::format(", {:.0f} CPUs", *on.cpus) : "");
}

const char* state_text(EstimateFact::State state) {
  switch (state) {
    case EstimateFact::State::unchanged:
      return "no change";
    case EstimateFact::State::no_counterpart:
      return "no counterpart";
    case EstimateFact::State::included:
      return "in a line";
    case EstimateFact::State::falls_away:
      return "falls away";
    case EstimateFact::State::bound:
      return "at least";
  }
  return "";
}

void write_answer(Page& page, const Estimate& estimate) {
  const auto workers = static_cast<std::uint64_t>(estimate.workers);
  page.paragraph(
      fmt::format(
          "As {}, {} would have cost {} of CPU time {} instead of {}: an estimate.", to_string(estimate.to),
          workers == 1 ? "this worker and its program" : fmt::format("these {} workers and their program", workers),
          nanoseconds_text(estimate.cpu.there.value), interval_text(estimate.cpu.there),
          nanoseconds_text(estimate.cpu.here)),
      0, Ink::strong);
  if (estimate.kernel) {
    page.paragraph(
        fmt::format("Of it in the kernel: {} {} instead of {}.", nanoseconds_text(estimate.kernel->there.value),
                    interval_text(estimate.kernel->there), nanoseconds_text(estimate.kernel->here)),
        0);
  }
  if (const std::size_t missing = estimate.without_price(); missing > 0) {
    page.paragraph(fmt::format("Without {}: what changes there is not in the sum.",
                               counted(missing, "line that is not priced", "lines that are not priced")),
                   0, Ink::warning);
  }
  for (const EstimateFact& fact : estimate.facts) {
    if (fact.state == EstimateFact::State::bound && fact.unit == "count") {
      page.paragraph(fmt::format("{} {}: {}.", number_text(fact.count.value_or(0)), fact.quantity, fact.note), 0,
                     Ink::warning);
    }
  }
  for (const std::string& warning : estimate.warnings) {
    page.paragraph(warning, 0, Ink::warning);
  }
  page.line_with_tail({fmt::format("Report: {}", estimate.name), Ink::faint},
                      estimate.command.empty() ? estimate.mode : estimate.command);
  page.paragraph(fmt::format("Prices: {}, on {}.", estimate.prices_name.empty() ? "measured now" : estimate.prices_name,
                             machine_text(estimate.prices_on)),
                 0, Ink::faint);
}

std::string each_text(double sum, const std::optional<double>& count) {
  return count && *count > 0 ? nanoseconds_text(sum / *count) : "-";
}

void line_row(Table& table, const EstimateLine& line, bool verbose) {
  static const std::optional<double> uncounted;
  const std::optional<double>& counted = line.user ? uncounted : line.count;
  const std::string count = counted ? number_text(*counted) : "-";
  if (line.state != EstimateLine::State::priced) {
    table.row({line.quantity,
               count,
               each_text(line.here, counted),
               "-",
               "-",
               {line.state == EstimateLine::State::not_priced ? "not priced" : "not measured", Ink::warning}});
  } else {
    const double change = line.there.value - line.here;
    table.row({line.quantity,
               count,
               each_text(line.here, counted),
               each_text(line.there.value, counted),
               {signed_quantity_text(change, "ns"), change > 0 ? Ink::bad : Ink::good},
               signed_quantity_text(line.there.low - line.here, "ns"),
               signed_quantity_text(line.there.high - line.here, "ns")});
  }
  if ((verbose || line.state != EstimateLine::State::priced) && !line.note.empty()) {
    table.note(line.note, 4, Ink::faint);
  }
}

void write_lines(Page& page, const Estimate& estimate) {
  page.heading("What changes, in time on CPUs");
  Table table({{"", Column::Align::left, least_line_columns},
               {"count"},
               {"each here"},
               {"there"},
               {"change"},
               {"at least"},
               {"at most"}});
  for (const EstimateLine& line : estimate.lines) {
    line_row(table, line, page.verbose());
  }
  table.row({"everything else", "", nanoseconds_text(estimate.rest), "", "0"});
  const Amount& sum = estimate.cpu.there;
  table.row({{"sum", Ink::strong},
             {""},
             {nanoseconds_text(estimate.cpu.here), Ink::strong},
             {nanoseconds_text(sum.value), Ink::strong},
             {signed_quantity_text(sum.value - estimate.cpu.here, "ns"), Ink::strong},
             {signed_quantity_text(sum.low - estimate.cpu.here, "ns"), Ink::strong},
             {signed_quantity_text(sum.high - estimate.cpu.here, "ns"), Ink::strong}});
  page.table(table);
  page.paragraph(fmt::format("The interval of the sum allows for two runs of one program that are {} x apart{}.",
                             ratio_text(estimate.run_to_run), estimate.run_to_run_priced ? " (by the price list)" : ""),
                 Page::margin, Ink::faint);
}

void write_facts(Page& page, const Estimate& estimate) {
  if (estimate.facts.empty()) {
    return;
  }
  page.heading("What is no line");
  Table table({{"", Column::Align::left, least_line_columns}, {"count"}, {"on CPUs"}, {"", Column::Align::left}});
  for (const EstimateFact& fact : estimate.facts) {
    table.row({fact.quantity, quantity_text(fact.count.value_or(0), fact.unit),
               fact.time ? nanoseconds_text(*fact.time) : "-", state_text(fact.state)});
    if (page.verbose() || fact.state == EstimateFact::State::no_counterpart) {
      table.note(fact.note, 4, Ink::faint);
    }
  }
  page.table(table);
}

}  // namespace

void render_estimate_text(const Estimate& estimate, std::ostream& out, const TextOptions& options) {
  Page page(out, options);
  write_answer(page, estimate);
  write_lines(page, estimate);
  write_facts(page, estimate);
}

}  // namespace taskcost
