// SPDX-License-Identifier: Apache-2.0
//
// Structural claims: cases that were looked at, and those that contradict. Sessions that lost tasks or records are no
// cases: what is missing would look like a contradiction. Each function names the variants that it looks at.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "verdict/rounds.h"

namespace taskcost {

struct Cases {
  std::uint64_t observed = 0;
  std::uint64_t counter_examples = 0;

  void count(bool holds) {
    ++observed;
    counter_examples += holds ? 0 : 1;
  }
};

// Of a task whose birth was seen. Where a task runs is a setting that children take over: a cgroup is no object that a
// process brings along.
bool shares_nothing(const PerShared<bool>& shares);
bool shares_everything(const PerShared<bool>& shares);

// What makes a session useless for them.
bool lost_tasks(const Session& session);

// Those of a variant that lost nothing.
std::vector<const Round*> whole_rounds(const Rounds& rounds, std::string_view variant);

// Of `create` (creations.cpp).
Cases own_memory(const Rounds& rounds);
Cases main_thread(const Rounds& rounds);
Cases many_threads(const Rounds& rounds);
Cases thread_shares(const Rounds& rounds);
Cases new_memory_of_both(const Rounds& rounds);
Cases new_objects(const Rounds& rounds);
Cases same_objects(const Rounds& rounds);

// Of `share` and `channel` (sharing.cpp).
Cases separate_memory(const Rounds& rounds);
Cases shared_memory(const Rounds& rounds);
Cases every_byte_by_channel(const Rounds& rounds);
Cases resources_apart(const Rounds& rounds);
Cases resources_together(const Rounds& rounds);

// Of `bake` (execution.cpp).
Cases one_at_a_time(const Rounds& rounds);
Cases run_in_parallel(const Rounds& rounds);
Cases alone(const Rounds& rounds);

// Of `crash` (crashes.cpp).
Cases neighbours_unharmed(const Rounds& rounds);
Cases siblings_harmed(const Rounds& rounds);
Cases others_survive(const Rounds& rounds);
Cases all_go_down(const Rounds& rounds);

}  // namespace taskcost
