// SPDX-License-Identifier: Apache-2.0
#include "account/ledger.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace taskcost {
namespace {

// A corrupt record may have an index beyond the last wait.
constexpr std::uint32_t known_wait(std::uint32_t wait) {
  return wait < TC_NR_WAITS ? wait : std::uint32_t{TC_WAIT_OTHER};
}

bool has_task_stats(const tc_ledger& ledger) { return (ledger.flags & TC_LEDGER_STATS) != 0; }

void add_to_cell(tc_ledger& ledger, std::size_t row, std::size_t condition, std::uint64_t ns) {
  if (row < TC_NR_ROWS && condition < TC_NR_CONDITIONS) {
    ledger.cells[row * TC_NR_CONDITIONS + condition] += ns;
  }
}

// True if the end of the window cuts a wait off. A ledger that is already closed, as one of a replay, is not cut again.
bool is_cut_off(const tc_ledger& ledger, std::uint64_t end_ns) {
  return ledger.condition == TC_CONDITION_BLOCKED && end_ns > ledger.since_ns;
}

// The class of a call on a descriptor whose file no probe looked up.
std::size_t activity_of_row(const tc_ledger& ledger, std::size_t row) {
  const std::size_t activity = row == TC_ROW_CALL_PENDING ? std::size_t{ledger.call} & TC_CALL_ACTIVITY_MASK : row;
  return activity < TC_NR_ACTIVITIES ? activity : std::size_t{TC_ACTIVITY_OTHER};
}

// The row that gets the time of a pending page fault. A fault that the end of the window cuts off counts as a fault;
// one that the end of its task cuts off was not resolved, and its time goes to the interrupted row.
std::size_t activity_of_pending_fault(const tc_ledger& ledger, Closed closed) {
  if (closed == Closed::by_end_of_window || ledger.interrupted == TC_ROW_FAULT_PENDING) {
    return TC_ACTIVITY_PAGE_FAULT;
  }
  return activity_of_row(ledger, ledger.interrupted);
}

PerActivity<PerCondition<Duration>> cells_of(const tc_ledger& ledger, Closed closed) {
  PerActivity<PerCondition<Duration>> cells{};
  for (std::size_t row = 0; row < TC_NR_ROWS; ++row) {
    const std::size_t activity =
        row == TC_ROW_FAULT_PENDING ? activity_of_pending_fault(ledger, closed) : activity_of_row(ledger, row);
    for (std::size_t condition = 0; condition < TC_NR_CONDITIONS; ++condition) {
      cells[activity][condition] += nanoseconds(ledger.cells[row * TC_NR_CONDITIONS + condition]);
    }
  }
  return cells;
}

std::optional<TaskStats> task_stats_of(const tc_ledger& ledger) {
  if (!has_task_stats(ledger)) {
    return std::nullopt;
  }
  const tc_task_stats& start = ledger.stats_start;
  const tc_task_stats& end = ledger.stats_end;
  TaskStats task_stats;
  task_stats.voluntary_switches = elapsed(start.nvcsw, end.nvcsw);
  task_stats.involuntary_switches = elapsed(start.nivcsw, end.nivcsw);
  task_stats.faults_minor = elapsed(start.min_flt, end.min_flt);
  task_stats.faults_major = elapsed(start.maj_flt, end.maj_flt);
  task_stats.cpu_time = nanoseconds(elapsed(start.sum_exec_runtime_ns, end.sum_exec_runtime_ns));
  task_stats.user_time = nanoseconds(elapsed(start.utime_ns, end.utime_ns));
  task_stats.system_time = nanoseconds(elapsed(start.stime_ns, end.stime_ns));
  return task_stats;
}

PerCounter<std::optional<std::uint64_t>> counters_of(const tc_ledger& ledger,
                                                     const std::optional<TaskStats>& task_stats,
                                                     const SessionOptions& options) {
  PerCounter<std::optional<std::uint64_t>> counters{};
  for (std::size_t counter = 0; counter < TC_NR_COUNTERS; ++counter) {
    if (options.measured[counter]) {
      counters[counter] = ledger.counters[counter];
    }
  }
  if (!options.calls) {
    counters[TC_COUNTER_SYSCALLS].reset();
    counters[TC_COUNTER_SHARED_MAPPING_BYTES].reset();
    counters[TC_COUNTER_PEEKED_BYTES].reset();
  }
  counters[TC_COUNTER_FAULTS_TIMED].reset();
  if (options.fault_latency) {
    counters[TC_COUNTER_FAULTS_TIMED] =
        ledger.counters[TC_COUNTER_FAULTS_MINOR] + ledger.counters[TC_COUNTER_FAULTS_MAJOR];
  }
  // min_flt and maj_flt also count faults without an exception, as those of get_user_pages().
  if (task_stats) {
    counters[TC_COUNTER_FAULTS_MINOR] = task_stats->faults_minor;
    counters[TC_COUNTER_FAULTS_MAJOR] = task_stats->faults_major;
  } else if (!options.fault_latency) {
    counters[TC_COUNTER_FAULTS_MINOR].reset();
    counters[TC_COUNTER_FAULTS_MAJOR].reset();
  }
  return counters;
}

CreationSums sums_of(const tc_creation_sums& raw, bool calls) {
  CreationSums sums;
  sums.count = raw.count;
  sums.copy = nanoseconds(raw.copy_ns);
  sums.copies = calls ? raw.count : 0;
  sums.publish = nanoseconds(raw.publish_ns);
  sums.returned = nanoseconds(raw.return_ns);
  sums.returns = raw.returns;
  sums.running = nanoseconds(raw.running_ns);
  return sums;
}

// True if probes report the entry into an activity. Most activities begin with a system call.
bool entry_is_probed(tc_activity activity, const SessionOptions& options) {
  switch (activity) {
    case TC_ACTIVITY_PAGE_FAULT:
      return options.fault_latency;
    case TC_ACTIVITY_EXIT:
    case TC_ACTIVITY_KERNEL:
      return true;
    default:
      return options.calls;
  }
}

ChannelUse use_of(const tc_ledger& ledger, std::size_t channel) {
  const tc_channel_use& raw = ledger.channels[channel];
  return {raw.calls, raw.bytes_in, raw.bytes_out, nanoseconds(raw.kernel_ns), ledger.uncounted_calls[channel]};
}

// The time between two instants; nullopt if one is 0, which means not seen.
std::optional<Duration> phase(std::uint64_t from_ns, std::uint64_t to_ns) {
  if (from_ns == 0 || to_ns == 0) {
    return std::nullopt;
  }
  return nanoseconds(elapsed(from_ns, to_ns));
}

std::optional<PerShared<bool>> shares_of(const tc_ledger& ledger) {
  if ((ledger.shares & TC_SHARES_KNOWN) == 0) {
    return std::nullopt;
  }
  PerShared<bool> shares{};
  for (std::size_t object = 0; object < TC_NR_SHARED; ++object) {
    shares[object] = (ledger.shares >> object & 1U) != 0;
  }
  return shares;
}

std::optional<bool> started_elsewhere(const tc_ledger& ledger) {
  if ((ledger.flags & TC_LEDGER_START_SEEN) == 0) {
    return std::nullopt;
  }
  return (ledger.flags & TC_LEDGER_STARTED_ELSEWHERE) != 0;
}

// The open interval of a waiting task began when it left its CPU, unless it was adopted waiting: then at its adoption.
std::optional<Instant> last_on_cpu_of(const tc_ledger& ledger, Closed closed) {
  if (closed == Closed::by_end_of_task || ledger.condition == TC_CONDITION_RUNNING) {
    return instant(ledger.end_ns);
  }
  const bool waits_since_birth = ledger.since_ns <= ledger.start_ns || ledger.first_run_ns == 0;
  return waits_since_birth ? std::nullopt : std::optional(instant(ledger.since_ns));
}

void fill_exit(Task& task, const tc_ledger& ledger) {
  // A task that was adopted during its exit has no start of the exit.
  const bool begun_before = task.open_at_start && ledger.exit_start_ns <= ledger.start_ns;
  if (task.open_at_end || begun_before) {
    return;
  }
  task.exit = phase(ledger.exit_start_ns, ledger.end_ns);
  task.exit_teardown = phase(ledger.exit_start_ns, ledger.exit_mmap_ns);
}

void fill_exec(Task& task, const tc_ledger& ledger, const SessionOptions& options) {
  task.execs = ledger.counters[TC_COUNTER_EXECS];
  if (task.execs == 0) {
    return;
  }
  if (options.exec_prepare && options.calls) {
    task.exec_prepare = nanoseconds(ledger.exec_prepare_ns);
  }
  if (options.calls) {
    task.exec_replace = nanoseconds(ledger.exec_replace_ns);
    task.exec_return = nanoseconds(ledger.exec_return_ns);
  }
}

}  // namespace

std::uint64_t ready_at(const tc_ledger& ledger, std::uint64_t end_ns) {
  const std::uint64_t woken = ledger.woken_ns;
  return woken > ledger.since_ns && woken <= end_ns ? woken : end_ns;
}

void close_at(tc_ledger& ledger, std::uint64_t end_ns) {
  const std::uint64_t since = ledger.since_ns;
  const std::uint64_t end = std::max<std::uint64_t>(since, end_ns);
  if (ledger.condition == TC_CONDITION_BLOCKED) {
    const std::uint64_t ready = ready_at(ledger, end);
    add_to_cell(ledger, ledger.activity, TC_CONDITION_BLOCKED, ready - since);
    add_to_cell(ledger, ledger.activity, TC_CONDITION_RUNNABLE, end - ready);
    // An unfinished wait is in both sums, so that no mean is longer than the window.
    tc_wait_sums& sums = ledger.waits[known_wait(ledger.wait)];
    sums.count += is_cut_off(ledger, end) ? 1 : 0;
    sums.blocked_ns += ready - since;
  } else {
    add_to_cell(ledger, ledger.activity, ledger.condition, end - since);
  }
  ledger.end_ns = end;
}

bool is_leader(const tc_ledger& ledger) {
  return (ledger.flags & TC_LEDGER_LEADER) != 0 && (ledger.flags & TC_LEDGER_REUSED_ID) == 0;
}

bool is_first_task(const tc_ledger& ledger) {
  return (ledger.flags & TC_LEDGER_LEADER) != 0 && ledger.how != TC_CREATION_THREAD;
}

bool is_kernel_thread(const tc_ledger& ledger) {
  return (ledger.flags & TC_LEDGER_KERNEL_WORKER) != 0 && is_first_task(ledger);
}

TaskOrigin origin_of(const tc_ledger& ledger) {
  if (is_worker_of_process(ledger.flags)) {
    return TaskOrigin::worker;
  }
  switch (ledger.how) {
    case TC_CREATION_THREAD:
      return TaskOrigin::thread;
    case TC_CREATION_FORK:
      return TaskOrigin::fork;
    case TC_CREATION_VFORK:
      return TaskOrigin::vfork;
    case TC_CREATION_SPAWN:
      return TaskOrigin::spawn;
    case TC_CREATION_CLONE_VM:
      return TaskOrigin::clone_vm;
    default:
      return TaskOrigin::attached;
  }
}

std::string text_of(const char* bytes, std::size_t size) { return {bytes, strnlen(bytes, size)}; }

Account blank_account(const SessionOptions& options) {
  Account account = empty_account();
  const tc_ledger nothing{};
  account.counters = counters_of(nothing, TaskStats{}, options);
  for (std::size_t activity = 0; activity < TC_NR_ACTIVITIES; ++activity) {
    if (!entry_is_probed(static_cast<tc_activity>(activity), options)) {
      account.entries[activity].reset();
    }
  }
  if (!options.calls) {
    account.channels.fill(std::nullopt);
  }
  return account;
}

Account account_of(const tc_ledger& ledger, Closed closed, const SessionOptions& options) {
  Account account;
  account.lifetime = nanoseconds(elapsed(ledger.start_ns, ledger.end_ns));
  account.cells = cells_of(ledger, closed);
  for (std::size_t activity = 0; activity < TC_NR_ACTIVITIES; ++activity) {
    if (entry_is_probed(static_cast<tc_activity>(activity), options)) {
      account.entries[activity] = ledger.entries[activity];
    }
  }
  account.task_stats = task_stats_of(ledger);
  account.counters = counters_of(ledger, account.task_stats, options);
  // Only threads are followed: the account leaves out the processes that the task created.
  if ((ledger.flags & (TC_LEDGER_FOLLOW | TC_LEDGER_FOLLOW_THREADS)) == TC_LEDGER_FOLLOW_THREADS) {
    for (const tc_counter counter : {TC_COUNTER_CHILDREN_FORKS, TC_COUNTER_CHILDREN_VFORKS, TC_COUNTER_CHILDREN_SPAWNS,
                                     TC_COUNTER_CHILDREN_CLONE_VM}) {
      account.counters[counter].reset();
    }
  }
  for (std::size_t kind = 0; kind < TC_NR_CREATIONS; ++kind) {
    account.creations[kind] = sums_of(ledger.creations[kind], options.calls);
  }
  for (std::size_t channel = 0; options.calls && channel < TC_NR_CHANNELS; ++channel) {
    account.channels[channel] = use_of(ledger, channel);
  }
  for (std::size_t wait = 0; wait < TC_NR_WAITS; ++wait) {
    account.waits[wait] = {ledger.waits[wait].count, nanoseconds(ledger.waits[wait].blocked_ns)};
  }
  if (closed == Closed::by_end_of_window && is_cut_off(ledger, ledger.end_ns)) {
    account.waits[known_wait(ledger.wait)].open++;
  }
  return account;
}

Task task_of(const tc_ledger& ledger, Closed closed, const SessionOptions& options) {
  Task task;
  task.tid = ledger.tid;
  task.comm = text_of(ledger.comm, sizeof(ledger.comm));
  task.leader = is_leader(ledger);
  if (ledger.namespace_level != 0) {
    task.tid_inside = ledger.tid_inside;
    task.tgid_inside = ledger.tgid_inside;
  }
  task.origin = origin_of(ledger);
  task.created_by_tid = ledger.creator_tid;
  task.start = instant(ledger.start_ns);
  task.end = instant(ledger.end_ns);
  task.open_at_start = (ledger.flags & TC_LEDGER_OPEN_AT_START) != 0;
  task.open_at_end = closed == Closed::by_end_of_window;
  task.last_on_cpu = last_on_cpu_of(ledger, closed);
  task.shares = shares_of(ledger);
  task.started_elsewhere = started_elsewhere(ledger);
  // The copy is not timed if no probe saw the entry of the system call.
  task.copy = ledger.copy_ns != 0 ? std::optional(nanoseconds(ledger.copy_ns)) : std::nullopt;
  task.publish = phase(ledger.newtask_ns, ledger.published_ns);
  task.child_start = child_start_of(ledger);
  fill_exit(task, ledger);
  fill_exec(task, ledger, options);
  return task;
}

std::uint64_t missed_switches(const tc_ledger& ledger) {
  const std::optional<TaskStats> task_stats = task_stats_of(ledger);
  if (!task_stats) {
    return 0;
  }
  const std::uint64_t counted =
      ledger.counters[TC_COUNTER_VOLUNTARY_SWITCHES] + ledger.counters[TC_COUNTER_INVOLUNTARY_SWITCHES];
  return elapsed(counted, task_stats->voluntary_switches + task_stats->involuntary_switches);
}

std::optional<Duration> child_start_of(const tc_ledger& ledger) {
  return phase(ledger.published_ns, ledger.first_run_ns);
}

}  // namespace taskcost
