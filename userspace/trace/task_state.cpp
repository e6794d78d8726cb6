// SPDX-License-Identifier: Apache-2.0
//
// The state of tasks at the beginning of a capture that has lost the events before (tc_task_state).
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "trace/replay_task.h"
#include "trace/task_tracker.h"

namespace taskcost {

void TaskTracker::save(tc_task_state& state) const {
  state.since_ns = since_ns_;
  state.seen_ns = seen_ns_;
  state.on_cpu_ns = on_cpu_ns_;
  state.entered_ns = entered_ns_;
  state.fault_ns = fault_ns_;
  state.pending_ns = pending_ns_;
  state.woken_ns = wakeup_.at_ns;
  state.waker = wakeup_.waker;
  state.waker_from = wakeup_.from;
  state.cpu = cpu_;
  state.call = call_;
  state.row = row_;
  state.condition = condition_;
  state.wait = cause_.wait;
  state.wait_in_call = cause_.in_call;
  state.unseen_row = unseen_row_;
  state.unseen_condition = unseen_condition_;
  state.creation = static_cast<std::uint8_t>(creation_);
  state.creating = static_cast<std::uint8_t>(creating_);
  state.created = static_cast<std::uint8_t>(created_);
  state.interrupted = interrupted_;
  state.left_row = left_row_;
  const auto bit = [](bool is_set, std::uint32_t bits) { return is_set ? bits : 0U; };
  state.bits = bit(found_, TC_STATE_FOUND) | bit(entered_call_, TC_STATE_ENTERED_CALL) |
               bit(found_on_cpu_, TC_STATE_FOUND_ON_CPU) | bit(adopted_, TC_STATE_ADOPTED) |
               bit(creation_seen_, TC_STATE_CREATION_SEEN) | bit(ended_, TC_STATE_ENDED) |
               bit(call_pending_, TC_STATE_CALL_PENDING) | bit(call_lost_, TC_STATE_CALL_LOST) |
               bit(row_lost_, TC_STATE_ROW_LOST) | bit(wakeup_.thaws, TC_STATE_THAWS);
}

void TaskTracker::restore(const tc_task_state& state) {
  const auto bounded_time = [](std::uint64_t ns) { return std::min(ns, greatest_time); };
  start_ns_ = bounded_time(state.task.start_ns);
  since_ns_ = std::max(bounded_time(state.since_ns), start_ns_);
  seen_ns_ = state.seen_ns;
  on_cpu_ns_ = bounded_time(state.on_cpu_ns);
  entered_ns_ = state.entered_ns;
  fault_ns_ = state.fault_ns;
  pending_ns_ = state.pending_ns;
  wakeup_ = {state.woken_ns, state.waker, state.waker_from, (state.bits & TC_STATE_THAWS) != 0};
  tid_ = state.task.tid;
  cpu_ = state.cpu;
  call_ = state.call;
  row_ = state.row;
  condition_ = state.condition;
  cause_ = {state.wait, state.wait_in_call};
  unseen_row_ = state.unseen_row;
  unseen_condition_ = state.unseen_condition;
  creation_ = static_cast<tc_creation>(state.creation);
  creating_ = static_cast<tc_creation>(state.creating);
  created_ = static_cast<tc_creation>(state.created);
  interrupted_ = state.interrupted;
  left_row_ = state.left_row;
  const auto is_set = [&state](std::uint32_t bits) { return (state.bits & bits) != 0; };
  found_ = is_set(TC_STATE_FOUND);
  entered_call_ = is_set(TC_STATE_ENTERED_CALL);
  found_on_cpu_ = is_set(TC_STATE_FOUND_ON_CPU);
  adopted_ = is_set(TC_STATE_ADOPTED);
  creation_seen_ = is_set(TC_STATE_CREATION_SEEN);
  ended_ = is_set(TC_STATE_ENDED);
  call_pending_ = is_set(TC_STATE_CALL_PENDING);
  call_lost_ = is_set(TC_STATE_CALL_LOST);
  row_lost_ = is_set(TC_STATE_ROW_LOST);
}

void ReplayTask::save(tc_task_state& state) const {
  const tc_ledger& ledger = task_.ledger;
  tc_task_new& task = state.task;
  state.record = {TC_RECORD_TASK_STATE, sizeof(tc_task_state)};
  task.record = {TC_RECORD_TASK_NEW, sizeof(tc_task_new)};
  task.at_ns = seen_ns_;
  task.id = ledger.id;
  task.process = ledger.process;
  task.parent_process = ledger.parent_process;
  task.creator = ledger.creator;
  task.address_space = ledger.address_space;
  task.start_ns = tracker_.start_ns();
  task.copy_ns = ledger.copy_ns;
  task.tid = ledger.tid != 0 ? std::uint32_t{ledger.tid} : tracker_.tid();
  task.tgid = ledger.tgid;
  task.ppid = ledger.ppid;
  task.creator_tid = ledger.creator_tid;
  task.shares = ledger.shares;
  task.flags = ledger.flags;
  task.cpu = ledger.cpu;
  task.tid_inside = ledger.tid_inside;
  task.tgid_inside = ledger.tgid_inside;
  task.namespace_level = ledger.namespace_level;
  task.syscall = ledger.syscall;
  std::memcpy(task.comm, ledger.comm, sizeof(task.comm));
  state.newtask_ns = ledger.newtask_ns;
  state.published_ns = ledger.published_ns;
  state.first_run_ns = ledger.first_run_ns;
  state.created_ns = ledger.created_ns;
  state.exec_mark_ns = ledger.exec_mark_ns;
  state.exit_start_ns = ledger.exit_start_ns;
  state.exit_mmap_ns = ledger.exit_mmap_ns;
  state.signal_ns = ledger.signal_ns;
  state.signal = ledger.signal;
  state.unseen_at_ns = ledger.unseen_at_ns;
  state.found_ns = found_ns_;
  state.why_preempted = ledger.why_preempted;
  tracker_.save(state);
  state.bits |= start_lost_ ? std::uint32_t{TC_STATE_START_LOST} : 0U;
}

// Nothing of the time before is in a cell or counted: it lies before the span of the replay, unless the capture is
// corrupt.
void ReplayTask::restore(const tc_task_state& state) {
  tracker_.restore(state);
  set_identity(state.task);
  task_.beginning_unknown = !tracker_.creation_seen();
  unknown_ns_ = totals_->span.overlap(tracker_.start_ns(), tracker_.since_ns());
  tc_ledger& ledger = task_.ledger;
  ledger.how = tracker_.creation();
  ledger.syscall = state.task.syscall;
  ledger.newtask_ns = state.newtask_ns;
  ledger.published_ns = state.published_ns;
  ledger.first_run_ns = state.first_run_ns;
  ledger.created_ns = state.created_ns;
  ledger.exec_mark_ns = state.exec_mark_ns;
  ledger.exit_start_ns = state.exit_start_ns;
  ledger.exit_mmap_ns = state.exit_mmap_ns;
  ledger.signal_ns = state.signal_ns;
  ledger.signal = state.signal;
  ledger.unseen_at_ns = state.unseen_at_ns;
  ledger.why_preempted = state.why_preempted;
  seen_ns_ = state.task.at_ns;
  found_ns_ = state.found_ns;
  start_lost_ = (state.bits & TC_STATE_START_LOST) != 0;
}

}  // namespace taskcost
