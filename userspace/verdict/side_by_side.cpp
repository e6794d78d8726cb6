// SPDX-License-Identifier: Apache-2.0
#include "verdict/side_by_side.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "verdict/figures.h"

namespace taskcost {
namespace {

enum class WhenAllZero { keep, leave_out };

bool all_zero(const std::vector<double>& rounds) {
  return std::all_of(rounds.begin(), rounds.end(), [](double value) { return value == 0; });
}

std::optional<double> median_or_none(const std::vector<double>& rounds) {
  return rounds.empty() ? std::nullopt : std::optional(median(rounds));
}

class Lines {
 public:
  Lines(SideBySide& sides, const std::vector<Round>& left, const std::vector<Round>& right)
      : sides_(sides), left_(left), right_(right) {}

  // A figure that neither side has remains as an empty line: not measured is not zero.
  void add(std::string name, Unit unit, const Figure& figure, WhenAllZero when_all_zero = WhenAllZero::keep) {
    const std::vector<double> left = figures(left_, figure);
    const std::vector<double> right = figures(right_, figure);
    const bool measured = !left.empty() || !right.empty();
    if (when_all_zero == WhenAllZero::leave_out && measured && all_zero(left) && all_zero(right)) {
      return;
    }
    sides_.lines.push_back({std::move(name), unit, median_or_none(left), median_or_none(right), compare(left, right)});
  }

 private:
  SideBySide& sides_;
  const std::vector<Round>& left_;
  const std::vector<Round>& right_;
};

void add_creation(Lines& lines) {
  lines.add("creation: copy", Unit::ns, &copy_ns);
  lines.add("creation: publish", Unit::ns, &publish_ns);
  lines.add("creation: return to the creator", Unit::ns, &return_ns);
  lines.add("creation: start of the child", Unit::ns, &child_start_ns);
  lines.add("exit", Unit::ns, &exit_ns);
  lines.add("exit: until the address space is torn down", Unit::ns, &teardown_ns);
  lines.add("ended, not yet reaped", Unit::ns, &zombie_ns);
}

void add_switch_latency(Lines& lines) {
  lines.add("switch latency, same address space", Unit::ns,
            [](const Round& round) { return median_latency(round, TC_HISTOGRAM_SWITCH_SAME); });
  lines.add("switch latency, other address space", Unit::ns,
            [](const Round& round) { return median_latency(round, TC_HISTOGRAM_SWITCH_OTHER); });
}

void add_cells(Lines& lines) {
  for (int activity = 0; activity < TC_NR_ACTIVITIES; ++activity) {
    for (int condition = 0; condition < TC_NR_CONDITIONS; ++condition) {
      const auto row = static_cast<tc_activity>(activity);
      const auto column = static_cast<tc_condition>(condition);
      lines.add(
          std::string(text_of(row)) + ", " + key_of(column), Unit::ns,
          [row, column](const Round& round) { return cell_ns(round, row, column); }, WhenAllZero::leave_out);
    }
  }
}

void add_counters(Lines& lines) {
  for (int counter = 0; counter < TC_NR_COUNTERS; ++counter) {
    const auto id = static_cast<tc_counter>(counter);
    lines.add(
        text_of(id), unit_of_key(key_of(id)), [id](const Round& round) { return counter_value(round, id); },
        WhenAllZero::leave_out);
  }
}

struct VariantPair {
  const char* workload;
  const char* left;
  const char* right;
  const char* left_label;
  const char* right_label;
  void (*add_own_lines)(Lines& lines);
};

constexpr std::array pairs = {
    VariantPair{"create", "create/fork", "create/thread", "process (fork)", "thread", &add_creation},
    VariantPair{"switch", "switch/process", "switch/thread", "process", "thread", &add_switch_latency}};

}  // namespace

std::vector<SideBySide> make_comparisons(const Rounds& rounds) {
  std::vector<SideBySide> comparisons;
  for (const VariantPair& pair : pairs) {
    const auto left = rounds.find(pair.left);
    const auto right = rounds.find(pair.right);
    if (left == rounds.end() || right == rounds.end()) {
      continue;
    }
    SideBySide& sides = comparisons.emplace_back();
    sides.workload = pair.workload;
    sides.left_label = pair.left_label;
    sides.right_label = pair.right_label;
    sides.rounds = std::min(left->second.size(), right->second.size());
    Lines lines(sides, left->second, right->second);
    lines.add("user space: wall time", Unit::ns, &wall_ns);
    lines.add("lifetime of the other tasks", Unit::ns, &workers_lifetime_ns);
    pair.add_own_lines(lines);
    add_cells(lines);
    add_counters(lines);
  }
  return comparisons;
}

}  // namespace taskcost
