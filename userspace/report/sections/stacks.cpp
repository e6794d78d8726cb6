// SPDX-License-Identifier: Apache-2.0
//
// The heaviest stacks of each kind. Flame graphs and folded stacks have all of them.
#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "account/describe/account_keys.h"
#include "base/units.h"
#include "report/sections/sections.h"
#include "report/stacks/stack_words.h"

namespace taskcost::sections {
namespace {

constexpr std::size_t most_stacks = 3;
constexpr std::size_t most_stacks_in_page = 30;  // its flame graph has the others
constexpr std::size_t most_failures = 3;

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

struct ShownStacks {
  std::size_t most;
  bool verbose;
};

void add_kind(Section& section, const Stacks& stacks, const ProcessGroups& names, StackKind kind,
              const ShownStacks& extent) {
  std::map<StackOrigin, Weight> sums;  // processes of one group are summed up
  Weight all;
  for (const NamedStack& stack : stacks.stacks) {
    if (stack.kind == kind) {
      std::string cause = names.of(stack);
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
  const std::size_t shown = std::min(heaviest.size(), extent.most);
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
  section.more(heaviest.size() - shown, extent.verbose);
}

// Adds a table of the stacks that released the longest waits.
void add_wakers(Section& section, const Stacks& stacks, const ProcessGroups& names, const ShownStacks& extent) {
  if (stacks.wakers.empty()) {
    return;
  }
  const std::size_t shown = std::min(stacks.wakers.size(), extent.most);
  Table table({left("released by", least_name_columns), "time", "count"});
  for (const WakerStack& pair : std::span(stacks.wakers).first(shown)) {
    table.row({fmt::format("{}: {}, by {}", names.of(pair.sleeper), text_of(pair.sleeper.wait), names.of(pair.waker)),
               pair.sleeper.time, pair.sleeper.count});
    for (const NamedStack* const side : {&pair.sleeper, &pair.waker}) {
      const bool has_user = std::ranges::any_of(side->frames, [](const Frame& frame) { return !frame.kernel; });
      if (const std::string frames = frames_text(*side, !has_user); !frames.empty()) {
        table.note((side == &pair.sleeper ? "waits: " : "wakes: ") + frames, margin + 2, Tone::faint);
      }
    }
  }
  section.block();
  section.add(std::move(table));
  section.more(stacks.wakers.size() - shown, extent.verbose);
}

std::vector<tc_stack_end> reasons_of(const Stacks& stacks) {
  std::vector<tc_stack_end> ends;
  for (const tc_stack_end end : every<tc_stack_end>()) {
    if (end != TC_STACK_END_COMPLETE && end != TC_STACK_END_NO_USER && stacks.ends[end].count > 0) {
      ends.push_back(end);
    }
  }
  return ends;
}

std::string share_of(Duration part, Duration whole) { return share_text(in_ns(part), in_ns(whole)); }

// "3% of them (1% of their time) cut before the entry of their program or thread: ..."
std::string cut_text(const Stacks& stacks) {
  if (stacks.cut_events == 0) {
    return "each back to the entry of its program or thread";
  }
  std::string text = fmt::format("{} of them ({} of their time) cut before the entry of their program or thread",
                                 share_text(static_cast<double>(stacks.cut_events), static_cast<double>(stacks.events)),
                                 share_of(stacks.cut_time, stacks.time));
  std::vector<tc_stack_end> ends = reasons_of(stacks);
  std::ranges::stable_sort(ends, std::ranges::greater(),
                           [&](tc_stack_end end) { return std::tuple(stacks.ends[end].time, stacks.ends[end].count); });
  const char* separator = ": ";
  for (const tc_stack_end end : ends) {
    text += fmt::format("{}{} ({} of the time)", separator, text_of(end), share_of(stacks.ends[end].time, stacks.time));
    separator = ", ";
  }
  return text;
}

std::string tables_text(const UnwindTables& tables) {
  std::string text = fmt::format("Unwound by tables of {}, {} of kernel memory", counted(tables.files, "file", "files"),
                                 bytes_text(static_cast<double>(tables.bytes)));
  if (tables.without > 0) {
    text += fmt::format("; {} without unwind information", counted(tables.without, "file", "files"));
  }
  if (tables.no_room > 0) {
    text += fmt::format("; {} found no room, raise --unwind-memory", counted(tables.no_room, "table", "tables"));
  }
  return text + ".";
}

// Empty if all files could be kept.
std::string files_text(const KeptFiles& files) {
  if (files.not_kept == 0) {
    return "";
  }
  return fmt::format(
      "{} were not kept open, beyond {}: their functions have no name if their path leads elsewhere now.",
      counted(files.not_kept, "file", "files"), files.limit);
}

// Empty if no map is missing.
std::string maps_text(const KeptFiles& files) {
  if (files.jit_maps_refused == 0) {
    return "";
  }
  return fmt::format("Compiled code of {} has no names: no /tmp/perf-PID.map that its user or root wrote while it ran.",
                     counted(files.jit_maps_refused, "process", "processes"));
}

// "No table of /a (why), of /b (why), and of 2 more."
std::string failures_text(const UnwindTables& tables, bool verbose) {
  const std::size_t shown = shown_of(tables.failures.size(), most_failures, verbose);
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    const UnwindTables::Failure& failure = tables.failures[i];
    text += fmt::format("{}of {} ({})", i == 0 ? "No table " : ", ", failure.file, failure.why);
  }
  const std::uint64_t all = tables.without + tables.no_room;
  return text + (all > shown ? fmt::format(", and of {} more", counted(all - shown, "file", "files")) : "") + ".";
}

std::string samples_text(const StackSamples& samples) {
  if (samples.count == 0) {
    return fmt::format("No sample of a running task, at {} per second on each CPU.", samples.frequency);
  }
  return fmt::format(
      "On CPU: {} at {} per second on each CPU; each stands for {} of CPU time. By chance, 100 samples are off by up "
      "to "
      "20%, 10,000 by up to 2% (in 19 of 20 cases).",
      counted(samples.count, "sample", "samples"), samples.frequency, duration_text(samples.time_of(1)));
}

}  // namespace

Section stacks(const Report& report, bool verbose, const ReportView& view) {
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
    section.say(fmt::format("Innermost frame first, the kernel's before the program's. {}, {}{}.",
                            counted(stacks.events, "event", "events"), cut_text(stacks), lost));
    if (stacks.tables) {
      section.say(tables_text(*stacks.tables));
      if (!stacks.tables->failures.empty()) {
        section.say(failures_text(*stacks.tables, verbose));
      }
    }
    for (const std::string& text : {files_text(stacks.files), maps_text(stacks.files)}) {
      if (!text.empty()) {
        section.say(text);
      }
    }
    if (stacks.samples) {
      section.say(samples_text(*stacks.samples));
    }
  }
  const ProcessGroups names(report.session, report.grouping());
  const std::size_t all = std::numeric_limits<std::size_t>::max();
  const ShownStacks extent{view.folds ? most_stacks_in_page : verbose ? all : most_stacks, verbose};
  for (const StackKind kind :
       {StackKind::on_cpu, StackKind::wait, StackKind::involuntary_switch, StackKind::fault, StackKind::creation}) {
    add_kind(section, stacks, names, kind, extent);
  }
  add_wakers(section, stacks, names, extent);
  return section;
}

Section changed_stacks(bool are_all) {
  Section section("stacks", "Stacks");
  section.say(
      "A box is as wide as its time in A and B together. It is red if B has more of that time and blue if B has "
      "less; the larger the difference, the stronger the color. Times are as measured, also where one window was "
      "longer.");
  if (!are_all) {
    section.say("The graph has the heaviest stacks of each report. Its [other stacks] are not the same in both.",
                Tone::warning);
  }
  return section;
}

}  // namespace taskcost::sections
