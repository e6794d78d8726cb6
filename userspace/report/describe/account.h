// SPDX-License-Identifier: Apache-2.0
//
// Describes accounts, and the tasks and processes that have them. taskcost/account.h defines the figures.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "report/describe/keys.h"
#include "taskcost/account.h"

namespace taskcost {

void describe(auto& v, Is<CreationSums> auto& sums) {
  v.field("count", sums.count, "Creations of this kind.");
  auto copy = sums.copies > 0 ? std::optional(sums.copy) : std::nullopt;
  v.field("copy_ns", copy, "Sum over all: entry of the system call to task_newtask; null: the entry was not seen.");
  v.field("publish_ns", sums.publish, "Sum over all: until sched_wakeup_new.");
  auto returned = sums.returns > 0 ? std::optional(sums.returned) : std::nullopt;
  v.field("return_ns", returned, "Sum over `returns`: sched_wakeup_new to the end of the system call in the creator.");
  v.field("returns", sums.returns, "Creations whose call was seen to return.");
  auto child_start = sums.starts > 0 ? std::optional(sums.child_start) : std::nullopt;
  v.field("child_start_ns", child_start, "Sum over `starts`: sched_wakeup_new to the child's first switch-in.");
  v.field("starts", sums.starts, "Children that were seen to start.");
  v.field("running_ns", sums.running, "The creator's time on a CPU inside these calls.");
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
  v.field("kind", creations.kind, "What was created, and how.");
  describe(v, creations.sums);
}

void describe(auto& v, Is<KernelBooks> auto& books) {
  v.row("books", "The kernel's own accounting over the same life.");
  v.field("voluntary_switches", books.voluntary_switches, "nvcsw");
  v.field("involuntary_switches", books.involuntary_switches, "nivcsw");
  v.field("faults_minor", books.faults_minor, "min_flt");
  v.field("faults_major", books.faults_major, "maj_flt");
  v.field("cpu_ns", books.cpu_time, "se.sum_exec_runtime");
  v.field("user_ns", books.user_time, "utime, by ticks on most kernels");
  v.field("system_ns", books.system_time, "stime");
}

void describe(auto& v, Is<WaitSums> auto& sums) {
  v.row("wait", "Blocked time for one cause.");
  v.field("count", sums.count, "Waits in blocked_ns, open ones included.");
  v.field("blocked_ns", sums.blocked, "From switch-out to sched_waking.");
  v.field("open", sums.open, "Waits that had not ended at the end of the window: no wakeup is theirs.");
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
  v.row("channel", "Use of one kind of channel; null where its calls had no probes.");
  v.field("calls", calls, "System calls.");
  v.field("bytes_in", bytes_in, "Received; null where the bytes of a call are not known.");
  v.field("bytes_out", bytes_out, "Sent; null likewise.");
  v.field("kernel_ns", kernel, "On a CPU inside these calls.");
  v.derived(
      "wakeups", [&] { return of.account.waits[wait_of(of.channel)].ended(); }, "Wakeups that ended a wait for it.");
  v.field("uncounted_calls", uncounted, "Calls whose bytes are not known.");
  if constexpr (reads<decltype(v)>) {
    if (calls) {
      use = ChannelUse{*calls, bytes_in.value_or(0), bytes_out.value_or(0), kernel.value_or(Duration()),
                       uncounted.value_or(0)};
    }
  }
}

void describe(auto& v, Is<Account> auto& account) {
  using Of = std::remove_reference_t<decltype(account)>;
  v.object("account", "Where the time of a task went, or of several.");
  v.field("lifetime_ns", signed_time(account.lifetime), "From birth to the final switch-out.");
  v.derived(
      "residual_ns", [&] { return SignedTime<Duration>{account.residual()}; },
      "lifetime_ns minus the sum of all cells, signed.");
  v.field("activities", group([&] {
            for (const tc_activity activity : every<tc_activity>()) {
              auto& cells = account.cells[activity];
              v.field(key_of(activity), row_group([&] {
                        v.field("running_ns", cells[TC_CONDITION_RUNNING], "On a CPU.");
                        v.field("preempted_ns", cells[TC_CONDITION_PREEMPTED], "Switched out while runnable.");
                        v.field("runnable_ns", cells[TC_CONDITION_RUNNABLE], "Woken, not yet on a CPU.");
                        v.field("blocked_ns", cells[TC_CONDITION_BLOCKED], "Asleep.");
                        v.field("count", account.entries[activity], "How often the activity was entered.");
                      }),
                      text_of(activity));
            }
          }),
          "The cells: time by activity and condition.");
  v.field("counters", group([&] {
            for (const tc_counter counter : every<tc_counter>()) {
              v.field(key_of(counter), account.counters[counter], text_of(counter));
            }
          }),
          "null: not measurable with the sources in use.");
  std::vector<NamedCreations> creations;
  for (const tc_creation kind : every<tc_creation>()) {
    if (account.creations[kind].count > 0) {
      creations.push_back({kind, account.creations[kind]});
    }
  }
  v.field("creations", creations, "The kinds that occurred.");
  if constexpr (reads<decltype(v)>) {
    for (const NamedCreations& each : creations) {
      account.creations[each.kind] = each.sums;
    }
  }
  v.field("ipc", group([&] {
            for (const tc_channel channel : every<tc_channel>()) {
              v.field(key_of(channel), ChannelOf<Of>{account, channel}, text_of(channel));
            }
          }),
          "Communication by channel.");
  v.field("waits", group([&] {
            for (const tc_wait wait : every<tc_wait>()) {
              auto& sums = account.waits[wait];
              v.field_if(sums.count > 0 || sums.blocked != Duration(), key_of(wait), sums, text_of(wait));
            }
          }),
          "Blocked time by what was waited for; the causes that occurred.");
  v.field("books", account.books, "null when a task vanished before they could be read.");
}

void describe(auto& v, Is<PerShared<bool>> auto& shares) {
  v.row("shares", "Which objects were the creator's at birth.");
  for (const tc_shared object : every<tc_shared>()) {
    v.field(key_of(object), shares[object], text_of(object));
  }
}

void describe(auto& v, Is<Task> auto& task) {
  v.object("task", "A thread.");
  v.field("id", task.id, "Unique in the report; numbers of the kernel are reused.");
  v.field("tid", task.tid, "As the kernel numbers it.");
  v.field("tid_inside", task.tid_inside, "In its own pid namespace; null: that is the kernel's.");
  v.field("comm", task.comm, "Its name.");
  v.field("leader", task.leader, "The first thread of its process.");
  v.field("how", task.how, "How it came to be; attached: it existed before; worker: the kernel made it for itself.");
  v.field("created_by_tid", or_null(task.created_by_tid), "null: unknown.");
  v.field("start_ns", task.start, "Its birth, or the beginning of its observation.");
  v.field("end_ns", task.end, "Its final switch-out, or the end of the window.");
  v.field("open_at_start", task.open_at_start, "It lived before: start_ns is when observation began.");
  v.field("open_at_end", task.open_at_end, "It outlived the window: end_ns is the end of the window.");
  v.derived(
      "lifetime_ns", [&] { return SignedTime<Duration>{task.account.lifetime}; }, "As that of its account.");
  v.field("last_on_cpu_ns", task.last_on_cpu, "When it was on a CPU for the last time; null: never.");
  v.field("shares", task.shares, "null: its birth was not seen.");
  v.field("started_elsewhere", task.started_elsewhere,
          "Its first CPU is another one than its creator was on. null: it never ran, or that was not seen.");
  v.field("phases", row_group([&] {
            v.field("copy_ns", task.copy, "Its creation: entry of the system call to task_newtask.");
            v.field("publish_ns", task.publish, "Until sched_wakeup_new.");
            v.field("child_start_ns", task.child_start, "Until its first switch-in.");
            v.field("exit_ns", task.exit, "Exit begun to final switch-out.");
            v.field("exit_teardown_ns", task.exit_teardown, "Exit begun to the end of exit_mmap.");
            v.field("execs", task.execs, "Programs that it started.");
            v.field("exec_prepare_ns", task.exec_prepare, "Sum over execs: entry to sched_prepare_exec.");
            v.field("exec_replace_ns", task.exec_replace, "Until sched_process_exec.");
            v.field("exec_return_ns", task.exec_return, "Until the return.");
          }),
          "Its own creation, execs and end; null: not seen.");
  v.field("account", task.account, "Where its time went.");
}

void describe(auto& v, Is<FatalSignal> auto& signal) {
  v.row("fatal_signal", "The signal that ended a process.");
  v.field("signal", signal.number, "Its number.");
  v.field("generated_ns", signal.generated, "signal_generate");
  v.field("task", signal.target, "`id` of the task that it was sent to.");
}

void describe(auto& v, Is<Process> auto& process) {
  v.object("process", "A process with its threads.");
  v.field("id", process.id, "Unique in the report; numbers of the kernel are reused.");
  v.field("parent", or_null(process.parent), "`id` of the last parent, as `ppid`; null when it is not observed.");
  v.field("tgid", process.tgid, "As the kernel numbers it.");
  auto tgid_inside = process.tasks.empty() ? std::nullopt : process.tasks.front().tgid_inside;
  v.field("tgid_inside", tgid_inside, "In its own pid namespace; null: that is the kernel's.");
  v.field("ppid", process.ppid, "Of its last parent.");
  v.field("comm", process.comm, "Name of its leader.");
  v.field("command", process.command, "Arguments joined by spaces.");
  v.field("command_truncated", process.command_truncated, "It was longer.");
  v.field("kernel", process.kernel, "A kernel thread.");
  v.field("how", process.how, "How it came to be.");
  v.field("start_ns", process.start, "Birth of its first task, or the beginning of its observation.");
  v.field("end_ns", process.end, "Final switch-out of its last task, or the end of the window.");
  v.field("open_at_start", process.open_at_start, "It lived before.");
  v.field("open_at_end", process.open_at_end, "It outlived the window.");
  v.field("exit_code", process.exit_code, "null while it lives or when a signal ended it.");
  v.field("exit_signal", process.exit_signal, "null while it lives or when it exited.");
  v.field("address_space_id", process.address_space, "Equal for processes that share memory.");
  v.field("fatal", process.fatal, "null: no signal ended it, or its generation was not seen.");
  v.field("zombie_ns", process.zombie, "From its last switch-out to the return of the wait that reaped it.");
  v.field("reap_ns", process.reap, "Of the process that reaped it, on a CPU inside that wait.");
  v.derived(
      "threads", [&] { return process.tasks.size(); }, "Its tasks.");
  v.derived(
      "workers", [&] { return process.workers(); }, "Those that the kernel made for itself (io_uring, vhost).");
  v.derived(
      "total", [&] { return account_of(process); }, "Sums over its tasks.");
  v.field("tasks", process.tasks, "By birth.");
  if constexpr (reads<decltype(v)>) {
    if (!process.tasks.empty()) {
      process.tasks.front().tgid_inside = tgid_inside;
    }
  }
}

void describe(auto& v, Is<FoldedProcesses> auto& folded) {
  v.object("folded", "Processes of one name that are not kept one by one.");
  v.field("comm", folded.comm, "Their name.");
  v.field("processes", folded.processes, "How many.");
  v.field("tasks", folded.tasks, "Their threads.");
  v.field("total", folded.total, "Sums over them.");
}

void describe(auto& v, Is<Losses> auto& losses) {
  v.object("losses", "What went missing, each with its own count.");
  for (const tc_loss loss : every<tc_loss>()) {
    v.field(key_of(loss), losses.counts[loss], text_of(loss));
  }
  v.field("skipped_probes", losses.skipped_probes, "Runs of probes that the kernel left out.");
  v.field("missed_switches", losses.missed_switches, "Switches that the kernel counted and the ledgers did not.");
}

void describe(auto& v, Is<Histogram> auto& histogram) {
  v.object("histogram", "A latency distribution.");
  const auto quantile = [&](double q) { return [&histogram, q] { return histogram.quantile(q); }; };
  auto sum = histogram.sum();
  auto least = histogram.min();
  auto most = histogram.max();
  auto buckets = histogram.buckets();
  v.derived(
      "count", [&] { return histogram.count(); }, "Of all buckets.");
  v.field("sum_ns", sum, "Of all values.");
  v.field("min_ns", least, "null: there is none.");
  v.field("max_ns", most, "null: there is none.");
  v.derived("p50_ns", quantile(0.5), "Median: at most 1/32 off, as the others.");
  v.derived("p90_ns", quantile(0.9), "");
  v.derived("p99_ns", quantile(0.99), "");
  v.derived("p999_ns", quantile(0.999), "");
  v.field("buckets", buckets, "Those that are not empty, in order.");
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
      v.complain("no distribution: it has more values than any machine");
      return;
    }
    histogram = Histogram();
    histogram.merge(raw);
  }
}

void describe(auto& v, Is<Histogram::Bucket> auto& bucket) {
  v.row("bucket", "Values of a stretch.");
  v.field("from_ns", bucket.from, "Inclusive.");
  v.field("to_ns", bucket.to, "Exclusive.");
  v.field("count", bucket.count, "Values in it.");
}

}  // namespace taskcost
