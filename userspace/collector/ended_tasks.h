// SPDX-License-Identifier: Apache-2.0
//
// Tasks that ended since the last glance, for the next one. The reader's thread brings them, another takes them.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "taskcost/glance.h"

namespace taskcost {

class EndedTasks {
 public:
  // False until somebody took them for the first time: who never takes a glance pays for none.
  [[nodiscard]] bool wanted() const { return wanted_; }
  // Beyond a limit the sum of all others has to do.
  void keep(Glance::Task task);

  struct Taken {
    std::vector<Glance::Task> tasks;
    std::uint64_t transitions = 0;  // of all that were ever kept
  };
  Taken take();

 private:
  std::atomic<bool> wanted_ = false;
  std::mutex mutex_;
  std::vector<Glance::Task> tasks_;
  std::uint64_t transitions_ = 0;
};

}  // namespace taskcost
