// SPDX-License-Identifier: Apache-2.0
#include "verdict/structure.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "verdict/figures.h"

namespace taskcost {
namespace {

// Looks at every process of every session of a variant. `look` takes the session, the process and the cases.
template <typename Look>
void look_at(const Rounds& rounds, std::string_view variant, Cases& cases, Look look) {
  for (const Round* round : whole_rounds(rounds, variant)) {
    for (const Process& process : round->session.processes) {
      look(round->session, process, cases);
    }
  }
}

// The same for every task that the workload created.
template <typename Look>
void look_at_created(const Rounds& rounds, std::string_view variant, Cases& cases, Look look) {
  look_at(rounds, variant, cases, [&](const Session& /*session*/, const Process& process, Cases& found) {
    for (const Task& task : process.tasks) {
      if (is_created(task)) {
        look(process, task, found);
      }
    }
  });
}

// Ids are numbered from 1 in the order of the list.
const Process* process_with(const Session& session, std::uint64_t id) {
  return id == 0 || id > session.processes.size() ? nullptr : &session.processes[id - 1];
}

bool has_leader(const Process& process) {
  return std::any_of(process.tasks.begin(), process.tasks.end(),
                     [&](const Task& task) { return task.leader && task.tid == process.tgid; });
}

std::vector<std::pair<Instant, Instant>> lives_by_start(const Process& process) {
  std::vector<std::pair<Instant, Instant>> lives;
  for (const Task& task : process.tasks) {
    lives.emplace_back(task.start, task.end);
  }
  std::sort(lives.begin(), lives.end());
  return lives;
}

bool always_lives(const Process& process) {
  Instant covered = process.start;
  for (const auto& [start, end] : lives_by_start(process)) {
    if (start > covered) {
      return false;
    }
    covered = std::max(covered, end);
  }
  return covered >= process.end;
}

bool has_two_at_once(const Process& process) {
  const auto lives = lives_by_start(process);
  Instant last_end = Instant::min();
  for (const auto& [start, end] : lives) {
    if (start < last_end) {
      return true;
    }
    last_end = std::max(last_end, end);
  }
  return false;
}

bool is_thread(const Task& task) { return task.how == How::thread; }

bool shares_memory(const Process& process, const Task& thread) {
  // Tasks are numbered by birth, and stand by birth.
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

std::vector<const Round*> whole_rounds(const Rounds& rounds, std::string_view variant) {
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
  look_at(rounds, "create/fork", cases, [](const Session& session, const Process& process, Cases& found) {
    const Process* parent = process_with(session, process.parent);
    if (parent != nullptr) {
      found.count(process.address_space != parent->address_space);
    }
  });
  return cases;
}

Cases main_thread(const Rounds& rounds) {
  Cases cases;
  for (const char* variant : {"create/fork", "create/thread"}) {
    look_at(rounds, variant, cases, [](const Session& /*session*/, const Process& process, Cases& found) {
      found.count(has_leader(process) && always_lives(process));
    });
  }
  return cases;
}

Cases many_threads(const Rounds& rounds) {
  Cases cases;
  look_at(rounds, "create/thread", cases, [](const Session& /*session*/, const Process& process, Cases& found) {
    if (std::ranges::any_of(process.tasks, is_thread)) {
      found.count(has_two_at_once(process));
    }
  });
  return cases;
}

Cases thread_shares(const Rounds& rounds) {
  Cases cases;
  look_at_created(rounds, "create/thread", cases, [](const Process& process, const Task& task, Cases& found) {
    found.count(is_thread(task) && shares_memory(process, task));
  });
  return cases;
}

Cases new_memory_of_both(const Rounds& rounds) {
  Cases cases;
  if (whole_rounds(rounds, "create/fork").empty() || whole_rounds(rounds, "create/thread").empty()) {
    return cases;  // it takes both
  }
  for (const char* variant : {"create/fork", "create/thread"}) {
    look_at_created(rounds, variant, cases, [](const Process& /*process*/, const Task& task, Cases& found) {
      if (const auto bytes = task.account.counters[TC_COUNTER_PAGE_TABLE_BYTES]) {
        found.count((*bytes == 0) == is_thread(task));
      }
    });
  }
  return cases;
}

Cases new_objects(const Rounds& rounds) {
  Cases cases;
  look_at_created(rounds, "create/fork", cases, [](const Process& /*process*/, const Task& task, Cases& found) {
    if (task.shares) {
      found.count(shares_nothing(*task.shares));
    }
  });
  return cases;
}

Cases same_objects(const Rounds& rounds) {
  Cases cases;
  look_at_created(rounds, "create/thread", cases, [](const Process& /*process*/, const Task& task, Cases& found) {
    if (task.shares) {
      found.count(shares_everything(*task.shares));
    }
  });
  return cases;
}

}  // namespace taskcost
