// SPDX-License-Identifier: Apache-2.0
#include "collector/ended_tasks.h"

#include <cstddef>
#include <utility>

#include "collector/own_cost.h"

namespace taskcost {

void EndedTasks::keep(Glance::Task task) {
  const std::lock_guard lock(mutex_);
  transitions_ += count_transitions(task.account);
  if (tasks_.size() < limit) {
    tasks_.push_back(std::move(task));
    return;
  }
  Glance::Task& others = tasks_.back();
  others.comm = "(others)";
  add(others.account, task.account);
}

EndedTasks::Taken EndedTasks::take() {
  wanted_ = true;
  const std::lock_guard lock(mutex_);
  return {std::exchange(tasks_, {}), transitions_};
}

}  // namespace taskcost
