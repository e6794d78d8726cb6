// SPDX-License-Identifier: Apache-2.0
//
// Processes of glances by small numbers: those of the kernel side are for maps, not for people and scripts. A process
// keeps its number from one glance to the next.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "taskcost/glance.h"

namespace taskcost {

class GlanceNumbers {
 public:
  // Numbers the processes of a glance from 1 on, in the order of its tasks. A parent without a task there is 0.
  void apply(std::vector<Glance::Task>& tasks);

 private:
  std::unordered_map<std::uint64_t, std::uint64_t> numbers_;  // of the last glance
  std::uint64_t last_ = 0;
};

}  // namespace taskcost
