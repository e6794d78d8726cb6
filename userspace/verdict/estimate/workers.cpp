// SPDX-License-Identifier: Apache-2.0
#include "verdict/estimate/workers.h"

#include <algorithm>
#include <map>

namespace taskcost {
namespace {

using ById = std::map<double, const ProcessCounts*>;

const ProcessCounts* find_parent(const ProcessCounts& process, const ById& by_id) {
  const auto found = by_id.find(process.parent);
  return process.parent == 0 || found == by_id.end() ? nullptr : found->second;
}

bool is_worker_process(const ProcessCounts& process, const ById& by_id, bool any_fork) {
  if (!calls_no_exec(process)) {
    return false;
  }
  if (process.origin.empty()) {  // several processes that the report has summed up
    return any_fork && process.processes > 0;
  }
  const ProcessCounts* const parent = find_parent(process, by_id);
  if (process.origin == "fork") {
    return parent != nullptr;
  }
  return process.origin == "attached" && parent != nullptr && parent->comm == process.comm &&
         parent->command == process.command;
}

Touched sum_touched(const ProcessCounts& process, const ById& by_id) {
  Touched touched;
  const ProcessCounts* each = &process;
  // The parents of a hostile report may form a cycle.
  for (std::size_t steps = 0; each != nullptr && steps <= by_id.size(); ++steps) {
    touched.faults += each->work.faults.value_or(0);
    touched.file_faults += each->work.faults_file.value_or(0);
    touched.memory_calls += each->work.memory_calls.value_or(0);
    if (!calls_no_exec(*each)) {
      touched.known = each->work.faults && each->work.faults_file;
      return touched;
    }
    each = each->origin == "fork" ? find_parent(*each, by_id) : nullptr;
  }
  return {};
}

void keep_largest(Touched& largest, const Touched& more) {
  if (more.known && more.faults >= largest.faults) {
    largest = more;
  }
}

ById index_by_id(const std::vector<ProcessCounts>& processes) {
  ById by_id;
  for (const ProcessCounts& process : processes) {
    if (!process.origin.empty()) {
      by_id.try_emplace(process.id, &process);
    }
  }
  return by_id;
}

void add_known(std::optional<double>& sum, const std::optional<double>& more) {
  // A count that one operand lacks is missing in the sum.
  sum = sum && more ? std::optional(*sum + *more) : std::nullopt;
}

// Distinguishes the sum of no tasks from the sum of tasks without figures.
bool is_nothing(const WorkCounts& work) {
  return work.running == 0 && !work.exits && !work.faults && !work.wakeups && !work.execs;
}

}  // namespace

Converted find_worker_processes(const ProgramCounts& program) {
  const ById by_id = index_by_id(program.processes);
  Converted converted;
  std::set<const ProcessCounts*> owners;
  for (const ProcessCounts& process : program.processes) {
    if (!is_worker_process(process, by_id, program.forks.count > 0)) {
      continue;
    }
    add(converted.workers, process.work);
    converted.count += process.processes;
    converted.created += process.origin == "attached" ? 0 : process.processes;
    converted.reaped += process.reap ? 1 : 0;
    converted.reap += process.reap.value_or(0);
    converted.largest_faults =
        std::max(converted.largest_faults, process.work.faults_file.value_or(0) / std::max(1.0, process.processes));
    const ProcessCounts* const parent = find_parent(process, by_id);
    if (parent != nullptr && !is_worker_process(*parent, by_id, true)) {
      owners.insert(parent);
    }
  }
  for (const ProcessCounts* const owner : owners) {
    add(converted.owners, owner->work);
    converted.owner_ids.insert(owner->id);
    keep_largest(converted.touched, sum_touched(*owner, by_id));
  }
  converted.created = std::min(converted.created, program.forks.count);
  return converted;
}

Converted find_worker_threads(const ProgramCounts& program) {
  const ById by_id = index_by_id(program.processes);
  Converted converted;
  for (const ProcessCounts& process : program.processes) {
    const double threads = process.tasks - process.processes;
    if (threads <= 0) {
      continue;
    }
    add(converted.owners, process.work);
    converted.owner_ids.insert(process.id);
    converted.count += threads;
    keep_largest(converted.touched, sum_touched(process, by_id));
  }
  converted.created = std::min(converted.count, program.threads.count);
  return converted;
}

void add(WorkCounts& sum, const WorkCounts& more) {
  if (is_nothing(more)) {
    return;
  }
  if (is_nothing(sum)) {
    sum = more;
    return;
  }
  for (double WorkCounts::*const part :
       {&WorkCounts::running, &WorkCounts::user, &WorkCounts::create, &WorkCounts::exit, &WorkCounts::wait,
        &WorkCounts::memory, &WorkCounts::futex, &WorkCounts::signal_and_other, &WorkCounts::page_fault}) {
    sum.*part += more.*part;
  }
  for (std::optional<double> WorkCounts::*const part :
       {&WorkCounts::exits, &WorkCounts::memory_calls, &WorkCounts::futex_calls, &WorkCounts::shared_futex_calls,
        &WorkCounts::faults, &WorkCounts::faults_copy_on_write, &WorkCounts::faults_copy_on_write_ns,
        &WorkCounts::faults_file, &WorkCounts::switches_same, &WorkCounts::switches_other, &WorkCounts::tlb_flushes,
        &WorkCounts::shootdowns, &WorkCounts::wakeups, &WorkCounts::execs, &WorkCounts::threads_created,
        &WorkCounts::page_table_bytes, &WorkCounts::shared_futex_ns}) {
    add_known(sum.*part, more.*part);
  }
}

}  // namespace taskcost
