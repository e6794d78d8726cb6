// SPDX-License-Identifier: Apache-2.0
#include "verdict/side_by_side.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "verdict/figures.h"
#include "verdict/sides.h"

namespace taskcost {
namespace {

enum class WhenAllZero { keep, leave_out };

bool all_zero(const std::vector<double>& rounds) {
  return std::all_of(rounds.begin(), rounds.end(), [](double value) { return value == 0; });
}

std::optional<double> median_of(const std::vector<double>& rounds) {
  return rounds.empty() ? std::nullopt : std::optional(median(rounds));
}

class Lines {
 public:
  Lines(SideBySide& sides, const RoundsOfBothModels& rounds) : sides_(sides), rounds_(rounds) {}

  // A figure that neither side has stays as a line without figures: lacking is not zero.
  void add(std::string name, const char* unit, const Figure& processes, const Figure& threads,
           WhenAllZero when_all_zero = WhenAllZero::keep) {
    const std::vector<double> left = figures(rounds_.processes, processes);
    const std::vector<double> right = figures(rounds_.threads, threads);
    const bool measured = !left.empty() || !right.empty();
    if (when_all_zero == WhenAllZero::leave_out && measured && all_zero(left) && all_zero(right)) {
      return;
    }
    sides_.lines.push_back({std::move(name), unit, median_of(left), median_of(right), compare(left, right)});
  }
  void add(std::string name, const char* unit, const Figure& figure, WhenAllZero when_all_zero = WhenAllZero::keep) {
    add(std::move(name), unit, figure, figure, when_all_zero);
  }

 private:
  SideBySide& sides_;
  const RoundsOfBothModels& rounds_;
};

void add_creation(Lines& lines) {
  using Phase = std::optional<double> (*)(const Round&, tc_creation);
  const auto add = [&lines](const char* name, Phase phase) {
    lines.add(
        name, "ns", [phase](const Round& round) { return phase(round, TC_CREATION_FORK); },
        [phase](const Round& round) { return phase(round, TC_CREATION_THREAD); });
  };
  add("creation: copy", &copy_of);
  add("creation: publish", &publish_of);
  add("creation: return to the creator", &return_of);
  add("creation: start of the child", &child_start_of);
}

void add_end(Lines& lines) {
  lines.add("exit", "ns", &exit_of);
  lines.add("exit: until the address space is torn down", "ns", &teardown_of);
  lines.add("ended, not yet reaped", "ns", &zombie_of);
}

void add_switch_latency(Lines& lines) {
  lines.add("switch latency, same address space", "ns", &latency_within);
  lines.add("switch latency, other address space", "ns", &latency_across);
}

void add_cells(Lines& lines) {
  for (int activity = 0; activity < TC_NR_ACTIVITIES; ++activity) {
    for (int condition = 0; condition < TC_NR_CONDITIONS; ++condition) {
      const auto row = static_cast<tc_activity>(activity);
      const auto column = static_cast<tc_condition>(condition);
      lines.add(
          std::string(text_of(row)) + ", " + key_of(column), "ns",
          [row, column](const Round& round) { return cell_of(round, row, column); }, WhenAllZero::leave_out);
    }
  }
}

void add_counters(Lines& lines) {
  for (int counter = 0; counter < TC_NR_COUNTERS; ++counter) {
    const auto id = static_cast<tc_counter>(counter);
    lines.add(
        text_of(id), id == TC_COUNTER_PAGE_TABLE_BYTES ? "bytes" : "count",
        [id](const Round& round) { return counter_of(round, id); }, WhenAllZero::leave_out);
  }
}

SideBySide blank(const char* workload, const char* left, const RoundsOfBothModels& rounds) {
  SideBySide sides;
  sides.workload = workload;
  sides.left_label = left;
  sides.right_label = thread_label;
  sides.rounds = std::min(rounds.processes.size(), rounds.threads.size());
  return sides;
}

}  // namespace

SideBySide side_by_side_of_create(const RoundsOfBothModels& rounds) {
  SideBySide sides = blank("create", fork_label, rounds);
  Lines lines(sides, rounds);
  lines.add("lifetime of the created tasks", "ns", &workers_lifetime_of);
  add_creation(lines);
  add_end(lines);
  add_cells(lines);
  add_counters(lines);
  return sides;
}

SideBySide side_by_side_of_switch(const RoundsOfBothModels& rounds) {
  SideBySide sides = blank("switch", process_label, rounds);
  Lines lines(sides, rounds);
  lines.add("lifetime of the created tasks", "ns", &workers_lifetime_of);
  add_switch_latency(lines);
  add_cells(lines);
  add_counters(lines);
  return sides;
}

}  // namespace taskcost
