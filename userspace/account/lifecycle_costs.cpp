// SPDX-License-Identifier: Apache-2.0
#include "account/lifecycle_costs.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace taskcost {
namespace {

std::optional<tc_creation> kind_of(TaskOrigin how) {
  switch (how) {
    case TaskOrigin::thread:
      return TC_CREATION_THREAD;
    case TaskOrigin::fork:
      return TC_CREATION_FORK;
    case TaskOrigin::vfork:
      return TC_CREATION_VFORK;
    case TaskOrigin::spawn:
      return TC_CREATION_SPAWN;
    case TaskOrigin::clone_vm:
      return TC_CREATION_CLONE_VM;
    case TaskOrigin::attached:
    case TaskOrigin::worker:
      break;
  }
  return std::nullopt;
}

void add_life(LifecycleCost& price, const Process& process, const Task& task, const Account& account) {
  const auto running = [&account](tc_activity activity) { return account.cells[activity][TC_CONDITION_RUNNING]; };
  ++price.count;
  price.start += running(TC_ACTIVITY_CREATE);
  price.exec += running(TC_ACTIVITY_EXEC);
  price.faults += running(TC_ACTIVITY_PAGE_FAULT);
  price.exit += running(TC_ACTIVITY_EXIT);
  if (task.origin != TaskOrigin::thread) {
    price.reap += process.reap.value_or(Duration{});
  }
}

// Instants of all tasks; each list is sorted.
struct TaskTimes {
  std::vector<Instant> starts;
  std::vector<Instant> ends;         // only tasks that exited
  std::vector<Instant> last_on_cpu;  // only tasks that ever ran
  std::vector<Instant> starts_of_these;
};

TaskTimes task_times_of(const std::vector<Process>& processes) {
  TaskTimes times;
  for (const Process& process : processes) {
    for (const Task& task : process.tasks) {
      times.starts.push_back(task.start);
      if (!task.open_at_end) {
        times.ends.push_back(task.end);
      }
      if (task.last_on_cpu) {
        times.last_on_cpu.push_back(*task.last_on_cpu);
        times.starts_of_these.push_back(task.start);
      }
    }
  }
  for (auto* instants : {&times.starts, &times.ends, &times.last_on_cpu, &times.starts_of_these}) {
    std::ranges::sort(*instants);
  }
  return times;
}

std::uint64_t count_until(const std::vector<Instant>& instants, Instant at) {
  return static_cast<std::uint64_t>(std::ranges::upper_bound(instants, at) - instants.begin());
}

std::uint64_t count_after(const std::vector<Instant>& instants, Instant at) {
  return instants.size() - count_until(instants, at);
}

// All tasks of the process have exited by `last`: a task that is alive then belongs to another process.
void count_others(SignalDeath& death, const TaskTimes& times, Instant last) {
  death.others_alive = count_until(times.starts, last) - count_until(times.ends, last);
  const std::uint64_t ran_after = count_after(times.last_on_cpu, last);
  death.others_ran_on = ran_after - std::min(ran_after, count_after(times.starts_of_these, last));
}

SignalDeath signal_death_of(const Process& process, const TaskTimes& times) {
  SignalDeath death;
  death.process = process.id;
  death.signal = *process.exit_signal;
  death.generated = process.fatal ? std::optional(process.fatal->generated) : std::nullopt;
  Instant first = Instant::max();
  Instant last = Instant::min();
  for (const Task& task : process.tasks) {
    if (death.generated && task.end < *death.generated) {
      continue;  // it exited earlier, for another reason
    }
    ++death.tasks_ended;
    first = std::min(first, task.end);
    last = std::max(last, task.end);
  }
  if (death.tasks_ended == 0) {
    return death;
  }
  if (death.generated) {
    death.to_first_exit = first - *death.generated;
    death.to_last_exit = last - *death.generated;
  }
  count_others(death, times, last);
  return death;
}

}  // namespace

PerCreation<LifecycleCost> lifecycle_costs_of(const Session& session) {
  PerCreation<LifecycleCost> costs{};
  for (const Process& process : session.processes) {
    std::uint64_t forks = 0;
    std::uint64_t copy_on_write_ns = 0;
    for (const Task& task : process.tasks) {
      const Account account = task.account;
      const auto kind = kind_of(task.origin);
      const bool whole = task.creator != 0 && !task.open_at_start && !task.open_at_end;
      if (kind && whole) {
        add_life(costs[*kind], process, task, account);
      }
      forks += account.creations[TC_CREATION_FORK].count;
      copy_on_write_ns += account.counters[TC_COUNTER_FAULTS_COW_NS].value_or(0);
    }
    if (forks > 0) {
      costs[TC_CREATION_FORK].copy_on_write += nanoseconds(copy_on_write_ns);
    }
  }
  for (std::size_t kind = 0; kind < TC_NR_CREATIONS; ++kind) {
    const CreationSums& creations = session.totals.creations[kind];
    if (creations.returns > 0) {
      costs[kind].create = creations.running * costs[kind].count / creations.returns;
    }
  }
  return costs;
}

std::vector<SignalDeath> signal_deaths_of(const std::vector<Process>& processes) {
  std::vector<SignalDeath> signal_deaths;
  const auto killed = [](const Process& process) { return process.exit_signal.has_value(); };
  if (std::ranges::none_of(processes, killed)) {
    return signal_deaths;
  }
  const TaskTimes times = task_times_of(processes);
  for (const Process& process : processes) {
    if (killed(process)) {
      signal_deaths.push_back(signal_death_of(process, times));
    }
  }
  return signal_deaths;
}

}  // namespace taskcost
