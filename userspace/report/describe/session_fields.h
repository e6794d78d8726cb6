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

void describe(auto& v, Is<RanInstead> auto& ran) {
  v.row("ran_instead", "What had the CPU while a task waited for it, summed up over the waits of one task.");
  v.field("waiter", or_null(ran.waiter), "`id` of the waiting task; null: not kept one by one.");
  v.field(
      "kind", ran.kind,
      "task: an observed task; unobserved: another task; kernel_thread: a kernel thread that is not observed; idle: "
      "the CPU was idle, and had to wake up.");
  v.field("task", or_null(ran.task), "`id` of the observed task that ran; null: not kept one by one, or another kind.");
  v.field("comm", or_null(ran.comm), "Name of the task that ran, if it is not observed; null: it is, or it has none.");
  v.field("turns", ran.turns, "Number of its turns on the CPU.");
  v.field("time_ns", ran.time, "CPU time of these turns within the waits.");
}

void describe(auto& v, Is<GroupRanInstead> auto& ran) {
  v.row("group_ran_instead", "What had the CPUs while the tasks of one group waited for them.");
  v.field("waiter", ran.waiter, "Group of the waiting tasks; null: not known.");
  v.field("kind", ran.kind, "As in `ran_instead`.");
  v.field("ran", ran.ran, "Group, or name, of the tasks that ran; null: the CPU was idle, or not known.");
  v.field("turns", ran.turns, "Number of their turns on CPUs.");
  v.field("time_ns", ran.time, "CPU time of these turns within the waits.");
}

void describe(auto& v, Is<LockWaits> auto& waits) {
  v.row("lock_waits", "Waits of one task for locks of the kernel with one name and type.");
  v.field("task", or_null(waits.task), "`id` of the task; null: not kept one by one.");
  v.field("lock", or_null(waits.lock),
          "mmap_lock of its memory map, page_table_lock, siglock, file_lock of its file table, i_rwsem of the inode or "
          "pipe_mutex of the file of its call; or the symbol of a global lock. null: not known.");
  v.field("type", waits.type, "Type of the lock.");
  v.field("owner", waits.owner,
          "What held it when the wait began, as `kind` in `ran_instead`; null: not known, or readers.");
  v.field("owner_task", or_null(waits.owner_task), "`id` of the observed task that held it; null: another one.");
  v.field("waits", waits.waits, "Number of waits.");
  v.field("time_ns", waits.time, "Total time: blocked, or running where the task span.");
  v.field("longest_ns", waits.longest, "Longest wait.");
  v.field("other_ns", waits.other, "The part of time_ns that is blocked time of the cause `other`.");
}

void describe(auto& v, Is<GroupLockWaits> auto& waits) {
  v.row("group_lock_waits", "Waits of tasks of one group for locks of the kernel with one name and type.");
  v.field("group", waits.group, "Group of the tasks; null: not known.");
  v.field("lock", or_null(waits.lock), "As in `locks`.");
  v.field("type", waits.type, "Type of the lock.");
  v.field("waits", waits.waits, "Number of waits.");
  v.field("time_ns", waits.time, "Total time.");
  v.field("longest_ns", waits.longest, "Longest wait.");
  v.field("owner", waits.owner, "What held it for the longest part, as in `locks`; null: not known.");
  v.field("owner_group", waits.owner_group, "Group of the tasks that held it for the longest part; null: not known.");
}

// The fields of ObjectWaits that groups have too.
void describe_object(auto& v, auto& waits) {
  v.field("cause", waits.cause, "What they waited for.");
  v.field("kind", waits.kind,
          "Kind of the object; unknown: no file was found, as where the kernel reads a program that is executed.");
  v.field("object", or_null(waits.object),
          "Path in the mount namespace of the task, `...` before it if the first directories are missing, ` (deleted)` "
          "behind it if it leads to the file no longer; pipe:[INODE]; address and port of the peer, or for accepted "
          "connections the own port and the address of the peer; path of a unix socket, with @ if abstract. null: not "
          "known.");
  v.field("disk", or_null(waits.disk), "Name of the disk that holds the file, or that is the file; null: none.");
  v.field("device", or_null(waits.device), "Device number of the file system of a file; null: no file.");
  v.field("inode", waits.inode, "Inode number of a file; null: no file.");
  v.field("waits", waits.waits, "Number of waits.");
  v.field("time_ns", waits.time, "Total blocked time.");
  v.field("longest_ns", waits.longest, "Longest wait.");
}

void describe(auto& v, Is<ObjectWaits> auto& waits) {
  v.row("object_waits", "Waits of 20 us or more of one task for one cause and one file, connection or device.");
  v.field("task", or_null(waits.task), "`id` of the task; null: not kept one by one.");
  describe_object(v, waits);
}

void describe(auto& v, Is<GroupObjectWaits> auto& waits) {
  v.row("group_object_waits", "Waits of tasks of one group for one cause and one file, connection or device.");
  v.field("group", waits.group, "Group of the tasks; null: not known.");
  describe_object(v, waits);
}

void describe(auto& v, Is<InterruptSums> auto& sums) {
  v.row("interrupts", "Softirqs of one vector, or interrupt handlers, in the running time of observed tasks.");
  v.field("kind", sums.kind, "The vector, or `handler`.");
  v.field("count", sums.count, "How often they ran.");
  v.field("time_ns", sums.time, "Total time; of softirqs without the interrupt handlers within.");
}

void describe(auto& v, Is<CpuQuota> auto& quota) {
  v.row("cpu_quota", "A cgroup whose CPU quota throttled observed tasks.");
  v.field("cgroup_id", or_null(quota.cgroup_id),
          "Number of the cgroup in the hierarchy of the CPU controller; null: several, for which there was no room.");
  v.field("cgroup", or_null(quota.cgroup), "Its path in that hierarchy; null: it is gone, or not known.");
  v.field("quota_ns", quota.quota, "CPU time that its tasks may use in each period; null: several.");
  v.field("period_ns", quota.period, "Length of a period; null: several.");
  v.field("throttled", quota.throttled, "Times that it took the CPU from an observed task.");
  v.field("throttled_ns", quota.time, "Total time until these tasks had a CPU again.");
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
  v.field("cpu_ns", row.running, "CPU time in `timed` calls, without page faults; null: none was timed.");
  v.field("elapsed_ns", row.total, "Time from the entry to the return, over `timed` calls; null: none.");
  v.field("timed", row.timed, "Calls whose entry was traced; seccomp and tracers refuse calls before it.");
  v.field("p50_ns", row.p50,
          "Median of the time from the entry to the return; up to 1/8 off. null: no call was timed.");
  v.field("p99_ns", row.p99, "99th percentile of that time; up to 1/8 off.");
  v.field("longest_ns", row.longest, "Longest of these times.");
  v.field("bytes", row.bytes, "Sum of results; null: the result of this call is no number of bytes.");
}

void describe(auto& v, Is<RingOperations> auto& row) {
  v.row("ring_operations",
        "The operations of io_uring of one kind by all programs with one name that completed in the window.");
  v.field("program", or_null(row.program), "Name of the process; null: several, there were too many names.");
  v.field("operation", or_null(row.name),
          "Name of the operation, IORING_OP_*; null: completions without their request, of a multishot request or by "
          "another ring.");
  v.field("completions", row.count, "Number of completions.");
  v.field("errors", row.errors, "Failed operations by the name of their errno.");
  v.field("elapsed_ns", row.total, "Time from the submission to the completion, over `timed` ones; null: none.");
  v.field("timed", row.timed, "Operations whose submission was traced.");
  v.field("p50_ns", row.p50, "Median of that time; up to 1/8 off. null: none was timed.");
  v.field("p99_ns", row.p99, "99th percentile of that time; up to 1/8 off.");
  v.field("longest_ns", row.longest, "Longest of these times.");
  v.field("bytes", row.bytes, "Sum of results; null: the result of this operation is no number of bytes.");
}

void describe(auto& v, Is<RegionParts> auto& parts) {
  v.field("user_ns", parts.user, "Running in user code.");
  v.field("calls_ns", parts.calls, "Running in system calls.");
  v.field("faults_ns", parts.faults, "Running in page faults.");
  v.field("preempted_ns", parts.preempted, "Without a CPU after a switch-out of a runnable task.");
  v.field("runnable_ns", parts.runnable, "From a wakeup to the switch-in.");
  v.field("waits_ns", row_group([&] {
            for (const tc_wait wait : every<tc_wait>()) {
              v.field_if(parts.blocked[wait] != Duration(), key_of(wait), parts.blocked[wait], text_of(wait));
            }
          }),
          "Blocked, by what the task waited for; only causes that occurred.");
}

void describe(auto& v, Is<MarkedRegion> auto& region) {
  v.row("region",
        "The regions of one name that programs of one name marked. Their times include the regions inside of them. "
        "user_ns to waits_ns add up to total_ns.");
  v.field("program", region.program, "Name of the process.");
  v.field("name", or_null(region.name), "Name of the region; null: it has none, or it could not be read.");
  v.field("count", region.count, "Regions that a mark has ended: the times up to longest_ns are about these.");
  v.field("total_ns", region.total, "From the return of the mark that begins it to the entry of the one that ends it.");
  describe(v, region.parts);
  v.field("p50_ns", region.p50, "Median of the time of a region; up to 1/8 off. null: none has ended.");
  v.field("p99_ns", region.p99, "99th percentile of that time; up to 1/8 off.");
  v.field("shortest_ns", region.shortest, "Shortest of these times.");
  v.field("longest_ns", region.longest, "Longest of these times.");
  v.field("not_ended", region.not_ended,
          "Regions that no mark ended: their thread or program ended, or a region around them.");
  v.field("not_ended_ns", region.not_ended_time, "Time of these regions.");
  v.field("open", region.open, "Regions that were open at the end of the window.");
  v.field("open_ns", region.open_time, "Time of these regions until then.");
  v.field("stray_ends", region.stray_ends, "Marks of an end without a beginning.");
  v.field("too_deep", region.too_deep, "Regions that began within 8 others: they are not measured.");
}

void describe(auto& v, Is<Frame> auto& frame) {
  v.row("frame", "A call in a stack.");
  v.field("function", or_null(frame.function), "Name of the function; null: no symbol.");
  v.field("module", or_null(frame.module), "Path of the file, [vdso], [JIT], [kernel], ...; null: unknown.");
  v.field("offset", frame.offset, "Offset in the file if there is no symbol.");
  v.field("mark", or_null(frame.mark),
          "unlinked: no file has its path, or its process ended before its mount namespace was seen; replaced: another "
          "file has its path; unknown: no mapping is known, or several files were mapped there one after the other; "
          "unread: the file did not answer in time, is too large, or the time budget was used up.");
  v.field("kernel", frame.kernel, "True for a kernel frame.");
}

void describe(auto& v, Is<NamedStack> auto& stack) {
  v.object("stack", "A call stack with its number of events and their time.");
  v.field("process", stack.process, "`id` of the process.");
  v.field("thread", stack.thread, "Name of the tasks, with * for numbers by which several differ.");
  v.field("kind", stack.kind, "Kind of the events; `on CPU`: samples of running tasks.");
  v.field("end", stack.end, "How its user part ended: `complete`, or why it is cut.");
  auto wait = stack.kind == StackKind::wait ? std::optional(stack.wait) : std::nullopt;
  v.field("wait", wait, "What the tasks waited for; null: it is no wait.");
  v.field("cut", stack.cut, "True if the outermost frames are missing.");
  v.field("count", stack.count, "Number of events.");
  v.field("time_ns", stack.time,
          "Total time of the waits, faults, times off the CPU, or creating calls; of samples, their share of the CPU "
          "time.");
  v.field("runnable_ns", stack.runnable, "Of waits: total time from the wakeup to a CPU.");
  v.field("frames", stack.frames, "Frames, the outermost first.");
  if constexpr (reads<decltype(v)>) {
    if (wait) {
      stack.wait = *wait;
    }
  }
}

void describe(auto& v, Is<StackSums> auto& sums) {
  v.row("stack_sums", "Events and their time.");
  v.field("count", sums.count, "Number of events.");
  v.field("time_ns", sums.time, "Their time.");
}

void describe(auto& v, Is<UnwindTables::Failure> auto& failure) {
  v.row("no_unwind_table", "A file without an unwind table: its code is unwound by frame pointers.");
  v.field("file", failure.file, "Its path.");
  v.field("why", failure.why, "Why it has none.");
}

void describe(auto& v, Is<UnwindTables> auto& tables) {
  v.row("unwind_tables", "The unwind tables that were made, by which stacks need no frame pointers.");
  v.field("files", tables.files, "Files with a table.");
  v.field("without", tables.without, "Files without unwind information that could be read.");
  v.field("no_room", tables.no_room, "Files whose table would have exceeded limit_bytes.");
  v.field("bytes", tables.bytes, "Kernel memory that the tables take.");
  v.field("limit_bytes", tables.limit_bytes, "The most that they may take: --unwind-memory.");
  v.field("failures", tables.failures, "Files of `without` and `no_room`, the first 64.");
}

void describe(auto& v, Is<KeptFiles> auto& files) {
  v.row("kept_files",
        "The mapped files that were kept open for their symbols, and the maps of just-in-time compilers.");
  v.field("kept", files.kept, "Files that were kept open.");
  v.field("not_kept", files.not_kept, "Files beyond limit: they have names if their path still leads to them.");
  v.field("limit", files.limit, "The most files that are kept open.");
  v.field("jit_maps", files.jit_maps, "Files /tmp/perf-PID.map that names were taken from.");
  v.field("jit_maps_refused", files.jit_maps_refused,
          "Processes with compiled code on stacks whose map is missing or empty, belongs to another user or to an "
          "earlier process, or could not be read.");
}

void describe(auto& v, Is<WakerStack> auto& pair) {
  v.object("waker_stack", "Waits of 1 ms or more with one stack that observed tasks ended from one stack.");
  v.field("sleeper", pair.sleeper, "The stack of the waits, and their number and time.");
  v.field("waker", pair.waker, "The stack of the wakers; its number and time are those of the waits.");
}

void describe(auto& v, Is<StackSamples> auto& samples) {
  v.row("stack_samples",
        "Samples of running tasks. Each stands for cpu_ns / count of CPU time. By chance, n samples are off by less "
        "than 2 / sqrt(n) in 19 of 20 cases.");
  v.field("frequency_hz", samples.frequency, "Samples per second on each CPU.");
  v.field("count", samples.count, "Samples of observed tasks.");
  v.field("cpu_ns", samples.cpu_time, "CPU time of these tasks, as measured.");
}

void describe(auto& v, Is<BuildId> auto& build_id) {
  v.row("build_id", "The build id of a file with code.");
  v.field("file", build_id.file, "As `module` of a frame.");
  v.field("build_id", build_id.id, "Hexadecimal.");
}

void describe(auto& v, Is<Stacks> auto& stacks) {
  v.object("stacks", "Call stacks of creations, faults, waits, involuntary switches and running tasks.");
  v.field("events", stacks.events, "Number of events with a stack.");
  v.field("cut_events", stacks.cut_events,
          "Events among them whose user part does not reach the entry of a thread or a program.");
  v.field("time_ns", stacks.time, "Time of the events with a stack.");
  v.field("cut_ns", stacks.cut_time, "Time of cut_events.");
  v.field("ends", row_group([&] {
            for (const tc_stack_end end : every<tc_stack_end>()) {
              auto& sums = stacks.ends[end];
              v.field_if(sums.count > 0, key_of(end), sums, text_of(end));
            }
          }),
          "Events by how their user part ended; only ends that occurred.");
  v.field("unwind_tables", stacks.tables, "The unwind tables; null: frame pointers alone.");
  v.field("files", stacks.files, "The files that names were taken from.");
  v.field("samples", stacks.samples, "Samples of running tasks; null: none were taken.");
  v.field("build_ids", stacks.build_ids, "Build ids of the files of the frames.");
  v.field("lost_events", stacks.lost_events, "Events without a stack, because the kernel's table was full.");
  v.field("wakers", stacks.wakers, "Long waits with the stacks of their wakers, sorted by time, the longest first.");
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
  v.field("ring_operations", session.ring_operations,
          "Operations of io_uring by program and name, sorted by total time; null: not measured.");
  v.field("ran_instead", session.ran_instead,
          "What had the CPU that a task got after a wait, during the wait: turns among the last 8 there that had at "
          "least 1/16 of the wait each. Sorted by time. What is missing to preempted + runnable - throttled time of a "
          "task was not told apart. null: not measured.");
  v.field("locks", session.locks, "Waits for locks of the kernel, sorted by time; null: not measured.");
  v.field("wait_objects", session.wait_objects,
          "The files, connections and devices behind waits of 20 us or more, sorted by time; null: not measured.");
  v.field("interrupts", session.interrupts,
          "Softirqs and interrupt handlers in the running time of observed tasks, which contains their time; null: not "
          "measured.");
  v.field(
      "cpu_quotas", session.cpu_quotas,
      "Cgroups whose CPU quota throttled observed tasks, sorted by time: of nested ones with a quota the innermost.");
  v.field("regions", session.regions,
          "Regions that programs marked, by program and name, sorted by total time; null: not measured.");
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
