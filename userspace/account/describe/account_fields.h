// SPDX-License-Identifier: Apache-2.0
//
// Describes accounts, and the tasks and processes that have them. account.h defines the figures.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "account/account.h"
#include "account/describe/account_keys.h"

namespace taskcost {

void describe(auto& v, Is<CreationSums> auto& sums) {
  v.field("count", sums.count, "Creations of this kind.");
  compared_as_means(v, sums.count);
  auto copy = sums.copies > 0 ? std::optional(sums.copy) : std::nullopt;
  v.field("copy_ns", copy,
          "From the entry of the system call to task_newtask; sum over all creations. null: the entry was not seen.");
  v.field("publish_ns", sums.publish, "From task_newtask to sched_wakeup_new; sum over all creations.");
  compared_as_means(v, sums.returns);
  auto returned = sums.returns > 0 ? std::optional(sums.returned) : std::nullopt;
  v.field("return_ns", returned,
          "From sched_wakeup_new to the creator's return from the system call; sum over `returns` creations.");
  not_compared(v);
  v.field("returns", sums.returns, "Creations whose return from the system call was seen.");
  compared_as_means(v, sums.starts);
  auto child_start = sums.starts > 0 ? std::optional(sums.child_start) : std::nullopt;
  v.field("child_start_ns", child_start,
          "From sched_wakeup_new to the child's first switch-in; sum over `starts` children.");
  not_compared(v);
  v.field("starts", sums.starts, "Children whose first switch-in was seen.");
  compared_as_means(v, sums.count);
  v.field("running_ns", sums.running, "CPU time of the creator in these calls; sum over all creations.");
  if constexpr (reads<decltype(v)>) {
    sums.copies = copy ? sums.count : 0;
    sums.copy = copy.value_or(Duration());
    sums.returned = returned.value_or(Duration());
    sums.child_start = child_start.value_or(Duration());
  }
}

struct NamedCreations {
  tc_creation kind = TC_CREATION_FORK;
  CreationSums sums;
};
void describe(auto& v, Is<NamedCreations> auto& creations) {
  v.row("creation", "All creations of one kind.");
  v.field("kind", creations.kind, "The kind of creation.");
  describe(v, creations.sums);
}

void describe(auto& v, Is<TaskStats> auto& task_stats) {
  v.row("task_stats", "The kernel's own statistics of the same task.");
  v.field("voluntary_switches", task_stats.voluntary_switches, "Voluntary context switches: nvcsw of the task.");
  v.field("involuntary_switches", task_stats.involuntary_switches, "Involuntary context switches: nivcsw of the task.");
  v.field("faults_minor", task_stats.faults_minor, "Minor faults: min_flt of the task.");
  v.field("faults_major", task_stats.faults_major, "Major faults: maj_flt of the task.");
  v.field("cpu_ns", task_stats.cpu_time, "CPU time: se.sum_exec_runtime of the task.");
  v.field("user_ns", task_stats.user_time, "User time: utime of the task, which most kernels sample by ticks.");
  v.field("system_ns", task_stats.system_time, "System time: stime of the task, which most kernels sample by ticks.");
}

void describe(auto& v, Is<WaitSums> auto& sums) {
  v.row("wait", "Blocked time for one cause.");
  v.field("count", sums.count, "Number of waits in blocked_ns, including open ones.");
  v.field("blocked_ns", sums.blocked, "Blocked time: from the switch-out to sched_waking.");
  not_compared(v);
  v.field("open", sums.open, "Waits that had not ended at the end of the window; no wakeup belongs to them.");
}

// The use of one channel, and the waits for it.
template <typename A>
struct ChannelOf {
  A& account;
  tc_channel channel;
};
template <typename A>
void describe(auto& v, const ChannelOf<A>& of) {
  auto& use = of.account.channels[of.channel];
  const auto member = [&use](auto ChannelUse::*which) { return use ? std::optional((*use).*which) : std::nullopt; };
  auto calls = member(&ChannelUse::calls);
  auto bytes_in = use ? use->received() : std::nullopt;
  auto bytes_out = use ? use->sent() : std::nullopt;
  auto kernel = member(&ChannelUse::kernel);
  auto uncounted = member(&ChannelUse::uncounted);
  v.row("channel", "Use of one kind of channel; null: its calls had no probes.");
  v.field("calls", calls, "System calls that used the channel.");
  v.field("bytes_in", bytes_in, "Bytes received; null: the bytes of some call are not known.");
  v.field("bytes_out", bytes_out, "Bytes sent; null: the bytes of some call are not known.");
  v.field("kernel_ns", kernel, "CPU time in these calls.");
  not_compared(v);
  v.derived(
      "wakeups", [&] { return of.account.waits[wait_of(of.channel)].ended(); },
      "Wakeups that ended a wait for this channel.");
  compared_as(v, Topic::channel);
  v.field("uncounted_calls", uncounted, "System calls whose bytes are not known.");
  if constexpr (reads<decltype(v)>) {
    if (calls) {
      use = ChannelUse{*calls, bytes_in.value_or(0), bytes_out.value_or(0), kernel.value_or(Duration()),
                       uncounted.value_or(0)};
    }
  }
}

// Comparisons show these counters apart from the others.
constexpr bool is_of_memory(tc_counter counter) {
  return counter == TC_COUNTER_PAGE_TABLE_BYTES || counter == TC_COUNTER_KERNEL_SLAB_BYTES ||
         counter == TC_COUNTER_KERNEL_SLAB_ALLOCATIONS || counter == TC_COUNTER_KERNEL_PAGES ||
         counter == TC_COUNTER_SHARED_MAPPING_BYTES;
}

void describe(auto& v, Is<Account> auto& account) {
  using Of = std::remove_reference_t<decltype(account)>;
  v.object("account", "How one task, or several tasks, spent their time.");
  v.field("lifetime_ns", signed_time(account.lifetime),
          "Time from creation to the final switch-out, as far as it is in the window; sum over the tasks.");
  not_compared(v);
  v.derived(
      "residual_ns", [&] { return SignedTime<Duration>{account.residual()}; },
      "lifetime_ns minus the sum of all cells, signed.");
  compared_as(v, Topic::activity);
  v.field("activities", group([&] {
            for (const tc_activity activity : every<tc_activity>()) {
              auto& cells = account.cells[activity];
              v.field(key_of(activity), row_group([&] {
                        v.field("running_ns", cells[TC_CONDITION_RUNNING], "Time on a CPU.");
                        v.field("preempted_ns", cells[TC_CONDITION_PREEMPTED],
                                "Time without a CPU after a switch-out of a runnable task.");
                        v.field("runnable_ns", cells[TC_CONDITION_RUNNABLE], "Time from a wakeup to the switch-in.");
                        v.field("blocked_ns", cells[TC_CONDITION_BLOCKED], "Time asleep.");
                        v.field("count", account.entries[activity],
                                "How often the activity was entered; null: it has no probes.");
                      }),
                      text_of(activity));
            }
          }),
          "The cells: time by activity and condition.");
  v.field("counters", group([&] {
            for (const tc_counter counter : every<tc_counter>()) {
              compared_as(v, is_of_memory(counter) ? Topic::memory : Topic::counter);
              v.field(key_of(counter), account.counters[counter], text_of(counter));
            }
          }),
          "Counts and sums; null: not measurable with the sources in use.");
  std::vector<NamedCreations> creations;
  for (const tc_creation kind : every<tc_creation>()) {
    if (account.creations[kind].count > 0) {
      creations.push_back({kind, account.creations[kind]});
    }
  }
  v.field("creations", creations, "Creations by kind; only kinds that occurred.");
  if constexpr (reads<decltype(v)>) {
    for (const NamedCreations& each : creations) {
      account.creations[each.kind] = each.sums;
    }
  }
  compared_as(v, Topic::channel);
  v.field("ipc", group([&] {
            for (const tc_channel channel : every<tc_channel>()) {
              v.field(key_of(channel), ChannelOf<Of>{account, channel}, text_of(channel));
            }
          }),
          "Use of each channel.");
  compared_as(v, Topic::wait);
  v.field("waits", group([&] {
            for (const tc_wait wait : every<tc_wait>()) {
              auto& sums = account.waits[wait];
              v.field_if(sums.count > 0 || sums.blocked != Duration(), key_of(wait), sums, text_of(wait));
            }
          }),
          "Blocked time by what the tasks waited for; only causes that occurred.");
  not_compared(v);
  v.field("task_stats", account.task_stats,
          "The kernel's own statistics; null: a task was gone before they could be read.");
}

void describe(auto& v, Is<PerShared<bool>> auto& shares) {
  v.row("shares", "The objects that a task shared with its creator when it was created.");
  for (const tc_shared object : every<tc_shared>()) {
    v.field(key_of(object), shares[object], text_of(object));
  }
}

void describe(auto& v, Is<Task> auto& task) {
  Account account = task.account;
  v.object("task", "A thread.");
  v.field("id", task.id, "Unique in the report; the kernel reuses PIDs and TIDs.");
  v.field("tid", task.tid, "TID in the initial pid namespace.");
  v.field("tid_inside", task.tid_inside, "TID in its own pid namespace; null: that is the initial one.");
  v.field("comm", task.comm, "Name of the task.");
  v.field("leader", task.leader, "True for the thread group leader.");
  v.field("origin", task.origin,
          "How it was created; attached: it existed before the window; worker: a thread that the kernel created in the "
          "process.");
  v.field("created_by_tid", or_null(task.created_by_tid), "TID of the creator; null: unknown.");
  v.field("start_ns", task.start, "Time of creation, or of the first observation.");
  v.field("end_ns", task.end, "Time of the final switch-out, or the end of the window.");
  v.field("open_at_start", task.open_at_start,
          "It existed before the window; start_ns is the time of the first observation.");
  v.field("open_at_end", task.open_at_end, "It outlived the window; end_ns is the end of the window.");
  v.derived(
      "lifetime_ns", [&] { return SignedTime<Duration>{account.lifetime}; }, "The same as account.lifetime_ns.");
  v.field("last_on_cpu_ns", task.last_on_cpu, "Time when it was last on a CPU; null: it never ran.");
  v.field("shares", task.shares,
          "What it shared with its creator when it was created; null: its creation was not seen.");
  v.field("started_elsewhere", task.started_elsewhere,
          "Its first switch-in was on another CPU than the creator's at task_newtask. null: it never ran, or this was "
          "not seen.");
  v.field("phases", row_group([&] {
            v.field("copy_ns", task.copy, "Its creation: from the entry of the system call to task_newtask.");
            v.field("publish_ns", task.publish, "From task_newtask to sched_wakeup_new.");
            v.field("child_start_ns", task.child_start, "From sched_wakeup_new to its first switch-in.");
            v.field("exit_ns", task.exit, "From the start of the exit to the final switch-out.");
            v.field("exit_teardown_ns", task.exit_teardown,
                    "From the start of the exit to the end of exit_mmap, for the task that freed the address space.");
            v.field("execs", task.execs, "Number of its execs.");
            v.field("exec_prepare_ns", task.exec_prepare,
                    "From the entry of the system call to sched_prepare_exec; sum over execs.");
            v.field("exec_replace_ns", task.exec_replace,
                    "From sched_prepare_exec to sched_process_exec; sum over execs.");
            v.field("exec_return_ns", task.exec_return, "From sched_process_exec to the return; sum over execs.");
          }),
          "Phases of its own creation, execs and exit; null: not seen.");
  v.field("account", account, "How it spent its time.");
  if constexpr (reads<decltype(v)>) {
    task.account = account;
  }
}

void describe(auto& v, Is<FatalSignal> auto& signal) {
  v.row("fatal_signal", "The signal that killed a process.");
  v.field("signal", signal.number, "Signal number.");
  v.field("generated_ns", signal.generated, "Time of the tracepoint signal_generate.");
  v.field("task", signal.target, "`id` of the task that the signal was sent to.");
}

void describe(auto& v, Is<Process> auto& process) {
  v.object("process", "A process with its threads.");
  v.field("id", process.id, "Unique in the report; the kernel reuses PIDs and TIDs.");
  v.field("parent", or_null(process.parent),
          "`id` of the last parent, whose TGID is `ppid`; null: it is not observed.");
  v.field("tgid", process.tgid, "TGID in the initial pid namespace.");
  auto tgid_inside = process.tasks.empty() ? std::nullopt : process.tasks.front().tgid_inside;
  v.field("tgid_inside", tgid_inside, "TGID in its own pid namespace; null: that is the initial one.");
  v.field("ppid", process.ppid, "TGID of the last parent.");
  v.field("comm", process.comm, "Name of the thread group leader.");
  v.field("command", process.command, "Arguments joined by spaces.");
  v.field("command_truncated", process.command_truncated, "True if `command` was cut.");
  v.field("kernel", process.kernel, "True for a kernel thread.");
  v.field("uid", process.uid, "Real uid of its leader in the initial user namespace; null: not read.");
  v.field("user", or_null(process.user), "Name of that user; null: it has none, or is not known.");
  v.field("cgroup_id", or_null(process.cgroup_id), "Id of its leader's cgroup (version 2); null: not read.");
  v.field("cgroup", or_null(process.cgroup), "Path of that cgroup; null: it was gone at the end of the window.");
  v.field("origin", process.origin, "How it was created.");
  v.field("start_ns", process.start, "Time of its first task's creation, or of the first observation.");
  v.field("end_ns", process.end, "Time of its last task's final switch-out, or the end of the window.");
  v.field("open_at_start", process.open_at_start, "It existed before the window.");
  v.field("open_at_end", process.open_at_end, "It outlived the window.");
  v.field("exit_code", process.exit_code, "Exit status; null: it still runs, or a signal killed it.");
  v.field("exit_signal", process.exit_signal, "Signal that killed it; null: it still runs, or it exited.");
  v.field("address_space_id", process.address_space, "Equal for processes that share their memory.");
  v.field("fatal", process.fatal, "The signal that killed it; null: none, or signal_generate was not seen.");
  v.field("zombie_ns", process.zombie,
          "From its last task's final switch-out to the return of the wait that reaped it; null: not seen.");
  v.field("reap_ns", process.reap, "CPU time of the reaping process in that wait; null: not seen.");
  v.derived(
      "threads", [&] { return process.tasks.size(); }, "Number of its tasks.");
  v.derived(
      "workers", [&] { return process.workers(); },
      "Tasks among them that the kernel created in the process (io_uring, vhost).");
  v.derived(
      "total", [&] { return account_of(process); }, "Sum over its tasks.");
  v.field("tasks", process.tasks, "Its tasks, sorted by start.");
  if constexpr (reads<decltype(v)>) {
    if (!process.tasks.empty()) {
      process.tasks.front().tgid_inside = tgid_inside;
    }
  }
}

void describe(auto& v, Is<AggregatedProcesses> auto& aggregated) {
  v.object("aggregated", "Processes with one name that are not kept one by one.");
  v.field("comm", aggregated.comm, "Name of the processes.");
  v.field("processes", aggregated.processes, "Number of processes.");
  v.field("tasks", aggregated.tasks, "Number of their threads.");
  v.field("total", aggregated.total, "Sum over their threads.");
}

void describe(auto& v, Is<Losses> auto& losses) {
  v.object("losses", "Counts of everything that was lost.");
  for (const tc_loss loss : every<tc_loss>()) {
    v.field(key_of(loss), losses.counts[loss], text_of(loss));
  }
  v.field("skipped_probes", losses.skipped_probes, "Runs of programs that the kernel skipped.");
  v.field("missed_switches", losses.missed_switches,
          "Context switches that the kernel counted but the ledgers did not.");
}

void describe(auto& v, Is<Histogram> auto& histogram) {
  v.object("histogram", "A latency distribution.");
  const auto quantile = [&](double q) { return [&histogram, q] { return histogram.quantile(q); }; };
  auto sum = histogram.sum();
  auto least = histogram.min();
  auto most = histogram.max();
  auto buckets = histogram.buckets();
  v.derived(
      "count", [&] { return histogram.count(); }, "Number of values.");
  not_compared(v);
  v.field("sum_ns", sum, "Sum of the values.");
  v.field("min_ns", least, "Smallest value; null: no values.");
  v.field("max_ns", most, "Largest value; null: no values.");
  compared_over(v, histogram.count());
  v.derived("p50_ns", quantile(0.5), "Median; null: no values. All percentiles have an error of at most 1/32.");
  v.derived("p90_ns", quantile(0.9), "90th percentile.");
  v.derived("p99_ns", quantile(0.99), "99th percentile.");
  not_compared(v);
  v.derived("p999_ns", quantile(0.999), "99.9th percentile.");
  v.field("buckets", buckets, "Buckets that are not empty, in order.");
  if constexpr (reads<decltype(v)>) {
    tc_histogram raw{};
    raw.sum_ns = static_cast<std::uint64_t>(sum.count());
    raw.max_ns = static_cast<std::uint64_t>(most.value_or(Duration()).count());
    raw.min_ns_inverted = least ? ~static_cast<std::uint64_t>(least->count()) : 0;
    double count = 0;
    for (const Histogram::Bucket& bucket : buckets) {
      raw.buckets[tc_bucket_of(static_cast<std::uint64_t>(bucket.from.count()))] += bucket.count;
      count += static_cast<double>(bucket.count);
    }
    constexpr double most_values = 1e18;
    if (count > most_values) {
      v.complain("not a distribution: it has more values than any machine");
      return;
    }
    histogram = Histogram();
    histogram.merge(raw);
  }
}

void describe(auto& v, Is<Histogram::Bucket> auto& bucket) {
  v.row("bucket", "Number of values in a range.");
  v.field("from_ns", bucket.from, "Lower end, inclusive.");
  v.field("to_ns", bucket.to, "Upper end, exclusive.");
  v.field("count", bucket.count, "Number of values in this range.");
}

}  // namespace taskcost
