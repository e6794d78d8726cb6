// SPDX-License-Identifier: Apache-2.0
#include "trace/task_tracker.h"
#include "account/ledger.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "trace/switch_facts.h"

namespace taskcost {
namespace {

constexpr std::uint64_t greatest_time = std::numeric_limits<std::int64_t>::max();

// True for a row that the registers of a sleeping task may show (TC_SWITCH_FOUND). The task leaves that row with the
// switch that gives it a CPU. Without probes on calls, it stays in any other row.
bool is_found_row(std::size_t row) { return is_call_row(row) || row == TC_ACTIVITY_PAGE_FAULT; }

bool is_activity(std::size_t row) { return row < TC_NR_ACTIVITIES; }

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

std::uint8_t TaskTracker::adopted_row(const tc_task_new& new_task) const {
  if (new_task.context != TC_IN_CALL) {
    return new_task.context;
  }
  return new_task.found != 0 ? trace_->classes.row(new_task.syscall, new_task.file)
                             : trace_->classes.row(new_task.syscall);
}

void TaskTracker::on_new_task(const tc_task_new& new_task) {
  start_ns_ = since_ns_ = std::min<std::uint64_t>(new_task.start_ns, greatest_time);
  seen_ns_ = new_task.at_ns;
  tid_ = new_task.tid;
  cpu_ = new_task.cpu;
  adopted_ = new_task.how >= TC_NR_CREATIONS;
  const bool is_worker = (new_task.flags & TC_LEDGER_KERNEL_WORKER) != 0;
  row_ = adopted_    ? adopted_row(new_task)
         : is_worker ? std::uint8_t{TC_ACTIVITY_KERNEL}
                     : std::uint8_t{TC_ACTIVITY_CREATE};
  condition_ = new_task.condition;
  wait_ = new_task.wait;
  found_ = new_task.found != 0 || !trace_->calls;
  creation_seen_ = true;
  found_on_cpu_ = adopted_ && condition_ == TC_CONDITION_RUNNING;
  if (!adopted_) {
    mark(TaskMark::Kind::new_task);
  } else if (is_call_row(row_)) {
    call_ = plain_call(new_task.syscall);
  }
}

bool TaskTracker::on_correction(const tc_task_new& new_task) {
  if (!creation_seen_ || new_task.how < TC_NR_CREATIONS || since_ns_ != start_ns_ || new_task.at_ns != seen_ns_) {
    return false;
  }
  row_ = adopted_row(new_task);
  call_ = is_call_row(row_) ? plain_call(new_task.syscall) : Slice::none;
  condition_ = new_task.condition;
  wait_ = new_task.wait;
  found_ = new_task.found != 0;
  return true;
}

void TaskTracker::on_late_new_task(const tc_task_new& new_task) {
  creation_seen_ = true;
  tid_ = new_task.tid;
  if (new_task.start_ns < start_ns_) {
    Slice before;
    before.start_ns = new_task.start_ns;
    before.end_ns = std::exchange(start_ns_, new_task.start_ns);
    before.quality = Slice::Quality::unknown;
    emit(before);
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
    slice.wait = wait_;
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
  found_ = !trace_->calls || (event.flags & TC_SWITCH_FOUND) != 0;
  if (found_) {
    stay(at_ns);
    row_ = event.context == TC_IN_CALL ? trace_->classes.row(event.syscall, event.file) : event.context;
    call_ = number;
  } else {
    const bool learns = row_ != TC_ACTIVITY_EXIT && !in_fault;
    run(at_ns, row_in(event.context, event.syscall), {in_fault ? 0 : seen_entry(event.entered_ns), number}, learns);
  }
  condition_ = condition_of(event);
  const std::optional<std::uint8_t> wait = wait_of(event, trace_->classes);
  wait_open_ = wait.value_or(TC_WAIT_DISK) == TC_WAIT_DISK;
  wait_ = wait.value_or(event.wait);
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
  if (event.next_wait != 0 && wait_open_) {
    wait_ = static_cast<std::uint8_t>(event.next_wait - 1);
  }
  if (condition_ != TC_CONDITION_RUNNING) {
    const Wakeup known_wakeup{event.woken_ns, event.waker, event.waker_from};
    known = wait_until(at_ns, known_wakeup.at_ns != 0 ? known_wakeup : wakeup_, Slice::End::switched_in);
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
      wakeup_ = {event.at_ns, event.value, event.arg};
      break;
    case TC_EV_DYING:
    case TC_EV_EXIT:
      begin_exit(event);
      break;
    case TC_EV_FOUND_RUNNING: {
      const std::uint64_t at_ns = in_order(event.at_ns);
      if (condition_ != TC_CONDITION_RUNNING) {
        wait_until(at_ns, wakeup_, Slice::End::found_running);
      } else if (!touched(at_ns)) {
        lose_until(at_ns, {});
      }
      get_cpu(event.arg);
      on_cpu_ns_ = 0;
      break;
    }
    case TC_EV_CORRECTED:
      if (listener_ != nullptr && (event.arg & 0xffU) != TC_CONDITION_RUNNING) {
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

// -- the end -------------------------------------------------------------------------------------------------------

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
  if (ledger.end_ns == 0) {
    const std::uint8_t call_row = trace_->classes.row(
        ledger.syscall, static_cast<std::uint16_t>(ledger.resolved != 0 ? std::uint32_t{ledger.file_type} : 0));
    const bool in_call = is_call_row(ledger.activity) && ledger.activity != TC_ROW_CALL_PENDING;
    const bool interrupts_call = is_call_row(ledger.interrupted);
    snapshot_ = {ledger.since_ns,
                 ledger.entered_ns,
                 ledger.fault_ns,
                 {ledger.woken_ns, ledger.waker, ledger.waker_from},
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
    wait_ = moved || wait_open_ ? found.wait : wait_;
    wakeup_ = found.wakeup.at_ns > found.since_ns ? found.wakeup : wakeup_;
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
    row_ = is_activity(shown) && is_call_row(shown) ? shown : row_of_pending_call();
    settle_call(row_);
  }
}

}  // namespace taskcost
