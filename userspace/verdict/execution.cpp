// SPDX-License-Identifier: Apache-2.0
//
// When each task was on a CPU.
#include <algorithm>
#include <map>
#include <set>

#include "verdict/structure.h"

namespace taskcost {
namespace {

using Stints = std::vector<CpuStint>;

std::map<std::uint64_t, Stints> group_by_task(const Stints& stints) {
  std::map<std::uint64_t, Stints> tasks;
  for (const CpuStint& stint : stints) {
    tasks[stint.task].push_back(stint);
  }
  return tasks;
}

// REQUIRES: `stints` are sorted by start.
bool overlap(const Stints& stints) {
  Instant busy_until = Instant::min();
  for (const CpuStint& stint : stints) {
    if (stint.start < busy_until) {
      return true;
    }
    busy_until = std::max(busy_until, stint.end);
  }
  return false;
}

// Returns whether two of them overlap on different CPUs. Only the latest end on each CPU matters.
bool overlap_across_cpus(const Stints& stints) {
  std::map<std::uint32_t, Instant> busy_until;
  for (const CpuStint& stint : stints) {
    for (const auto& [cpu, until] : busy_until) {
      if (cpu != stint.cpu && stint.start < until) {
        return true;
      }
    }
    Instant& until = busy_until[stint.cpu];
    until = std::max(until, stint.end);
  }
  return false;
}

// Threads of the first process except its leader: the bakers.
Stints select_threads(const Session& session) {
  std::set<std::uint64_t> threads;
  for (const Task& task : session.processes.front().tasks) {
    if (!task.leader) {
      threads.insert(task.id);
    }
  }
  Stints stints;
  std::ranges::copy_if(*session.stints, std::back_inserter(stints),
                       [&](const CpuStint& stint) { return threads.contains(stint.task); });
  return stints;
}

bool has_stints(const Round& round) {
  return round.session.stints && !round.session.stints->empty() && !round.session.processes.empty();
}

}  // namespace

Cases one_at_a_time(const Rounds& rounds) {
  Cases cases;
  for (const char* variant : {"stints/serial", "stints/threads", "stints/processes"}) {
    for (const Round* round : whole_rounds(rounds, variant)) {
      if (!has_stints(*round)) {
        continue;
      }
      for (const auto& [task, stints] : group_by_task(*round->session.stints)) {
        cases.count(!overlap(stints));
      }
    }
  }
  return cases;
}

Cases run_in_parallel(const Rounds& rounds) {
  Cases cases;
  for (const Round* round : whole_rounds(rounds, "stints/threads")) {
    if (has_stints(*round)) {
      cases.count(overlap_across_cpus(select_threads(round->session)));
    }
  }
  return cases;
}

Cases alone(const Rounds& rounds) {
  Cases cases;
  for (const Round* round : whole_rounds(rounds, "stints/serial")) {
    if (has_stints(*round)) {
      const auto tasks = group_by_task(select_threads(round->session));
      cases.count(tasks.size() == 1 && !overlap(tasks.begin()->second));
    }
  }
  return cases;
}

}  // namespace taskcost
