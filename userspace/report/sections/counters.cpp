// SPDX-License-Identifier: Apache-2.0
//
// Sums over all tasks: switches, page faults, calls on channels, and the kernel's own counts next to them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/units.h"
#include "report/remarks.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

using Count = std::optional<std::uint64_t>;

void add_counter(Table& table, const Account& account, tc_counter counter, const Count& whole = std::nullopt) {
  const Count& count = account.counters[counter];
  const bool shared = count && whole && *whole > 0;
  table.row({text_of(counter),
             {count, count ? Tone::plain : Tone::faint},
             shared ? share(static_cast<double>(*count), static_cast<double>(*whole)) : Cell("")});
}

void add_comparison(Table& table, const char* name, const Count& ours, std::uint64_t kernel) {
  Cell difference("");
  if (ours) {
    const auto ours_minus_kernel = static_cast<double>(*ours) - static_cast<double>(kernel);
    difference = *ours == kernel
                     ? Cell("equal", Tone::good, 0, Unit::count)
                     : Cell(fmt::format("{:+.0f}", ours_minus_kernel), Tone::warning, ours_minus_kernel, Unit::count);
  }
  table.row({name, ours, kernel, std::move(difference)});
}

constexpr std::array switch_kinds{TC_COUNTER_VOLUNTARY_SWITCHES,          TC_COUNTER_INVOLUNTARY_SWITCHES,
                                  TC_COUNTER_SWITCHES_SAME_ADDRESS_SPACE, TC_COUNTER_SWITCHES_OTHER_ADDRESS_SPACE,
                                  TC_COUNTER_SWITCHES_TO_KERNEL_THREAD,   TC_COUNTER_SWITCHES_TO_IDLE};
// These have a line only if they happened.
constexpr std::array rare_switches{TC_COUNTER_THROTTLED, TC_COUNTER_YIELDS, TC_COUNTER_UNSEEN_SWITCH_INS,
                                   TC_COUNTER_UNSEEN_WAKEUPS};
constexpr std::array switch_effects{TC_COUNTER_MIGRATIONS, TC_COUNTER_TLB_FLUSHES_ON_SWITCH,
                                    TC_COUNTER_TLB_REUSES_ON_SWITCH, TC_COUNTER_SHOOTDOWNS_SENT,
                                    TC_COUNTER_SHOOTDOWNS_RECEIVED};
constexpr std::array switch_times{TC_COUNTER_THROTTLED_NS, TC_COUNTER_YIELDED_NS, TC_COUNTER_SHOOTDOWN_STOLEN_NS,
                                  TC_COUNTER_SHOOTDOWN_LOST_NS};
constexpr std::array fault_kinds{TC_COUNTER_FAULTS_MINOR, TC_COUNTER_FAULTS_MAJOR,  TC_COUNTER_FAULTS_COW,
                                 TC_COUNTER_FAULTS_FILE,  TC_COUNTER_FAULTS_KERNEL, TC_COUNTER_FAULTS_TIMED};

// True for those of the sections on switches and page faults.
bool has_own_section(tc_counter counter) {
  const auto is_in = [counter](const auto& list) { return std::ranges::find(list, counter) != list.end(); };
  return is_in(switch_kinds) || is_in(rare_switches) || is_in(switch_effects) || is_in(switch_times) ||
         is_in(fault_kinds) || counter == TC_COUNTER_FAULTS_UNRESOLVED;
}

Cell bytes(const Count& bytes) { return bytes ? quantity(static_cast<double>(*bytes), Unit::bytes) : Cell("unknown"); }

}  // namespace

Section switches(const Session& session) {
  const Account& totals = session.totals;
  Table table({left("", 20), "count", "share"});
  for (const tc_counter counter : switch_kinds) {
    add_counter(table, totals, counter, totals.switches());
  }
  for (const tc_counter counter : rare_switches) {
    if (totals.counters[counter].value_or(0) > 0) {
      add_counter(table, totals, counter);
    }
  }
  for (const tc_counter counter : switch_effects) {
    add_counter(table, totals, counter);
  }
  for (const tc_counter counter : switch_times) {
    if (const Count& ns = totals.counters[counter]; ns.value_or(0) > 0) {
      table.row({text_of(counter), quantity(static_cast<double>(*ns), Unit::ns)});
    }
  }
  Section section("switches", "Switches");
  section.add(std::move(table));
  return section;
}

Section faults(const Session& session) {
  const Account& totals = session.totals;
  const Count& minor = totals.counters[TC_COUNTER_FAULTS_MINOR];
  const Count& major = totals.counters[TC_COUNTER_FAULTS_MAJOR];
  const Count all = minor && major ? Count(*minor + *major) : std::nullopt;
  Table table({left("", 20), "count", "share"});
  for (const tc_counter counter : fault_kinds) {
    add_counter(table, totals, counter, all);
  }
  // The kernel's fault counts do not include these faults, so they have no share.
  add_counter(table, totals, TC_COUNTER_FAULTS_UNRESOLVED);
  Section section("faults", "Page faults");
  section.add(std::move(table));
  return section;
}

Section counters(const Session& session, bool others) {
  Table table({left("counter", 20), "value"});
  for (int i = 0; i < TC_NR_COUNTERS; ++i) {
    const auto counter = static_cast<tc_counter>(i);
    const Count& value = session.totals.counters[counter];
    if (others && has_own_section(counter)) {
      continue;
    }
    if (!value) {
      table.row({text_of(counter), {value, Tone::faint}});
    } else if (*value > 0) {
      table.row({text_of(counter), quantity(static_cast<double>(*value), unit_of_key(key_of(counter)))});
    }
  }
  Section section("counters", others ? "Other counters" : "All counters");
  if (!table.rows.empty()) {
    section.add(std::move(table));
  }
  return section;
}

Table channel_calls(const Account& account) {
  Table table({left("channel"), "calls", "bytes in", "bytes out", "kernel time", "per call"});
  for (int i = 0; i < TC_NR_CHANNELS; ++i) {
    const char* const name = text_of(static_cast<tc_channel>(i));
    if (const auto& use = account.channels[i]; !use) {
      table.row({name, Count()});
    } else if (use->calls > 0) {
      table.row(
          {name, use->calls, bytes(use->received()), bytes(use->sent()), use->kernel, mean(use->kernel, use->calls)});
    }
  }
  return table;
}

Section channels(const Session& session) {
  Section section("channels", "Channels between tasks");
  Table table = channel_calls(session.totals);
  if (!session.calls_seen) {
    section.say(std::string(calls_unmeasured));
  } else if (table.rows.empty()) {
    section.say("no system call on a pipe, a socket or another channel");
  } else {
    section.add(std::move(table));
    section.say("Plain loads and stores to memory that tasks share are not seen.", Tone::faint);
  }
  return section;
}

Section kernel_accounting(const Report& report) {
  Section section("kernel_accounting", "The kernel's own accounting");
  const Account& totals = report.session.totals;
  if (!totals.task_stats) {
    section.say(report.part ? "not measured: recorded events do not have them"
                            : "not measured: a task exited before its task stats could be read");
    return section;
  }
  const TaskStats& task_stats = *totals.task_stats;
  const std::uint64_t kernel_faults = task_stats.faults_minor + task_stats.faults_major;
  const Duration running = totals.total(TC_CONDITION_RUNNING);
  // The report's faults come from these statistics of the kernel. Only the faults that the probes timed are an
  // independent count.
  const Count& timed = totals.counters[TC_COUNTER_FAULTS_TIMED];
  Table table({left(""), "ledger", "kernel", "difference"});
  add_comparison(table, "voluntary switches", totals.counters[TC_COUNTER_VOLUNTARY_SWITCHES],
                 task_stats.voluntary_switches);
  add_comparison(table, "involuntary switches", totals.counters[TC_COUNTER_INVOLUNTARY_SWITCHES],
                 task_stats.involuntary_switches);
  add_comparison(table, "page faults", timed, kernel_faults);
  table.row({"CPU time", running, task_stats.cpu_time,
             signed_percent_text(static_cast<double>((running - task_stats.cpu_time).count()),
                                 static_cast<double>(task_stats.cpu_time.count()))});
  section.add(std::move(table));
  if (const std::vector<Remark> remarks = remarks_of(report);
      const Remark* const remark = remark_about(remarks, "totals.task_stats.cpu_ns")) {
    section.say("CPU time: " + remark->text);
  }
  if (timed && *timed != kernel_faults) {
    section.say("The kernel takes some page faults on a task's behalf, without an exception that a probe could see.",
                Tone::faint);
  }
  if (std::ranges::any_of(report.session.processes, &Process::open_at_end)) {
    section.say(
        "The kernel's figures of tasks that live on were read a moment after the window, and may be a little larger.",
        Tone::faint);
  }
  return section;
}

}  // namespace taskcost::sections
