// SPDX-License-Identifier: Apache-2.0
//
// Gives the processes of glances small numbers for people and scripts, in place of the kernel side's keys. A process
// keeps its number from one glance to the next.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "account/glance.h"

namespace taskcost {

class GlanceNumbers {
 public:
  // Numbers the processes of a glance from 1, in the order of its tasks. A parent without a task there gets 0.
  void apply(std::vector<Glance::Task>& tasks);

 private:
  std::unordered_map<std::uint64_t, std::uint64_t> numbers_;  // those of the previous glance
  std::uint64_t last_ = 0;
};

}  // namespace taskcost
