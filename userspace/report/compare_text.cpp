// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "report/compare_words.h"
#include "report/diff_words.h"
#include "report/text_page.h"
#include "report/text_words.h"
#include "report/units.h"

namespace taskcost {
namespace {

constexpr std::size_t least_part_columns = 20;
constexpr std::size_t shown_parts = 12;
constexpr std::size_t shown_quantities = 14;
// Parts below this share of what matters are left to --verbose.
constexpr double small_part = 0.005;

Ink ink_of(Answer answer) {
  return answer == Answer::more ? Ink::bad : answer == Answer::less ? Ink::good : Ink::plain;
}

// A difference whose interval has 0 in it may be none.
Ink ink_of(const PartOfDifference& part) {
  return part.interval.low > 0 ? Ink::bad : part.interval.high < 0 ? Ink::good : Ink::plain;
}

// "[-1.05..+2.30] ms", in the unit of the larger end.
std::string signed_interval(const Interval& interval) {
  constexpr std::array units{std::pair(1e9, "s"), std::pair(1e6, "ms"), std::pair(1e3, "µs")};
  const double largest = std::max(std::abs(interval.low), std::abs(interval.high));
  const auto* const found = std::ranges::find_if(units, [largest](const auto& unit) { return largest >= unit.first; });
  const auto [unit, name] = found == units.end() ? std::pair(1.0, "ns") : *found;
  const auto number = [size = unit](double ns) {
    const double value = ns / size;
    return fmt::format("{:+.{}f}", value, std::abs(value) < 9.995 ? 2 : std::abs(value) < 99.95 ? 1 : 0);
  };
  return fmt::format("[{}..{}] {}", number(interval.low), number(interval.high), name);
}

// ---- The commands --------------------------------------------------------------------------------------------------

void write_commands(Page& page, const Experiment& experiment) {
  for (std::size_t command = 0; command < experiment.commands.size(); ++command) {
    page.line({{fmt::format("{}: ", command_label(experiment, command)), Ink::faint},
               {experiment.commands[command].command}});
  }
  page.paragraph(end_text(experiment), 0, Ink::faint);
}

void write_failures(Page& page, const Experiment& experiment) {
  for (std::size_t command = 0; command < experiment.commands.size(); ++command) {
    const auto& statuses = experiment.commands[command].statuses;
    const auto failed = std::ranges::count_if(statuses, [](int status) { return status != 0; });
    if (failed > 0) {
      const int first = *std::ranges::find_if(statuses, [](int status) { return status != 0; });
      page.paragraph(
          fmt::format("{} failed in {} of {}, first with exit status {}.", command_label(experiment, command), failed,
                      counted(statuses.size(), "run", "runs"), first),
          0, Ink::warning);
    }
    double lost = 0;
    for (const auto& [loss, number] : experiment.commands[command].losses) {
      lost += number;
    }
    if (lost > 0) {
      page.paragraph(
          fmt::format("{}: {} were lost over all runs (in the JSON: losses).", command_label(experiment, command),
                      counted(static_cast<std::uint64_t>(lost), "event", "events")),
          0, Ink::warning);
    }
  }
}

void write_figures(Page& page, const Experiment& experiment) {
  page.heading("Medians");
  Table table({{"", Column::Align::left, least_name_columns},
               {"runs"},
               {"wall time"},
               {"[95 %]"},
               {"CPU"},
               {"user"},
               {"system"},
               {"min"},
               {"max"}});
  for (std::size_t command = 0; command < experiment.commands.size(); ++command) {
    const CommandRuns& runs = experiment.commands[command];
    if (runs.count() == 0) {
      continue;
    }
    const Spread wall = spread_of(runs.wall);
    const auto split = [&runs](const std::vector<double>& values) {
      return runs.calls_seen ? nanoseconds_text(median(values)) : std::string("-");
    };
    table.row({command_label(experiment, command), std::to_string(runs.count()), nanoseconds_text(wall.median),
               wall.interval ? interval_text(*wall.interval, "ns") : "-", nanoseconds_text(median(runs.cpu)),
               split(runs.user), split(runs.system()), nanoseconds_text(wall.min), nanoseconds_text(wall.max)});
  }
  page.table(table);
}

// ---- Where a difference comes from ---------------------------------------------------------------------------------

void part_row(Table& table, const std::string& name, const PartOfDifference& part, const std::string& share, Ink ink) {
  table.row({{name, ink},
             {nanoseconds_text(part.right), ink},
             {nanoseconds_text(part.left), ink},
             {signed_quantity_text(part.difference, "ns"), ink_of(part)},
             {signed_interval(part.interval), Ink::faint},
             {share, ink}});
}

void write_difference(Page& page, const std::string& title, const Comparison& comparison, const PairComparison& pair,
                      const TimeDifference& difference, const char* whole) {
  const Experiment& experiment = comparison.experiment;
  const double size = std::abs(difference.whole.difference);
  const double weight =
      small_part * std::max({size, noticed * difference.whole.left, noticed * difference.whole.right});
  const PartWords words(experiment.commands[pair.left], experiment.commands[pair.right],
                        several_processes(difference.parts));
  Table table({{"", Column::Align::left, least_part_columns},
               {command_label(experiment, pair.right)},
               {command_label(experiment, pair.left)},
               {"difference"},
               {"[95 %]"},
               {"share"}});
  std::size_t left_out = 0;
  // Shares of what may be nothing mean nothing.
  const bool real = difference.whole.interval.low > 0 || difference.whole.interval.high < 0;
  const auto share_of = [&](double part) {
    return real ? fmt::format("{:.0f}%", 100 * part / difference.whole.difference) : std::string("-");
  };
  for (const TimePart& part : difference.parts) {
    if (!page.verbose() && (table.size() >= shown_parts || std::abs(part.figures.difference) < weight)) {
      ++left_out;
      continue;
    }
    part_row(table, words.text(part.name), part.figures, share_of(part.figures.difference), Ink::plain);
  }
  part_row(table, whole, difference.whole, real ? "100%" : "-", Ink::strong);
  page.heading(title);
  page.table(table);
  if (left_out > 0) {
    page.paragraph(fmt::format("and {} (--verbose)", counted(left_out, "smaller part", "smaller parts")), Page::margin,
                   Ink::faint);
  }
}

bool is_shown_above(const QuantityName& name) {
  return name.topic == Topic::window && (name.item == "wall" || name.aspect == "running_ns");
}

// Sums of time count by what they are of the whole.
bool is_telling(const QuantityAnswer& answer, double wall) {
  const bool sum = answer.unit == "ns" && (answer.name.topic == Topic::activity || answer.name.topic == Topic::wait ||
                                           answer.name.topic == Topic::channel || answer.name.topic == Topic::counter);
  // Told elsewhere: entries by calls and faults, blocked activities by the causes of waits, the lifetime by own time,
  // creations by the counters of their creators.
  const bool again =
      (answer.name.topic == Topic::activity && (answer.name.aspect == "count" || answer.name.aspect == "blocked_ns")) ||
      ((answer.name.topic == Topic::latency || answer.name.topic == Topic::lifecycle) &&
       answer.name.aspect == "count") ||
      answer.name.aspect == "lifetime_ns";
  return !again && (!sum || std::abs(answer.left - answer.right) >= small_part * wall);
}

std::string ratio_of(const QuantityAnswer& answer) {
  if (answer.ratio) {
    return ratio_interval_text(*answer.ratio);
  }
  return answer.right == 0 ? "new" : answer.left == 0 ? "gone" : "-";
}

void write_quantities(Page& page, const Comparison& comparison, const PairComparison& pair) {
  const std::string left = command_label(comparison.experiment, pair.left);
  const std::string right = command_label(comparison.experiment, pair.right);
  Table table({{"", Column::Align::left, least_part_columns}, {right}, {left}, {"ratio [95 %]"}, {"answer"}});
  std::size_t left_out = 0;
  std::size_t same = 0;
  std::size_t undecided = 0;
  for (const QuantityAnswer& answer : pair.quantities) {
    const bool differs = answer.answer == Answer::more || answer.answer == Answer::less;
    same += answer.answer == Answer::same ? 1 : 0;
    undecided += answer.answer == Answer::undecided ? 1 : 0;
    if (is_shown_above(answer.name)) {
      continue;
    }
    const bool telling = differs && is_telling(answer, std::max(pair.wall.left, pair.wall.right));
    if (!page.verbose() && (!telling || table.size() >= shown_quantities)) {
      left_out += telling ? 1 : 0;
      continue;
    }
    table.row({quantity_name_text(answer.name),
               quantity_text(answer.right, answer.unit),
               quantity_text(answer.left, answer.unit),
               ratio_of(answer),
               {to_string(answer.answer), ink_of(answer.answer)}});
  }
  page.heading(fmt::format("What else differs: {} against {}, medians", left, right));
  if (table.empty()) {
    page.paragraph("nothing that is decided");
  } else {
    page.table(table);
  }
  if (!page.verbose()) {
    page.paragraph(fmt::format("{}{} the same, {} undecided (--verbose)",
                               left_out > 0 ? fmt::format("and {} more; ", left_out) : "",
                               counted(same, "quantity is", "quantities are"), undecided),
                   Page::margin, Ink::faint);
  }
}

void write_pair(Page& page, const Comparison& comparison, const PairComparison& pair) {
  const std::string left = command_label(comparison.experiment, pair.left);
  const std::string right = command_label(comparison.experiment, pair.right);
  if (pair.wall_time) {
    write_difference(page, fmt::format("Wall time: where {} differs from {}", left, right), comparison, pair,
                     *pair.wall_time, "wall time");
    std::string note = fmt::format("Means of {}, those whose difference is in the middle half. ",
                                   counted(pair.wall_time->rounds, "round", "rounds"));
    note += !pair.children     ? ""
            : pair.in_sequence ? "What the launched program did, and its children while it waited for them; handover: "
                                 "its waits for them less what they did."
                               : "What the launched program did. Its children ran beside it or one another: what they "
                                 "did is under CPU time.";
    page.paragraph(note, Page::margin, Ink::faint);
  }
  if (pair.cpu_time) {
    write_difference(page, fmt::format("CPU time: where {} differs from {}", left, right), comparison, pair,
                     *pair.cpu_time, "CPU time");
  }
  write_quantities(page, comparison, pair);
}

// ---- One command ---------------------------------------------------------------------------------------------------

void write_parts(Page& page, const char* title, const char* whole, const CommandRuns& runs, const MeanParts& parts) {
  double sum = 0;
  for (const auto& [name, time] : parts) {
    sum += time;
  }
  const PartWords words(runs, runs, several_processes(parts));
  Table table({{"", Column::Align::left, least_part_columns}, {"mean"}, {"share"}});
  for (const auto& [name, time] : parts) {
    if (page.verbose() || (table.size() < shown_parts && std::abs(time) >= small_part * sum)) {
      table.row({words.text(name), nanoseconds_text(time), share_text(time, sum)});
    }
  }
  table.row({{whole, Ink::strong}, {nanoseconds_text(sum), Ink::strong}, {"100.0%", Ink::strong}});
  page.heading(title);
  page.table(table);
}

void write_spreads(Page& page, const CommandRuns& runs) {
  Table table({{"", Column::Align::left, least_part_columns}, {"median"}, {"[95 %]"}, {"min"}, {"max"}});
  for (const auto& [name, column] : runs.quantities) {
    std::vector<double> values = column.values;
    std::erase_if(values, [](double value) { return !std::isfinite(value); });
    // Times are divided above.
    const bool counts = name.topic == Topic::counter || name.topic == Topic::memory ||
                        (name.topic == Topic::window && column.unit == "count");
    if (values.empty() || is_shown_above(name) || (!page.verbose() && !counts)) {
      continue;
    }
    const Spread spread = spread_of(values);
    if (spread.max == 0 && spread.min == 0) {
      continue;
    }
    table.row({quantity_name_text(name), quantity_text(spread.median, column.unit),
               spread.interval ? interval_text(*spread.interval, column.unit.c_str()) : "-",
               quantity_text(spread.min, column.unit), quantity_text(spread.max, column.unit)});
  }
  page.heading("Counts");
  page.table(table);
}

void write_alone(Page& page, const CommandRuns& runs) {
  if (runs.count() == 0) {
    return;
  }
  write_parts(page, "Where the wall time goes", "wall time", runs, mean_wall_parts(runs));
  write_parts(page, "Where the CPU time goes", "CPU time", runs, mean_cpu_parts(runs));
  write_spreads(page, runs);
}

}  // namespace

void render_comparison_text(const Comparison& comparison, std::ostream& out, const TextOptions& options) {
  Page page(out, options);
  const Experiment& experiment = comparison.experiment;
  for (const std::string& sentence : answer_sentences(comparison)) {
    page.paragraph(sentence, 0, Ink::strong);
  }
  write_commands(page, experiment);
  write_failures(page, experiment);
  write_figures(page, experiment);
  for (const PairComparison& pair : comparison.pairs) {
    write_pair(page, comparison, pair);
  }
  if (comparison.pairs.empty() && !experiment.commands.empty()) {
    write_alone(page, experiment.commands.front());
    return;
  }
  page.blank();
  page.paragraph(
      fmt::format("Ratios are of paired rounds, with intervals of {:.1f} %. more, less: the whole interval lies beyond "
                  "{:.0f} %; the same: within.",
                  100 * comparison.confidence, 100 * (comparison.band.same - 1)),
      0, Ink::faint);
}

}  // namespace taskcost
