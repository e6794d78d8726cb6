// SPDX-License-Identifier: Apache-2.0
#include "verdict/compare/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

#include "verdict/diff/quantity_table.h"

namespace taskcost {
namespace {

using Kind = PartName::Kind;

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

double value_at(const std::vector<double>& values, std::size_t run, double otherwise) {
  return run < values.size() ? values[run] : otherwise;
}

// Pairs of indices into the runs of both commands, for the rounds that both have.
std::vector<std::pair<std::size_t, std::size_t>> common_rounds(const CommandRuns& left, const CommandRuns& right) {
  std::vector<std::pair<std::size_t, std::size_t>> common;
  std::size_t other = 0;
  for (std::size_t run = 0; run < left.rounds.size(); ++run) {
    while (other < right.rounds.size() && right.rounds[other] < left.rounds[run]) {
      ++other;
    }
    if (other < right.rounds.size() && right.rounds[other] == left.rounds[run]) {
      common.emplace_back(run, other);
    }
  }
  return common;
}

// ---- Answers -------------------------------------------------------------------------------------------------------

// Without a ratio (a side has a 0), only the sign of the difference is decided.
Answer answer_by_sign(const std::vector<Pair>& rounds, double confidence) {
  const auto all = [&rounds](auto&& fits) { return std::ranges::all_of(rounds, fits); };
  if (!enough_rounds(rounds.size(), confidence)) {
    return Answer::undecided;
  }
  if (all([](const Pair& pair) { return pair.left == pair.right; })) {
    return Answer::same;
  }
  if (all([](const Pair& pair) { return pair.left > pair.right; })) {
    return Answer::more;
  }
  return all([](const Pair& pair) { return pair.left < pair.right; }) ? Answer::less : Answer::undecided;
}

double side_median(const std::vector<Pair>& rounds, double Pair::*side) {
  std::vector<double> values;
  values.reserve(rounds.size());
  for (const Pair& pair : rounds) {
    values.push_back(pair.*side);
  }
  return values.empty() ? 0 : median(std::move(values));
}

// Sorts differences first, by their ratio; quantities that only one side has come before them.
double rank(const QuantityAnswer& answer) {
  if (answer.answer != Answer::more && answer.answer != Answer::less) {
    return answer.answer == Answer::undecided ? -1 : -2;
  }
  return answer.ratio ? std::abs(std::log(answer.ratio->ratio)) : std::numeric_limits<double>::infinity();
}

std::vector<QuantityAnswer> answers_for(const CommandRuns& left, const CommandRuns& right, double confidence,
                                        const Band& band) {
  std::vector<QuantityAnswer> answers;
  for (const auto& [name, column] : left.quantities) {
    const auto other = right.quantities.find(name);
    if (other == right.quantities.end()) {
      continue;
    }
    std::vector<Pair> rounds = paired(left, column.values, right, other->second.values);
    std::erase_if(rounds, [](const Pair& pair) { return !std::isfinite(pair.left) || !std::isfinite(pair.right); });
    const bool nothing =
        std::ranges::all_of(rounds, [](const Pair& pair) { return pair.left == 0 && pair.right == 0; });
    if (!nothing) {
      answers.push_back(answer_for(rounds, confidence, band));
      answers.back().name = name;
      answers.back().unit = column.unit;
    }
  }
  std::ranges::stable_sort(answers, std::ranges::greater(), rank);
  return answers;
}

// ---- Where a difference comes from ---------------------------------------------------------------------------------

bool waits_for_children(const PartName& name) { return name.kind == Kind::blocked && is_for_children(name.key); }

// Times of one command's children, by run.
struct ChildTimes {
  std::vector<double> waited;  // the main task waited for children
  std::vector<double> own;     // the children's own time
  std::vector<double> active;  // the same without their time on the run queue
};

ChildTimes child_times(const CommandRuns& runs) {
  const std::vector<double> none(runs.count());
  ChildTimes times{none, none, none};
  const auto add_to = [](std::vector<double>& sums, const std::vector<double>& more) {
    for (std::size_t run = 0; run < more.size(); ++run) {
      sums[run] += more[run];
    }
  };
  for (const auto& [name, values] : runs.wall_parts) {
    if (waits_for_children(name)) {
      add_to(times.waited, values);
    }
  }
  for (const auto& [name, values] : runs.children_parts) {
    add_to(times.own, values);
    if (name.kind != Kind::queued) {
      add_to(times.active, values);
    }
  }
  return times;
}

// Splits the wall time of one command into named parts with a value for each run.
CommandRuns::Parts split_wall_time(const CommandRuns& runs, bool in_sequence) {
  if (!in_sequence || runs.children_parts.empty()) {
    return runs.wall_parts;
  }
  CommandRuns::Parts parts;
  for (const auto& [name, values] : runs.wall_parts) {
    if (!waits_for_children(name)) {
      parts.emplace(name, values);
    }
  }
  const ChildTimes times = child_times(runs);
  std::vector<double>& handover = parts[{"", Kind::handover, ""}];
  for (std::size_t run = 0; run < runs.count(); ++run) {
    handover.push_back(times.waited[run] - times.own[run]);
  }
  parts.insert(runs.children_parts.begin(), runs.children_parts.end());
  return parts;
}

std::vector<double> part_values(const CommandRuns::Parts& parts, const std::vector<PartName>& names, std::size_t run) {
  std::vector<double> values;
  for (const PartName& name : names) {
    const auto found = parts.find(name);
    values.push_back(found == parts.end() ? 0 : value_at(found->second, run, 0));
  }
  return values;
}

std::optional<TimeDifference> decompose_difference(const CommandRuns& left, const CommandRuns::Parts& left_parts,
                                                   const CommandRuns& right, const CommandRuns::Parts& right_parts) {
  std::set<PartName> all;
  for (const auto* parts : {&left_parts, &right_parts}) {
    for (const auto& [name, values] : *parts) {
      all.insert(name);
    }
  }
  const std::vector<PartName> names(all.begin(), all.end());
  std::vector<std::vector<double>> lefts;
  std::vector<std::vector<double>> rights;
  for (const auto& [run, other] : common_rounds(left, right)) {
    lefts.push_back(part_values(left_parts, names, run));
    rights.push_back(part_values(right_parts, names, other));
  }
  auto known = decompose(lefts, rights);
  if (!known) {
    return std::nullopt;
  }
  TimeDifference difference{known->whole, {}, known->rounds};
  for (std::size_t part = 0; part < names.size(); ++part) {
    if (known->parts[part].left != 0 || known->parts[part].right != 0) {
      difference.parts.push_back({names[part], known->parts[part]});
    }
  }
  std::ranges::stable_sort(difference.parts, std::ranges::greater(),
                           [](const TimePart& part) { return std::abs(part.figures.difference); });
  return difference;
}

PairComparison compare_pair(const Experiment& experiment, std::size_t left_index, double confidence, const Band& band) {
  const CommandRuns& left = experiment.commands[left_index];
  const CommandRuns& right = experiment.commands.front();
  PairComparison pair;
  pair.left = left_index;
  pair.rounds = common_rounds(left, right).size();
  pair.wall = answer_for(paired(left, left.wall, right, right.wall), confidence, band);
  pair.wall.name = {Topic::window, "wall", "wall_ns"};
  pair.cpu = answer_for(paired(left, left.cpu, right, right.cpu), confidence, band);
  pair.cpu.name = {Topic::window, "all", "running_ns"};
  pair.wall.unit = pair.cpu.unit = Unit::ns;
  pair.quantities = answers_for(left, right, confidence, band);
  pair.children = !left.children_parts.empty() || !right.children_parts.empty();
  pair.in_sequence = ran_in_sequence(left) && ran_in_sequence(right);
  pair.wall_time = decompose_difference(left, split_wall_time(left, pair.in_sequence), right,
                                        split_wall_time(right, pair.in_sequence));
  pair.cpu_time = decompose_difference(left, left.cpu_parts, right, right.cpu_parts);
  return pair;
}

MeanParts means(const CommandRuns::Parts& parts, std::size_t runs) {
  MeanParts result;
  for (const auto& [name, values] : parts) {
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    if (sum != 0) {
      result.emplace_back(name, sum / static_cast<double>(runs));
    }
  }
  std::ranges::stable_sort(result, std::ranges::greater(), [](const auto& part) { return std::abs(part.second); });
  return result;
}

}  // namespace

// Children ran in sequence if their time fits into the waits for them: they ran neither in parallel to each other nor
// to their parent. Their time on the run queue does not count, because the parent may still be running then.
bool ran_in_sequence(const CommandRuns& runs) {
  if (runs.children_parts.empty()) {
    return true;
  }
  // The ratio is 2 for two children that always run in parallel.
  constexpr double some_overlap = 1.25;
  const ChildTimes times = child_times(runs);
  return median(times.active) <= some_overlap * median(times.waited);
}

MeanParts mean_wall_parts(const CommandRuns& runs) {
  return means(split_wall_time(runs, ran_in_sequence(runs)), runs.count());
}

MeanParts mean_cpu_parts(const CommandRuns& runs) { return means(runs.cpu_parts, runs.count()); }

// The signed-rank distribution of n rounds has 2^n equally likely outcomes, and the interval excludes both extremes.
bool enough_rounds(std::size_t rounds, double confidence) {
  return 2 * std::ldexp(1.0, -static_cast<int>(std::min<std::size_t>(rounds, 1000))) <= 1 - confidence;
}

double choose_confidence(const Experiment& experiment) {
  constexpr double default_confidence = 0.95;
  return experiment.asked_for ? default_confidence : look_confidence;
}

std::vector<Pair> paired(const CommandRuns& left, const std::vector<double>& left_values, const CommandRuns& right,
                         const std::vector<double>& right_values) {
  std::vector<Pair> pairs;
  for (const auto& [run, other] : common_rounds(left, right)) {
    pairs.push_back({value_at(left_values, run, no_value), value_at(right_values, other, no_value)});
  }
  return pairs;
}

QuantityAnswer answer_for(const std::vector<Pair>& rounds, double confidence, const Band& band) {
  QuantityAnswer answer;
  answer.left = side_median(rounds, &Pair::left);
  answer.right = side_median(rounds, &Pair::right);
  answer.ratio = paired_ratio(rounds, confidence);
  if (!answer.ratio) {
    answer.answer = answer_by_sign(rounds, confidence);
  } else if (enough_rounds(rounds.size(), confidence)) {
    answer.answer = decide_answer(answer.ratio->interval, band);
  }
  if (answer.ratio && answer.answer == Answer::undecided) {
    answer.rounds_to_decide = rounds_to_decide(*answer.ratio, band);
  }
  return answer;
}

Comparison compare_runs(Experiment experiment) {
  Comparison comparison;
  comparison.confidence = choose_confidence(experiment);
  for (std::size_t command = 1; command < experiment.commands.size(); ++command) {
    comparison.pairs.push_back(compare_pair(experiment, command, comparison.confidence, comparison.band));
  }
  comparison.experiment = std::move(experiment);
  return comparison;
}

std::vector<Excess> excesses(const Comparison& comparison, double percent) {
  const double limit = 1 + percent / 100;
  std::vector<Excess> found;
  for (const PairComparison& pair : comparison.pairs) {
    for (const auto& [what, answer] : {std::pair("wall time", &pair.wall), std::pair("CPU time", &pair.cpu)}) {
      if (answer->ratio && enough_rounds(answer->ratio->rounds, comparison.confidence) &&
          answer->ratio->interval.low > limit) {
        found.push_back({pair.left, what, *answer->ratio});
      }
    }
  }
  return found;
}

}  // namespace taskcost
