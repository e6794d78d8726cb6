// SPDX-License-Identifier: Apache-2.0
//
// The heaviest stacks of each kind. Flame graphs and files of folded stacks have all of them.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "report/stack_words.h"
#include "report/text_sections.h"
#include "report/text_words.h"
#include "report/units.h"

namespace taskcost {
namespace {

constexpr std::size_t shown_stacks = 3;
constexpr std::size_t least_name = 12;
constexpr std::size_t frames_indent = Page::margin + 2;

// As "read <- serve <- main"; what calls itself stands once.
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

struct Origin {
  std::string process;
  std::string cause;
  std::string user;
  std::string kernel;

  auto operator<=>(const Origin&) const = default;
};

struct Weight {
  Duration time{};
  std::uint64_t count = 0;
};

struct Heap {
  std::vector<std::pair<Origin, Weight>> stacks;  // the heaviest first
  Weight all;
};

// Processes of one name are one.
Heap heap_of(const Report& report, StackKind kind) {
  const auto names = process_names(report.session);
  std::map<Origin, Weight> sums;
  Heap heap;
  for (const NamedStack& stack : report.stacks->stacks) {
    if (stack.kind != kind) {
      continue;
    }
    const auto name = names.find(stack.process);
    const std::string process = name == names.end() ? "[unknown]" : name->second;
    const std::string cause = kind == StackKind::wait ? fmt::format("{}: {}", process, text_of(stack.wait)) : process;
    Weight& sum = sums[{process, cause, frames_text(stack, false), frames_text(stack, true)}];
    for (Weight* weight : {&sum, &heap.all}) {
      weight->time += stack.time;
      weight->count += stack.count;
    }
  }
  heap.stacks.assign(sums.begin(), sums.end());
  std::ranges::stable_sort(heap.stacks, [](const auto& left, const auto& right) {
    return std::tie(left.second.time, left.second.count) > std::tie(right.second.time, right.second.count);
  });
  return heap;
}

void write_kind(Page& page, const Report& report, StackKind kind) {
  const Heap heap = heap_of(report, kind);
  if (heap.stacks.empty()) {
    return;
  }
  const std::size_t shown = page.verbose() ? heap.stacks.size() : std::min(shown_stacks, heap.stacks.size());
  Table table({{to_string(kind), Column::Align::left, least_name}, {"time"}, {"share"}, {"count"}});
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& [origin, weight] = heap.stacks[i];
    table.row({origin.cause, duration_text(weight.time),
               share_text(static_cast<double>(weight.time.count()), static_cast<double>(heap.all.time.count())),
               std::to_string(weight.count)});
    for (const std::string& frames : {origin.kernel, origin.user}) {
      if (!frames.empty()) {
        table.note(frames, frames_indent, Ink::faint);
      }
    }
  }
  page.blank();
  page.table(table);
  if (heap.stacks.size() > shown) {
    page.paragraph(fmt::format("and {} more (--verbose)", heap.stacks.size() - shown), Page::margin, Ink::faint);
  }
}

}  // namespace

void write_stacks(Page& page, const Report& report) {
  if (!report.stacks) {
    return;
  }
  const Stacks& stacks = *report.stacks;
  page.heading("Stacks");
  if (stacks.events == 0) {
    page.paragraph("nothing happened that stacks are kept of");
  } else {
    const std::string lost =
        stacks.lost_events > 0
            ? fmt::format("; {} more without a stack, its place in the kernel's table was taken", stacks.lost_events)
            : "";
    page.paragraph(fmt::format(
        "Innermost frame first, the kernel's before the program's. {}, {} of them cut before the entry of their "
        "program or thread, for want of frame pointers{}.",
        counted(stacks.events, "event", "events"),
        share_text(static_cast<double>(stacks.cut_events), static_cast<double>(stacks.events)), lost));
  }
  for (const StackKind kind : {StackKind::wait, StackKind::involuntary_switch, StackKind::fault, StackKind::creation}) {
    write_kind(page, report, kind);
  }
}

}  // namespace taskcost
