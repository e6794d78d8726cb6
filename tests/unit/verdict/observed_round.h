// SPDX-License-Identifier: Apache-2.0
//
// Builds rounds as an observation returns them, from what the workload did.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "verdict/findings.h"
#include "verdict/rounds.h"

namespace taskcost::test {

using namespace std::chrono_literals;

// A workload (process 1 with main task 1) that runs for a second and creates one task after the other.
class ObservedRound {
 public:
  ObservedRound() {
    session().totals = empty_account();
    Process main = process_of(TaskOrigin::attached, 0, 0ns, 1s);
    main.tasks.push_back(task_of(TaskOrigin::attached, 0, 0ns, 1s));
    main.tasks.back().address_space = main.address_space;
    add(session().totals, main.tasks.back().account);
    session().processes.push_back(std::move(main));
  }

  ObservedRound& forks(Duration copy, std::uint64_t page_table_bytes = 4096) {
    const Duration born = next_start();
    Process child = process_of(TaskOrigin::fork, 1, born, life);
    child.zombie = 30us;
    child.tasks.push_back(worker(TaskOrigin::fork, born, page_table_bytes));
    child.tgid = child.tasks.back().tid;
    child.tasks.back().address_space = child.address_space;
    session().processes.push_back(std::move(child));
    return created(TC_CREATION_FORK, copy, last().tasks.back());
  }
  ObservedRound& starts_thread(Duration copy, std::uint64_t page_table_bytes = 0) {
    main().tasks.push_back(worker(TaskOrigin::thread, next_start(), page_table_bytes));
    main().tasks.back().address_space = main().address_space;
    return created(TC_CREATION_THREAD, copy, main().tasks.back());
  }
  ObservedRound& switches(const std::string& histogram, std::size_t count, Duration latency) {
    for (std::size_t i = 0; i < count; ++i) {
      session().histograms[histogram].add(latency);
    }
    return *this;
  }
  ObservedRound& loses(tc_loss loss) {
    ++session().losses.counts[loss];
    return *this;
  }

  // For everything that has no method of its own.
  Session& session() { return round_.session; }
  Process& main() { return session().processes.front(); }
  Process& last() { return session().processes.back(); }

  // The default number of operations is the number of created tasks.
  [[nodiscard]] Round build() const {
    Round round = round_;
    round.operations = tasks_ - 1;
    return round;
  }
  [[nodiscard]] Round build(std::uint64_t operations) const {
    Round round = round_;
    round.operations = operations;
    return round;
  }

 private:
  static constexpr Duration life = 100us;

  static Instant at(Duration time) { return Instant(time); }

  Process process_of(TaskOrigin how, std::uint64_t parent, Duration born, Duration lifetime) {
    Process process;
    process.id = session().processes.size() + 1;
    process.parent = parent;
    process.tgid = first_tid;
    process.origin = how;
    process.start = at(born);
    process.end = at(born + lifetime);
    process.address_space = process.id;
    return process;
  }
  Task task_of(TaskOrigin how, std::uint64_t creator, Duration born, Duration lifetime) {
    Task task;
    task.id = ++tasks_;
    task.tid = first_tid + static_cast<std::uint32_t>(tasks_) - 1;
    task.leader = how != TaskOrigin::thread;
    task.origin = how;
    task.creator = creator;
    task.start = at(born);
    task.end = at(born + lifetime);
    task.account = empty_account();
    task.account->lifetime = lifetime;
    task.account->cells[TC_ACTIVITY_USER][TC_CONDITION_RUNNING] = lifetime;
    return task;
  }
  Task worker(TaskOrigin how, Duration born, std::uint64_t page_table_bytes) {
    Task task = task_of(how, 1, born, life);
    task.exit = 20us;
    task.account->counters[TC_COUNTER_PAGE_TABLE_BYTES] = page_table_bytes;
    add(session().totals, task.account);
    return task;
  }
  ObservedRound& created(tc_creation kind, Duration copy, Task& task) {
    task.copy = copy;
    task.publish = 1us;
    CreationSums& sums = session().totals.creations[kind];
    ++sums.count;
    sums.copy += copy;
    sums.copies = sums.count;
    sums.publish += 1us;
    ++sums.returns;
    sums.returned += 3us;
    ++sums.starts;
    sums.child_start += 5us;
    return *this;
  }
  [[nodiscard]] Duration next_start() const { return tasks_ * 1ms; }

  static constexpr std::uint32_t first_tid = 100;

  Round round_;
  std::uint64_t tasks_ = 0;
};

// The findings of these rounds. Their numbers are their positions.
inline Findings findings_of(const Rounds& rounds, const EvidenceList& evidence,
                            const std::vector<std::string>& claims) {
  Readings readings;
  for (const auto& [variant, all] : rounds) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      read_round(readings, variant, static_cast<unsigned>(i), all[i]);
    }
  }
  return make_findings(rounds, readings, evidence, claims);
}

}  // namespace taskcost::test
