// SPDX-License-Identifier: Apache-2.0
#include "report/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/escape.h"
#include "base/units.h"

namespace taskcost {

WindowClocks window_clocks(const Report& report) {
  const Session& session = report.session;
  if (session.end <= session.start) {
    return report.clocks;
  }
  // Times before 0 wrap around.
  const auto moved = [](std::optional<ClockAnchor> anchor, Instant to) {
    if (anchor) {
      const std::uint64_t later = static_cast<std::uint64_t>(to.time_since_epoch().count()) - anchor->monotonic_ns;
      anchor->monotonic_ns += later;
      anchor->realtime_ns += later;
      anchor->boottime_ns += later;
    }
    return anchor;
  };
  return {moved(report.clocks.start, session.start), moved(report.clocks.end, session.end)};
}

std::string short_text(std::string_view text) { return std::string(text.substr(0, text.find(" ("))); }

std::string key_words(std::string_view key) {
  std::string words(key);
  std::ranges::replace(words, '_', ' ');
  return words;
}

std::string signal_text(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

std::string ended_text(const Process& process) {
  if (process.exit_signal) {
    return signal_text(*process.exit_signal);
  }
  if (process.exit_code) {
    return fmt::format("exit {}", *process.exit_code);
  }
  return process.open_at_end ? "still alive" : "unknown";
}

std::string creation_words(tc_creation kind) { return kind == TC_CREATION_CLONE_VM ? "CLONE_VM alone" : key_of(kind); }

std::string latency_text(std::string_view histogram_key) {
  static const std::array<std::pair<std::string_view, std::string_view>, 8> names{{
      {key_of(TC_HISTOGRAM_RUN_QUEUE), "run-queue wait"},
      {key_of(TC_HISTOGRAM_SWITCH_SAME), "switch, same address space"},
      {key_of(TC_HISTOGRAM_SWITCH_OTHER), "switch, other address space"},
      {key_of(TC_HISTOGRAM_FAULT_MINOR), "minor fault"},
      {key_of(TC_HISTOGRAM_FAULT_MAJOR), "major fault"},
      {key_of(TC_HISTOGRAM_FAULT_COW), "copy-on-write fault"},
      {latency_key::child_start, "start of a child"},
      {latency_key::zombie, "zombie until reaped"},
  }};
  for (const auto& [key, name] : names) {
    if (key == histogram_key) {
      return std::string(name);
    }
  }
  for (int kind = 0; kind < TC_NR_CREATIONS; ++kind) {
    if (const auto each = static_cast<tc_creation>(kind); histogram_key == latency_key::of(each)) {
      return "creation, " + creation_words(each);
    }
  }
  return key_words(histogram_key);
}

std::string group_words(GroupBy by) {
  constexpr std::array words{"program", "command line", "thread name", "subtree", "user", "cgroup"};
  return words.at(static_cast<std::size_t>(by));
}

std::string group_text(GroupBy by, const std::string& name) {
  return by == GroupBy::cmdline ? short_command(name) : name;
}

std::string ran_text(GroupBy by, const GroupRanInstead& ran) {
  switch (ran.kind) {
    case RanInstead::Kind::unobserved:
      return ran.ran.value_or("a task") + ", not observed";
    case RanInstead::Kind::kernel_thread:
      return ran.ran.value_or("a thread") + " (kernel)";
    case RanInstead::Kind::idle:
      return "nothing, the CPU was idle";
    case RanInstead::Kind::task:
      break;
  }
  return ran.ran ? group_text(by, *ran.ran) : "others";
}

std::string short_command(const std::string& command) {
  constexpr std::size_t most_columns = 60;
  const std::size_t program_end = std::min(command.find(' '), command.size());
  const std::size_t slash = command.rfind('/', program_end);
  const bool has_directory = slash < program_end && !command.starts_with('[');  // [comm]: there are no arguments
  return TerminalText(has_directory ? command.substr(slash + 1) : command).cut(most_columns).text();
}

std::string_view waker_text(Waker::Kind kind) {
  switch (kind) {
    case Waker::Kind::task:
      return "a task";
    case Waker::Kind::unobserved:
      return "a task that is not observed";
    case Waker::Kind::timer:
      return "a timer";
    case Waker::Kind::interrupt:
      return "an interrupt";
    case Waker::Kind::several:
      return "many others";
    case Waker::Kind::unknown:
      break;
  }
  return "waker not seen";
}

std::string_view mark_text(Frame::Mark mark) {
  switch (mark) {
    case Frame::Mark::unlinked:
      return "unlinked";
    case Frame::Mark::replaced:
      return "replaced";
    case Frame::Mark::unread:
      return "not read";
    case Frame::Mark::none:
    case Frame::Mark::unknown:
      break;
  }
  return "";
}

std::string ratios_text(const Interval& interval) {
  return fmt::format("[{}..{}]", ratio_text(interval.low), ratio_text(interval.high));
}

std::string interval_text(const Interval& interval, Unit unit) {
  return fmt::format("[{}..{}]", quantity_text(interval.low, unit), quantity_text(interval.high, unit));
}

std::string ratio_text(double ratio, const std::optional<Interval>& interval) {
  return ratio_text(ratio) + (interval ? " " + ratios_text(*interval) : "");
}

}  // namespace taskcost
