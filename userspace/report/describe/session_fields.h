// SPDX-License-Identifier: Apache-2.0
//
// Describes what a session has in addition to accounts: the wakeup graph, lifetime prices, stacks, and what the
// recorded transitions lack.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "account/describe/account_fields.h"
#include "account/groups.h"
#include "report/describe/verdict_keys.h"
#include "verdict/report.h"

namespace taskcost {

void describe(auto& v, Is<LifecycleCost> auto& cost) {
  v.row("lifecycle_cost",
        "CPU time in the kernel for tasks from creation to reaping, including later costs of the creation; sums over "
        "`count` tasks.");
  v.field("count", cost.count, "Number of tasks that were created and exited in the window.");
  v.field("create_ns", cost.create, "CPU time of the creator in the creating call.");
  v.field("start_ns", cost.start, "CPU time of the new task on its way out of that call.");
  v.field("exec_ns", cost.exec, "CPU time of the execs of the new task.");
  v.field("faults_ns", cost.faults, "CPU time of the page faults of the new task.");
  v.field("exit_ns", cost.exit, "CPU time of the exit of the new task, including the teardown of its memory.");
  v.field("reap_ns", cost.reap, "CPU time of the wait that reaped the new task; 0 for threads.");
  v.field("copy_on_write_ns", cost.copy_on_write, "CPU time of copy-on-write faults in the creator.");
}

void describe(auto& v, Is<SignalDeath> auto& death) {
  v.row("signal_death", "The tasks that exited because a signal killed their process.");
  v.field("process", death.process, "`id` of the process.");
  v.field("signal", death.signal, "Signal number.");
  v.field("generated_ns", death.generated, "Time of the tracepoint signal_generate; null: not seen.");
  v.field("tasks_ended", death.tasks_ended, "Tasks of the process that exited after the signal.");
  v.field("to_first_exit_ns", death.to_first_exit, "From the signal to the first final switch-out of these tasks.");
  v.field("to_last_exit_ns", death.to_last_exit, "From the signal to their last final switch-out.");
  v.field("others_alive", death.others_alive, "Other observed tasks that were alive at the last of these switch-outs.");
  v.field("others_ran_on", death.others_ran_on, "Tasks among them that ran after it.");
}

void describe_waker(auto& v, Is<Waker> auto& waker) {
  v.field("waker", waker.kind, "Kind of the waker.");
  v.field("from_task", or_null(waker.task), "`id` of the waking task; null: none, or it is not kept one by one.");
  v.field("from_tid", or_null(waker.tid), "TID of the waking task; null: unknown.");
  v.field("from_comm", or_null(waker.comm),
          "Name of a waking task that is not observed, at the end of the window; null: unknown, or it is observed.");
}

void describe(auto& v, Is<Edge> auto& edge) {
  v.row("edge", "Wakeups of one task by another for one cause, and the bytes through that channel.");
  describe_waker(v, edge.from);
  v.field("to_task", or_null(edge.to), "`id` of the sleeper or receiver; null: not observed, or one of several.");
  v.field("to_tid", or_null(edge.to_tid), "TID of the sleeper or receiver; null: unknown.");
  v.field("channel", edge.cause, "What the sleeper waited for: a key of `waits`.");
  v.field("wakeups", edge.wakeups, "Number of wakeups that ended such waits.");
  v.field("waited_ns", edge.waited, "Total of the waits that these wakeups ended.");
  v.field("longest_ns", edge.longest, "Longest of these waits.");
  v.field("bytes", edge.bytes,
          "Bytes sent to `to_task`; null: the cause has no bytes, or their number or sender is not known.");
  v.field("call_sites", edge.call_sites, "Wakeups by call site of the waker: a system call, exit, ...");
}

void describe(auto& v, Is<TaskGroup> auto& group) {
  v.object("group", "The sum of the tasks of one group.");
  v.field("name", group.name, "What they have in common; null: tasks that are not kept one by one.");
  v.field("processes", group.processes, "Number of processes with a task in the group.");
  v.field("tasks", group.tasks, "Number of tasks.");
  v.field("total", group.total, "Sum over these tasks.");
}

void describe(auto& v, Is<GroupEdge> auto& edge) {
  v.row("group_edge", "Sum of the edges from the tasks of one group to those of another for one cause.");
  v.field("waker", edge.waker, "Kind of the wakers.");
  v.field("from", edge.from, "Group of the wakers; null: they are no tasks, or their group is not known.");
  v.field("to", edge.to, "Group of the sleepers or receivers; null: not known.");
  v.field("channel", edge.cause, "What the sleepers waited for: a key of `waits`.");
  v.field("edges", edge.edges, "Number of edges in this sum.");
  v.field("wakeups", edge.wakeups, "Number of wakeups that ended such waits.");
  v.field("waited_ns", edge.waited, "Total of the waits that these wakeups ended.");
  v.field("longest_ns", edge.longest, "Longest of these waits.");
  v.field("bytes", edge.bytes, "Bytes of the edges whose bytes are known; null: there is none.");
  v.field("call_sites", edge.call_sites, "Wakeups by call site of the waker: a system call, exit, ...");
}

void describe(auto& v, Is<ChainLink> auto& link) {
  v.row("link", "A wait in a chain.");
  v.field("task", or_null(link.task), "`id` of the sleeper; null: not kept one by one.");
  v.field("tid", link.tid, "TID of the sleeper.");
  v.field("waited_ns", link.waited, "Duration of the wait.");
  v.field("cause", link.cause, "What the sleeper waited for.");
  describe_waker(v, link.waker);
  v.field("call_site", link.call_site, "Call site of the waker: a system call, exit, ...");
}

void describe(auto& v, Is<Syscalls> auto& row) {
  v.row("syscalls", "The calls of one system call by all programs with one name that returned in the window.");
  v.field("program", or_null(row.program), "Name of the process; null: several, there were too many names.");
  v.field("syscall", row.name, "Name of the system call.");
  v.field("calls", row.count, "Number of calls.");
  v.field("errors", row.errors, "Failed calls by the name of their errno.");
  v.field("cpu_ns", row.running, "CPU time in these calls, without page faults.");
  v.field("elapsed_ns", row.total, "Time from the entry to the return, over `timed` calls.");
  v.field("timed", row.timed, "Calls whose entry was traced; seccomp and tracers refuse calls before it.");
  v.field("p50_ns", row.p50,
          "Median of the time from the entry to the return; up to 1/8 off. null: no call was timed.");
  v.field("p99_ns", row.p99, "99th percentile of that time; up to 1/8 off.");
  v.field("longest_ns", row.longest, "Longest of these times.");
  v.field("bytes", row.bytes, "Sum of results; null: the result of this call is no number of bytes.");
}

void describe(auto& v, Is<Frame> auto& frame) {
  v.row("frame", "A call in a stack.");
  v.field("function", or_null(frame.function), "Name of the function; null: no symbol.");
  v.field("module", or_null(frame.module), "Path of the file, [vdso], [kernel], ...; null: unknown.");
  v.field("offset", frame.offset, "Offset in the file if there is no symbol.");
  v.field("mark", or_null(frame.mark),
          "unlinked: the file was unlinked; replaced: another file has its path; unknown: no mapping is known; unread: "
          "the file did not answer in time, is too large, or the time budget was used up.");
  v.field("kernel", frame.kernel, "True for a kernel frame.");
}

void describe(auto& v, Is<NamedStack> auto& stack) {
  v.object("stack", "A call stack with its number of events and their time.");
  v.field("process", stack.process, "`id` of the process.");
  v.field("kind", stack.kind, "Kind of the events.");
  auto wait = stack.kind == StackKind::wait ? std::optional(stack.wait) : std::nullopt;
  v.field("wait", wait, "What the tasks waited for; null: it is no wait.");
  v.field("cut", stack.cut, "True if the outermost frames are missing.");
  v.field("count", stack.count, "Number of events.");
  v.field("time_ns", stack.time, "Total time of the waits, faults, times off the CPU, or creating calls.");
  v.field("frames", stack.frames, "Frames, the outermost first.");
  if constexpr (reads<decltype(v)>) {
    stack.wait = wait.value_or(stack.wait);
  }
}

void describe(auto& v, Is<Stacks> auto& stacks) {
  v.object("stacks", "Call stacks of creations, faults, waits and involuntary switches.");
  v.field("events", stacks.events, "Number of events with a stack.");
  v.field("cut_events", stacks.cut_events,
          "Events among them whose user part does not reach the entry of a thread or a program.");
  v.field("lost_events", stacks.lost_events, "Events without a stack, because the kernel's table was full.");
  v.field("stacks", stacks.stacks, "Stacks sorted by time, the largest first.");
}

// Both instants are null for a gap whose time is unknown.
void describe(auto& v, Is<ReplayGap> auto& gap) {
  v.row("gap", "An interval in which events were lost.");
  auto first = gap.is_anywhere() ? std::nullopt : std::optional(gap.first);
  auto last = gap.is_anywhere() ? std::nullopt : std::optional(gap.last);
  v.field("why", gap.why,
          "ring_full: the ring buffer was full; disk_slow: the disk was too slow; damaged: a part of the file is not "
          "readable.");
  v.field("first_ns", first, "Time of the first lost event; null: the gap can be anywhere.");
  v.field("last_ns", last, "Time of the last lost event; null: the gap can be anywhere.");
  v.field("lost", gap.lost, "Number of lost events; null: not counted.");
  v.field("cpu", gap.cpu, "CPU of the lost events; null: any CPU.");
  if constexpr (reads<decltype(v)>) {
    gap.first = first.value_or(Instant());
    gap.last = last.value_or(Instant::max());
  }
}

void describe(auto& v, Is<ReplayIntegrity::Break> auto& broken) {
  v.row("break", "A switch from a task that the previous switch on this CPU did not switch to.");
  v.field("at_ns", broken.at, "Time of the switch.");
  v.field("cpu", broken.cpu, "CPU of the switch.");
  v.field("expected_tid", broken.expected_tid, "TID that the previous switch on this CPU switched to.");
  v.field("seen_tid", broken.seen_tid, "TID that this switch switched from.");
  v.field("expected_id", broken.expected, "Id of the ledger of expected_tid; 0: not observed.");
  v.field("seen_id", broken.seen, "Id of the ledger of seen_tid; 0: not observed.");
}

void describe(auto& v, Is<ReplayIntegrity> auto& integrity) {
  v.object("integrity", "Counts of contradictions, which complete records in order cannot have.");
  v.field("events", integrity.events, "Events that were read.");
  v.field("switches_checked", integrity.switches_checked,
          "Switches that were compared with the previous switch on their CPU.");
  v.field("broken_switches", integrity.broken_switches,
          "Switches from a task that the previous switch on their CPU did not switch to.");
  v.field("impossible_switches", integrity.impossible_switches, "Switches to or from a task that was on another CPU.");
  v.field("backward_times", integrity.backward_times,
          "Events older than the previous one of their task; they take no time.");
  v.field("missing_new_tasks", integrity.missing_new_tasks,
          "Tasks that have events, but whose creation or first observation is missing.");
  v.field("repeated_new_tasks", integrity.repeated_new_tasks, "Creations of a task that was already alive.");
  v.field("impossible_corrections", integrity.impossible_corrections, "Corrections by more than the corrected time.");
  v.field("invalid_cpus", integrity.invalid_cpus, "Events with a CPU number out of range.");
  v.field("lost_final_ledgers", integrity.lost_final_ledgers, "Tasks that exited without a ledger of the probes.");
  v.field("breaks", integrity.breaks, "The first broken switches.");
}

void describe(auto& v, Is<RecordCheck> auto& records) {
  v.object("records", "What the recorded events lack, and where they contradict each other.");
  v.field("gaps", records.gaps, "Gaps, sorted by their first lost event.");
  v.field("touched_tasks", records.touched_tasks, "Tasks with unknown time because of gaps.");
  v.field("unknown_ns", records.unknown, "Sum of their unknown time.");
  v.field("missing_snapshots", records.missing_snapshots,
          "Tasks that were alive at the end but have no ledger of the probes.");
  v.field("integrity", records.integrity, "Contradictions in the records.");
}

// The fields from "process_count" to "kernel_totals".
void describe_tasks(auto& v, Is<Session> auto& session) {
  v.field("process_count", session.process_count, "Number of processes, including those in `aggregated`.");
  v.field("task_count", session.task_count, "Number of tasks, including those in `aggregated`.");
  v.field("processes", session.processes, "Processes sorted by start, parents before their children.");
  v.field("aggregated", session.aggregated, "Sums of processes that are not kept one by one, by name.");
  v.field("totals", session.totals, "Sum over all tasks except kernel threads.");
  v.field("kernel_totals", session.kernel_totals, "Sum over kernel threads.");
}

// The fields from "histograms" to "cpu_slices".
void describe_findings(auto& v, Is<Session> auto& session) {
  // These keys are always present, with null if they have no source. Histograms with other keys follow.
  std::vector<std::string> promised{latency_key::creation, key_of(TC_HISTOGRAM_EXEC), latency_key::exit};
  for (const tc_histogram_id id : every<tc_histogram_id>()) {
    if (id != TC_HISTOGRAM_EXEC) {
      promised.emplace_back(key_of(id));
    }
  }
  Members<std::optional<Histogram>> histograms;
  for (const std::string& key : promised) {
    if (session.find_histogram(key) == nullptr) {
      histograms.emplace_back(key, std::nullopt);
    }
  }
  for (const auto& [key, histogram] : session.histograms) {
    histograms.emplace_back(key, histogram);
  }
  if constexpr (reads<decltype(v)>) {
    histograms.clear();
  }
  v.field("histograms", histograms, "Latencies by key; null: there is no source.");
  if constexpr (reads<decltype(v)>) {
    for (const auto& [key, histogram] : histograms) {
      if (histogram) {
        session.histograms.insert_or_assign(key, *histogram);
      }
    }
  }
  v.field("syscalls", session.syscalls, "System calls by program and name, sorted by CPU time; null: not measured.");
  v.field("edges", session.edges, "Edges of the wakeup graph, sorted by waiting time.");
  v.field("other_edges", session.other_edges, "Number of edges of tasks that are not kept one by one.");
  v.field("chains",
          elements(session.chains,
                   [&v](auto& chain) {
                     return group([&v, &chain] {
                       v.field("links", chain,
                               "The waits of the chain: each is the last long wait of the waker of the one before it.");
                     });
                   }),
          "Chains of waits: the next link is the last long wait of the waker within this wait.");
  v.field("lifecycle_costs",
          group_or_null(session.calls_seen,
                        [&] {
                          for (const tc_creation kind : every<tc_creation>()) {
                            v.field(key_of(kind), session.lifecycle_costs[kind], text_of(kind));
                          }
                        }),
          "Costs by kind of creation; null: system calls had no probes.");
  v.field("signal_deaths", session.signal_deaths, "One element for each process that a signal killed.");
  auto cpu_slices = session.cpu_slices ? std::optional(session.cpu_slices->size()) : std::nullopt;
  v.field("cpu_slices", cpu_slices, "Number of CPU slices that were kept; null: not requested.");
  if constexpr (reads<decltype(v)>) {
    constexpr std::size_t most = 1'000'000;  // a document has only their number, and a hostile one may have any number
    if (cpu_slices) {
      session.cpu_slices.emplace(std::min(*cpu_slices, most));
    }
  }
}

}  // namespace taskcost
