// SPDX-License-Identifier: Apache-2.0
#include "account/glance_numbers.h"

#include <utility>

namespace taskcost {

void GlanceNumbers::apply(std::vector<Glance::Task>& tasks) {
  std::unordered_map<std::uint64_t, std::uint64_t> numbers;
  for (const Glance::Task& task : tasks) {
    const auto [entry, is_new] = numbers.try_emplace(task.process);
    if (is_new) {
      const auto known = numbers_.find(task.process);
      entry->second = known != numbers_.end() ? known->second : ++last_;
    }
  }
  for (Glance::Task& task : tasks) {
    task.process = numbers.at(task.process);
    const auto parent = numbers.find(task.parent_process);
    task.parent_process = parent != numbers.end() ? parent->second : 0;
  }
  numbers_ = std::move(numbers);
}

}  // namespace taskcost
