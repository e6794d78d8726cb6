// SPDX-License-Identifier: Apache-2.0
//
// How the tracker leaves a task: with its last switch, its final ledger, or at the end of the window.
#include <algorithm>
#include <utility>

#include "account/ledger.h"
#include "trace/task_tracker.h"

namespace taskcost {

void TaskTracker::end() {
  ended_ = true;
  mark(TaskMark::Kind::exit);
}

void TaskTracker::on_ledger(const tc_ledger& ledger) {
  tid_ = ledger.tid;
  if (!creation_seen_ && ledger.start_ns < start_ns_) {
    Slice before;
    before.start_ns = ledger.start_ns;
    before.end_ns = std::exchange(start_ns_, ledger.start_ns);
    before.quality = Slice::Quality::unknown;
    emit(before);
  }
  if (ended_) {
    return;
  }
  if (ledger.end_ns == 0 && ledger.since_ns < since_ns_) {
    return;  // a later event says more
  }
  if (ledger.end_ns == 0) {
    const std::uint8_t call_row = trace_->classes.row(
        ledger.syscall, static_cast<std::uint16_t>(ledger.resolved != 0 ? std::uint32_t{ledger.file_type} : 0));
    const bool in_call = is_call_row(ledger.activity) && ledger.activity != TC_ROW_CALL_PENDING;
    const bool interrupts_call = is_call_row(ledger.interrupted);
    snapshot_ = {ledger.since_ns,
                 ledger.entered_ns,
                 ledger.fault_ns,
                 wakeup_of(ledger),
                 plain_call(ledger.syscall),
                 ledger.cpu,
                 in_call ? call_row : ledger.activity,
                 ledger.condition,
                 interrupts_call ? trace_->classes.row(ledger.syscall) : ledger.interrupted,
                 static_cast<std::uint8_t>(ledger.fault_bits),
                 static_cast<std::uint8_t>(ledger.wait < TC_NR_WAITS ? ledger.wait : std::uint32_t{TC_WAIT_OTHER}),
                 call_row};
    return;
  }
  const std::uint64_t end_ns = std::clamp<std::uint64_t>(ledger.end_ns, since_ns_, greatest_time);
  if (!touched(end_ns)) {
    creation_seen_ ? contradict(end_ns) : lose_until(end_ns, {});
  }
  settle_call(std::nullopt);
  row_ = TC_ACTIVITY_EXIT;
  end();
}

// Moves a running task to where the snapshot found it: no event has reported its current call or fault yet.
void TaskTracker::apply_running_snapshot(const Snapshot& found, std::uint64_t since_ns) {
  const bool in_fault = found.row == TC_ROW_FAULT_PENDING;
  const std::uint8_t row = in_fault ? found.interrupted : found.row;
  const bool in_call = trace_->calls && (is_call_row(row) || row == TC_ACTIVITY_EXIT) && row_ != TC_ACTIVITY_EXIT;
  const bool named = found.entered_ns != 0 && row != TC_ACTIVITY_USER;
  const Call call{in_call ? seen_entry(found.entered_ns) : 0, named ? found.syscall : Slice::none};
  if (!in_fault) {
    give_up_fault(since_ns_);
    run(since_ns, row_ == TC_ROW_CALL_PENDING && is_call_row(row) ? row_ : row, call);
  } else if (row_ != TC_ROW_FAULT_PENDING || fault_ns_ != found.fault_ns) {
    begin_fault(std::min(found.fault_ns, since_ns), row, call, found.fault_bits & TC_FAULT_KERNEL);
  }
}

// The task stays where the snapshot found it. If the snapshot's state is later than its last event, events were lost.
void TaskTracker::apply_snapshot(const Snapshot& found, std::uint64_t since_ns) {
  const bool moved = since_ns > since_ns_ || found.condition != condition_;
  const bool runs = found.condition == TC_CONDITION_RUNNING;
  if (runs && condition_ == TC_CONDITION_RUNNING) {
    apply_running_snapshot(found, since_ns);
    return;
  }
  if (found.since_ns < since_ns_ || (moved && !touched(since_ns) && found.condition == condition_)) {
    return;
  }
  if (moved) {
    if (since_ns_ < since_ns) {
      contradict(since_ns);
    }
    row_ = found.row;
    condition_ = found.condition;
    cpu_ = found.cpu;
    call_ = found.entered_ns != 0 && row_ != TC_ACTIVITY_USER ? found.syscall : Slice::none;
    wakeup_ = {};
  }
  if (condition_ == TC_CONDITION_BLOCKED) {
    cause_ = moved ? WaitCause{found.wait, found.wait} : cause_;
    wakeup_ = found.wakeup.at_ns > found.since_ns ? found.wakeup : wakeup_;
    end_cause(wakeup_, false);
  }
}

// The snapshot of a task may be later than the end of the window, and contain an entry that no event has reported yet.
void TaskTracker::close(std::uint64_t end) {
  const std::uint64_t seen_ns = snapshot_ ? std::max(end, snapshot_->since_ns) : end;
  const std::uint64_t end_ns = std::clamp<std::uint64_t>(seen_ns, since_ns_, greatest_time);
  if (snapshot_) {
    apply_snapshot(*snapshot_, std::clamp(snapshot_->since_ns, since_ns_, end_ns));
  } else {
    touched(end_ns);
  }
  if (end_ns > since_ns_) {
    const bool woken = wakeup_.at_ns > since_ns_ && wakeup_.at_ns < end_ns;
    Slice slice = waited(end_ns, woken ? wakeup_ : Wakeup{});
    slice.end = Slice::End::window;
    emit(slice);
    since_ns_ = end_ns;
  }
  // The snapshot has the row of a pending call, because it reads the file; not if a fault interrupts the call.
  if (row_ == TC_ROW_CALL_PENDING) {
    std::uint8_t shown = snapshot_ ? snapshot_->row : row_;
    if (snapshot_ && shown == TC_ROW_CALL_PENDING) {
      shown = snapshot_->call_row;
    }
    row_ = shown < TC_NR_ACTIVITIES && is_call_row(shown) ? shown : row_of_pending_call();
    settle_call(row_);
  }
}

}  // namespace taskcost
