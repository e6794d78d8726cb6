// SPDX-License-Identifier: Apache-2.0
//
// The comparison of commands: which one costs more, and where the difference comes from.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "base/units.h"
#include "report/compare_words.h"
#include "report/diff_words.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr std::size_t least_part_columns = 20;
constexpr std::size_t most_parts = 12;
constexpr std::size_t most_quantities = 14;
// Only --verbose shows parts that are smaller than this share of the whole.
constexpr double small_part = 0.005;

Tone tone_of(Answer answer) {
  return answer == Answer::more ? Tone::bad : answer == Answer::less ? Tone::good : Tone::plain;
}

// If the interval contains 0, there may be no difference.
bool is_real(const PartOfDifference& part) { return part.interval.low > 0 || part.interval.high < 0; }
Tone tone_of(const PartOfDifference& part) {
  return part.interval.low > 0 ? Tone::bad : part.interval.high < 0 ? Tone::good : Tone::plain;
}

// "[-1.05..+2.30] ms", in a unit that fits the larger end.
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

Cell ns(double value, Tone tone = Tone::plain) { return quantity(value, Unit::ns, tone); }
std::string interval_or_dash(const Spread& spread, Unit unit) {
  return spread.interval ? interval_text(*spread.interval, unit) : "-";
}

// ---- The commands --------------------------------------------------------------------------------------------------

void add_failures(Section& section, const std::string& label, const CommandRuns& runs) {
  const auto failed = [](int status) { return status != 0; };
  if (const auto count = std::ranges::count_if(runs.statuses, failed); count > 0) {
    section.say(fmt::format("{} failed in {} of {}, first with exit status {}.", label, count,
                            counted(runs.statuses.size(), "run", "runs"), *std::ranges::find_if(runs.statuses, failed)),
                Tone::warning, 0);
  }
  double lost = 0;
  for (const auto& [loss, number] : runs.losses) {
    lost += number;
  }
  if (lost > 0) {
    section.say(fmt::format("{}: {} were lost over all runs (in the JSON: losses).", label,
                            counted(static_cast<std::uint64_t>(lost), "event", "events")),
                Tone::warning, 0);
  }
}

Section head_of(const Comparison& comparison) {
  const Experiment& experiment = comparison.experiment;
  Section section("head");
  for (std::string& sentence : answer_sentences(comparison)) {
    section.say(std::move(sentence), Tone::strong, 0);
  }
  for (std::size_t command = 0; command < experiment.commands.size(); ++command) {
    section.add(Line{{{fmt::format("{}: ", command_label(experiment, command)), Tone::faint},
                      experiment.commands[command].command}});
  }
  section.say(end_text(experiment), Tone::faint, 0);
  for (std::size_t command = 0; command < experiment.commands.size(); ++command) {
    add_failures(section, command_label(experiment, command), experiment.commands[command]);
  }
  return section;
}

Section medians(const Experiment& experiment) {
  Table table({left("", least_name_columns), "runs", "wall time", "[95 %]", "CPU", "user", "system", "min", "max"});
  for (std::size_t command = 0; command < experiment.commands.size(); ++command) {
    const CommandRuns& runs = experiment.commands[command];
    if (runs.count() == 0) {
      continue;
    }
    const Spread wall = compute_spread(runs.wall);
    const auto split = [&runs](const std::vector<double>& values) {
      return runs.calls_seen ? ns(median(values)) : Cell("-");
    };
    table.row({command_label(experiment, command), runs.count(), ns(wall.median), interval_or_dash(wall, Unit::ns),
               ns(median(runs.cpu)), split(runs.user), split(runs.system()), ns(wall.min), ns(wall.max)});
  }
  Section section("medians", "Medians");
  section.add(std::move(table));
  return section;
}

// ---- Where a difference comes from ---------------------------------------------------------------------------------

void part_row(Table& table, const std::string& name, const PartOfDifference& part, Cell share, Tone tone) {
  share.tone = tone;
  table.row({{name, tone},
             ns(part.right, tone),
             ns(part.left, tone),
             signed_quantity(part.difference, Unit::ns, tone_of(part)),
             {signed_interval(part.interval), Tone::faint},
             std::move(share)});
}

Section parts_of(const char* id, const char* whole, const std::string& title, const Comparison& comparison,
                 const PairComparison& pair, const TimeDifference& difference, bool verbose) {
  const Experiment& experiment = comparison.experiment;
  const double weight = small_part * std::max({std::abs(difference.whole.difference), noticed * difference.whole.left,
                                               noticed * difference.whole.right});
  const PartWords words(experiment.commands[pair.left], experiment.commands[pair.right],
                        several_processes(difference.parts));
  Table table({left("", least_part_columns), command_label(experiment, pair.right),
               command_label(experiment, pair.left), "difference", "[95 %]", "share"});
  std::size_t left_out = 0;
  // If the difference may be 0, shares of it mean nothing.
  const auto share_of = [&](double part) {
    const double share = part / difference.whole.difference;
    return is_real(difference.whole)
               ? Cell(fmt::format("{:.0f}%", 100 * part / difference.whole.difference), Tone::plain, share, Unit::share)
               : Cell("-");
  };
  for (const TimePart& part : difference.parts) {
    if (!verbose && (table.rows.size() >= most_parts || std::abs(part.figures.difference) < weight)) {
      ++left_out;
      continue;
    }
    part_row(table, words.text(part.name), part.figures, share_of(part.figures.difference), Tone::plain);
  }
  part_row(table, whole, difference.whole, share_of(difference.whole.difference), Tone::strong);
  Section section(id, title);
  section.add(std::move(table));
  if (left_out > 0) {
    section.say(fmt::format("and {} (--verbose)", counted(left_out, "smaller part", "smaller parts")), Tone::faint);
  }
  return section;
}

bool is_shown_above(const QuantityName& name) {
  return name.topic == Topic::window && (name.item == "wall" || name.aspect == "running_ns");
}

// A sum of time is notable if it is a large enough part of the whole.
bool is_notable(const QuantityAnswer& answer, double wall) {
  const bool sum =
      answer.unit == Unit::ns && (answer.name.topic == Topic::activity || answer.name.topic == Topic::wait ||
                                  answer.name.topic == Topic::channel || answer.name.topic == Topic::counter);
  // These repeat other figures: calls and faults count the entries, the causes of waits have the blocked activities,
  // own time has the lifetime, and the counters of the creators have the creations.
  const bool again =
      (answer.name.topic == Topic::activity && (answer.name.aspect == "count" || answer.name.aspect == "blocked_ns")) ||
      ((answer.name.topic == Topic::latency || answer.name.topic == Topic::lifecycle) &&
       answer.name.aspect == "count") ||
      answer.name.aspect == "lifetime_ns";
  return !again && (!sum || std::abs(answer.left - answer.right) >= small_part * wall);
}

Cell ratio_cell(const QuantityAnswer& answer) {
  if (answer.ratio) {
    return {ratio_text(answer.ratio->ratio, answer.ratio->interval), Tone::plain, answer.ratio->ratio, Unit::ratio};
  }
  return answer.right == 0 ? "new" : answer.left == 0 ? "gone" : "-";
}

Section quantities(const Comparison& comparison, const PairComparison& pair, bool verbose) {
  const std::string left_label = command_label(comparison.experiment, pair.left);
  const std::string right_label = command_label(comparison.experiment, pair.right);
  Table table({left("", least_part_columns), right_label, left_label, "ratio [95 %]", "answer"});
  Table others(table.columns);
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
    const bool notable = differs && is_notable(answer, std::max(pair.wall.left, pair.wall.right));
    if (!verbose && (!notable || table.rows.size() >= most_quantities)) {
      left_out += notable ? 1 : 0;
      continue;
    }
    (notable ? table : others)
        .row({quantity_name_text(answer.name),
              quantity(answer.right, answer.unit),
              quantity(answer.left, answer.unit),
              ratio_cell(answer),
              {to_string(answer.answer), tone_of(answer.answer)}});
  }
  Section section("quantities", fmt::format("What else differs: {} against {}, medians", left_label, right_label));
  if (table.rows.empty()) {
    section.say("nothing that is decided");
  } else {
    section.add(std::move(table));
  }
  if (!others.rows.empty()) {
    section.block("All other quantities");
    section.add(std::move(others));
  }
  if (!verbose) {
    section.say(fmt::format("{}{} the same, {} undecided (--verbose)",
                            left_out > 0 ? fmt::format("and {} more; ", left_out) : "",
                            counted(same, "quantity is", "quantities are"), undecided),
                Tone::faint);
  }
  return section;
}

void add_pair(std::vector<Section>& all, const Comparison& comparison, const PairComparison& pair, bool verbose) {
  const std::string where = fmt::format("where {} differs from {}", command_label(comparison.experiment, pair.left),
                                        command_label(comparison.experiment, pair.right));
  if (pair.wall_time) {
    Section wall =
        parts_of("wall_time", "wall time", "Wall time: " + where, comparison, pair, *pair.wall_time, verbose);
    wall.say(fmt::format("Means of {}, those whose difference is in the middle half. {}",
                         counted(pair.wall_time->rounds, "round", "rounds"),
                         !pair.children     ? ""
                         : pair.in_sequence ? "What the launched program did, and its children while it waited for "
                                              "them; handover: its waits for them less what they did."
                                            : "What the launched program did. Its children ran beside it or one "
                                              "another: what they did is under CPU time."),
             Tone::faint);
    all.push_back(std::move(wall));
  }
  if (pair.cpu_time) {
    all.push_back(parts_of("cpu_time", "CPU time", "CPU time: " + where, comparison, pair, *pair.cpu_time, verbose));
  }
  all.push_back(quantities(comparison, pair, verbose));
}

// ---- One command ---------------------------------------------------------------------------------------------------

Section parts_of(const char* id, const char* whole, const CommandRuns& runs, const MeanParts& parts, bool verbose) {
  double sum = 0;
  for (const auto& [name, time] : parts) {
    sum += time;
  }
  const PartWords words(runs, runs, several_processes(parts));
  Table table({left("", least_part_columns), "mean", "share"});
  for (const auto& [name, time] : parts) {
    if (verbose || (table.rows.size() < most_parts && std::abs(time) >= small_part * sum)) {
      table.row({words.text(name), ns(time), share(time, sum)});
    }
  }
  table.row({{whole, Tone::strong}, ns(sum, Tone::strong), {"100.0%", Tone::strong, 1, Unit::share}});
  Section section(id, fmt::format("Where the {} goes", whole));
  section.add(std::move(table));
  return section;
}

Section spreads(const CommandRuns& runs, bool verbose) {
  Table table({left("", least_part_columns), "median", "[95 %]", "min", "max"});
  for (const auto& [name, column] : runs.quantities) {
    std::vector<double> values = column.values;
    std::erase_if(values, [](double value) { return !std::isfinite(value); });
    // The tables above divide the times.
    const bool counts = name.topic == Topic::counter || name.topic == Topic::memory ||
                        (name.topic == Topic::window && column.unit == Unit::count);
    if (values.empty() || is_shown_above(name) || (!verbose && !counts)) {
      continue;
    }
    if (const Spread spread = compute_spread(values); spread.max != 0 || spread.min != 0) {
      table.row({quantity_name_text(name), quantity(spread.median, column.unit), interval_or_dash(spread, column.unit),
                 quantity(spread.min, column.unit), quantity(spread.max, column.unit)});
    }
  }
  Section section("counts", "Counts");
  section.add(std::move(table));
  return section;
}

Section note_of(const Comparison& comparison) {
  Section note("note");
  note.say(
      fmt::format("Ratios are of paired rounds, with intervals of {:.1f} %. more, less: the whole interval lies beyond "
                  "{:.0f} %; the same: within.",
                  100 * comparison.confidence, 100 * (comparison.band.same - 1)),
      Tone::faint, 0);
  return note;
}

}  // namespace

std::vector<Section> of(const Comparison& comparison, bool verbose) {
  const Experiment& experiment = comparison.experiment;
  std::vector<Section> all{head_of(comparison), medians(experiment)};
  for (const PairComparison& pair : comparison.pairs) {
    add_pair(all, comparison, pair, verbose);
  }
  if (comparison.pairs.empty() && !experiment.commands.empty()) {
    if (const CommandRuns& runs = experiment.commands.front(); runs.count() > 0) {
      all.push_back(parts_of("wall_time", "wall time", runs, mean_wall_parts(runs), verbose));
      all.push_back(parts_of("cpu_time", "CPU time", runs, mean_cpu_parts(runs), verbose));
      all.push_back(spreads(runs, verbose));
    }
  } else {
    all.push_back(note_of(comparison));
  }
  if (verbose) {
    all.push_back(evidence(experiment.evidence));
    all.back().say(machine_text(experiment.tool_version, experiment.host));
  }
  return all;
}

}  // namespace taskcost::sections
