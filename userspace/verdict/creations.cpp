// SPDX-License-Identifier: Apache-2.0
#include "verdict/structure.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "verdict/figures.h"

namespace taskcost {
namespace {

// Calls `look` with every process of every session of a variant.
template <typename Look>
void check_processes(const Rounds& rounds, std::string_view variant, Cases& cases, Look look) {
  for (const Round* round : lossless_rounds(rounds, variant)) {
    for (const Process& process : round->session.processes) {
      look(round->session, process, cases);
    }
  }
}

// The same for every created task.
template <typename Look>
void check_created(const Rounds& rounds, std::string_view variant, Cases& cases, Look look) {
  check_processes(rounds, variant, cases, [&](const Session& /*session*/, const Process& process, Cases& found) {
    for (const Task& task : process.tasks) {
      if (is_created(task)) {
        look(process, task, found);
      }
    }
  });
}

// Process ids are positions in the list, counted from 1.
const Process* find_process(const Session& session, std::uint64_t id) {
  return id == 0 || id > session.processes.size() ? nullptr : &session.processes[id - 1];
}

bool has_leader(const Process& process) {
  return std::any_of(process.tasks.begin(), process.tasks.end(),
                     [&](const Task& task) { return task.leader && task.tid == process.tgid; });
}

std::vector<std::pair<Instant, Instant>> sort_lifetimes(const Process& process) {
  std::vector<std::pair<Instant, Instant>> lifetimes;
  for (const Task& task : process.tasks) {
    lifetimes.emplace_back(task.start, task.end);
  }
  std::sort(lifetimes.begin(), lifetimes.end());
  return lifetimes;
}

bool always_has_a_living_task(const Process& process) {
  Instant covered = process.start;
  for (const auto& [start, end] : sort_lifetimes(process)) {
    if (start > covered) {
      return false;
    }
    covered = std::max(covered, end);
  }
  return covered >= process.end;
}

bool has_two_living_tasks(const Process& process) {
  const auto lifetimes = sort_lifetimes(process);
  Instant last_end = Instant::min();
  for (const auto& [start, end] : lifetimes) {
    if (start < last_end) {
      return true;
    }
    last_end = std::max(last_end, end);
  }
  return false;
}

bool is_thread(const Task& task) { return task.origin == TaskOrigin::thread; }

bool shares_memory(const Process& process, const Task& thread) {
  // Tasks are numbered in the order of their creation, and sorted by it.
  const auto creator = std::ranges::lower_bound(process.tasks, thread.creator, {}, &Task::id);
  return creator != process.tasks.end() && creator->id == thread.creator &&
         creator->address_space == thread.address_space;
}

}  // namespace

bool shares_nothing(const PerShared<bool>& shares) {
  return std::none_of(shares.begin(), shares.begin() + TC_SHARED_CGROUPS, std::identity{});
}

bool shares_everything(const PerShared<bool>& shares) { return std::ranges::all_of(shares, std::identity{}); }

bool lost_tasks(const Session& session) {
  const auto& counts = session.losses.counts;
  return counts[TC_LOSS_MISSED_LEDGERS] + counts[TC_LOSS_STORAGE_FAILURES] + counts[TC_LOSS_DROPPED_EXIT_RECORDS] != 0;
}

std::vector<const Round*> lossless_rounds(const Rounds& rounds, std::string_view variant) {
  std::vector<const Round*> whole;
  const auto found = rounds.find(variant);
  for (std::size_t i = 0; found != rounds.end() && i < found->second.size(); ++i) {
    if (!lost_tasks(found->second[i].session)) {
      whole.push_back(&found->second[i]);
    }
  }
  return whole;
}

Cases own_memory(const Rounds& rounds) {
  Cases cases;
  check_processes(rounds, "create/fork", cases, [](const Session& session, const Process& process, Cases& found) {
    const Process* parent = find_process(session, process.parent);
    if (parent != nullptr) {
      found.count(process.address_space != parent->address_space);
    }
  });
  return cases;
}

Cases main_thread(const Rounds& rounds) {
  Cases cases;
  for (const char* variant : {"create/fork", "create/thread"}) {
    check_processes(rounds, variant, cases, [](const Session& /*session*/, const Process& process, Cases& found) {
      found.count(has_leader(process) && always_has_a_living_task(process));
    });
  }
  return cases;
}

Cases many_threads(const Rounds& rounds) {
  Cases cases;
  check_processes(rounds, "create/thread", cases, [](const Session& /*session*/, const Process& process, Cases& found) {
    if (std::ranges::any_of(process.tasks, is_thread)) {
      found.count(has_two_living_tasks(process));
    }
  });
  return cases;
}

Cases thread_shares(const Rounds& rounds) {
  Cases cases;
  check_created(rounds, "create/thread", cases, [](const Process& process, const Task& task, Cases& found) {
    found.count(is_thread(task) && shares_memory(process, task));
  });
  return cases;
}

Cases new_memory_of_both(const Rounds& rounds) {
  Cases cases;
  if (lossless_rounds(rounds, "create/fork").empty() || lossless_rounds(rounds, "create/thread").empty()) {
    return cases;  // the claim compares both models
  }
  for (const char* variant : {"create/fork", "create/thread"}) {
    check_created(rounds, variant, cases, [](const Process& /*process*/, const Task& task, Cases& found) {
      if (const auto bytes = task.account->counters[TC_COUNTER_PAGE_TABLE_BYTES]) {
        found.count((*bytes == 0) == is_thread(task));
      }
    });
  }
  return cases;
}

Cases new_objects(const Rounds& rounds) {
  Cases cases;
  check_created(rounds, "create/fork", cases, [](const Process& /*process*/, const Task& task, Cases& found) {
    if (task.shares) {
      found.count(shares_nothing(*task.shares));
    }
  });
  return cases;
}

Cases same_objects(const Rounds& rounds) {
  Cases cases;
  check_created(rounds, "create/thread", cases, [](const Process& /*process*/, const Task& task, Cases& found) {
    if (task.shares) {
      found.count(shares_everything(*task.shares));
    }
  });
  return cases;
}

}  // namespace taskcost
