// SPDX-License-Identifier: Apache-2.0
//
// Which source each figure comes from, decided once at start by trying what this kernel and these privileges allow.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "taskcost/account.h"
#include "taskcost/collector.h"
#include "taskcost/evidence.h"

namespace taskcost {

struct Sources {
  // Optional programs of the probes object that are to be loaded.
  std::set<std::string, std::less<>> programs;
  // Symbol for taskcost_finish_switch_kprobe: the compiler may have given finish_task_switch a suffix.
  std::string finish_switch_symbol;
  bool switch_passes_prev_state = false;
  bool can_cast = false;
  std::int64_t preempt_count_offset = 0;  // from the run queue of a CPU; 0: not known
  bool hold_cpu = false;
  bool cpu_changes = false;  // there are perf events, and a probe tells when those of a CPU have to be opened again

  bool exec_prepare = false;
  bool fault_latency = false;
  bool switch_latency = false;
  bool message_lengths = false;
  PerCounter<bool> measured{};

  EvidenceList evidence;
};

// REQUIRES: check_privileges() was passed.
Sources choose_sources(const CollectorOptions& options);

// A descriptor of the perf software event of faults that a program is for, on a CPU; -1 with errno set.
int open_fault_event(std::string_view program, int cpu);

}  // namespace taskcost
