// SPDX-License-Identifier: Apache-2.0
//
// The tasks of a program that would be converted to the other model.
#pragma once

#include <set>

#include "verdict/estimate/estimate.h"

namespace taskcost {

// An upper bound of a process's memory: its faults and those of its ancestors by fork, back to an exec. Unknown if the
// exec was before the window.
struct Touched {
  bool known = false;
  double faults = 0;
  double file_faults = 0;
  double memory_calls = 0;
};

// The workers of a program and their owners.
struct Converted {
  WorkCounts workers;
  WorkCounts owners;          // the processes that forked the workers, or that contain the threads
  double count = 0;           // converted tasks
  double created = 0;         // those that were created in the window
  double reaped = 0;          // those whose reaping was measured
  double reap = 0;            // ns
  double largest_faults = 0;  // the largest number of faults on files of one worker
  Touched touched;            // of the owner with the most faults
  std::set<double> owner_ids;
};

inline bool calls_no_exec(const ProcessCounts& process) { return process.work.execs.value_or(0) == 0; }

// Finds forked processes that called no exec.
Converted find_worker_processes(const ProgramCounts& program);
// Finds all threads except the first one of each process.
Converted find_worker_threads(const ProgramCounts& program);

}  // namespace taskcost
