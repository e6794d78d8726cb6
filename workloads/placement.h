// SPDX-License-Identifier: Apache-2.0
//
// Chooses the CPUs on which the tasks of a workload run:
//
//   same   all of them on the first CPU that the workload may use
//   apart  tasks that work with each other on different CPUs
//   any    wherever the kernel puts them
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>
#include <vector>

namespace taskcost::workload {

// The allowed CPUs in ascending order.
std::vector<int> allowed_cpus();

class Placement {
 public:
  // "same" pins this task, and with it the tasks that it creates from here on. "apart" with one allowed CPU ends the
  // program with status 1.
  explicit Placement(const std::string& cpus);

  // Each task calls this: "apart" pins it to the allowed CPU of this number, modulo how many there are.
  void pin(std::size_t number) const;
  [[nodiscard]] bool apart() const { return apart_; }
  // The number of CPUs that were allowed at the start.
  [[nodiscard]] std::size_t cpus() const { return allowed_.size(); }

 private:
  std::vector<int> allowed_;
  bool apart_;
};

// From here on, each task that this one creates starts on another CPU than its creator. A new task inherits the
// affinity of its creator, so pinning cannot do that. But for a new real-time task the kernel chooses the CPU that runs
// the task with the lowest priority (select_task_rq_rt, find_lowest_rq), and while the creator has the same real-time
// priority, that is another CPU. So this task and those that it creates run with SCHED_FIFO priority 1 on two CPUs. A
// child still starts on its creator's CPU if the previous child has not left the other CPU: a few in a thousand, more
// where an observer or a busy machine delays exits. The median of many children does not change by them. A creator that
// works for more than 0.95 s without sleeping may be throttled (sched_rt_runtime_us).
//
// Ends the program with status 1 if only one CPU is allowed or the real-time priority is refused.
void start_children_elsewhere();

void add_cpus_option(CLI::App& command, std::string& target, const std::string& help);

}  // namespace taskcost::workload
