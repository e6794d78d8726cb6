// SPDX-License-Identifier: Apache-2.0
//
// Which tasks of a program would change their model.
#pragma once

#include <set>

#include "taskcost/estimate.h"

namespace taskcost {

// What a process had in memory, at most: by its own faults and those of the processes that it was forked from, back to
// an exec. Not known where the exec was before the window.
struct Touched {
  bool known = false;
  double faults = 0;
  double file_faults = 0;
  double memory_calls = 0;
};

// Of a program: its workers, and what they work for.
struct Converted {
  WorkCounts workers;
  WorkCounts owners;          // processes that the workers were forked by, or that the threads are in
  double count = 0;           // tasks that change
  double created = 0;         // of them, in the window
  double reaped = 0;          // of them, with a known reap
  double reap = 0;            // ns
  double largest_faults = 0;  // on files, of one worker
  Touched touched;            // by the owner that touched most
  std::set<double> owner_ids;
};

inline bool calls_no_exec(const ProcessCounts& process) { return process.work.execs.value_or(0) == 0; }

// Forked processes without an exec of their own.
Converted worker_processes(const ProgramCounts& program);
// Threads beside the first of their process.
Converted worker_threads(const ProgramCounts& program);

}  // namespace taskcost
