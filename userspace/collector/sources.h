// SPDX-License-Identifier: Apache-2.0
//
// Chooses the source of each figure once at start, by trying what this kernel and these privileges allow.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "account/account.h"
#include "account/evidence.h"
#include "collector/observe.h"

namespace taskcost {

struct Sources {
  // The optional programs (SEC("?...")) to load.
  std::set<std::string, std::less<>> programs;
  // The symbol for taskcost_finish_switch_kprobe: the compiler may have added a suffix to finish_task_switch.
  std::string finish_switch_symbol;
  bool switch_passes_prev_state = false;
  bool can_cast = false;
  std::int64_t preempt_count_offset = 0;  // from a CPU's runqueues to its preempt count, in bytes; 0: not known
  bool hold_cpu = false;
  bool unwind_tables = false;  // stacks are unwound by tables
  unsigned sample_hz = 0;      // samples of running tasks; 0: none
  bool cpu_changes = false;    // there are perf events, and a probe on cpuhp_exit reports when to reopen them

  bool exec_prepare = false;
  bool fault_latency = false;
  bool switch_latency = false;
  bool message_lengths = false;
  std::vector<std::string> ring_operations;  // names by opcode; empty: not measured
  PerCounter<bool> measured{};

  EvidenceList evidence;
};

// REQUIRES: check_privileges() was passed.
Sources choose_sources(const CollectorOptions& options);

}  // namespace taskcost
