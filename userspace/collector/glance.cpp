// SPDX-License-Identifier: Apache-2.0
#include "taskcost/glance.h"

#include <algorithm>
#include <utility>

#include "collector/clocks.h"
#include "collector/collector_state.h"

namespace taskcost {
namespace {

// A task may have ended between the two looks: it is there twice then.
void sort_each_once(std::vector<Glance::Task>& tasks) {
  std::ranges::stable_sort(tasks, {}, &Glance::Task::id);
  const auto same = [](const Glance::Task& one, const Glance::Task& other) { return one.id == other.id; };
  tasks.erase(std::unique(tasks.begin(), tasks.end(), same), tasks.end());
}

tc_ledger with_books(tc_ledger ledger) {
  ledger.flags |= TC_LEDGER_BOOKS;
  return ledger;
}

}  // namespace

Glance Collector::State::glance() {
  Glance glance;
  const Duration cpu_before = own_cpu_time();
  // Without it names are those of the last glance, and faults are not counted.
  const bool walked = probes.walk_tasks(probes.object().progs.taskcost_glance).has_value();
  EndedTasks::Taken taken = ended.take();
  glance.tasks = std::move(taken.tasks);
  glance.tasks.reserve(glance.tasks.size() + probes.living_ledgers());  // to grow by doubling takes twice the memory
  glance.transitions = taken.transitions;
  glance.at = now();
  for (const tc_ledger& ledger : probes.slots()) {
    if (ledger.live != 0 && is_of_window(ledger)) {
      glance.tasks.push_back(glance_of(walked ? with_books(ledger) : ledger, glance.at, model));
    }
  }
  sort_each_once(glance.tasks);
  numbers_of_glances.apply(glance.tasks);
  glance.losses = losses.so_far();
  glance.userspace_cpu = cost.cpu_so_far();
  glance.per_transition = cost.per_transition();
  for (const Glance::Task& task : glance.tasks) {
    glance.transitions += task.ended ? 0 : transitions_of(task.account);
  }
  glance.cost = own_cpu_time() - cpu_before;
  return glance;
}

}  // namespace taskcost
