// SPDX-License-Identifier: Apache-2.0
//
// Creation, exec, exit and reaping, and the processes that a signal killed.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/units.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr std::size_t most_deaths = 20;

// The mean of the values that were seen.
struct Mean {
  Duration sum{};
  std::uint64_t count = 0;

  void add(const std::optional<Duration>& value) {
    if (value) {
      sum += *value;
      ++count;
    }
  }
  // The mean over `of` events. If no value was seen, it is "not measured", not 0.
  [[nodiscard]] std::string over(std::uint64_t of) const {
    return count == 0 ? std::string(not_measured) : mean(sum, of).text;
  }
  [[nodiscard]] std::string text() const { return over(count); }
};

void add_ends(Section& section, const Session& session) {
  std::uint64_t execs = 0;
  Mean prepare;
  Mean replace;
  Mean returned;
  Mean exit;
  Mean teardown;
  Mean zombie;
  for (const Process& process : session.processes) {
    zombie.add(process.zombie);
    for (const Task& task : process.tasks) {
      exit.add(task.exit);
      teardown.add(task.exit_teardown);
      if (task.execs > 0) {
        execs += task.execs;
        prepare.add(task.exec_prepare);
        replace.add(task.exec_replace);
        returned.add(task.exec_return);
      }
    }
  }
  if (execs > 0) {
    section.item("exec         ",
                 fmt::format("{}; prepare {}, replace {}, return {} (means)", counted(execs, "time", "times"),
                             prepare.over(execs), replace.over(execs), returned.over(execs)));
  }
  if (exit.count > 0) {
    section.item("exit         ", fmt::format("{}; mean {}; until the address space is gone {}",
                                              counted(exit.count, "task", "tasks"), exit.text(), teardown.text()));
  }
  if (zombie.count > 0) {
    section.item("reap         ",
                 fmt::format("{}; mean {} as a zombie", counted(zombie.count, "process", "processes"), zombie.text()));
  }
  const auto& bytes = session.totals.counters[TC_COUNTER_PAGE_TABLE_BYTES];
  section.item("page tables  ",
               bytes ? bytes_text(static_cast<double>(*bytes)) + " for new address spaces" : std::string(not_measured));
}

}  // namespace

Section creations(const Session& session) {
  Section section("creations", "Creation and end");
  Table table({left("kind"), "count", "copy", "publish", "return", "child start"});
  for (int i = 0; i < TC_NR_CREATIONS; ++i) {
    if (const CreationSums& sums = session.totals.creations[i]; sums.count > 0) {
      table.row({short_text(text_of(static_cast<tc_creation>(i))), sums.count, mean(sums.copy, sums.copies),
                 mean(sums.publish, sums.count), mean(sums.returned, sums.returns),
                 mean(sums.child_start, sums.starts)});
    }
  }
  if (table.rows.empty()) {
    section.say("no task was created");
  } else {
    section.add(std::move(table));
  }
  if (const auto workers = session.totals.counters[TC_COUNTER_CHILDREN_WORKERS]; workers.value_or(0) > 0) {
    section.say(fmt::format("{}: {}", text_of(TC_COUNTER_CHILDREN_WORKERS), *workers));
  }
  add_ends(section, session);
  return section;
}

Section lifetime_prices(const Session& session) {
  Section section("lifetime_prices", "Lifetime cost (mean kernel time on a CPU)");
  Table table({left("kind", least_name_columns), "count", "create", "start", "exec", "faults", "exit", "reap", "cow"});
  for (int kind = 0; kind < TC_NR_CREATIONS; ++kind) {
    const LifecycleCost& price = session.lifecycle_costs[kind];
    if (price.count > 0) {
      std::vector<Cell> row{key_of(static_cast<tc_creation>(kind)), price.count};
      for (const Duration sum :
           {price.create, price.start, price.exec, price.faults, price.exit, price.reap, price.copy_on_write}) {
        row.push_back(mean(sum, price.count));
      }
      table.row(std::move(row));
    }
  }
  if (session.calls_seen && !table.rows.empty()) {
    section.add(std::move(table));
    section.say("cow: write-protected pages that the parent's process faulted on", Tone::faint);
  }
  return section;
}

Section signal_deaths(const Session& session) {
  Section section("signal_deaths", "Ended by a signal");
  if (session.signal_deaths.empty()) {
    return section;
  }
  Table table({left("process", least_name_columns), left("signal"), "tasks", "first exit", "last exit", "others alive",
               "ran on"});
  const auto time = [](const std::optional<Duration>& duration) { return duration ? Cell(*duration) : Cell("-"); };
  const std::size_t shown = std::min(most_deaths, session.signal_deaths.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const SignalDeath& death = session.signal_deaths[i];
    const auto process = std::ranges::find(session.processes, death.process, &Process::id);
    table.row({process == session.processes.end() ? "-" : fmt::format("{} ({})", process->comm, process->tgid),
               signal_text(death.signal), death.tasks_ended, time(death.to_first_exit), time(death.to_last_exit),
               death.others_alive, death.others_ran_on});
  }
  section.add(std::move(table));
  // --verbose does not show the others either.
  section.more(session.signal_deaths.size() - shown, true);
  return section;
}

}  // namespace taskcost::sections
