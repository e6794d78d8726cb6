// SPDX-License-Identifier: Apache-2.0
//
// What a replay found out about the records themselves: gaps and contradictions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "account/account.h"
#include "trace/gaps.h"

namespace taskcost {

// Contradictions that complete and ordered records do not have.
struct ReplayIntegrity {
  // A switch on a CPU from another task than the previous switch on that CPU switched to.
  struct Break {
    Instant at{};
    std::uint32_t cpu = 0;
    std::uint32_t expected_tid = 0;
    std::uint32_t seen_tid = 0;
    std::uint64_t expected = 0;  // ledger ids; 0: not observed
    std::uint64_t seen = 0;
  };
  static constexpr std::size_t kept_breaks = 64;

  std::uint64_t events = 0;
  std::uint64_t switches_checked = 0;
  std::uint64_t broken_switches = 0;
  std::vector<Break> breaks;  // the first `kept_breaks`
  std::uint64_t impossible_switches = 0;
  std::uint64_t backward_times = 0;     // events of a task that are older than the previous one; they take no time
  std::uint64_t missing_new_tasks = 0;  // tasks with events but without a tc_task_new
  std::uint64_t repeated_new_tasks = 0;
  std::uint64_t impossible_corrections = 0;  // corrections by more time than there was in the cell
  std::uint64_t invalid_cpus = 0;            // events with a CPU >= TC_MAX_CPUS
  std::uint64_t lost_final_ledgers = 0;      // tasks that exited without a final ledger of the probes

  [[nodiscard]] bool clean() const {
    return broken_switches == 0 && impossible_switches == 0 && backward_times == 0 && missing_new_tasks == 0 &&
           repeated_new_tasks == 0 && impossible_corrections == 0 && invalid_cpus == 0 && lost_final_ledgers == 0;
  }
};

// The quality of the records, known after their replay.
struct RecordCheck {
  std::vector<ReplayGap> gaps;  // sorted by `first`
  ReplayIntegrity integrity;
  std::uint64_t touched_tasks = 0;      // number of tasks with unknown time
  Duration unknown{};                   // sum of their unknown times
  std::uint64_t missing_snapshots = 0;  // tasks that still ran at the end, without a snapshot

  [[nodiscard]] bool clean() const { return gaps.empty() && integrity.clean(); }
};

}  // namespace taskcost
