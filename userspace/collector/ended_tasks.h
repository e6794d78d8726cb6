// SPDX-License-Identifier: Apache-2.0
//
// Collects the tasks that exited since the last glance. The reader's thread adds them, and another thread takes them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "account/glance.h"

namespace taskcost {

class EndedTasks {
 public:
  // False until the first take(), so that runs without glances do not keep tasks.
  [[nodiscard]] bool wanted() const { return wanted_; }
  // Beyond the limit, further tasks are summed up in one entry.
  void keep(Glance::Task task);
  static constexpr std::size_t limit = 4096;
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return tasks_.size();
  }

  struct Taken {
    std::vector<Glance::Task> tasks;
    std::uint64_t transitions = 0;  // transitions of all tasks that were ever added
  };
  Taken take();

 private:
  std::atomic<bool> wanted_ = false;
  mutable std::mutex mutex_;
  std::vector<Glance::Task> tasks_;
  std::uint64_t transitions_ = 0;
};

}  // namespace taskcost
