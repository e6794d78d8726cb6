// SPDX-License-Identifier: Apache-2.0
#include "trace/task_tracker.h"
#include "account/ledger.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "trace/switch_facts.h"

namespace taskcost {
namespace {

// True for a row that the registers of a sleeping task may show (TC_SWITCH_FOUND). The task leaves that row with the
// switch that gives it a CPU. Without probes on calls, it stays in any other row.
bool is_found_row(std::size_t row) { return is_call_row(row) || row == TC_ACTIVITY_PAGE_FAULT; }

}  // namespace

TaskTracker::TaskTracker(TraceContext& trace, SliceListener* listener, std::uint64_t id, std::uint64_t first_ns)
    : trace_(&trace),
      listener_(listener),
      id_(id),
      start_ns_(std::min(first_ns, greatest_time)),
      since_ns_(start_ns_),
      seen_ns_(start_ns_) {}

// The row of a task in `context`. That its end has begun, earlier events say as well: otherwise its call decides.
std::uint8_t TaskTracker::row_in(std::uint8_t context, std::uint32_t syscall) const {
  const std::uint8_t row = row_ == TC_ROW_FAULT_PENDING ? interrupted_ : row_;
  const bool ends = row == TC_ACTIVITY_EXIT || row_lost_ || !creation_seen_ || !trace_->calls;
  return context == TC_IN_CALL || (context == TC_IN_EXIT && !ends) ? trace_->classes.row(syscall) : context;
}

// Registers that name no call show a page fault, unless a probe would have seen it begin.
tc_wait TaskTracker::wait_outside_of_calls() const {
  return !trace_->calls || (adopted_ && !entered_call_) ? TC_WAIT_PAGE_FAULT : TC_WAIT_OTHER;
}

void TaskTracker::set_adopted_state(const tc_task_new& new_task) {
  condition_ = condition_of(new_task);
  found_ = new_task.found != 0 || !trace_->calls;
  cause_ = {};
  if (condition_ == TC_CONDITION_BLOCKED) {
    cause_ = cause_of(new_task, trace_->classes, wait_outside_of_calls());
  }
  row_ = new_task.context;
  if (new_task.context == TC_IN_CALL) {
    row_ = new_task.found != 0 ? trace_->classes.row(new_task.syscall, new_task.file)
                               : trace_->classes.row(new_task.syscall);
  } else if (new_task.context == TC_IN_USER && new_task.found != 0 && cause_.in_call == TC_WAIT_PAGE_FAULT) {
    row_ = TC_ACTIVITY_PAGE_FAULT;
  }
  call_ = is_call_row(row_) ? plain_call(new_task.syscall) : Slice::none;
}

void TaskTracker::on_new_task(const tc_task_new& new_task) {
  start_ns_ = since_ns_ = std::min<std::uint64_t>(new_task.start_ns, greatest_time);
  seen_ns_ = new_task.at_ns;
  tid_ = new_task.tid;
  cpu_ = new_task.cpu;
  adopted_ = is_adopted(new_task);
  creation_ = creation_of(new_task, trace_->classes, trace_->calls);
  creation_seen_ = true;
  if (adopted_) {
    set_adopted_state(new_task);
    found_on_cpu_ = condition_ == TC_CONDITION_RUNNING;
    return;
  }
  const bool is_worker = (new_task.flags & TC_LEDGER_KERNEL_WORKER) != 0;
  row_ = is_worker ? TC_ACTIVITY_KERNEL : TC_ACTIVITY_CREATE;
  condition_ = TC_CONDITION_BLOCKED;
  cause_ = {TC_WAIT_CREATION, TC_WAIT_CREATION};
  found_ = new_task.found != 0 || !trace_->calls;
  mark(TaskMark::Kind::new_task);
}

bool TaskTracker::on_correction(const tc_task_new& new_task) {
  if (!creation_seen_ || !is_adopted(new_task) || since_ns_ != start_ns_ || new_task.at_ns != seen_ns_) {
    return false;
  }
  set_adopted_state(new_task);
  return true;
}

void TaskTracker::on_late_new_task(const tc_task_new& new_task) {
  creation_seen_ = true;
  creation_ = creation_of(new_task, trace_->classes, trace_->calls);
  tid_ = new_task.tid;
  if (new_task.start_ns < start_ns_) {
    Slice before;
    before.start_ns = new_task.start_ns;
    before.end_ns = std::exchange(start_ns_, new_task.start_ns);
    before.quality = Slice::Quality::unknown;
    emit(before);
  }
}

// Without a seen entry of its call, the creation belongs to none.
void TaskTracker::on_child(const TaskTracker& child, const tc_task_new& new_task) {
  if (new_task.copy_ns != 0) {
    creating_ = child.creation();
  }
}

void TaskTracker::mark(TaskMark::Kind kind, std::string_view comm) {
  if (listener_ != nullptr) {
    listener_->on_mark(*this, {kind, since_ns_, comm});
  }
}

// -- time ----------------------------------------------------------------------------------------------------------

// An event that is older than the previous one takes no time.
std::uint64_t TaskTracker::in_order(std::uint64_t at_ns) {
  if (at_ns >= since_ns_ && at_ns <= greatest_time) {
    return at_ns;
  }
  if (trace_->backward_times != nullptr) {
    ++*trace_->backward_times;
  }
  return since_ns_;
}

Gaps::Touch TaskTracker::touched_until(std::uint64_t at_ns, std::uint64_t woken_ns) const {
  return trace_->gaps.touching(
      {since_ns_, at_ns, condition_, cpu_ == Slice::none ? std::nullopt : std::optional(cpu_), woken_ns});
}

Slice TaskTracker::open() const {
  Slice slice;
  slice.start_ns = since_ns_;
  slice.entered_ns = entered_ns_;
  slice.syscall = call_;
  slice.row = row_;
  slice.condition = condition_;
  slice.censored = adopted_ && since_ns_ == start_ns_;
  if (condition_ == TC_CONDITION_RUNNING) {
    slice.cpu = cpu_;
  } else if (condition_ == TC_CONDITION_BLOCKED) {
    slice.wait = cause_.wait;
  }
  return slice;
}

void TaskTracker::emit(Slice slice) {
  if (slice.row == TC_ROW_CALL_PENDING && slice.quality == Slice::Quality::known) {
    begin_pending_call();
  }
  if (listener_ != nullptr) {
    listener_->on_slice(*this, slice);
  }
}

void TaskTracker::begin_pending_call() {
  if (!call_pending_) {
    call_pending_ = true;
    call_lost_ = false;
    pending_ns_ = entered_ns_;
  }
}

// A pending call or fault may have ended among the lost events. The entry time in the return of a call shows whether it
// did.
void TaskTracker::lose_until(std::uint64_t at_ns, const Gaps::Touch& touch) {
  if (touch && touch.from_ns > since_ns_) {
    Slice before = open();
    before.ready_ns = before.start_ns;
    before.end_ns = touch.from_ns;
    before.end = Slice::End::loss;
    emit(before);
    since_ns_ = touch.from_ns;
  }
  if (at_ns > since_ns_) {
    Slice lost;
    lost.start_ns = since_ns_;
    lost.end_ns = at_ns;
    lost.quality = Slice::Quality::unknown;
    emit(lost);
    since_ns_ = at_ns;
  }
  touching_gaps_ += touch.gaps;
  call_lost_ = row_lost_ = true;
  if (call_pending_ && pending_ns_ == 0) {
    settle_call(std::nullopt);
  }
  if (row_ == TC_ROW_FAULT_PENDING) {
    settle(TC_ROW_FAULT_PENDING, std::nullopt);
  }
}

void TaskTracker::contradict(std::uint64_t at_ns) {
  contradictions_++;
  lose_until(at_ns, {});
}

bool TaskTracker::touched(std::uint64_t at_ns, std::uint64_t woken_ns) {
  const Gaps::Touch touch = touched_until(at_ns, woken_ns);
  if (touch) {
    lose_until(at_ns, touch);
  }
  return static_cast<bool>(touch);
}

// Only a task on a CPU has such an event.
void TaskTracker::conclude_running(std::uint64_t at_ns) {
  if (condition_ == TC_CONDITION_RUNNING) {
    return;
  }
  if (!touched(at_ns)) {
    contradict(at_ns);
  }
  condition_ = TC_CONDITION_RUNNING;
  cpu_ = Slice::none;
  on_cpu_ns_ = 0;
}

// Adds the time on its CPU: until the entry of `call` it stays where the last event left it, and then it is in `row`.
void TaskTracker::run(std::uint64_t at_ns, std::uint8_t row, const Call& call, bool learns) {
  const bool known = !touched(at_ns);
  const auto until = [this](std::uint64_t end_ns) {
    if (end_ns > since_ns_) {
      Slice slice = open();
      slice.end_ns = end_ns;
      emit(slice);
      since_ns_ = end_ns;
    }
  };
  if (row_lost_ && is_call_row(row_) && call.entered_ns > since_ns_) {
    row_ = TC_ACTIVITY_USER;  // the previous call returned among the lost events
    call_ = Slice::none;
  }
  if (known) {
    until(std::min(call.entered_ns, at_ns));
  }
  if (learns) {
    learn_call(call.entered_ns, row);
  }
  row_ = row;
  call_ = call.number;
  row_lost_ = false;
  if (known) {
    until(at_ns);
  }
}

Slice TaskTracker::waited(std::uint64_t at_ns, const Wakeup& wakeup) const {
  Slice slice = open();
  slice.end_ns = at_ns;
  slice.ready_ns = ready_ns(condition_, since_ns_, wakeup.at_ns, at_ns);
  if (condition_ == TC_CONDITION_BLOCKED && wakeup.at_ns != 0) {
    slice.woken = true;
    slice.waker = wakeup.waker;
    slice.waker_from = wakeup.from;
  }
  return slice;
}

bool TaskTracker::wait_until(std::uint64_t at_ns, const Wakeup& wakeup, Slice::End end) {
  if (touched(at_ns, wakeup.at_ns)) {
    return false;
  }
  Slice slice = waited(at_ns, wakeup);
  slice.end = end;
  emit(slice);
  since_ns_ = at_ns;
  return true;
}

// -- switches ------------------------------------------------------------------------------------------------------

void TaskTracker::on_switch_out(const tc_switch& event) {
  const std::uint64_t at_ns = in_order(event.at_ns);
  conclude_running(at_ns);
  if (cpu_ != Slice::none && cpu_ != event.cpu && !found_on_cpu_ && !touched(at_ns)) {
    contradict(at_ns);
  }
  const bool in_fault = event.context == TC_IN_FAULT;
  if (!in_fault) {
    give_up_fault(at_ns);
  }
  const std::uint32_t number = event.entered_ns != 0 ? plain_call(event.syscall) : Slice::none;
  const bool blocks = condition_of(event) == TC_CONDITION_BLOCKED;
  const WaitCause cause = blocks ? cause_of(event, trace_->classes, wait_outside_of_calls()) : WaitCause{};
  found_ = !trace_->calls || (event.flags & TC_SWITCH_FOUND) != 0;
  if (found_) {
    stay(at_ns);
    row_ = event.context;
    if (event.context == TC_IN_CALL) {
      row_ = trace_->classes.row(event.syscall, event.file);
    } else if (event.context == TC_IN_USER && cause.in_call == TC_WAIT_PAGE_FAULT) {
      row_ = TC_ACTIVITY_PAGE_FAULT;
    }
    call_ = number;
  } else {
    const bool learns = row_ != TC_ACTIVITY_EXIT && !in_fault;
    run(at_ns, row_in(event.context, event.syscall), {in_fault ? 0 : seen_entry(event.entered_ns), number}, learns);
  }
  condition_ = condition_of(event);
  cause_ = cause;
  cpu_ = event.cpu;
  on_cpu_ns_ = 0;
  found_on_cpu_ = false;
  wakeup_ = {};
  if (is_last(event)) {
    give_up_fault(at_ns);
    settle_call(row_of_pending_call());
    end();
  }
}

void TaskTracker::end_cause(const Wakeup& wakeup, bool with_cpu) {
  if (condition_ == TC_CONDITION_BLOCKED) {
    cause_.wait = cause_after(cause_, wakeup, with_cpu);
  }
}

// The task gets a CPU and leaves the call that its registers showed.
void TaskTracker::get_cpu(std::uint32_t cpu) {
  condition_ = TC_CONDITION_RUNNING;
  cpu_ = cpu;
  wakeup_ = {};
  if (std::exchange(found_, false) && (trace_->calls || is_found_row(row_))) {
    row_ = TC_ACTIVITY_USER;
    call_ = Slice::none;
  }
}

bool TaskTracker::on_switch_in(const tc_switch& event) {
  const std::uint64_t at_ns = in_order(event.at_ns);
  bool known = false;
  if (condition_ != TC_CONDITION_RUNNING) {
    const Wakeup wakeup = event.woken_ns != 0 ? wakeup_of(event) : wakeup_;
    end_cause(wakeup, true);
    known = wait_until(at_ns, wakeup, Slice::End::switched_in);
  } else if (!touched(at_ns)) {
    // The first event of an unknown task contradicts nothing.
    at_ns != start_ns_ ? contradict(at_ns) : lose_until(at_ns, {});
  }
  get_cpu(event.cpu);
  on_cpu_ns_ = at_ns;
  found_on_cpu_ = false;
  return known;
}

// -- calls and faults ----------------------------------------------------------------------------------------------

// An entry before the start of an adopted task is the time of its adoption, not of the call.
std::uint64_t TaskTracker::seen_entry(std::uint64_t entered_ns) const {
  return entered_ns > start_ns_ ? entered_ns : 0;
}

void TaskTracker::learn_call(std::uint64_t entered_ns, std::uint8_t row) {
  entered_call_ = entered_call_ || entered_ns != 0;
  if (entered_ns == 0 || entered_ns == entered_ns_) {
    return;
  }
  entered_ns_ = entered_ns;
  if (call_pending_ && pending_ns_ != 0) {
    settle_call(std::nullopt);  // its return was lost
  }
  if (listener_ != nullptr) {
    listener_->on_call_entered(row);
  }
}

// After a loss, it is the same call only if it has the same entry time.
void TaskTracker::settle_call(std::optional<std::uint8_t> row, std::uint32_t number) {
  const bool known = !call_pending_ || !call_lost_ || (pending_ns_ != 0 && pending_ns_ == entered_ns_);
  call_pending_ = false;
  settle(TC_ROW_CALL_PENDING, known ? row : std::nullopt, number);
}

void TaskTracker::settle(std::uint8_t pending, std::optional<std::uint8_t> row, std::uint32_t number) {
  unseen_row_ = unseen_row_ == pending ? row.value_or(unseen_row_) : unseen_row_;
  if (listener_ != nullptr) {
    listener_->on_settled(*this, {pending, row, number});
  }
}

void TaskTracker::on_call(const tc_call& call) {
  const std::uint64_t at_ns = in_order(call.at_ns);
  conclude_running(at_ns);
  give_up_fault(at_ns);
  const bool from_user = (call.flags & TC_CALL_FROM_USER) != 0;
  const std::uint32_t number = plain_call(call.syscall);
  left_row_ = from_user ? std::uint8_t{TC_ACTIVITY_USER} : trace_->classes.row(call.syscall, call.file);
  run(at_ns, left_row_, {seen_entry(call.entered_ns), number});
  settle_call(left_row_, number);
  created_ = std::exchange(creating_, TC_NR_CREATIONS);
  if ((call.flags & TC_CALL_RETURN_UNSEEN) != 0 || left_row_ != TC_ACTIVITY_CREATE) {
    created_ = TC_NR_CREATIONS;
  }
  entered_call_ = entered_call_ || (call.flags & TC_CALL_ENTRY_UNSEEN) != 0;
  entered_ns_ = 0;
  row_ = TC_ACTIVITY_USER;
  call_ = Slice::none;
}

void TaskTracker::settle_fault(std::uint8_t row) {
  if (row == TC_ROW_CALL_PENDING) {
    begin_pending_call();
  }
  row_ = interrupted_;
  settle(TC_ROW_FAULT_PENDING, row);
}

// A sign that the pending fault is over without an event that says how: its time stays in the interrupted row.
void TaskTracker::give_up_fault(std::uint64_t at_ns) {
  if (row_ == TC_ROW_FAULT_PENDING) {
    stay(at_ns);
    settle_fault(interrupted_);
  }
}

void TaskTracker::begin_fault(std::uint64_t begun_ns, std::uint8_t interrupted, const Call& call, std::uint8_t bits) {
  const std::uint64_t at_ns = in_order(begun_ns);
  conclude_running(at_ns);
  give_up_fault(at_ns);
  run(at_ns, interrupted, {trace_->calls ? seen_entry(call.entered_ns) : 0, call.number}, row_ != TC_ACTIVITY_EXIT);
  interrupted_ = interrupted;
  row_ = TC_ROW_FAULT_PENDING;
  fault_ns_ = begun_ns;
  if (listener_ != nullptr) {
    listener_->on_fault_begun(bits);
  }
}

void TaskTracker::on_fault(const tc_fault& fault) {
  const std::uint8_t interrupted = row_in(fault.interrupted, fault.syscall);
  if (row_ != TC_ROW_FAULT_PENDING || fault_ns_ != fault.begun_ns) {
    const std::uint32_t number = fault.entered_ns != 0 ? plain_call(fault.syscall) : Slice::none;
    begin_fault(fault.begun_ns, interrupted, {fault.entered_ns, number}, fault.bits);
  }
  const std::uint64_t at_ns = in_order(fault.at_ns);
  conclude_running(at_ns);
  stay(at_ns);
  if (fault.outcome != TC_FAULT_BEGUN) {
    interrupted_ = interrupted;
    settle_fault(fault.outcome == TC_FAULT_UNRESOLVED ? interrupted_ : std::uint8_t{TC_ACTIVITY_PAGE_FAULT});
  }
}

// -- events --------------------------------------------------------------------------------------------------------

void TaskTracker::begin_exit(const tc_event& event) {
  const std::uint64_t at_ns = in_order(event.at_ns);
  conclude_running(at_ns);
  give_up_fault(at_ns);
  const std::uint8_t row =
      event.arg == TC_NO_CALL ? std::uint8_t{TC_ACTIVITY_USER} : trace_->classes.row(event.arg, event.file);
  left_row_ = row_ == TC_ACTIVITY_EXIT ? row_ : row;
  if (event.value != 0 || row_ == TC_ROW_CALL_PENDING) {
    const std::uint64_t entered_ns = seen_entry(event.value);
    run(at_ns, row_ == TC_ROW_CALL_PENDING ? row_ : row, {entered_ns, entered_ns == entered_ns_ ? call_ : Slice::none});
    settle_call(is_call_row(row) ? row : row_of_pending_call());
  } else {
    stay(at_ns);
  }
  row_ = TC_ACTIVITY_EXIT;
  call_ = Slice::none;
}

void TaskTracker::on_event(const tc_event& event) {
  switch (event.kind) {
    case TC_EV_PUBLISHED:
    case TC_EV_WOKEN:
      wakeup_ = wakeup_of(event);
      break;
    case TC_EV_DYING:
    case TC_EV_EXIT:
      begin_exit(event);
      break;
    case TC_EV_FOUND_RUNNING: {
      const std::uint64_t at_ns = in_order(event.at_ns);
      const bool woken = condition_ == TC_CONDITION_BLOCKED && wakeup_.at_ns != 0;
      unseen_row_ = row_;
      unseen_condition_ = woken ? std::uint8_t{TC_CONDITION_RUNNABLE} : condition_;
      if (condition_ != TC_CONDITION_RUNNING) {
        end_cause(wakeup_, true);
        wait_until(at_ns, wakeup_, Slice::End::found_running);
      } else if (!touched(at_ns)) {
        lose_until(at_ns, {});
      }
      get_cpu(event.arg);
      on_cpu_ns_ = 0;
      break;
    }
    case TC_EV_CORRECTED:
      if (listener_ != nullptr && unseen_condition_ != TC_CONDITION_RUNNING) {
        listener_->on_corrected(*this, event);
      }
      break;
    default:
      break;
  }
}

void TaskTracker::on_exec(const tc_exec& exec) {
  tid_ = exec.tid;
  if (listener_ != nullptr) {
    listener_->on_mark(*this, {TaskMark::Kind::exec,
                               std::max<std::uint64_t>(exec.at_ns, since_ns_),
                               {exec.comm, strnlen(exec.comm, sizeof(exec.comm))}});
  }
}

}  // namespace taskcost
