// SPDX-License-Identifier: Apache-2.0
//
// Describes the summary, which is computed from the rest of the report.
#pragma once

#include "account/describe/account_keys.h"
#include "account/summary.h"
#include "report/describe/verdict_keys.h"

namespace taskcost {

template <>
struct Keys<Cost::Kind> : KeysBy<Cost::Kind::wait, to_string> {};

void describe(auto& v, Is<Cost> auto& cost) {
  v.row("cost", "Time that tasks of one name spent in one way.");
  v.field("kind", cost.kind,
          "user: CPU time in user code; kernel: CPU time in an activity of the kernel; queue: preempted or runnable; "
          "wait: blocked.");
  v.field("process", or_null(cost.process),
          "Name of the process (comm), or of its group with --by cmdline, tree, user or cgroup; null: several names "
          "waited for a CPU, or the name is empty.");
  v.field("thread", or_null(cost.thread),
          "Name of the threads, with * for numbers if several names share it; null: as the process.");
  v.field("tasks", cost.tasks, "Tasks of that name, or of `by_process`.");
  v.field("activity", cost.activity, "The activity, of kind kernel; null: another kind.");
  v.field("wait", cost.wait, "What the tasks waited for, of kind wait; null: another kind.");
  v.field("time_ns", cost.time, "Total time.");
  v.field("count", cost.count,
          "Number of entries or waits; null: not measured, or some of these waits are idle and others are not.");
  v.field("open", cost.open, "Waits that had not ended at the end of the window.");
  v.field("preempted_ns", cost.preempted, "The preempted part, of kind queue.");
  v.field("throttled_ns", cost.throttled, "The part of that by a CPU quota.");
  v.field("ran_instead", cost.ran, "What had the CPU for the largest part, of kind queue; null: not known.");
  v.field("ran_process", or_null(cost.ran_process),
          "Name of the process, or of the task if it is not observed. Of kernel threads, the one that ran for most of "
          "their time; null: none did.");
  v.field("ran_thread", or_null(cost.ran_thread), "Name of its threads, as `thread`.");
  v.field("ran_ns", cost.ran_time, "That part.");
  v.field("waker", cost.by, "The kind of waker that ended the largest part of these waits; null: none is known.");
  v.field("by_process", or_null(cost.by_process),
          "Name of the waking process; of kind queue, of the process that waited most. null: not kept one by one.");
  v.field("by_thread", or_null(cost.by_thread), "Name of its threads, as `thread`.");
  v.field("by_ns", cost.by_time, "The part that it ended; of kind queue, the part that it waited.");
}

void describe(auto& v, Is<Summary> auto& summary) {
  v.object("summary",
           "Where the time of all tasks went, without kernel threads. A blocked interval is idle if it may have been a "
           "wait for new work, for a deadline, or for a task with an account of its own: `idle_ns` is an upper bound, "
           "`on_the_way_ns` a lower bound.");
  v.derived(
      "cpus_utilized", [&] { return summary.cpus_utilized(); }, "CPU time / wall time; null: there was no wall time.");
  v.field("user_ns", summary.user, "CPU time in user code; all CPU time if system calls had no probes.");
  v.field("kernel_ns", summary.kernel, "Other CPU time.");
  v.field("preempted_ns", summary.preempted, "Time preempted.");
  v.field("throttled_ns", summary.throttled, "The part of that by the CPU quota of a cgroup.");
  v.field("runnable_ns", summary.runnable, "Time from a wakeup or a creation to the CPU.");
  v.derived(
      "on_the_way_ns", [&] { return sum_of(summary.waits.on_the_way); }, "Blocked time that was not idle, at least.");
  v.derived(
      "idle_ns", [&] { return sum_of(summary.waits.idle); }, "Idle blocked time, at most.");
  v.field("costs", summary.costs,
          "The largest costs that were not idle. Waits for data of observed tasks count a tenth in that order.");
  v.field("idle_costs", summary.idle, "The largest idle waits.");
}

}  // namespace taskcost
