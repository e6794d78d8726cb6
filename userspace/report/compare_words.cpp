// SPDX-License-Identifier: Apache-2.0
#include "report/compare_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/escape.h"
#include "base/units.h"
#include "report/diff_words.h"
#include "report/words.h"

namespace taskcost {
namespace {

using Kind = PartName::Kind;

constexpr std::size_t longest_name = 24;

std::string short_name(const std::string& name) { return TerminalText(name).cut(longest_name).text(); }

Piece::Kind piece_kind(Kind kind) {
  return kind == Kind::running   ? Piece::Kind::running
         : kind == Kind::queued  ? Piece::Kind::queued
         : kind == Kind::blocked ? Piece::Kind::blocked
                                 : Piece::Kind::residual;
}

std::string bare_text(const PartName& name) {
  if (name.kind == Kind::handover) {
    return "handover to children and back";
  }
  if (name.kind == Kind::threads) {
    return "its threads after its main one ended";
  }
  // A running part is named by its activity alone, because all parts are running unless they are blocked.
  std::string text = piece_text({piece_kind(name.kind), name.key});
  for (const std::string_view words : {"running in ", "running "}) {
    if (text.starts_with(words)) {
      return text.substr(words.size());
    }
  }
  return text;
}

// "page faults (+8.10 ms), user code (+2.00 ms)": the parts that explain a change in the direction of `sign`.
std::string main_parts(const TimeDifference& difference, double sign, const PartWords& words) {
  constexpr std::size_t most = 3;
  constexpr double least_share = 0.1;
  std::vector<std::string> texts;
  for (const TimePart& part : difference.parts) {
    const double change = part.figures.difference * sign;
    if (texts.size() < most && change > 0 && change >= least_share * std::abs(difference.whole.difference)) {
      texts.push_back(
          fmt::format("{} {}", words.text(part.name), signed_quantity_text(part.figures.difference, Unit::ns)));
    }
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

// ": +12.3 ms, of which ...; but ..."
std::string because_text(const std::optional<TimeDifference>& difference, const PartWords& words) {
  if (!difference) {
    return "";
  }
  const double whole = difference->whole.difference;
  const double sign = whole < 0 ? -1 : 1;
  const std::string because = main_parts(*difference, sign, words);
  const std::string despite = main_parts(*difference, -sign, words);
  return fmt::format(": {}{}{}", signed_quantity_text(whole, Unit::ns), because.empty() ? "" : ", of which " + because,
                     despite.empty() ? "" : "; but " + despite);
}

struct Subject {
  std::string left;
  std::string right;
  bool wall = true;
};

std::string took_text(const Subject& subject, const QuantityAnswer& answer) {
  const std::string ratio = ratio_text(answer.ratio->ratio);
  const std::string interval = ratios_text(answer.ratio->interval);
  return subject.wall
             ? fmt::format("{} takes {} times as long as {} {}", subject.left, ratio, subject.right, interval)
             : fmt::format("{} uses {} times the CPU time of {} {}", subject.left, ratio, subject.right, interval);
}

std::string pair_sentence(const Subject& subject, const QuantityAnswer& answer, std::size_t rounds, double confidence,
                          const std::optional<TimeDifference>& difference, const PartWords& words) {
  const char* const what = subject.wall ? "wall time" : "CPU time";
  if (!answer.ratio || !enough_rounds(rounds, confidence)) {
    return fmt::format("Too few rounds ({}) to decide on {}: {} for {}, {} for {}.", rounds, what,
                       nanoseconds_text(answer.left), subject.left, nanoseconds_text(answer.right), subject.right);
  }
  if (answer.answer != Answer::undecided) {
    const bool same = answer.answer == Answer::same;
    return fmt::format("{} ({}){}.", took_text(subject, answer), to_string(answer.answer),
                       same ? "" : because_text(difference, words));
  }
  const std::string hope = answer.rounds_to_decide
                               ? fmt::format("about {} rounds would decide it", *answer.rounds_to_decide)
                               : "it lies on the edge of what counts as the same";
  return fmt::format("{} (undecided): {}.", took_text(subject, answer), hope);
}

std::string alone_sentence(const std::string& label, const CommandRuns& runs, const std::vector<double>& sample,
                           bool wall) {
  const Spread spread = compute_spread(sample);
  return fmt::format("{} {} {}{}{}: median of {}, {} to {}.", label, wall ? "takes" : "uses",
                     nanoseconds_text(spread.median), wall ? "" : " of CPU time",
                     spread.interval ? " " + interval_text(*spread.interval, Unit::ns) : "",
                     counted(runs.count(), "run", "runs"), nanoseconds_text(spread.min), nanoseconds_text(spread.max));
}

}  // namespace

std::string command_label(const Experiment& experiment, std::size_t command) {
  const CommandRuns& runs = experiment.commands[command];
  if (runs.name != runs.command) {
    return short_name(runs.name);
  }
  return std::string(1, static_cast<char>('A' + command));
}

PartWords::PartWords(const CommandRuns& one, const CommandRuns& other, bool several_processes) {
  if (several_processes) {
    launched_ = one.program == other.program ? one.program : "launched program";
  }
}

std::string PartWords::text(const PartName& name) const {
  if (launched_.empty()) {
    return bare_text(name);
  }
  const bool same_name = name.comm == launched_;
  return fmt::format("{}{}: {}", same_name ? "child " : "", name.comm.empty() ? launched_ : name.comm, bare_text(name));
}

bool several_processes(const std::vector<TimePart>& parts) {
  return std::ranges::any_of(parts, [](const TimePart& part) { return !part.name.comm.empty(); });
}

bool several_processes(const MeanParts& parts) {
  return std::ranges::any_of(parts, [](const auto& part) { return !part.first.comm.empty(); });
}

std::vector<std::string> answer_sentences(const Comparison& comparison) {
  const Experiment& experiment = comparison.experiment;
  std::vector<std::string> sentences;
  if (comparison.pairs.empty() && !experiment.commands.empty() && experiment.commands.front().count() > 0) {
    const CommandRuns& runs = experiment.commands.front();
    const std::string label = command_label(experiment, 0);
    sentences.push_back(alone_sentence(label, runs, runs.wall, true));
    sentences.push_back(alone_sentence(label, runs, runs.cpu, false));
  }
  for (const PairComparison& pair : comparison.pairs) {
    const CommandRuns& left = experiment.commands[pair.left];
    const CommandRuns& right = experiment.commands[pair.right];
    for (const bool wall : {true, false}) {
      const Subject subject{command_label(experiment, pair.left), command_label(experiment, pair.right), wall};
      const auto& difference = wall ? pair.wall_time : pair.cpu_time;
      const PartWords words(left, right, difference && several_processes(difference->parts));
      sentences.push_back(
          pair_sentence(subject, wall ? pair.wall : pair.cpu, pair.rounds, comparison.confidence, difference, words));
    }
  }
  return sentences;
}

std::string end_text(const Experiment& experiment) {
  const std::string rounds =
      fmt::format("{} in {}", counted(experiment.rounds, "round", "rounds"), duration_text(experiment.elapsed));
  const bool alone = experiment.commands.size() == 1;
  switch (experiment.end) {
    case RoundsEnd::answered:
      return fmt::format("{}; {}.", rounds, alone ? "the medians are precise" : "every pair is decided");
    case RoundsEnd::rounds:
      return fmt::format("{}; {}.", rounds, experiment.asked_for ? "as asked for" : "as many as are made");
    case RoundsEnd::budget:
      return fmt::format("{}; no more fit into {}.", rounds, duration_text(experiment.budget.value_or(Duration{})));
    case RoundsEnd::signal:
      return fmt::format("{}; cut short by a signal.", rounds);
    case RoundsEnd::failure:
      break;
  }
  return fmt::format("{}; cut short by a failure.", rounds);
}

}  // namespace taskcost
