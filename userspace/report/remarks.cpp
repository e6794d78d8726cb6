// SPDX-License-Identifier: Apache-2.0
#include "report/remarks.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>

#include "base/units.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;

// A smaller part of a figure does not matter.
constexpr double noticeable = 0.01;

struct LossRemark {
  std::string text;
  bool matters = true;
};

std::optional<std::uint64_t> faults_of(const Account& account) {
  const auto& minor = account.counters[TC_COUNTER_FAULTS_MINOR];
  const auto& major = account.counters[TC_COUNTER_FAULTS_MAJOR];
  return minor && major ? std::optional(*minor + *major) : std::nullopt;
}

// "3 of 2,000 page faults, 0.2%: "
std::string part_text(std::uint64_t part, const std::optional<std::uint64_t>& whole, std::string_view of) {
  if (!whole || *whole < part) {
    return "";
  }
  return fmt::format("{} of {} {}: ", share_text(static_cast<double>(part), static_cast<double>(*whole)),
                     grouped_text(*whole), of);
}

bool is_noticeable(std::uint64_t part, const std::optional<std::uint64_t>& whole) {
  return !whole || static_cast<double>(part) >= noticeable * static_cast<double>(*whole);
}

LossRemark remark_on_loss(tc_loss loss, std::uint64_t count, const Report& report) {
  const Session& session = report.session;
  const auto faults = faults_of(session.totals);
  switch (loss) {
    case TC_LOSS_MISSED_LEDGERS:
      return {
          "As many tasks as --max-tasks has room for lived at that time. These, and all that they created "
          "meanwhile, are in no other figure. Raise --max-tasks."};
    case TC_LOSS_STORAGE_FAILURES:
      return {
          "Other tasks took their slots in the table of observed tasks. They are in no other figure. Raise "
          "--max-tasks: the table grows with it."};
    case TC_LOSS_DROPPED_EXIT_RECORDS:
      return {"These tasks ended in a burst, and their last accounts are in no sum. Raise --buffer."};
    case TC_LOSS_DROPPED_EVENTS:
      return {"Processes may have the name of the program before, and no time as a zombie. Raise --buffer."};
    case TC_LOSS_UNRESOLVED_FAULTS:
      return {part_text(count, faults, "page faults") +
                  "they are counted, and their time is part of what they interrupted instead of page faults.",
              is_noticeable(count, faults)};
    case TC_LOSS_UNPAIRED_FAULTS:
      return {part_text(count, faults, "page faults") +
                  "they are counted and not timed; their time is part of what they interrupted.",
              is_noticeable(count, faults)};
    case TC_LOSS_BACKWARD_TIMES:
      return {"Events of one task from two CPUs came in the wrong order. The time between them counts as zero.",
              is_noticeable(count, report.observer.transitions)};
    case TC_LOSS_LEAKED_SLOTS:
      return {"The table has room for that many fewer tasks from then on. No figure is wrong.", false};
    case TC_LOSS_MISSED_FLOWS:
      return {"Bytes between pairs of tasks lack these calls; bytes of each task have them."};
    case TC_LOSS_MISSED_STACKS: {
      const auto events = report.stacks ? std::optional(report.stacks->events + count) : std::nullopt;
      return {part_text(count, events, "events") + "the stacks lack them; all other figures have them.",
              is_noticeable(count, events)};
    }
    case TC_LOSS_DROPPED_TRANSITIONS:
      return {
          "Outputs that are made from the recording lack them. The accounts of this report come from the kernel's "
          "ledgers, which have them. Raise --buffer."};
    case TC_LOSS_UNREAD_TABLES:
      return {
          "Wake-ups and bytes between tasks may be missing beyond the first few of each task; so may regions, quotas, "
          "locks and what was behind waits."};
    case TC_LOSS_MISSED_EDGES:
      return {"These waits are counted by cause; their wakers are not known."};
    case TC_LOSS_MISSED_SYSCALLS:
      return {part_text(count, session.totals.counters[TC_COUNTER_SYSCALLS], "system calls") +
                  "the table of system calls by name lacks them; all other figures have them.",
              is_noticeable(count, session.totals.counters[TC_COUNTER_SYSCALLS])};
    case TC_LOSS_MISSED_TURNS:
      return {"What ran instead of waiting tasks lacks them: their time was not told apart."};
    case TC_LOSS_MISSED_LOCK_WAITS:
      return {"The table of locks lacks them; blocked time has them."};
    case TC_LOSS_MISSED_WAIT_OBJECTS:
      return {"The table of what was behind waits lacks them; blocked time has them."};
    case TC_LOSS_MISSED_REGIONS:
      return {"Regions of further names or threads are in no table; all other figures have them."};
    case TC_LOSS_UNREAD_REGION_NAMES:
      return {
          "Their regions have no name, and such an end is that of the innermost region. Touch the name before a mark."};
    default:
      return {"No figure has them."};
  }
}

void add_losses(std::vector<Remark>& remarks, const Report& report) {
  const Losses& losses = report.session.losses;
  for (std::size_t i = 0; i < TC_NR_LOSSES; ++i) {
    const auto loss = static_cast<tc_loss>(i);
    if (losses.counts[i] == 0) {
      continue;
    }
    if (LossRemark remark = remark_on_loss(loss, losses.counts[i], report); !remark.text.empty()) {
      remarks.push_back({fmt::format("losses.{}", key_of(loss)), std::move(remark.text), remark.matters});
    }
  }
  if (losses.skipped_probes > 0) {
    remarks.push_back({"losses.skipped_probes",
                       "Another task had taken the CPU from the same program, or the program interrupted itself. What "
                       "those runs would have measured is in no figure.",
                       is_noticeable(losses.skipped_probes, report.observer.transitions)});
  }
  if (losses.missed_switches > 0) {
    const std::uint64_t switches = report.session.totals.switches() + losses.missed_switches;
    remarks.push_back({"losses.missed_switches",
                       part_text(losses.missed_switches, switches, "switches") +
                           "the kernel hides some from all tracepoints. Until the next event the time counts as what "
                           "the task did before.",
                       is_noticeable(losses.missed_switches, switches)});
  }
}

// The mean length of a CPU slice.
std::string slice_text(const Account& account, Duration running) {
  const std::uint64_t switches = account.switches();
  return switches == 0
             ? ""
             : fmt::format(" (here a task has a CPU for {} at a time)",
                           nanoseconds_text(static_cast<double>(running.count()) / static_cast<double>(switches)));
}

void add_cpu_time(std::vector<Remark>& remarks, const Report& report) {
  const Account& totals = report.session.totals;
  if (!totals.task_stats) {
    return;
  }
  constexpr Duration least = 1ms;
  const Duration running = totals.total(TC_CONDITION_RUNNING);
  const Duration difference = running - totals.task_stats->cpu_time;
  const Duration size = difference < Duration::zero() ? -difference : difference;
  if (size < least ||
      static_cast<double>(size.count()) < 2 * noticeable * static_cast<double>(totals.task_stats->cpu_time.count())) {
    return;
  }
  std::string text;
  if (difference < Duration::zero()) {
    text =
        "The kernel's clock for this stands still between a wake-up and the switch, and gives that time to the task "
        "that comes; the ledger gives it to whatever had the CPU until then, which may be the idle task. The "
        "shorter the times on a CPU, the larger the part" +
        slice_text(totals, running) + ".";
    if (report.session.losses.missed_switches > 0 || report.session.losses.skipped_probes > 0) {
      text += " And switches were missed (losses).";
    }
  } else {
    text =
        "Interrupts, and time that a hypervisor takes away, are in the ledger's running time, and not in the "
        "kernel's figure";
    text += report.host.virtualization.empty() || report.host.virtualization == "none"
                ? "."
                : fmt::format("; this machine is virtualized ({}).", report.host.virtualization);
  }
  remarks.push_back({"totals.task_stats.cpu_ns", std::move(text)});
}

}  // namespace

std::vector<Remark> remarks_of(const Report& report) {
  std::vector<Remark> remarks;
  add_losses(remarks, report);
  add_cpu_time(remarks, report);
  return remarks;
}

const Remark* remark_about(const std::vector<Remark>& remarks, std::string_view about) {
  const auto found = std::ranges::find(remarks, about, &Remark::about);
  return found == remarks.end() ? nullptr : &*found;
}

}  // namespace taskcost
