// SPDX-License-Identifier: Apache-2.0
#include "account/replayed_life.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <tuple>
#include <utility>

#include "account/ledger.h"

namespace taskcost {
namespace {

constexpr std::uint64_t greatest_time = std::numeric_limits<std::int64_t>::max();

bool is_activity(std::size_t row) { return row < TC_NR_ACTIVITIES; }

// Activities that a task is in outside of calls.
bool is_call(std::size_t row) {
  return row != TC_ACTIVITY_USER && row != TC_ACTIVITY_EXIT && row != TC_ACTIVITY_KERNEL &&
         row != TC_ACTIVITY_PAGE_FAULT && row != TC_ROW_FAULT_PENDING;
}

tc_counter counter_of(tc_creation kind) {
  switch (kind) {
    case TC_CREATION_THREAD:
      return TC_COUNTER_CHILDREN_THREADS;
    case TC_CREATION_FORK:
      return TC_COUNTER_CHILDREN_FORKS;
    case TC_CREATION_VFORK:
      return TC_COUNTER_CHILDREN_VFORKS;
    case TC_CREATION_SPAWN:
      return TC_COUNTER_CHILDREN_SPAWNS;
    default:
      return TC_COUNTER_CHILDREN_CLONE_VM;
  }
}

void add_to_edge(tc_edge_sums& sums, std::uint64_t blocked_ns) {
  sums.count++;
  sums.blocked_ns += blocked_ns;
  sums.max_ns = std::max<std::uint64_t>(sums.max_ns, blocked_ns);
}

void set_identity(tc_ledger& ledger, const tc_birth& birth) {
  ledger.process = birth.process;
  ledger.parent_process = birth.parent_process;
  ledger.creator = birth.creator;
  ledger.address_space = birth.address_space;
  ledger.birth_ns = birth.birth_ns;
  ledger.clone_flags = birth.clone_flags;
  ledger.copy_ns = birth.copy_ns;
  ledger.tid = birth.tid;
  ledger.tgid = birth.tgid;
  ledger.ppid = birth.ppid;
  ledger.creator_tid = birth.creator_tid;
  ledger.how = birth.how;
  ledger.shares = birth.shares;
  ledger.flags = birth.flags;
  ledger.cpu = birth.cpu;
  ledger.tid_inside = birth.tid_inside;
  ledger.tgid_inside = birth.tgid_inside;
  ledger.namespace_level = birth.namespace_level;
  std::memcpy(ledger.comm, birth.comm, sizeof(ledger.comm));
}

}  // namespace

std::size_t ReplayedLife::HashEdgeKey::operator()(const EdgeKey& key) const {
  std::uint64_t hash = key.waker * 0x9e3779b97f4a7c15U;
  hash = (hash ^ hash >> 29U ^ key.wait) * 0xbf58476d1ce4e5b9U;
  hash = (hash ^ hash >> 32U ^ key.from) * 0x94d049bb133111ebU;
  return hash ^ hash >> 31U;
}

ReplayedLife::ReplayedLife(ReplayBooks& books, std::uint64_t id, std::uint64_t first_ns) : books_(&books) {
  tc_ledger& ledger = task_.ledger;
  ledger.record = {TC_RECORD_LEDGER, sizeof(tc_ledger)};
  ledger.id = id;
  ledger.process = id;
  ledger.how = TC_NR_CREATIONS;
  ledger.created_kind = TC_NR_CREATIONS;
  ledger.switch_kind = TC_NR_HISTOGRAMS;
  ledger.birth_ns = std::min(first_ns, greatest_time);
  ledger.since_ns = ledger.birth_ns;
  ledger.condition = TC_CONDITION_RUNNING;
  task_.beginning_unknown = true;
}

bool ReplayedLife::corrected(const tc_birth& birth) {
  tc_ledger& ledger = task_.ledger;
  if (task_.beginning_unknown || birth.how < TC_NR_CREATIONS || ledger.since_ns != birth.at_ns) {
    return false;
  }
  ledger.condition = birth.condition;
  ledger.wait = birth.wait;
  return true;
}

void ReplayedLife::born(const tc_birth& birth) {
  tc_ledger& ledger = task_.ledger;
  task_.beginning_unknown = false;
  set_identity(ledger, birth);
  ledger.birth_ns = std::min<std::uint64_t>(birth.birth_ns, greatest_time);
  ledger.since_ns = ledger.birth_ns;
  ledger.activity = birth.row;
  ledger.condition = birth.condition;
  ledger.wait = birth.wait;
  ledger.syscall = birth.syscall;
  count(TC_COUNTER_PAGE_TABLE_BYTES, birth.page_table_bytes);
  entry_counted_ = is_activity(birth.row);
  if (entry_counted_) {
    ledger.entries[birth.row]++;
  }
  cpu_known_ = true;

  // What came before task_newtask is a part of the first wait, but nobody who ends that is to answer for it.
  const std::uint64_t at_ns = in_order(birth.at_ns);
  const std::uint64_t before_ns = at_ns - ledger.birth_ns;
  cell(birth.row, birth.condition) += before_ns;
  if (birth.condition == TC_CONDITION_BLOCKED) {
    ledger.waits[birth.wait].blocked_ns += before_ns;
  }
  ledger.since_ns = at_ns;

  if (birth.how < TC_NR_CREATIONS) {
    ledger.newtask_ns = at_ns;
    return;
  }
  ledger.first_run_ns = at_ns;
  found_on_cpu_ = birth.condition == TC_CONDITION_RUNNING;
  if (birth.row == TC_ACTIVITY_EXIT) {
    ledger.exit_start_ns = at_ns;
  }
}

void ReplayedLife::born_late(const tc_birth& birth) {
  const std::uint64_t first_ns = task_.ledger.birth_ns;
  set_identity(task_.ledger, birth);
  task_.ledger.birth_ns = std::min<std::uint64_t>(birth.birth_ns, first_ns);
  unknown_ns_ += first_ns - task_.ledger.birth_ns;
}

void ReplayedLife::created(tc_creation kind, std::uint64_t copy_ns) {
  count(counter_of(kind));
  task_.ledger.creations[kind].count++;
  task_.ledger.creations[kind].copy_ns += copy_ns;
  task_.ledger.created_ns = 0;
}

void ReplayedLife::published(std::uint64_t at_ns) { task_.ledger.published_ns = at_ns; }

void ReplayedLife::published_child(tc_creation kind, std::uint64_t newtask_ns, std::uint64_t at_ns) {
  task_.ledger.creations[kind].publish_ns += elapsed(newtask_ns, at_ns);
  task_.ledger.created_ns = at_ns;
}

// -- time ----------------------------------------------------------------------------------------------------------

__u64& ReplayedLife::cell(std::size_t row, std::size_t condition) {
  return task_.ledger.cells[row * TC_NR_CONDITIONS + condition];
}

void ReplayedLife::count_if_any(std::uint8_t counter) {
  if (counter < TC_NR_COUNTERS) {
    task_.ledger.counters[counter]++;
  }
}

// An event that is older than the one before it takes no time.
std::uint64_t ReplayedLife::in_order(std::uint64_t at_ns) {
  if (at_ns >= task_.ledger.since_ns && at_ns <= greatest_time) {
    return at_ns;
  }
  books_->integrity.backward_times++;
  return task_.ledger.since_ns;
}

GapList::Touch ReplayedLife::touched_until(std::uint64_t at_ns) const {
  const tc_ledger& ledger = task_.ledger;
  const bool elsewhere = ledger.condition == TC_CONDITION_RUNNING && cpu_known_;
  return books_->gaps.touching(ledger.since_ns, at_ns,
                               elsewhere ? std::optional<std::uint32_t>(ledger.cpu) : std::nullopt);
}

// The row of what was pending is not known either: its end may be among the lost events.
void ReplayedLife::lose_until(std::uint64_t at_ns, const GapList::Touch& touch) {
  tc_ledger& ledger = task_.ledger;
  unknown_ns_ += at_ns - ledger.since_ns;
  ledger.since_ns = at_ns;
  task_.touching_gaps += touch.gaps;
  for (const std::size_t row : {TC_ROW_FAULT_PENDING, TC_ROW_CALL_PENDING}) {
    for (std::size_t condition = 0; condition < TC_NR_CONDITIONS; ++condition) {
      unknown_ns_ += std::exchange(cell(row, condition), 0);
    }
  }
}

void ReplayedLife::book_running(std::size_t row, std::uint64_t ns) {
  cell(row, TC_CONDITION_RUNNING) += ns;
  if (is_call(row)) {
    call_running_ns_ += ns;
  }
}

// On its CPU: where the last event left it until `entered_ns`, in `row` from then on.
bool ReplayedLife::ran_until(std::uint64_t at_ns, std::uint64_t entered_ns, std::size_t row) {
  tc_ledger& ledger = task_.ledger;
  const GapList::Touch touch = touched_until(at_ns);
  if (touch) {
    lose_until(at_ns, touch);
  } else {
    const std::uint64_t entered = std::clamp<std::uint64_t>(entered_ns, ledger.since_ns, at_ns);
    if (entered > ledger.since_ns) {
      cell(ledger.activity, TC_CONDITION_RUNNING) += entered - ledger.since_ns;
    }
    book_running(row, at_ns - entered);
    ledger.since_ns = at_ns;
  }
  ledger.activity = static_cast<std::uint8_t>(row);
  return !touch;
}

void ReplayedLife::book_wait(std::uint64_t blocked_ns, std::uint64_t waker, std::uint32_t from) {
  tc_wait_sums& sums = task_.ledger.waits[task_.ledger.wait];
  sums.count++;
  sums.blocked_ns += blocked_ns;
  const EdgeKey key{waker, task_.ledger.wait, from};
  if (last_edge_ == nullptr || !(last_edge_->first == key)) {
    last_edge_ = &*edges_.try_emplace(key).first;
  }
  add_to_edge(last_edge_->second, blocked_ns);
}

// A sleeper's time splits at its wake-up. One that is not younger than the sleep means that there was none: the waker
// came upon the task on its way, and it could have run all along.
std::optional<std::uint64_t> ReplayedLife::waited_until(std::uint64_t at_ns, std::uint64_t woken_ns,
                                                        std::uint64_t waker, std::uint32_t from) {
  tc_ledger& ledger = task_.ledger;
  const std::uint64_t since = ledger.since_ns;
  const bool slept = ledger.condition == TC_CONDITION_BLOCKED;
  if (slept && woken_ns != 0) {
    count(TC_COUNTER_WAKEUPS);
  }
  const GapList::Touch touch = touched_until(at_ns);
  // A wake-up lasts until the task runs: if it has one from before the first loss, it did not run meanwhile.
  const bool waited_on = slept && woken_ns != 0 && woken_ns < touch.first_ns;
  if (touch && !waited_on) {
    if (ledger.condition == TC_CONDITION_PREEMPTED && touch.first_ns > since) {
      cell(ledger.activity, TC_CONDITION_PREEMPTED) += touch.first_ns - since;
      ledger.since_ns = touch.first_ns;
    }
    lose_until(at_ns, touch);
    return std::nullopt;
  }
  std::uint64_t ready = since;
  if (slept) {
    if (woken_ns == 0) {
      count(TC_COUNTER_UNSEEN_WAKEUPS);
      ready = at_ns;
    } else if (woken_ns > since && woken_ns <= at_ns) {
      ready = woken_ns;
    }
    book_wait(ready - since, waker, from);
    cell(ledger.activity, TC_CONDITION_BLOCKED) += ready - since;
    cell(ledger.activity, TC_CONDITION_RUNNABLE) += at_ns - ready;
  } else {
    cell(ledger.activity, ledger.condition) += at_ns - since;
  }
  ledger.since_ns = at_ns;
  return ready;
}

// Only a task on a CPU has such an event.
void ReplayedLife::must_run(std::uint64_t at_ns) {
  tc_ledger& ledger = task_.ledger;
  if (ledger.condition == TC_CONDITION_RUNNING) {
    return;
  }
  const GapList::Touch touch = touched_until(at_ns);
  if (!touch) {
    task_.impossible_switches++;
  }
  lose_until(at_ns, touch);
  ledger.condition = TC_CONDITION_RUNNING;
  cpu_known_ = false;
}

// -- switches ------------------------------------------------------------------------------------------------------

void ReplayedLife::left_cpu(const tc_switch& event) {
  tc_ledger& ledger = task_.ledger;
  const std::uint64_t at_ns = in_order(event.at_ns);
  must_run(at_ns);
  if (ledger.activity == TC_ROW_FAULT_PENDING && event.row != TC_ROW_FAULT_PENDING) {
    give_up_fault(at_ns);
  }
  if (books_->calls) {
    const std::uint64_t entered_ns = seen_entry(event.entered_ns);
    if (ledger.activity != TC_ACTIVITY_EXIT && event.row != TC_ROW_FAULT_PENDING) {
      learn_call(entered_ns, event.row);
    }
    ran_until(at_ns, event.row == TC_ROW_FAULT_PENDING ? 0 : entered_ns, event.row);
  } else {
    ran_until(at_ns, 0, ledger.activity);
    ledger.activity = event.row;
  }
  ledger.syscall = event.syscall;
  ledger.condition = event.condition;
  ledger.wait = event.wait;
  found_on_cpu_ = false;
  cpu_known_ = true;
  ledger.cpu = event.cpu;

  count((event.flags & TC_SWITCH_VOLUNTARY) != 0 ? TC_COUNTER_VOLUNTARY_SWITCHES : TC_COUNTER_INVOLUNTARY_SWITCHES);
  count_if_any(event.destination);
  if (event.flush == TC_FLUSH_DONE) {
    count(TC_COUNTER_TLB_FLUSHES_ON_SWITCH);
  } else if (event.flush == TC_FLUSH_REUSED) {
    count(TC_COUNTER_TLB_REUSES_ON_SWITCH);
  }
  if ((event.flags & TC_SWITCH_LAST) != 0) {
    settle_pending_rows();
    ledger.end_ns = ledger.since_ns;
    task_.ended = true;
  }
}

void ReplayedLife::got_cpu(const tc_switch& event) {
  tc_ledger& ledger = task_.ledger;
  const std::uint64_t at_ns = in_order(event.at_ns);
  std::optional<std::uint64_t> ready_ns;
  if (ledger.condition == TC_CONDITION_RUNNING) {
    const GapList::Touch touch = touched_until(at_ns);
    // The first event of an unknown task is no contradiction.
    if (!touch && at_ns != ledger.birth_ns) {
      task_.impossible_switches++;
    }
    lose_until(at_ns, touch);
  } else if (event.woken_ns != 0) {
    ready_ns = waited_until(at_ns, event.woken_ns, event.waker, event.waker_from);
  } else {
    ready_ns = waited_until(at_ns, 0, 0, TC_FROM_NOWHERE);
  }
  if (ready_ns && *ready_ns < at_ns) {
    books_->histograms[TC_HISTOGRAM_RUN_QUEUE].add(nanoseconds(at_ns - *ready_ns));
  }
  if (!books_->calls && is_call(ledger.activity)) {
    ledger.activity = TC_ACTIVITY_USER;
  }
  ledger.condition = TC_CONDITION_RUNNING;
  if (ledger.first_run_ns == 0) {
    ledger.first_run_ns = at_ns;
  } else if (ready_ns && cpu_known_ && ledger.cpu != event.cpu) {
    count(TC_COUNTER_MIGRATIONS);
  }
  ledger.cpu = event.cpu;
  cpu_known_ = true;
  found_on_cpu_ = false;
  ledger.on_cpu_ns = at_ns;
  ledger.switch_kind = event.switch_kind;
  count_if_any(event.origin);
}

// -- calls ---------------------------------------------------------------------------------------------------------

// An adopted task can name the moment of its adoption.
std::uint64_t ReplayedLife::seen_entry(std::uint64_t entered_ns) const {
  return entered_ns > task_.ledger.birth_ns ? entered_ns : 0;
}

// A call counts when it is first heard of; its row likewise, unless that is told at its return.
void ReplayedLife::learn_call(std::uint64_t entered_ns, std::size_t row) {
  tc_ledger& ledger = task_.ledger;
  if (entered_ns == 0 || entered_ns == ledger.entered_ns) {
    return;
  }
  ledger.entered_ns = entered_ns;
  count(TC_COUNTER_SYSCALLS);
  call_running_ns_ = 0;
  entry_counted_ = is_activity(row);
  if (entry_counted_) {
    ledger.entries[row]++;
  }
}

// What the pending call turned out to be.
void ReplayedLife::settle_call(std::size_t row) {
  join(TC_ROW_CALL_PENDING, row);
  if (!entry_counted_) {
    task_.ledger.entries[row]++;
    entry_counted_ = true;
  }
}

void ReplayedLife::returned(const tc_call& call) {
  tc_ledger& ledger = task_.ledger;
  const std::uint64_t at_ns = in_order(call.at_ns);
  must_run(at_ns);
  give_up_fault(at_ns);
  const std::uint64_t entered_ns = seen_entry(call.entered_ns);
  learn_call(entered_ns, call.row);
  ran_until(at_ns, entered_ns, ledger.activity == TC_ROW_CALL_PENDING ? std::size_t{TC_ROW_CALL_PENDING} : call.row);
  settle_call(call.row);
  if (call.created < TC_NR_CREATIONS) {
    end_creation(static_cast<tc_creation>(call.created), at_ns);
  }
  end_exec(call);
  count(TC_COUNTER_SHARED_MAPPING_BYTES, call.mapped_bytes);
  if (call.channel < TC_NR_CHANNELS) {
    ledger.channels[call.channel].calls++;
    ledger.channels[call.channel].kernel_ns += call_running_ns_;
  }
  call_running_ns_ = 0;
  ledger.entered_ns = 0;
  ledger.activity = TC_ACTIVITY_USER;
  ledger.entries[TC_ACTIVITY_USER]++;
}

void ReplayedLife::end_creation(tc_creation kind, std::uint64_t at_ns) {
  tc_creation_sums& sums = task_.ledger.creations[kind];
  if (task_.ledger.created_ns != 0) {
    sums.return_ns += elapsed(task_.ledger.created_ns, at_ns);
    sums.returns++;
    task_.ledger.created_ns = 0;
  }
  sums.running_ns += call_running_ns_;
}

void ReplayedLife::end_exec(const tc_call& call) {
  tc_ledger& ledger = task_.ledger;
  if (call.row != TC_ACTIVITY_EXEC || ledger.exec_mark_ns == 0) {
    return;
  }
  ledger.exec_return_ns += elapsed(ledger.exec_mark_ns, call.at_ns);
  ledger.exec_mark_ns = 0;
  if (call.entered_ns != 0) {
    books_->histograms[TC_HISTOGRAM_EXEC].add(nanoseconds(elapsed(call.entered_ns, call.at_ns)));
  }
}

void ReplayedLife::transferred(const tc_transfer& transfer) {
  returned(transfer.call);
  tc_channel_use& use = task_.ledger.channels[transfer.call.channel];
  use.bytes_in += transfer.bytes_in;
  use.bytes_out += transfer.bytes_out;
  if (last_flow_ == nullptr || last_flow_->first != transfer.object) {
    last_flow_ = &*flows_.try_emplace(transfer.object).first;
  }
  tc_flow_sums& flow = last_flow_->second;
  // Known late for a connection that was not accepted yet.
  if (flow.link == 0) {
    flow.link = transfer.link;
  }
  flow.calls_in += (transfer.bits & TC_CALL_IN) != 0 ? 1 : 0;
  flow.calls_out += (transfer.bits & TC_CALL_OUT) != 0 ? 1 : 0;
  flow.bytes_in += transfer.bytes_in;
  flow.bytes_out += transfer.bytes_out;
}

// The file of a call that did not return is known by what was waited for there.
std::size_t ReplayedLife::row_of_pending_call() const {
  switch (task_.ledger.wait) {
    case TC_WAIT_PIPE:
      return TC_ACTIVITY_PIPE;
    case TC_WAIT_UNIX_SOCKET:
    case TC_WAIT_INET_SOCKET:
    case TC_WAIT_OTHER_SOCKET:
      return TC_ACTIVITY_SOCKET;
    case TC_WAIT_EVENTFD:
    case TC_WAIT_REGULAR_FILE:
    case TC_WAIT_TERMINAL:
    case TC_WAIT_OTHER_FILE:
      return TC_ACTIVITY_FILE;
    default:
      return TC_ACTIVITY_OTHER;
  }
}

// -- faults --------------------------------------------------------------------------------------------------------

void ReplayedLife::join(std::size_t pending, std::size_t row) {
  for (std::size_t condition = 0; condition < TC_NR_CONDITIONS; ++condition) {
    cell(row, condition) += std::exchange(cell(pending, condition), 0);
  }
}

// A sign that the pending fault is over, although nobody told how: the time stays with what it interrupted.
void ReplayedLife::give_up_fault(std::uint64_t at_ns) {
  tc_ledger& ledger = task_.ledger;
  if (ledger.activity != TC_ROW_FAULT_PENDING) {
    return;
  }
  if (ran_until(at_ns, 0, TC_ROW_FAULT_PENDING)) {
    count(TC_COUNTER_FAULTS_UNRESOLVED);
  }
  if (is_call(ledger.interrupted)) {
    call_running_ns_ += cell(TC_ROW_FAULT_PENDING, TC_CONDITION_RUNNING);
  }
  join(TC_ROW_FAULT_PENDING, ledger.interrupted);
  ledger.activity = ledger.interrupted;
}

void ReplayedLife::begin_fault(const tc_fault& fault) {
  tc_ledger& ledger = task_.ledger;
  const std::uint64_t begun_ns = in_order(fault.begun_ns);
  must_run(begun_ns);
  give_up_fault(begun_ns);
  const std::uint64_t entered_ns = books_->calls ? seen_entry(fault.entered_ns) : 0;
  if (ledger.activity != TC_ACTIVITY_EXIT) {
    learn_call(entered_ns, fault.interrupted);
  }
  ran_until(begun_ns, entered_ns, fault.interrupted);
  ledger.interrupted = fault.interrupted;
  ledger.activity = TC_ROW_FAULT_PENDING;
  ledger.fault_ns = fault.begun_ns;
  if ((fault.bits & TC_FAULT_KERNEL) != 0) {
    count(TC_COUNTER_FAULTS_KERNEL);
  }
}

void ReplayedLife::end_fault(const tc_fault& fault) {
  tc_ledger& ledger = task_.ledger;
  ledger.interrupted = fault.interrupted;
  if (fault.outcome == TC_FAULT_UNRESOLVED) {
    give_up_fault(ledger.since_ns);
    return;
  }
  join(TC_ROW_FAULT_PENDING, TC_ACTIVITY_PAGE_FAULT);
  ledger.activity = ledger.interrupted;
  ledger.entries[TC_ACTIVITY_PAGE_FAULT]++;
  const std::uint64_t took_ns = elapsed(fault.begun_ns, fault.at_ns);
  const bool copies = (fault.bits & TC_FAULT_COW) != 0;
  tc_histogram_id histogram = copies ? TC_HISTOGRAM_FAULT_COW : TC_HISTOGRAM_FAULT_MINOR;
  if (copies) {
    count(TC_COUNTER_FAULTS_COW);
    count(TC_COUNTER_FAULTS_COW_NS, took_ns);
  }
  if ((fault.bits & TC_FAULT_FILE) != 0) {
    count(TC_COUNTER_FAULTS_FILE);
  }
  if (fault.outcome == TC_FAULT_MAJOR) {
    count(TC_COUNTER_FAULTS_MAJOR);
    histogram = TC_HISTOGRAM_FAULT_MAJOR;
  } else {
    count(TC_COUNTER_FAULTS_MINOR);
  }
  books_->histograms[histogram].add(nanoseconds(took_ns));
}

void ReplayedLife::faulted(const tc_fault& fault) {
  const bool goes_on = task_.ledger.activity == TC_ROW_FAULT_PENDING && task_.ledger.fault_ns == fault.begun_ns;
  if (!goes_on) {
    begin_fault(fault);
  }
  const std::uint64_t at_ns = in_order(fault.at_ns);
  must_run(at_ns);
  ran_until(at_ns, 0, TC_ROW_FAULT_PENDING);
  if (fault.outcome != TC_FAULT_BEGUN) {
    end_fault(fault);
  }
}

// -- steps ---------------------------------------------------------------------------------------------------------

void ReplayedLife::prepared_exec(const tc_step& step) {
  if (step.value != 0) {
    task_.ledger.exec_prepare_ns += elapsed(step.value, step.at_ns);
  }
  task_.ledger.exec_mark_ns = step.at_ns;
}

void ReplayedLife::executed(const tc_exec& exec) {
  tc_ledger& ledger = task_.ledger;
  const std::uint64_t from_ns = ledger.exec_mark_ns != 0 ? ledger.exec_mark_ns : exec.entered_ns;
  if (from_ns != 0) {
    ledger.exec_replace_ns += elapsed(from_ns, exec.at_ns);
  }
  ledger.exec_mark_ns = books_->calls ? exec.at_ns : 0;
  count(TC_COUNTER_EXECS);
  count(TC_COUNTER_PAGE_TABLE_BYTES, exec.page_table_bytes);
  ledger.address_space = exec.address_space;
  ledger.tid = exec.tid;
  ledger.flags |= TC_LEDGER_LEADER;
  ledger.flags &= ~std::uint32_t{TC_LEDGER_COMPAT};
  if (exec.compat != 0) {
    ledger.flags |= TC_LEDGER_COMPAT;
  }
  std::memcpy(ledger.comm, exec.comm, sizeof(ledger.comm));
}

void ReplayedLife::began_exit(const tc_step& step) {
  tc_ledger& ledger = task_.ledger;
  const std::uint64_t at_ns = in_order(step.at_ns);
  must_run(at_ns);
  give_up_fault(at_ns);
  const bool pending = ledger.activity == TC_ROW_CALL_PENDING;
  if (step.value != 0 || pending) {
    const std::uint64_t entered_ns = seen_entry(step.value);
    learn_call(entered_ns, step.arg);
    ran_until(at_ns, entered_ns, pending ? std::size_t{TC_ROW_CALL_PENDING} : step.arg);
    settle_call(is_call(step.arg) ? std::size_t{step.arg} : row_of_pending_call());
  } else {
    ran_until(at_ns, 0, ledger.activity);
  }
  if (step.value != 0 && step.arg == TC_ACTIVITY_EXIT) {
    ledger.exit_start_ns = step.value;
  } else if (ledger.activity != TC_ACTIVITY_EXIT) {
    ledger.exit_start_ns = at_ns;
    ledger.entries[TC_ACTIVITY_EXIT]++;
  }
  ledger.activity = TC_ACTIVITY_EXIT;
}

void ReplayedLife::found_running(const tc_step& step) {
  tc_ledger& ledger = task_.ledger;
  const std::uint64_t at_ns = in_order(step.at_ns);
  if (ledger.condition == TC_CONDITION_RUNNING) {
    lose_until(at_ns, touched_until(at_ns));
  } else {
    waited_until(at_ns, woken_.at_ns, woken_.waker, woken_.from);
  }
  woken_ = {};
  if (!books_->calls && is_call(ledger.activity)) {
    ledger.activity = TC_ACTIVITY_USER;
  }
  ledger.condition = TC_CONDITION_RUNNING;
  ledger.cpu = step.arg;
  cpu_known_ = true;
  ledger.on_cpu_ns = at_ns;
  if (ledger.first_run_ns == 0) {
    ledger.first_run_ns = at_ns;
  }
  count(TC_COUNTER_UNSEEN_SWITCH_INS);
  task_.unseen_switch_ins++;
}

void ReplayedLife::correct(const tc_step& step) {
  const std::size_t row = step.arg >> 8U;
  const std::size_t condition = step.arg & 0xffU;
  if (condition == TC_CONDITION_RUNNING) {
    return;
  }
  const std::uint64_t moved = std::min<std::uint64_t>(step.value, cell(row, condition));
  cell(row, condition) -= moved;
  cell(row, TC_CONDITION_RUNNING) += moved;
  if (row == task_.ledger.activity && is_call(row)) {
    call_running_ns_ += moved;
  }
  if (moved != step.value && unknown_ns_ == 0) {
    books_->integrity.impossible_corrections++;
  }
}

void ReplayedLife::stepped(const tc_step& step) {
  tc_ledger& ledger = task_.ledger;
  switch (step.kind) {
    case TC_STEP_EXEC_PREPARED:
      prepared_exec(step);
      break;
    case TC_STEP_EXIT:
      began_exit(step);
      break;
    case TC_STEP_MEMORY_GONE:
      ledger.exit_mmap_ns = step.at_ns;
      break;
    case TC_STEP_SIGNALLED:
      ledger.signal = step.arg;
      ledger.signal_ns = step.at_ns;
      break;
    case TC_STEP_SHOOTDOWN_SENT:
      count(TC_COUNTER_SHOOTDOWNS_SENT);
      break;
    case TC_STEP_SHOOTDOWN_RECEIVED:
      count(TC_COUNTER_SHOOTDOWNS_RECEIVED);
      break;
    case TC_STEP_SHOOTDOWN_STOLE:
      count(TC_COUNTER_SHOOTDOWN_STOLEN_NS, step.value);
      break;
    case TC_STEP_SHOOTDOWN_LOST:
      count(TC_COUNTER_SHOOTDOWN_LOST_NS, step.value);
      break;
    case TC_STEP_SLAB:
      count(TC_COUNTER_KERNEL_SLAB_BYTES, step.value);
      count(TC_COUNTER_KERNEL_SLAB_ALLOCATIONS);
      break;
    case TC_STEP_PAGES:
      count(TC_COUNTER_KERNEL_PAGES, step.value);
      break;
    case TC_STEP_WOKEN:
      woken_ = {step.at_ns, step.value, step.arg};
      break;
    case TC_STEP_FOUND_RUNNING:
      found_running(step);
      break;
    case TC_STEP_CORRECTED:
      correct(step);
      break;
    default:
      break;
  }
}

// -- gaps and ends -------------------------------------------------------------------------------------------------

void ReplayedLife::passed(const ReplayGap& gap) {
  const tc_ledger& ledger = task_.ledger;
  const bool went_on = instant(ledger.since_ns) > gap.first && instant(ledger.birth_ns) < gap.last;
  const bool elsewhere = ledger.condition == TC_CONDITION_RUNNING && cpu_known_ && gap.cpu && *gap.cpu != ledger.cpu &&
                         ledger.on_cpu_ns != 0 && instant(ledger.on_cpu_ns) <= gap.first;
  task_.touched_afterwards = task_.touched_afterwards || (went_on && !elsewhere);
}

void ReplayedLife::told_by_kernel(const tc_ledger& ledger) { task_.kernel = std::make_unique<tc_ledger>(ledger); }

void ReplayedLife::settle_pending_rows() {
  if (task_.ledger.activity == TC_ROW_FAULT_PENDING) {
    give_up_fault(task_.ledger.since_ns);
  }
  // A call that the end cut off is settled where the exit begins; this one lost that.
  if (!entry_counted_) {
    settle_call(row_of_pending_call());
  }
  join(TC_ROW_CALL_PENDING, row_of_pending_call());
}

void ReplayedLife::ended_unseen() {
  tc_ledger& ledger = task_.ledger;
  const std::uint64_t end_ns = std::clamp<std::uint64_t>(task_.kernel->end_ns, ledger.since_ns, greatest_time);
  const GapList::Touch touch = touched_until(end_ns);
  if (!touch && !task_.beginning_unknown) {
    task_.impossible_switches++;
  }
  lose_until(end_ns, touch);
  ledger.activity = TC_ACTIVITY_EXIT;
  ledger.end_ns = end_ns;
  task_.ended = true;
}

// In which call a running task is, no event has told yet: the snapshot does.
void ReplayedLife::close_running(std::uint64_t end_ns) {
  tc_ledger& ledger = task_.ledger;
  if (!task_.kernel) {
    ran_until(end_ns, 0, ledger.activity);
    return;
  }
  const tc_ledger& snapshot = *task_.kernel;
  const bool in_fault = snapshot.activity == TC_ROW_FAULT_PENDING;
  const std::size_t row = in_fault ? snapshot.interrupted : snapshot.activity;
  const bool in_call =
      books_->calls && (is_call(row) || row == TC_ACTIVITY_EXIT) && ledger.activity != TC_ACTIVITY_EXIT;
  const std::uint64_t entered_ns = in_call ? seen_entry(snapshot.entered_ns) : 0;
  if (in_fault) {
    if (ledger.activity != TC_ROW_FAULT_PENDING || ledger.fault_ns != snapshot.fault_ns) {
      tc_fault fault{};
      fault.begun_ns = std::min<std::uint64_t>(snapshot.fault_ns, end_ns);
      fault.entered_ns = entered_ns;
      fault.interrupted = static_cast<std::uint8_t>(row);
      fault.bits = snapshot.fault_bits & TC_FAULT_KERNEL;
      begin_fault(fault);
    }
    ran_until(end_ns, 0, TC_ROW_FAULT_PENDING);
    return;
  }
  give_up_fault(ledger.since_ns);
  learn_call(entered_ns, row);
  const bool pending = ledger.activity == TC_ROW_CALL_PENDING && is_call(row);
  ran_until(end_ns, entered_ns, pending ? std::size_t{TC_ROW_CALL_PENDING} : row);
}

void ReplayedLife::close(std::uint64_t end) {
  tc_ledger& ledger = task_.ledger;
  // A task may be ahead of the instant of closing.
  const std::uint64_t end_ns = std::clamp<std::uint64_t>(end, ledger.since_ns, greatest_time);
  task_.position_unknown = !task_.kernel;
  if (ledger.condition == TC_CONDITION_RUNNING) {
    close_running(end_ns);
  } else if (const GapList::Touch touch = touched_until(end_ns)) {
    lose_until(end_ns, touch);
  } else {
    const std::uint64_t waited_ns = end_ns - ledger.since_ns;
    cell(ledger.activity, ledger.condition) += waited_ns;
    if (ledger.condition == TC_CONDITION_BLOCKED) {
      ledger.waits[ledger.wait].blocked_ns += waited_ns;
    }
    ledger.since_ns = end_ns;
  }
  // Looked at from outside, a pending call shows its file; one that a fault interrupts is left alone.
  if (ledger.activity == TC_ROW_CALL_PENDING) {
    const std::size_t row = task_.kernel && is_activity(task_.kernel->activity) && is_call(task_.kernel->activity)
                                ? std::size_t{task_.kernel->activity}
                                : row_of_pending_call();
    settle_call(row);
    ledger.activity = static_cast<std::uint8_t>(row);
  }
  ledger.call = static_cast<std::uint8_t>(row_of_pending_call());
  ledger.end_ns = end_ns;
}

RebuiltTask ReplayedLife::take() {
  if (task_.beginning_unknown && task_.kernel && task_.kernel->birth_ns < task_.ledger.birth_ns) {
    unknown_ns_ += task_.ledger.birth_ns - task_.kernel->birth_ns;
    task_.ledger.birth_ns = task_.kernel->birth_ns;
  }
  task_.unknown = nanoseconds(unknown_ns_);
  task_.gaps_in_life =
      static_cast<bool>(books_->gaps.touching(task_.ledger.birth_ns, task_.ledger.end_ns, std::nullopt));
  books_->integrity.impossible_switches += task_.impossible_switches;
  for (const auto& [key, sums] : edges_) {
    task_.edges.push_back({{task_.ledger.id, key.waker, key.wait, key.from}, sums});
  }
  std::ranges::sort(task_.edges, {}, [](const tc_edge& edge) {
    return std::tuple<std::uint64_t, std::uint32_t, std::uint32_t>(edge.key.waker, edge.key.wait, edge.key.from);
  });
  for (const auto& [object, sums] : flows_) {
    task_.flows.push_back({{task_.ledger.id, object}, sums});
  }
  std::ranges::sort(task_.flows, {}, [](const tc_flow& flow) { return std::uint64_t{flow.key.object}; });
  return std::move(task_);
}

}  // namespace taskcost
