// SPDX-License-Identifier: Apache-2.0
//
// The times of a task in the second ledger: sums of the tracker's slices, cut to the span of the replay.
//
// A wait belongs to the span in which it ended; one that the end of the span cuts off is open there, as in a snapshot
// of the kernel's ledger. So the waits of adjacent spans add up: each of them ended in one span.
#include <algorithm>

#include "account/ledger.h"
#include "trace/replay_task.h"

namespace taskcost {
namespace {

// The replay treats a task that no switch woke as blocked, because the probes record no wakeup that led to no switch.
bool is_ended(const Slice& slice) { return slice.end != Slice::End::window; }

std::uint64_t ready_of(const Slice& slice) { return is_ended(slice) ? slice.ready_ns : slice.end_ns; }

}  // namespace

__u64& ReplayTask::cell(std::size_t row, std::size_t condition) {
  return task_.ledger.cells[row * TC_NR_CONDITIONS + condition];
}

// True if the end of the span cuts the slice off, or the end of the recording does.
bool ReplayTask::is_cut(const Slice& slice) const {
  const bool at_end = slice.end == Slice::End::window && slice.end_ns == closing_ns_;
  return !totals_->span.is_before_end(slice.end_ns) || (at_end && totals_->is_part);
}

void ReplayTask::on_slice(const TaskTracker& task, const Slice& slice) {
  if (totals_->listener != nullptr) {
    totals_->listener->on_slice(task, slice);
  }
  found_ns_ = slice.end == Slice::End::found_running ? slice.end_ns : found_ns_;
  const TraceSpan& span = totals_->span;
  if (!span.is_before_end(slice.start_ns) || slice.end_ns < span.from_ns) {
    return;
  }
  if (slice.quality == Slice::Quality::unknown) {
    unknown_ns_ += span.overlap(slice.start_ns, slice.end_ns);
  } else {
    add_known(slice);
  }
}

void ReplayTask::add_known(const Slice& slice) {
  if (slice.condition == TC_CONDITION_BLOCKED) {
    add_wait(slice);
    return;
  }
  const std::uint64_t ns = totals_->span.overlap(slice.start_ns, slice.end_ns);
  if (slice.condition == TC_CONDITION_RUNNING) {
    call_running_ns_ += is_call_row(slice.row) ? ns : 0;
  } else {
    add_preemption(slice);
  }
  if (is_cut(slice)) {
    open_ = {std::max(slice.start_ns, totals_->span.from_ns), slice.row, slice.condition, TC_WAIT_OTHER};
  } else {
    cell(slice.row, slice.condition) += ns;
  }
}

// Time before task_newtask is part of the first wait, but of no edge.
void ReplayTask::add_wait(const Slice& slice) {
  const TraceSpan& span = totals_->span;
  const std::uint64_t ready = ready_of(slice);
  const std::uint64_t since = std::max(slice.start_ns, span.from_ns);
  const bool cut = is_cut(slice);
  if (cut && (!is_ended(slice) || !span.is_before_end(ready))) {
    open_ = {since, slice.row, TC_CONDITION_BLOCKED, slice.wait};
    return;
  }
  const std::uint64_t blocked_ns = elapsed(since, ready);
  const bool counts = ready >= span.from_ns;
  tc_wait_sums& sums = task_.ledger.waits[slice.wait];
  sums.count += counts ? 1 : 0;
  sums.blocked_ns += blocked_ns;
  cell(slice.row, TC_CONDITION_BLOCKED) += blocked_ns;
  if (cut) {
    open_ = {std::max(ready, span.from_ns), slice.row, TC_CONDITION_RUNNABLE, TC_WAIT_OTHER};
  } else {
    cell(slice.row, TC_CONDITION_RUNNABLE) += span.overlap(ready, slice.end_ns);
  }
  if (!is_ended(slice)) {
    return;
  }
  if (counts) {
    task_.ledger.counters[slice.woken ? TC_COUNTER_WAKEUPS : TC_COUNTER_UNSEEN_WAKEUPS]++;
    add_edge(slice);
  }
  if (!cut && slice.end == Slice::End::switched_in && slice.end_ns > ready) {
    totals_->histograms[TC_HISTOGRAM_RUN_QUEUE].add(nanoseconds(slice.end_ns - ready));
  }
}

void ReplayTask::add_edge(const Slice& slice) {
  const EdgeKey key{slice.waker, slice.wait, slice.waker_from};
  if (last_edge_ == nullptr || !(last_edge_->first == key)) {
    last_edge_ = &*edges_.try_emplace(key).first;
  }
  const std::uint64_t since = std::max({slice.start_ns, seen_ns_, totals_->span.from_ns});
  const std::uint64_t blocked_ns = elapsed(since, slice.ready_ns);
  tc_edge_sums& sums = last_edge_->second;
  sums.count++;
  sums.blocked_ns += blocked_ns;
  sums.max_ns = std::max<std::uint64_t>(sums.max_ns, blocked_ns);
}

// Counts a preemption by the CPU quota or by sched_yield; why_preempted is reset for the next one.
void ReplayTask::add_preemption(const Slice& slice) {
  if (slice.end == Slice::End::loss || slice.end == Slice::End::window) {
    return;
  }
  const auto why = std::exchange(task_.ledger.why_preempted, TC_PREEMPTED_BY_OTHERS);
  if (!totals_->span.contains(slice.end_ns)) {
    return;
  }
  const std::uint64_t ns = totals_->span.overlap(slice.start_ns, slice.end_ns);
  auto& counters = task_.ledger.counters;
  if (why == TC_PREEMPTED_BY_QUOTA) {
    counters[TC_COUNTER_THROTTLED]++;
    counters[TC_COUNTER_THROTTLED_NS] += ns;
  } else if (why == TC_PREEMPTED_BY_YIELD) {
    counters[TC_COUNTER_YIELDS]++;
    counters[TC_COUNTER_YIELDED_NS] += ns;
  }
  const std::uint64_t waited_ns = slice.end_ns - slice.start_ns;
  if (slice.end == Slice::End::switched_in && waited_ns > 0 && why != TC_PREEMPTED_BY_QUOTA) {
    totals_->histograms[TC_HISTOGRAM_RUN_QUEUE].add(nanoseconds(waited_ns));
  }
}

void ReplayTask::on_settled(const TaskTracker& task, const Settled& settled) {
  if (totals_->listener != nullptr) {
    totals_->listener->on_settled(task, settled);
  }
  if (settled.row && settled.pending == TC_ROW_FAULT_PENDING && *settled.row != TC_ACTIVITY_PAGE_FAULT) {
    count(TC_COUNTER_FAULTS_UNRESOLVED);
    call_running_ns_ += is_call_row(*settled.row) ? cell(TC_ROW_FAULT_PENDING, TC_CONDITION_RUNNING) : 0;
  }
  for (std::size_t condition = 0; condition < TC_NR_CONDITIONS; ++condition) {
    const std::uint64_t ns = std::exchange(cell(settled.pending, condition), 0);
    if (settled.row) {
      cell(*settled.row, condition) += ns;
    } else {
      unknown_ns_ += ns;
    }
  }
  if (open_ && open_->row == settled.pending) {
    if (settled.row) {
      open_->row = *settled.row;
    } else {
      const std::uint64_t end_ns = closing_ns_ != 0 ? closing_ns_ : totals_->span.to_ns;
      unknown_ns_ += elapsed(open_->since_ns, std::min(end_ns, totals_->span.to_ns));
      open_.reset();
    }
  }
  if (settled.row && settled.pending == TC_ROW_CALL_PENDING && !entry_counted_) {
    task_.ledger.entries[*settled.row]++;
    entry_counted_ = true;
  }
}

// The most recent wait; its wakeup was not traced.
void ReplayTask::shorten_wait(std::uint64_t ns) {
  const auto shorten = [ns](auto& blocked_ns) { blocked_ns -= std::min<std::uint64_t>(ns, blocked_ns); };
  const std::uint8_t wait = tracker_.wait();
  shorten(task_.ledger.waits[wait].blocked_ns);
  const auto edge = edges_.find({0, wait, TC_FROM_NOWHERE});
  if (edge != edges_.end()) {
    shorten(edge->second.blocked_ns);
  }
}

// The last wait ended event.value earlier than at found_ns_, and the task was running since.
void ReplayTask::correct(const tc_event& event, std::size_t row, std::size_t condition) {
  const TraceSpan& span = totals_->span;
  const std::uint64_t ran_since = found_ns_ - std::min<std::uint64_t>(event.value, found_ns_);
  if (open_ && !span.is_before_end(found_ns_)) {
    if (ran_since < span.to_ns && open_->condition == condition) {
      const std::uint64_t until = std::max(ran_since, open_->since_ns);
      cell(open_->row, condition) += until - open_->since_ns;
      if (condition == TC_CONDITION_BLOCKED) {
        task_.ledger.waits[open_->wait].blocked_ns += until - open_->since_ns;
      }
      open_ = {until, open_->row, TC_CONDITION_RUNNING, TC_WAIT_OTHER};
    }
    return;
  }
  const std::uint64_t ns = span.is_whole() ? std::uint64_t{event.value} : span.overlap(ran_since, found_ns_);
  const std::uint64_t moved = std::min<std::uint64_t>(ns, cell(row, condition));
  cell(row, condition) -= moved;
  cell(row, TC_CONDITION_RUNNING) += moved;
  if (condition == TC_CONDITION_BLOCKED) {
    shorten_wait(moved);
  }
  // The running time belongs to the current call, unless it was spent in an earlier call of the same class.
  const std::size_t current = tracker_.row() == TC_ROW_FAULT_PENDING ? tracker_.interrupted() : tracker_.row();
  if (row == current && is_call_row(row) && tracker_.entered_ns() <= task_.ledger.unseen_at_ns) {
    call_running_ns_ += moved;
  }
  if (moved != ns && unknown_ns_ == 0) {
    totals_->integrity.impossible_corrections++;
  }
}

void ReplayTask::on_corrected(const TaskTracker& task, const tc_event& event) {
  if (totals_->listener != nullptr) {
    totals_->listener->on_corrected(task, event);
  }
  correct(event, task.corrected_row(), task.corrected_condition());
}

// Makes the ledger that of a task which was adopted at the start of the span and is still observed at its end.
void ReplayTask::cut_to_span() {
  const TraceSpan& span = totals_->span;
  tc_ledger& ledger = task_.ledger;
  const std::uint64_t end_ns = tracker_.since_ns();
  const bool ends_inside = task_.ended && span.is_before_end(end_ns);
  task_.in_span = span.is_before_end(ledger.start_ns) && (!task_.ended || end_ns >= span.from_ns);
  if (ledger.first_run_ns != 0) {
    ledger.first_run_ns = std::max<std::uint64_t>(ledger.first_run_ns, span.from_ns);
  }
  for (__u64* const at_ns :
       {&ledger.newtask_ns, &ledger.published_ns, &ledger.first_run_ns, &ledger.exit_start_ns, &ledger.exit_mmap_ns}) {
    *at_ns = span.contains(*at_ns) ? *at_ns : 0;
  }
  ledger.copy_ns = ledger.newtask_ns != 0 ? std::uint64_t{ledger.copy_ns} : 0;
  if (ledger.first_run_ns == 0 || ledger.first_run_ns == span.from_ns) {
    ledger.flags &= ~std::uint32_t{TC_LEDGER_START_SEEN | TC_LEDGER_STARTED_ELSEWHERE};
  }
  if (ledger.start_ns < span.from_ns) {
    ledger.start_ns = span.from_ns;
    ledger.flags |= TC_LEDGER_OPEN_AT_START;
    ledger.how = TC_NR_CREATIONS;
    ledger.creator = ledger.copy_ns = ledger.newtask_ns = ledger.published_ns = 0;
    ledger.creator_tid = ledger.shares = 0;
  }
  if (const tc_ledger* kernel = task_.kernel.get(); kernel != nullptr) {
    constexpr std::uint32_t of_its_end = TC_LEDGER_GROUP_EXIT | TC_LEDGER_REUSED_ID;
    ledger.flags |= kernel->flags & (TC_LEDGER_LAUNCHED | (ends_inside ? of_its_end : 0U));
    ledger.pid_seen_by_parent = kernel->pid_seen_by_parent;
    ledger.parent_namespace = kernel->parent_namespace;
    ledger.tgid_seen = kernel->tgid_seen;
    ledger.cgroup = kernel->cgroup;
    ledger.uid = kernel->uid;
    ledger.exit_code = ends_inside ? kernel->exit_code : 0;
    ledger.group_exit_code = ends_inside ? kernel->group_exit_code : 0;
  }
  if (ends_inside) {
    return;
  }
  task_.ended = false;
  ledger.end_ns = 0;
  ledger.woken_ns = 0;
  if (open_) {
    ledger.since_ns = open_->since_ns;
    ledger.activity = open_->row;
    ledger.condition = open_->condition;
    ledger.wait = open_->wait;
  } else if (!span.is_before_end(end_ns)) {
    ledger.since_ns = span.to_ns;
    ledger.condition = TC_CONDITION_RUNNABLE;
    ledger.first_run_ns = 0;
  }
}

}  // namespace taskcost
