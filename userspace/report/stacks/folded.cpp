// SPDX-License-Identifier: Apache-2.0
//
// Writes Brendan Gregg's folded stacks, the input of flamegraph.pl and others: one line "outermost;...;innermost
// weight" for each.
#include <algorithm>
#include <cstdint>
#include <ostream>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/escape.h"
#include "report/render.h"
#include "report/stacks/stack_words.h"

namespace taskcost {
namespace {

constexpr const char* kernel_suffix = "_[k]";

void append_frame(std::string& line, const std::string& name) {
  if (!line.empty()) {
    line += ';';
  }
  const TerminalText harmless(name);
  for (const char each : harmless.text()) {
    line += each == ';' ? ':' : each;
  }
}

void append_frames(std::string& line, const NamedStack& stack) {
  if (stack.cut) {
    append_frame(line, cut_frame);
  }
  for (const Frame& frame : stack.frames) {
    append_frame(line, name_of(frame));
    line += frame.kernel ? kernel_suffix : "";
  }
}

std::string folded(const NamedStack& stack, const std::string& group, const std::string& cause) {
  std::string line;
  append_frame(line, group);
  append_frame(line, cause);
  append_frames(line, stack);
  return line;
}

std::string folded_waker(const WakerStack& pair, const ProcessGroups& names) {
  NamedStack waker = pair.waker;
  std::ranges::reverse(waker.frames);
  std::string line = folded(pair.sleeper, names.of(pair.sleeper), cause_of(pair.sleeper));
  append_frame(line, "--");
  append_frames(line, waker);
  append_frame(line, names.of(waker));
  return line;
}

using Lines = std::unordered_map<std::string, std::uint64_t>;

// Processes of one group are summed up.
Lines lines_of(const Report& report, GroupBy by, StackWeight weight) {
  Lines sums;
  if (!report.stacks) {
    return sums;
  }
  const ProcessGroups names(report.session, by);
  for (const NamedStack& stack : report.stacks->stacks) {
    if (!is_of_lifetime(stack.kind)) {
      continue;
    }
    for (const StackPart& part : parts_of(stack)) {
      const std::uint64_t amount =
          weight == StackWeight::count ? part.count : static_cast<std::uint64_t>(part.time.count());
      if (amount > 0) {
        sums[folded(stack, names.of(stack), part.cause)] += amount;
      }
    }
  }
  return sums;
}

void write_heaviest_first(const Lines& sums, std::ostream& out) {
  std::vector<std::pair<std::string, std::uint64_t>> lines(sums.begin(), sums.end());
  std::ranges::sort(
      lines, [](const auto& a, const auto& b) { return std::tie(b.second, a.first) < std::tie(a.second, b.first); });
  for (const auto& [line, sum] : lines) {
    out << line << ' ' << sum << '\n';
  }
}

}  // namespace

void render_folded(const Report& report, StackWeight weight, std::ostream& out) {
  write_heaviest_first(lines_of(report, report.grouping(), weight), out);
}

void render_folded_difference(const Report& a, const Report& b, std::ostream& out) {
  const GroupBy by = common_grouping(a, b);
  std::unordered_map<std::string, std::pair<std::uint64_t, std::uint64_t>> both;
  for (const auto& [line, weight] : lines_of(a, by, StackWeight::time)) {
    both[line].first = weight;
  }
  for (const auto& [line, weight] : lines_of(b, by, StackWeight::time)) {
    both[line].second = weight;
  }
  std::vector<std::tuple<std::uint64_t, std::string, std::pair<std::uint64_t, std::uint64_t>>> changes;
  for (const auto& [line, weights] : both) {
    const auto [less, more] = std::minmax(weights.first, weights.second);
    changes.emplace_back(more - less, line, weights);
  }
  std::ranges::sort(changes, [](const auto& left, const auto& right) {
    return std::tie(std::get<0>(right), std::get<1>(left)) < std::tie(std::get<0>(left), std::get<1>(right));
  });
  for (const auto& [change, line, weights] : changes) {
    out << line << ' ' << weights.first << ' ' << weights.second << '\n';
  }
}

void render_waker_stacks(const Report& report, std::ostream& out) {
  if (!report.stacks) {
    return;
  }
  const ProcessGroups names(report.session, report.grouping());
  Lines sums;
  for (const WakerStack& pair : report.stacks->wakers) {
    sums[folded_waker(pair, names)] += static_cast<std::uint64_t>(pair.sleeper.time.count());
  }
  write_heaviest_first(sums, out);
}

}  // namespace taskcost
