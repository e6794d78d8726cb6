// SPDX-License-Identifier: Apache-2.0
//
// Follows one task through recorded events (events.h). Each event says where the task was until then, and where it is
// now. It is the only code that interprets them: the second ledger, the timeline and the exports listen.
//
// An interval is unknown if lost events may have touched it (gaps.h) or if its events contradict each other; nothing is
// guessed. Memory is that of the open slice: finished ones go to the listener at once.
//
// A snapshot of the kernel's ledger counts when the task is closed. It says where the task is and since when, and
// proves that nothing was lost in that time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "taskcost/events.h"
#include "trace/call_classes.h"
#include "trace/gaps.h"
#include "trace/slice.h"
#include "trace/switch_facts.h"

namespace taskcost {

// The state that all tasks of a trace share.
struct TraceContext {
  bool calls = true;  // system calls have probes (--detail full)
  CallClasses classes;
  Gaps gaps;
  std::uint64_t* backward_times = nullptr;  // counts events older than the previous one of their task, if not nullptr
};

class TaskTracker {
 public:
  // Creates a task whose creation is not known (yet); its first event is at `first_ns`. `trace` and `listener` must
  // outlive it. `listener` may be nullptr.
  TaskTracker(TraceContext& trace, SliceListener* listener, std::uint64_t id, std::uint64_t first_ns);

  void on_new_task(const tc_task_new& new_task);
  // Returns true if it is the second tc_task_new of an adopted task, which corrects the state in which it was found.
  bool on_correction(const tc_task_new& new_task);
  // Takes the tc_task_new of a task that already has events.
  void on_late_new_task(const tc_task_new& new_task);
  // It created this task, with TC_LEDGER_* of a program.
  void on_child(const TaskTracker& child, const tc_task_new& new_task);
  void on_switch_out(const tc_switch& event);  // the task is prev
  // The task is next. Returns true if its time off the CPU is known.
  bool on_switch_in(const tc_switch& event);
  void on_call(const tc_call& call);
  void on_fault(const tc_fault& fault);
  void on_event(const tc_event& event);
  void on_exec(const tc_exec& exec);
  // Takes a snapshot or the final ledger. The latter ends a task whose last switch was lost.
  void on_ledger(const tc_ledger& ledger);
  void close(std::uint64_t end_ns);

  // What the events so far have said, for a capture that begins here, and back. `task` of the state is left as it is.
  void save(tc_task_state& state) const;
  void restore(const tc_task_state& state);

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] std::uint32_t tid() const { return tid_; }  // 0: not known yet
  [[nodiscard]] std::uint64_t start_ns() const { return start_ns_; }
  // The time of the last event, or of the end.
  [[nodiscard]] std::uint64_t since_ns() const { return since_ns_; }
  [[nodiscard]] std::uint8_t row() const { return row_; }
  [[nodiscard]] std::uint8_t condition() const { return condition_; }
  [[nodiscard]] std::uint32_t cpu() const { return cpu_; }                // current or last CPU; Slice::none: not known
  [[nodiscard]] std::uint64_t entered_ns() const { return entered_ns_; }  // entry of the system call; 0: as in Slice
  [[nodiscard]] std::uint64_t fault_ns() const { return fault_ns_; }      // start of the last page fault
  [[nodiscard]] std::uint8_t interrupted() const { return interrupted_; }  // interrupted by the last page fault
  [[nodiscard]] std::uint8_t wait() const { return cause_.wait; }          // cause of its last wait
  [[nodiscard]] tc_creation creation() const { return creation_; }         // TC_NR_CREATIONS: adopted, or not known
  // What its last call that returned created; TC_NR_CREATIONS for nothing.
  [[nodiscard]] tc_creation created() const { return created_; }
  // The row and condition that a correction takes time from: those it was in when it was found on a CPU.
  [[nodiscard]] std::uint8_t corrected_row() const { return unseen_row_; }
  [[nodiscard]] std::uint8_t corrected_condition() const { return unseen_condition_; }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] bool creation_seen() const { return creation_seen_; }
  [[nodiscard]] bool adopted() const { return adopted_; }
  [[nodiscard]] bool found_on_cpu() const { return found_on_cpu_; }  // adopted while it ran, and not switched since
  // The time when it got its CPU; 0: it has none, or the switch-in was not seen.
  [[nodiscard]] std::uint64_t on_cpu_ns() const { return on_cpu_ns_; }
  [[nodiscard]] std::uint64_t affecting_gaps() const { return touching_gaps_; }
  // The number of times that it had a CPU without a switch to it, or was switched in twice, and no gap explains it.
  [[nodiscard]] std::uint64_t contradictions() const { return contradictions_; }
  // The row of the last call that returned or that the task ended in.
  [[nodiscard]] std::uint8_t left_row() const { return left_row_; }
  // The row of a call on a descriptor that has not returned: the row of the file that it waits for.
  [[nodiscard]] std::uint8_t row_of_pending_call() const { return row_of_wait(cause_.wait); }
  // The state after its last event: a slice without an end.
  [[nodiscard]] Slice open() const;
  // The gaps that touch it until `at_ns`, with a wakeup at `woken_ns`.
  [[nodiscard]] Gaps::Touch touched_until(std::uint64_t at_ns, std::uint64_t woken_ns = 0) const;
  // True if lost events may have touched its open slice by the end of the window.
  [[nodiscard]] bool is_lost_at(std::uint64_t end_ns) const {
    return (!snapshot_ || snapshot_->since_ns > since_ns_) && touched_until(end_ns);
  }

 private:
  static constexpr std::uint64_t greatest_time = std::numeric_limits<std::int64_t>::max();
  // The system call of an event.
  struct Call {
    std::uint64_t entered_ns = 0;  // 0: in no call, or the entry was not seen
    std::uint32_t number = Slice::none;
  };
  struct Snapshot {
    std::uint64_t since_ns = 0;
    std::uint64_t entered_ns = 0;
    std::uint64_t fault_ns = 0;
    Wakeup wakeup;
    std::uint32_t syscall = 0;
    std::uint32_t cpu = 0;
    std::uint8_t row = 0;
    std::uint8_t condition = 0;
    std::uint8_t interrupted = 0;
    std::uint8_t fault_bits = 0;
    std::uint8_t wait = 0;
    std::uint8_t call_row = 0;  // row of its call
  };

  [[nodiscard]] std::uint8_t row_in(std::uint8_t context, std::uint32_t syscall) const;
  void set_adopted_state(const tc_task_new& new_task);
  [[nodiscard]] tc_wait wait_outside_of_calls() const;
  void end_cause(const Wakeup& wakeup, bool with_cpu);
  [[nodiscard]] std::uint64_t in_order(std::uint64_t at_ns);
  [[nodiscard]] std::uint64_t seen_entry(std::uint64_t entered_ns) const;
  void mark(TaskMark::Kind kind, std::string_view comm = {});

  void emit(Slice slice);
  void lose_until(std::uint64_t at_ns, const Gaps::Touch& touch);
  void contradict(std::uint64_t at_ns);
  bool touched(std::uint64_t at_ns, std::uint64_t woken_ns = 0);
  void conclude_running(std::uint64_t at_ns);
  void run(std::uint64_t at_ns, std::uint8_t row, const Call& call, bool learns = true);
  void stay(std::uint64_t at_ns) { run(at_ns, row_, {0, call_}); }
  bool wait_until(std::uint64_t at_ns, const Wakeup& wakeup, Slice::End end);
  [[nodiscard]] Slice waited(std::uint64_t at_ns, const Wakeup& wakeup) const;
  void get_cpu(std::uint32_t cpu);

  void learn_call(std::uint64_t entered_ns, std::uint8_t row);
  void settle_call(std::optional<std::uint8_t> row, std::uint32_t number = Slice::none);
  void begin_pending_call();
  void settle_fault(std::uint8_t row);
  void settle(std::uint8_t pending, std::optional<std::uint8_t> row, std::uint32_t number = Slice::none);
  void begin_fault(std::uint64_t begun_ns, std::uint8_t interrupted, const Call& call, std::uint8_t bits);
  void give_up_fault(std::uint64_t at_ns);
  void begin_exit(const tc_event& event);
  void end();
  void apply_snapshot(const Snapshot& found, std::uint64_t since_ns);
  void apply_running_snapshot(const Snapshot& found, std::uint64_t since_ns);

  TraceContext* trace_;
  SliceListener* listener_;
  std::uint64_t id_;
  std::uint64_t start_ns_;
  std::uint64_t since_ns_;
  std::uint64_t seen_ns_;  // time of its tc_task_new
  std::uint64_t on_cpu_ns_ = 0;
  std::uint64_t entered_ns_ = 0;  // entry of the current call; 0: in none, or not seen
  std::uint64_t fault_ns_ = 0;    // start of the last fault
  std::uint64_t pending_ns_ = 0;  // entry of the call whose slices are pending
  std::uint64_t touching_gaps_ = 0;
  std::uint64_t contradictions_ = 0;
  Wakeup wakeup_;  // a wakeup that was seen apart from a switch
  std::optional<Snapshot> snapshot_;
  std::uint32_t tid_ = 0;
  std::uint32_t cpu_ = Slice::none;  // current or last CPU
  std::uint32_t call_ = Slice::none;
  std::uint8_t row_ = TC_ACTIVITY_USER;
  std::uint8_t condition_ = TC_CONDITION_RUNNING;
  WaitCause cause_;                              // of its last wait
  std::uint8_t interrupted_ = TC_ACTIVITY_USER;  // the row that the pending fault interrupts
  std::uint8_t left_row_ = TC_ACTIVITY_USER;
  std::uint8_t unseen_row_ = TC_ACTIVITY_USER;
  std::uint8_t unseen_condition_ = TC_CONDITION_RUNNING;  // running: nothing to correct
  tc_creation creation_ = TC_NR_CREATIONS;
  tc_creation creating_ = TC_NR_CREATIONS;  // what its current call has created
  tc_creation created_ = TC_NR_CREATIONS;
  bool found_ = false;         // row_ comes from its registers, until it gets a CPU
  bool entered_call_ = false;  // since it is observed
  bool found_on_cpu_ = false;
  bool adopted_ = false;
  bool creation_seen_ = false;
  bool ended_ = false;
  bool call_pending_ = false;  // slices of a pending call were emitted
  bool call_lost_ = false;     // events were lost since these slices
  bool row_lost_ = false;      // events were lost since the event that set row_
};

}  // namespace taskcost
