// SPDX-License-Identifier: Apache-2.0
//
// The estimated cost of a program's processes as threads, or of its threads as processes.
#include "verdict/estimate/estimate.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/units.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr std::size_t least_line_columns = 14;

std::string instead_text(const Estimate::Sum& sum) {
  return fmt::format("{} instead of {}", interval_text({sum.estimated.low, sum.estimated.high}, Unit::ns),
                     nanoseconds_text(sum.measured));
}

std::string machine_text(const MeasuredOn& on) {
  return fmt::format("{}{}{}", on.kernel.empty() ? "an unknown kernel" : on.kernel,
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

Section answer(const Estimate& estimate) {
  Section section("head");
  const auto workers = static_cast<std::uint64_t>(estimate.workers);
  section.say(fmt::format("As {}, {} would have cost {} of CPU time {}: an estimate.", to_string(estimate.to),
                          workers == 1 ? "this worker and its program"
                                       : fmt::format("these {} workers and their program", workers),
                          nanoseconds_text(estimate.cpu.estimated.value), instead_text(estimate.cpu)),
              Tone::strong, 0);
  if (estimate.kernel) {
    section.say(fmt::format("CPU time in the kernel: {} {}.", nanoseconds_text(estimate.kernel->estimated.value),
                            instead_text(*estimate.kernel)),
                Tone::plain, 0);
  }
  if (const std::size_t missing = estimate.without_price(); missing > 0) {
    section.say(fmt::format("Without {}: what changes there is not in the sum.",
                            counted(missing, "line that is not priced", "lines that are not priced")),
                Tone::warning, 0);
  }
  for (const EstimateFact& fact : estimate.facts) {
    if (fact.state == EstimateFact::State::bound && fact.unit == Unit::count) {
      section.say(fmt::format("{} {}: {}.", number_text(fact.count.value_or(0)), fact.quantity, fact.note),
                  Tone::warning, 0);
    }
  }
  for (const std::string& warning : estimate.warnings) {
    section.say(warning, Tone::warning, 0);
  }
  section.add(Line{{{fmt::format("Report: {}", estimate.name), Tone::faint}},
                   estimate.command.empty() ? estimate.mode : estimate.command});
  section.say(fmt::format("Prices: {}, on {}.", estimate.prices_name.empty() ? "measured now" : estimate.prices_name,
                          machine_text(estimate.prices_on)),
              Tone::faint, 0);
  return section;
}

void add_line(Table& table, const EstimateLine& line, bool verbose) {
  const std::optional<double> count = line.user ? std::nullopt : line.count;
  const auto each = [&count](double sum) { return count && *count > 0 ? quantity(sum / *count, Unit::ns) : Cell("-"); };
  const bool priced = line.state == EstimateLine::State::priced;
  std::vector<Cell> row{line.quantity, quantity(count, Unit::count), each(line.measured)};
  if (priced) {
    const double change = line.estimated.value - line.measured;
    row.push_back(each(line.estimated.value));
    row.push_back(signed_quantity(change, Unit::ns, change > 0 ? Tone::bad : Tone::good));
    row.push_back(signed_quantity(line.estimated.low - line.measured, Unit::ns));
    row.push_back(signed_quantity(line.estimated.high - line.measured, Unit::ns));
  } else {
    row.insert(row.end(), {"-", "-"});
    row.emplace_back(line.state == EstimateLine::State::not_priced ? "not priced" : "not measured", Tone::warning);
  }
  table.row(std::move(row));
  if ((verbose || !priced) && !line.note.empty()) {
    table.note(line.note, 2 * margin, Tone::faint);
  }
}

Section lines(const Estimate& estimate, bool verbose) {
  Table table({left("", least_line_columns), "count", "each now", "estimated", "change", "at least", "at most"});
  for (const EstimateLine& line : estimate.lines) {
    add_line(table, line, verbose);
  }
  table.row({"everything else", "", quantity(estimate.rest, Unit::ns), "", "0"});
  const double measured = estimate.cpu.measured;
  const Amount& estimated = estimate.cpu.estimated;
  table.row({{"sum", Tone::strong},
             "",
             quantity(measured, Unit::ns, Tone::strong),
             quantity(estimated.value, Unit::ns, Tone::strong),
             signed_quantity(estimated.value - measured, Unit::ns, Tone::strong),
             signed_quantity(estimated.low - measured, Unit::ns, Tone::strong),
             signed_quantity(estimated.high - measured, Unit::ns, Tone::strong)});
  Section section("lines", "What changes, in time on CPUs");
  section.add(std::move(table));
  section.say(fmt::format("The interval of the sum allows for two runs of one program that are {} x apart{}.",
                          ratio_text(estimate.run_to_run), estimate.run_to_run_priced ? " (by the price list)" : ""),
              Tone::faint);
  return section;
}

Section facts(const Estimate& estimate, bool verbose) {
  Section section("facts", "What is no line");
  if (estimate.facts.empty()) {
    return section;
  }
  Table table({left("", least_line_columns), "count", "on CPUs", left("")});
  for (const EstimateFact& fact : estimate.facts) {
    table.row({fact.quantity, quantity(fact.count.value_or(0), fact.unit), quantity(fact.time, Unit::ns),
               state_text(fact.state)});
    if (verbose || fact.state == EstimateFact::State::no_counterpart) {
      table.note(fact.note, 2 * margin, Tone::faint);
    }
  }
  section.add(std::move(table));
  return section;
}

}  // namespace

std::vector<Section> of(const Estimate& estimate, bool verbose) {
  return {answer(estimate), lines(estimate, verbose), facts(estimate, verbose)};
}

}  // namespace taskcost::sections
