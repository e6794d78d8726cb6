// SPDX-License-Identifier: Apache-2.0
#include "verdict/structure.h"

#include <algorithm>
#include <utility>

#include "verdict/figures.h"

namespace taskcost {
namespace {

// Looks at every process of every session that is complete. `look` takes the session, the process and the cases.
template <typename Look>
Cases look_at(const std::vector<Round>& rounds, Look look) {
  Cases cases;
  for (const Round& round : rounds) {
    if (lost_tasks(round.session)) {
      continue;
    }
    for (const Process& process : round.session.processes) {
      look(round.session, process, cases);
    }
  }
  return cases;
}

void count(Cases& cases, bool holds) {
  ++cases.observed;
  cases.counter_examples += holds ? 0 : 1;
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

bool lost_tasks(const Session& session) {
  const auto& counts = session.losses.counts;
  return counts[TC_LOSS_MISSED_LEDGERS] + counts[TC_LOSS_STORAGE_FAILURES] + counts[TC_LOSS_DROPPED_EXIT_RECORDS] != 0;
}

Cases operator+(Cases left, Cases right) {
  return {left.observed + right.observed, left.counter_examples + right.counter_examples};
}

Cases own_memory(const std::vector<Round>& rounds) {
  return look_at(rounds, [](const Session& session, const Process& process, Cases& cases) {
    const Process* parent = process_with(session, process.parent);
    if (process.how == How::fork && parent != nullptr) {
      count(cases, process.address_space != parent->address_space);
    }
  });
}

Cases main_thread(const std::vector<Round>& rounds) {
  return look_at(rounds, [](const Session& /*session*/, const Process& process, Cases& cases) {
    count(cases, has_leader(process) && always_lives(process));
  });
}

Cases many_threads(const std::vector<Round>& rounds) {
  return look_at(rounds, [](const Session& /*session*/, const Process& process, Cases& cases) {
    if (std::any_of(process.tasks.begin(), process.tasks.end(), is_thread)) {
      count(cases, has_two_at_once(process));
    }
  });
}

Cases thread_shares(const std::vector<Round>& rounds) {
  return look_at(rounds, [](const Session& /*session*/, const Process& process, Cases& cases) {
    for (const Task& task : process.tasks) {
      if (is_thread(task) && is_worker(task)) {
        count(cases, shares_memory(process, task));
      }
    }
  });
}

Cases new_memory(const std::vector<Round>& rounds) {
  return look_at(rounds, [](const Session& /*session*/, const Process& process, Cases& cases) {
    for (const Task& task : process.tasks) {
      const auto bytes = task.account.counters[TC_COUNTER_PAGE_TABLE_BYTES];
      const bool thread = is_thread(task);
      if (bytes && is_worker(task) && (thread || task.how == How::fork)) {
        count(cases, (*bytes == 0) == thread);
      }
    }
  });
}

}  // namespace taskcost
