// SPDX-License-Identifier: Apache-2.0
//
// Structural claims: the number of observed cases, and of those that contradict. Sessions that lost tasks or records
// are skipped, because missing data would look like a contradiction. Each function names its variants.
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

// REQUIRES: the task's creation was observed. The cgroup is ignored: children inherit it, processes as well as threads.
bool shares_nothing(const PerShared<bool>& shares);
bool shares_everything(const PerShared<bool>& shares);

// Returns whether a session lost tasks or records.
bool lost_tasks(const Session& session);

// The rounds of a variant that lost nothing.
std::vector<const Round*> lossless_rounds(const Rounds& rounds, std::string_view variant);

// Claims about `create` (creations.cpp).
Cases own_memory(const Rounds& rounds);
Cases main_thread(const Rounds& rounds);
Cases many_threads(const Rounds& rounds);
Cases thread_shares(const Rounds& rounds);
Cases new_memory_of_both(const Rounds& rounds);
Cases new_objects(const Rounds& rounds);
Cases same_objects(const Rounds& rounds);

// Claims about `share` and `channel` (sharing.cpp).
Cases separate_memory(const Rounds& rounds);
Cases shared_memory(const Rounds& rounds);
Cases every_byte_by_channel(const Rounds& rounds);
Cases separate_resources(const Rounds& rounds);
Cases shared_resources(const Rounds& rounds);

// Claims about `bake` (execution.cpp).
Cases one_at_a_time(const Rounds& rounds);
Cases run_in_parallel(const Rounds& rounds);
Cases alone(const Rounds& rounds);

// Claims about `crash` (crashes.cpp).
Cases neighbors_unharmed(const Rounds& rounds);
Cases siblings_harmed(const Rounds& rounds);
Cases others_survive(const Rounds& rounds);
Cases all_tasks_end(const Rounds& rounds);

}  // namespace taskcost
