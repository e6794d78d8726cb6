// SPDX-License-Identifier: Apache-2.0
//
// The heaviest stacks of each kind. Flame graphs and folded stacks have all of them.
#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/units.h"
#include "report/sections/sections.h"
#include "report/stacks/stack_words.h"

namespace taskcost::sections {
namespace {

constexpr std::size_t most_stacks = 3;

// "read <- serve <- main"; a function that calls itself appears once, with its number of frames.
std::string frames_text(const NamedStack& stack, bool kernel) {
  std::vector<std::pair<std::string, std::size_t>> names;
  for (auto frame = stack.frames.rbegin(); frame != stack.frames.rend(); ++frame) {
    if (frame->kernel != kernel) {
      continue;
    }
    std::string name = name_of(*frame);
    if (!names.empty() && names.back().first == name) {
      ++names.back().second;
    } else {
      names.emplace_back(std::move(name), 1);
    }
  }
  if (!kernel && stack.cut) {
    names.emplace_back(cut_frame, 1);
  }
  std::string text;
  for (const auto& [name, times] : names) {
    text += fmt::format("{}{}{}", text.empty() ? "" : " <- ", name, times > 1 ? fmt::format(" ({}x)", times) : "");
  }
  return text;
}

struct StackOrigin {
  std::string cause;
  std::string kernel;
  std::string user;

  auto operator<=>(const StackOrigin&) const = default;
};

struct Weight {
  Duration time{};
  std::uint64_t count = 0;

  void add(const NamedStack& stack) {
    time += stack.time;
    count += stack.count;
  }
};

void add_kind(Section& section, const Stacks& stacks, const ProcessGroups& names, StackKind kind, bool verbose) {
  std::map<StackOrigin, Weight> sums;  // processes of one group are summed up
  Weight all;
  for (const NamedStack& stack : stacks.stacks) {
    if (stack.kind == kind) {
      std::string cause = names.of(stack.process);
      if (kind == StackKind::wait) {
        cause.append(": ").append(text_of(stack.wait));
      }
      sums[{std::move(cause), frames_text(stack, true), frames_text(stack, false)}].add(stack);
      all.add(stack);
    }
  }
  if (sums.empty()) {
    return;
  }
  std::vector<std::pair<StackOrigin, Weight>> heaviest(sums.begin(), sums.end());
  std::ranges::stable_sort(heaviest, std::ranges::greater(),
                           [](const auto& sum) { return std::tuple(sum.second.time, sum.second.count); });
  const std::size_t shown = shown_of(heaviest.size(), most_stacks, verbose);
  Table table({left(to_string(kind), least_name_columns), "time", "share", "count"});
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& [origin, weight] = heaviest[i];
    table.row({origin.cause, weight.time, share(weight.time, all.time), weight.count});
    for (const std::string* frames : {&origin.kernel, &origin.user}) {
      if (!frames->empty()) {
        table.note(*frames, margin + 2, Tone::faint);
      }
    }
  }
  section.block();
  section.add(std::move(table));
  section.more(heaviest.size() - shown, verbose);
}

}  // namespace

Section stacks(const Report& report, bool verbose) {
  Section section("stacks", "Stacks");
  if (!report.stacks) {
    return section;
  }
  const Stacks& stacks = *report.stacks;
  if (stacks.events == 0) {
    section.say("no event that stacks are collected of");
  } else {
    const std::string lost =
        stacks.lost_events > 0
            ? fmt::format("; {} more without a stack, its slot in the kernel's table was taken", stacks.lost_events)
            : "";
    section.say(fmt::format(
        "Innermost frame first, the kernel's before the program's. {}, {} of them cut before the entry of their "
        "program or thread, for want of frame pointers{}.",
        counted(stacks.events, "event", "events"),
        share_text(static_cast<double>(stacks.cut_events), static_cast<double>(stacks.events)), lost));
  }
  const ProcessGroups names(report.session, report.grouping());
  for (const StackKind kind : {StackKind::wait, StackKind::involuntary_switch, StackKind::fault, StackKind::creation}) {
    add_kind(section, stacks, names, kind, verbose);
  }
  return section;
}

}  // namespace taskcost::sections
