// SPDX-License-Identifier: Apache-2.0
//
// What a task does while it runs: calls, faults, and the steps of exec, exit and the like.
#include <algorithm>
#include <cstring>
#include <utility>

#include "account/event_rules.h"
#include "account/ledger.h"
#include "account/replayed_life.h"

namespace taskcost {

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
  ledger.created_ns = 0;
  end_exec(call);
  count(TC_COUNTER_SHARED_MAPPING_BYTES, call.mapped_bytes);
  if (call.channel < TC_NR_CHANNELS) {
    ledger.channels[call.channel].calls++;
    ledger.channels[call.channel].kernel_ns += call_running_ns_;
  }
  if ((call.flags & TC_CALL_ENTRY_UNSEEN) != 0) {
    count(TC_COUNTER_SYSCALLS);
    count(TC_COUNTER_SYSCALLS_ENTRY_UNSEEN);
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

void ReplayedLife::book_flow(std::uint64_t object, std::uint64_t link, std::uint8_t bits, std::uint64_t bytes_in,
                             std::uint64_t bytes_out) {
  if (object == 0) {
    return;
  }
  if (last_flow_ == nullptr || last_flow_->first != object) {
    last_flow_ = &*flows_.try_emplace(object).first;
  }
  tc_flow_sums& flow = last_flow_->second;
  // Known late for a connection that was not accepted yet.
  if (flow.link == 0) {
    flow.link = link;
  }
  flow.calls_in += (bits & TC_CALL_IN) != 0 ? 1 : 0;
  flow.calls_out += (bits & TC_CALL_OUT) != 0 ? 1 : 0;
  flow.bytes_in = sum_of_bytes(flow.bytes_in, bytes_in);
  flow.bytes_out = sum_of_bytes(flow.bytes_out, bytes_out);
}

void ReplayedLife::transferred(const tc_transfer& transfer) {
  returned(transfer.call);
  const bool uncounted = (transfer.flags & TC_PASSED_UNCOUNTED) != 0;
  const bool peeked = (transfer.flags & TC_PASSED_PEEKED) != 0;
  const auto of_flow = [&](std::uint64_t bytes, std::uint8_t direction) -> std::uint64_t {
    if (!uncounted && !peeked) {
      return bytes;
    }
    return uncounted && (transfer.bits & direction) != 0 ? TC_BYTES_UNKNOWN : 0;
  };
  if (peeked) {
    count(TC_COUNTER_PEEKED_BYTES, transfer.bytes_in);
  } else if (uncounted) {
    task_.ledger.uncounted_calls[transfer.call.channel]++;
  } else {
    tc_channel_use& use = task_.ledger.channels[transfer.call.channel];
    use.bytes_in += transfer.bytes_in;
    use.bytes_out += transfer.bytes_out;
  }
  book_flow(transfer.object, transfer.link, transfer.bits, of_flow(transfer.bytes_in, TC_CALL_IN),
            of_flow(transfer.bytes_out, TC_CALL_OUT));
}

// No time passes with it: that is the call's.
void ReplayedLife::passed_through(const tc_passage& passage) {
  tc_channel_use& use = task_.ledger.channels[passage.channel];
  use.calls++;
  use.bytes_in += passage.bytes_in;
  use.bytes_out += passage.bytes_out;
  book_flow(passage.object, passage.link, passage.bits, passage.bytes_in, passage.bytes_out);
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
    case TC_WAIT_FILE_LOCK:
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
  if (is_call_row(ledger.interrupted)) {
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
    settle_call(is_call_row(step.arg) ? std::size_t{step.arg} : row_of_pending_call());
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
  runs();
  ledger.unseen_at_ns = at_ns;
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
  if (condition == TC_CONDITION_BLOCKED) {
    shorten_wait(moved);
  }
  // Not if that was in an earlier call of the same class.
  const tc_ledger& ledger = task_.ledger;
  const std::size_t current = ledger.activity == TC_ROW_FAULT_PENDING ? ledger.interrupted : ledger.activity;
  if (row == current && is_call_row(row) && ledger.entered_ns <= ledger.unseen_at_ns) {
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
    case TC_STEP_DYING:
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
    case TC_STEP_REPARENTED:
      ledger.parent_process = step.value;
      ledger.ppid = step.arg;
      break;
    default:
      break;
  }
}

}  // namespace taskcost
