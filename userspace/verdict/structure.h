// SPDX-License-Identifier: Apache-2.0
//
// Structural claims: cases that were looked at, and those that contradict. Sessions that lost tasks or records are no
// cases: what is missing would look like a contradiction.
#pragma once

#include <cstdint>
#include <vector>

#include "verdict/rounds.h"

namespace taskcost {

struct Cases {
  std::uint64_t observed = 0;
  std::uint64_t counter_examples = 0;
};

// Forked processes; contradicted by one that uses its parent's address space.
Cases own_memory(const std::vector<Round>& rounds);
// Processes; contradicted by one without a leader, or with an instant of its life at which no task lived.
Cases main_thread(const std::vector<Round>& rounds);
// Processes that created threads; contradicted by one that never had two tasks at an instant.
Cases many_threads(const std::vector<Round>& rounds);
// Threads with a known creator; contradicted by one outside its creator's process, or with page tables of its own.
Cases thread_shares(const std::vector<Round>& rounds);
// Created tasks whose page tables were measured; contradicted by a forked process without, or a thread with some.
Cases new_memory(const std::vector<Round>& rounds);

Cases operator+(Cases left, Cases right);

// What makes a session useless for them.
bool lost_tasks(const Session& session);

}  // namespace taskcost
