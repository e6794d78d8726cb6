// SPDX-License-Identifier: Apache-2.0
#include "account/task_track.h"

#include <algorithm>
#include <utility>

#include "account/event_rules.h"
#include "account/ledger.h"

namespace taskcost {
namespace {

constexpr std::size_t nothing_pending = SIZE_MAX;

// But for when they begin and end.
bool are_alike(const Stretch& a, const Stretch& b) {
  return a.row == b.row && a.condition == b.condition && a.wait == b.wait && a.call == b.call && a.cpu == b.cpu &&
         !a.ended && !b.ended;
}

}  // namespace

TaskTrack::TaskTrack(const Gaps& gaps, const tc_birth& birth)
    : gaps_(&gaps),
      since_ns_(birth.birth_ns),
      tid_(birth.tid),
      row_(birth.row),
      condition_(birth.condition),
      wait_(birth.wait),
      found_(birth.found != 0),
      birth_seen_(true) {
  if (condition_ == TC_CONDITION_RUNNING) {
    cpu_ = birth.cpu;
  }
  if (birth.how < TC_NR_CREATIONS) {
    marks_.push_back({Mark::Kind::birth, birth.birth_ns, {}});
  } else if (is_call_row(row_)) {
    call_ = birth.syscall;
  }
}

void TaskTrack::stay(std::uint64_t until_ns, Stretch like) {
  if (until_ns <= since_ns_) {
    return;
  }
  like.start_ns = since_ns_;
  like.end_ns = until_ns;
  since_ns_ = until_ns;
  if (!stretches_.empty() && stretches_.back().end_ns == like.start_ns && are_alike(stretches_.back(), like)) {
    stretches_.back().end_ns = until_ns;
    return;
  }
  if (like.row == TC_ROW_CALL_PENDING) {
    pending_call_ = std::min(pending_call_, stretches_.size());
  } else if (like.row == TC_ROW_FAULT_PENDING) {
    pending_fault_ = std::min(pending_fault_, stretches_.size());
  }
  stretches_.push_back(like);
}

void TaskTrack::stay_unknown(std::uint64_t until_ns) { stay(until_ns, Stretch{}); }

bool TaskTrack::lose_until(std::uint64_t at_ns, std::uint64_t woken_ns) {
  const std::optional<std::uint32_t> cpu = cpu_ == Stretch::none ? std::nullopt : std::optional(cpu_);
  const Gaps::Touch touch = gaps_->touching({since_ns_, at_ns, condition_, cpu, woken_ns});
  if (!touch) {
    return false;
  }
  stay(touch.from_ns, waiting());
  stay_unknown(at_ns);
  return true;
}

Stretch TaskTrack::running(std::uint8_t row, std::uint32_t call) const {
  Stretch like;
  like.row = row;
  like.condition = TC_CONDITION_RUNNING;
  like.call = call;
  like.cpu = cpu_;
  return like;
}

Stretch TaskTrack::waiting() const {
  Stretch like;
  like.row = row_;
  like.condition = condition_;
  like.call = call_;
  like.wait = condition_ == TC_CONDITION_BLOCKED ? wait_ : std::uint8_t{TC_WAIT_OTHER};
  return like;
}

void TaskTrack::run(std::uint64_t entered_ns, std::uint8_t row, std::uint32_t call, std::uint64_t at_ns) {
  lose_until(at_ns);
  const bool entered_since = entered_ns > since_ns_ && entered_ns <= at_ns;
  if (condition_ != TC_CONDITION_RUNNING) {
    stay_unknown(entered_since ? entered_ns : at_ns);
    condition_ = TC_CONDITION_RUNNING;
    cpu_ = Stretch::none;
  } else if (entered_since) {
    stay(entered_ns, running(TC_ACTIVITY_USER, Stretch::none));
  }
  stay(at_ns, running(row, call));
}

void TaskTrack::wait_until(std::uint64_t at_ns, std::uint64_t woken_ns, std::uint64_t waker, std::uint32_t waker_from) {
  if (!lose_until(at_ns, woken_ns)) {
    wait_in_its_place(at_ns, woken_ns, waker, waker_from);
  }
}

// A blocked task is runnable from its wake-up on.
void TaskTrack::wait_in_its_place(std::uint64_t at_ns, std::uint64_t woken_ns, std::uint64_t waker,
                                  std::uint32_t waker_from) {
  if (condition_ == TC_CONDITION_BLOCKED) {
    Stretch blocked = waiting();
    blocked.ended = true;
    if (woken_ns != 0) {
      blocked.waker = waker;
      blocked.waker_from = waker_from;
    }
    stay(ready_ns(condition_, since_ns_, woken_ns, at_ns), blocked);
    condition_ = TC_CONDITION_RUNNABLE;
  }
  stay(at_ns, waiting());
}

void TaskTrack::leave_cpu(const tc_switch& event, bool calls) {
  if (condition_ == TC_CONDITION_RUNNING && cpu_ != Stretch::none && cpu_ != event.cpu) {
    stay_unknown(event.at_ns);
  }
  const bool in_call = event.entered_ns != 0;
  const std::uint32_t call = in_call ? event.syscall : Stretch::none;
  const bool found = !calls || (event.flags & TC_SWITCH_FOUND) != 0;
  run(event.entered_ns, found ? row_ : event.row, call, event.at_ns);
  found_ = found;
  row_ = event.row;
  call_ = call;
  condition_ = event.condition;
  wait_ = event.wait;
  woken_ns_ = 0;
  if ((event.flags & TC_SWITCH_LAST) != 0) {
    ended_ = true;
    marks_.push_back({Mark::Kind::exit, since_ns_, {}});
  }
}

void TaskTrack::get_cpu(const tc_switch& event, bool calls) {
  if (condition_ == TC_CONDITION_RUNNING) {
    stay_unknown(event.at_ns);
  } else {
    wait_ = final_wait(wait_, event);
    wait_until(event.at_ns, event.woken_ns, event.waker, event.waker_from);
  }
  condition_ = TC_CONDITION_RUNNING;
  cpu_ = event.cpu;
  found_ = found_ || !calls;
  leave_found_row();
}

void TaskTrack::leave_found_row() {
  if (std::exchange(found_, false) && is_found_row(row_)) {
    row_ = TC_ACTIVITY_USER;
    call_ = Stretch::none;
  }
}

void TaskTrack::on_call(const tc_call& call) {
  const std::uint32_t number = call.number;
  run(call.entered_ns, call.row, number, call.at_ns);
  settle_call(call.row, call.entered_ns, number);
  row_ = TC_ACTIVITY_USER;
  call_ = Stretch::none;
}

void TaskTrack::on_fault(const tc_fault& fault) {
  const std::uint32_t call = fault.entered_ns != 0 ? fault.syscall : Stretch::none;
  if (fault.begun_ns > since_ns_) {
    run(fault.entered_ns, fault.interrupted, call, fault.begun_ns);
  }
  row_ = TC_ROW_FAULT_PENDING;
  call_ = call;
  run(0, row_, call, fault.at_ns);
  if (fault.outcome == TC_FAULT_BEGUN) {
    return;
  }
  settle_fault(fault.outcome == TC_FAULT_UNRESOLVED ? fault.interrupted : std::uint8_t{TC_ACTIVITY_PAGE_FAULT},
               fault.begun_ns);
  row_ = fault.interrupted;
}

void TaskTrack::on_step(const tc_step& step) {
  switch (step.kind) {
    case TC_STEP_PUBLISHED:
      if (condition_ == TC_CONDITION_BLOCKED) {
        wait_until(step.at_ns, step.at_ns, step.value, step.arg);
      }
      condition_ = TC_CONDITION_RUNNABLE;
      break;
    case TC_STEP_EXEC_PREPARED:
      run(step.value, step.value != 0 ? std::uint8_t{TC_ACTIVITY_EXEC} : row_, call_, step.at_ns);
      row_ = step.value != 0 ? std::uint8_t{TC_ACTIVITY_EXEC} : row_;
      break;
    case TC_STEP_DYING:
    case TC_STEP_EXIT: {
      const auto row = static_cast<std::uint8_t>(step.value != 0 ? step.arg : row_);
      run(step.value, row, call_, step.at_ns);
      settle_call(static_cast<std::uint8_t>(step.arg), step.value, Stretch::none);
      row_ = TC_ACTIVITY_EXIT;
      call_ = Stretch::none;
      break;
    }
    case TC_STEP_WOKEN:
      woken_ns_ = step.at_ns;
      waker_ = step.value;
      waker_from_ = step.arg;
      break;
    case TC_STEP_FOUND_RUNNING:
      if (condition_ != TC_CONDITION_RUNNING) {
        wait_until(step.at_ns, woken_ns_, waker_, waker_from_);
      }
      woken_ns_ = 0;
      condition_ = TC_CONDITION_RUNNING;
      cpu_ = step.arg;
      leave_found_row();
      break;
    case TC_STEP_CORRECTED:
      correct(step.value, static_cast<std::uint8_t>(step.arg & 0xff));
      break;
    default:
      break;
  }
}

void TaskTrack::on_exec(const tc_exec& exec) {
  const std::uint8_t row = exec.entered_ns != 0 ? std::uint8_t{TC_ACTIVITY_EXEC} : row_;
  run(exec.entered_ns, row, call_, exec.at_ns);
  row_ = row;
  marks_.push_back({Mark::Kind::exec, since_ns_, text_of(exec.comm, sizeof(exec.comm))});
}

// The last switch came before it, unless it was lost.
void TaskTrack::on_end(const tc_ledger& ledger) {
  tid_ = ledger.tid;
  if (!birth_seen_) {
    const std::uint64_t known_from = stretches_.empty() ? since_ns_ : stretches_.front().start_ns;
    if (ledger.birth_ns < known_from) {
      Stretch lost;
      lost.start_ns = ledger.birth_ns;
      lost.end_ns = known_from;
      stretches_.insert(stretches_.begin(), lost);
      pending_call_ = pending_fault_ = nothing_pending;
    }
  }
  if (!ended_) {
    stay_unknown(ledger.end_ns);
    ended_ = true;
    marks_.push_back({Mark::Kind::exit, since_ns_, {}});
  }
}

void TaskTrack::on_snapshot(const tc_ledger& ledger) {
  tid_ = ledger.tid;
  seen_at_end_ = true;
  if (ended_) {
    return;
  }
  if (ledger.since_ns > since_ns_ && !lose_until(ledger.since_ns)) {
    ledger.condition == condition_
        ? stay(ledger.since_ns, condition_ == TC_CONDITION_RUNNING ? running(row_, call_) : waiting())
        : stay_unknown(ledger.since_ns);
  }
  const bool in_call = ledger.entered_ns != 0 && ledger.activity != TC_ACTIVITY_USER;
  call_ = in_call ? ledger.syscall : Stretch::none;
  condition_ = ledger.condition;
  wait_ = static_cast<std::uint8_t>(known_wait(ledger.wait));
  cpu_ = ledger.cpu;
  // As the account joins the rows that are open at the end of the window.
  const auto row_of_call = static_cast<std::uint8_t>(ledger.call & TC_CALL_ACTIVITY_MASK);
  const std::uint8_t call_row = row_of_call < TC_NR_ACTIVITIES ? row_of_call : std::uint8_t{TC_ACTIVITY_OTHER};
  row_ = ledger.activity;
  if (row_ == TC_ROW_FAULT_PENDING) {
    settle_fault(TC_ACTIVITY_PAGE_FAULT, ledger.fault_ns);
    row_ = TC_ACTIVITY_PAGE_FAULT;
  } else if (row_ == TC_ROW_CALL_PENDING) {
    row_ = call_row;
  }
  settle_call(call_row, ledger.entered_ns, call_);
  if (condition_ == TC_CONDITION_BLOCKED && ledger.woken_ns > ledger.since_ns) {
    woken_ns_ = ledger.woken_ns;
    waker_ = ledger.waker;
    waker_from_ = ledger.waker_from;
  }
}

// Of one that was looked at then, nothing can be lost since the snapshot's time.
void TaskTrack::close(std::uint64_t end_ns) {
  if (ended_) {
    return;
  }
  if (!seen_at_end_) {
    lose_until(end_ns);
  }
  if (condition_ == TC_CONDITION_RUNNING) {
    stay(end_ns, running(row_, call_));
  } else if (woken_ns_ != 0 && woken_ns_ < end_ns) {
    wait_in_its_place(end_ns, woken_ns_, waker_, waker_from_);
  } else {
    stay(end_ns, waiting());
  }
  settle_fault(TC_ACTIVITY_PAGE_FAULT, 0);
  for (std::size_t i = pending_call_; i < stretches_.size(); ++i) {
    if (stretches_[i].row == TC_ROW_CALL_PENDING) {
      stretches_[i].condition = Stretch::unknown;
    }
  }
}

// A call that began before this one has no return, so nobody knows what it was.
void TaskTrack::settle_call(std::uint8_t row, std::uint64_t entered_ns, std::uint32_t call) {
  for (std::size_t i = pending_call_; i < stretches_.size(); ++i) {
    Stretch& stretch = stretches_[i];
    if (stretch.row != TC_ROW_CALL_PENDING) {
      continue;
    }
    if (entered_ns != 0 && stretch.start_ns < entered_ns) {
      stretch.condition = Stretch::unknown;
    }
    stretch.row = row;
    stretch.call = call == Stretch::none ? stretch.call : call;
  }
  pending_call_ = nothing_pending;
}

// Likewise of a fault that began before this one.
void TaskTrack::settle_fault(std::uint8_t row, std::uint64_t begun_ns) {
  for (std::size_t i = pending_fault_; i < stretches_.size(); ++i) {
    if (stretches_[i].row == TC_ROW_FAULT_PENDING) {
      if (stretches_[i].start_ns < begun_ns) {
        stretches_[i].condition = Stretch::unknown;
      }
      stretches_[i].row = row;
      if (row == TC_ROW_CALL_PENDING) {
        pending_call_ = std::min(pending_call_, i);
      }
    }
  }
  pending_fault_ = nothing_pending;
}

// The task ran earlier than it was found running: the last wait ends so much earlier.
void TaskTrack::correct(std::uint64_t ns, std::uint8_t condition) {
  for (std::size_t i = stretches_.size(); i > 1; --i) {
    Stretch& wait = stretches_[i - 2];
    Stretch& run = stretches_[i - 1];
    if (wait.condition == condition && run.condition == TC_CONDITION_RUNNING && wait.end_ns == run.start_ns) {
      wait.end_ns -= std::min(ns, wait.end_ns - wait.start_ns);
      run.start_ns = wait.end_ns;
      return;
    }
  }
}

}  // namespace taskcost
