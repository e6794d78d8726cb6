// SPDX-License-Identifier: Apache-2.0
//
// When each task was on a CPU.
#include <algorithm>
#include <map>
#include <set>

#include "verdict/structure.h"

namespace taskcost {
namespace {

using CpuSlices = std::vector<CpuSlice>;

std::map<std::uint64_t, CpuSlices> group_by_task(const CpuSlices& cpu_slices) {
  std::map<std::uint64_t, CpuSlices> tasks;
  for (const CpuSlice& cpu_slice : cpu_slices) {
    tasks[cpu_slice.task].push_back(cpu_slice);
  }
  return tasks;
}

// REQUIRES: `cpu_slices` are sorted by start.
bool overlap(const CpuSlices& cpu_slices) {
  Instant busy_until = Instant::min();
  for (const CpuSlice& cpu_slice : cpu_slices) {
    if (cpu_slice.start < busy_until) {
      return true;
    }
    busy_until = std::max(busy_until, cpu_slice.end);
  }
  return false;
}

// Returns whether two of them overlap on different CPUs. Only the latest end on each CPU matters.
bool overlap_across_cpus(const CpuSlices& cpu_slices) {
  std::map<std::uint32_t, Instant> busy_until;
  for (const CpuSlice& cpu_slice : cpu_slices) {
    for (const auto& [cpu, until] : busy_until) {
      if (cpu != cpu_slice.cpu && cpu_slice.start < until) {
        return true;
      }
    }
    Instant& until = busy_until[cpu_slice.cpu];
    until = std::max(until, cpu_slice.end);
  }
  return false;
}

// Threads of the first process except its leader: the bakers.
CpuSlices select_threads(const Session& session) {
  std::set<std::uint64_t> threads;
  for (const Task& task : session.processes.front().tasks) {
    if (!task.leader) {
      threads.insert(task.id);
    }
  }
  CpuSlices cpu_slices;
  std::ranges::copy_if(*session.cpu_slices, std::back_inserter(cpu_slices),
                       [&](const CpuSlice& cpu_slice) { return threads.contains(cpu_slice.task); });
  return cpu_slices;
}

bool has_cpu_slices(const Round& round) {
  return round.session.cpu_slices && !round.session.cpu_slices->empty() && !round.session.processes.empty();
}

}  // namespace

Cases one_at_a_time(const Rounds& rounds) {
  Cases cases;
  for (const char* variant : {"cpu-slices/serial", "cpu-slices/threads", "cpu-slices/processes"}) {
    for (const Round* round : lossless_rounds(rounds, variant)) {
      if (!has_cpu_slices(*round)) {
        continue;
      }
      for (const auto& [task, cpu_slices] : group_by_task(*round->session.cpu_slices)) {
        cases.count(!overlap(cpu_slices));
      }
    }
  }
  return cases;
}

Cases run_in_parallel(const Rounds& rounds) {
  Cases cases;
  for (const Round* round : lossless_rounds(rounds, "cpu-slices/threads")) {
    if (has_cpu_slices(*round)) {
      cases.count(overlap_across_cpus(select_threads(round->session)));
    }
  }
  return cases;
}

Cases alone(const Rounds& rounds) {
  Cases cases;
  for (const Round* round : lossless_rounds(rounds, "cpu-slices/serial")) {
    if (has_cpu_slices(*round)) {
      const auto tasks = group_by_task(select_threads(round->session));
      cases.count(tasks.size() == 1 && !overlap(tasks.begin()->second));
    }
  }
  return cases;
}

}  // namespace taskcost
