// SPDX-License-Identifier: Apache-2.0
//
// Makes a recorded transition in one line; fields that are not given have their usual values. Times are ns; a task's
// tid is 1000 + its ledger's id. support/script.h builds whole scripts of them.
#pragma once

#include <sched.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "capture/record.h"
#include "support/ledger_builder.h"
#include "support/test_calls.h"
#include "trace/replay.h"

namespace taskcost::test {

constexpr std::uint64_t unobserved = 0;  // the id of a task that is not observed

inline std::uint32_t tid_of(std::uint64_t task) {
  return task == unobserved ? 0 : static_cast<std::uint32_t>(1000 + task);
}

template <typename T>
T begun(tc_record_type type) {
  T event{};
  reinterpret_cast<tc_record&>(event) = {static_cast<__u32>(type), sizeof(T)};
  return event;
}

template <typename T>
T transition(tc_record_type type, std::uint64_t at_ns) {
  T event = begun<T>(type);
  event.at_ns = at_ns;
  return event;
}

// The causes that scripts name are those that the events show.
inline void expect_cause(const WaitCause& shown, std::uint8_t wait) {
  if (shown.wait != wait) {
    throw std::logic_error("no event in that row shows the cause " + std::to_string(wait) + ", but " +
                           std::to_string(shown.wait));
  }
}

// A task that existed before the window: the leader of its process, or a thread of another one.
inline tc_task_new adopted(std::uint64_t id, std::uint64_t at_ns, std::uint8_t row, std::uint8_t condition,
                           std::uint8_t wait = TC_WAIT_OTHER, std::uint32_t cpu = 0, std::string_view comm = "task",
                           std::uint64_t process = unobserved) {
  auto new_task = transition<tc_task_new>(TC_RECORD_TASK_NEW, at_ns);
  new_task.id = id;
  new_task.process = process == unobserved ? id : process;
  new_task.start_ns = at_ns;
  new_task.tid = tid_of(id);
  new_task.tgid = tid_of(new_task.process);
  new_task.ppid = 1;
  new_task.flags = TC_LEDGER_OPEN_AT_START | (new_task.process == id ? TC_LEDGER_LEADER : 0);
  new_task.context = context_in(row);
  new_task.syscall = call_in(row);
  new_task.on_cpu = condition == TC_CONDITION_RUNNING ? 1 : 0;
  new_task.found = row == TC_ACTIVITY_PAGE_FAULT ? 1 : 0;
  if (condition == TC_CONDITION_BLOCKED) {
    const SeenSleep seen = sleep_in(row, static_cast<tc_wait>(wait));
    new_task.syscall = seen.syscall;
    new_task.state = seen.state;
    new_task.file = seen.file;
    new_task.detail = seen.detail;
    new_task.saw = seen.saw;
    expect_cause(cause_of(new_task, test_classes(), TC_WAIT_PAGE_FAULT), wait);
  }
  new_task.cpu = cpu;
  copy_text(new_task.comm, sizeof(new_task.comm), comm);
  return new_task;
}

constexpr std::uint64_t clone_flags_of(tc_creation how) {
  switch (how) {
    case TC_CREATION_THREAD:
      return CLONE_VM | CLONE_THREAD;
    case TC_CREATION_VFORK:
    case TC_CREATION_SPAWN:
      return CLONE_VM | CLONE_VFORK;
    case TC_CREATION_CLONE_VM:
      return CLONE_VM;
    default:
      return 0;
  }
}

inline tc_task_new born(std::uint64_t id, std::uint64_t at_ns, std::uint64_t creator,
                        tc_creation how = TC_CREATION_FORK, std::string_view comm = "task") {
  tc_task_new new_task = adopted(id, at_ns, TC_ACTIVITY_CREATE, TC_CONDITION_BLOCKED, TC_WAIT_CREATION, 0, comm,
                                 how == TC_CREATION_THREAD ? creator : id);
  new_task.flags &= ~std::uint32_t{TC_LEDGER_OPEN_AT_START};
  new_task.clone_flags = clone_flags_of(how);
  new_task.syscall =
      how == TC_CREATION_VFORK ? call_of_kind(TC_KIND_VFORK, TC_ACTIVITY_CREATE) : call_in(TC_ACTIVITY_CREATE);
  new_task.creator = creator;
  new_task.creator_tid = new_task.ppid = tid_of(creator);
  return new_task;
}

// The task that leaves a CPU, and how.
struct Leaving {
  std::uint64_t id = unobserved;
  std::uint8_t condition = TC_CONDITION_PREEMPTED;
  std::uint8_t row = TC_ACTIVITY_USER;
  std::uint8_t wait = 0;
  std::uint64_t entered_ns = 0;  // entry of the current system call; 0: none
  std::uint32_t syscall = 0;     // its number, as call_in() takes it
  std::uint8_t flags = 0;        // TC_SWITCH_*, but for those that follow from the condition
  std::uint16_t state = 1;       // if it blocks: TASK_INTERRUPTIBLE
  std::uint8_t flush = TC_FLUSH_NONE;
  std::uint16_t file = 0;
  std::uint32_t tid = tid_of(id);

  Leaving& blocks(tc_wait cause, std::uint8_t in = TC_ACTIVITY_OTHER) {
    condition = TC_CONDITION_BLOCKED;
    wait = static_cast<std::uint8_t>(cause);
    row = in;
    return *this;
  }
  Leaving& in_call(std::uint32_t number, nanoseconds since) {
    syscall = number;
    entered_ns = count_of(since);
    return *this;
  }
  // Adds flags to its switch.
  Leaving& as(unsigned more) {
    flags = static_cast<std::uint8_t>(flags | more);
    return *this;
  }
  Leaving& flushed() {
    flush = TC_FLUSH_DONE;
    return *this;
  }
  Leaving& for_ever() {
    condition = TC_CONDITION_BLOCKED;
    wait = TC_WAIT_OTHER;
    row = TC_ACTIVITY_EXIT;
    state = 0x80;  // TASK_DEAD
    return *this;
  }
};

// The task that gets the CPU.
struct Coming {
  std::uint64_t id = unobserved;
  std::uint64_t woken_ns = 0;
  std::uint64_t waker = 0;
  std::uint32_t from = TC_FROM_NOWHERE;
  std::uint32_t tid = tid_of(id);

  Coming& woken_by(std::uint64_t by, std::uint32_t call_site, nanoseconds at) {
    woken_ns = count_of(at);
    waker = by;
    from = call_site;
    return *this;
  }
};

inline Leaving leaves(std::uint64_t id) { return {.id = id}; }
inline Leaving idle_leaves() { return {}; }
inline Leaving unobserved_leaves(std::uint32_t tid) { return {.tid = tid}; }
inline Coming comes(std::uint64_t id) { return {.id = id}; }
inline Coming idle_comes() { return {}; }
inline Coming unobserved_comes(std::uint32_t tid) { return {.tid = tid}; }

// What a probe sees at a wakeup by that waker.
constexpr std::uint16_t waking_of(std::uint64_t waker) {
  switch (waker) {
    case TC_WAKER_INTERRUPT:
      return TC_WAKING_HARDIRQ;
    case TC_WAKER_TIMER:
      return TC_WAKING_TIMER;
    default:
      return 0;
  }
}

inline tc_switch switched(std::uint64_t at_ns, const Leaving& prev, const Coming& next, std::uint32_t cpu = 0) {
  auto event = transition<tc_switch>(TC_RECORD_SWITCH, at_ns);
  event.cpu = cpu;
  event.prev = prev.id;
  event.prev_tid = prev.tid;
  event.next = next.id;
  event.next_tid = next.tid;
  if (prev.id != unobserved) {
    event.context = context_in(prev.row);
    const bool blocks = prev.condition == TC_CONDITION_BLOCKED;
    event.file = prev.file;
    event.entered_ns = prev.entered_ns;
    event.syscall = call_in(prev.row, prev.syscall);
    event.flags = blocks ? prev.flags : prev.flags | TC_SWITCH_QUEUED;
    event.flush = prev.flush;
    if (blocks) {
      const SeenSleep seen = sleep_in(prev.row, static_cast<tc_wait>(prev.wait), prev.syscall);
      event.syscall = seen.syscall;
      event.prev_state = prev.state != 1 ? prev.state : seen.state;
      event.file = prev.file != 0 ? prev.file : seen.file;
      event.detail = seen.detail;
      event.saw = seen.saw;
      expect_cause(cause_of(event, test_classes(), TC_WAIT_PAGE_FAULT), prev.wait);
    }
  }
  if (next.id != unobserved) {
    event.woken_ns = next.woken_ns;
    event.waker = next.waker;
    event.waker_from = next.from;
    event.waking = waking_of(next.waker);
  }
  return event;
}

inline tc_switch leaves(std::uint64_t at_ns, const Leaving& prev, std::uint32_t cpu = 0) {
  return switched(at_ns, prev, {}, cpu);
}
inline tc_switch comes(std::uint64_t at_ns, const Coming& next, std::uint32_t cpu = 0) {
  return switched(at_ns, {}, next, cpu);
}
inline tc_switch leaves_for_good(std::uint64_t at_ns, std::uint64_t id, std::uint32_t cpu = 0) {
  return leaves(at_ns, leaves(id).for_ever(), cpu);
}

inline tc_call called(std::uint64_t id, std::uint64_t entered_ns, std::uint64_t at_ns, tc_activity row,
                      std::uint32_t number) {
  auto call = transition<tc_call>(TC_RECORD_CALL, at_ns);
  call.id = id;
  call.entered_ns = entered_ns;
  call.file = file_in(row);
  call.syscall = call_in(call.file != 0 ? std::size_t{TC_ROW_CALL_PENDING} : std::size_t{row}, number);
  call.flags = row == TC_ACTIVITY_USER ? TC_CALL_FROM_USER : 0;
  return call;
}

// `call` is the event of the same call without its bytes.
inline tc_transfer transferred(const tc_call& call, tc_channel channel, std::uint64_t in, std::uint64_t out) {
  auto transfer = begun<tc_transfer>(TC_RECORD_TRANSFER);
  const tc_record record = transfer.call.record;
  transfer.call = call;
  transfer.call.record = record;
  transfer.call.file = file_of(channel);
  transfer.bytes_in = in;
  transfer.bytes_out = out;
  transfer.bits = static_cast<__u8>((in > 0 ? TC_CALL_IN : 0) | (out > 0 ? TC_CALL_OUT : 0));
  transfer.object = transfer.link = 77;
  return transfer;
}

inline tc_passage passed(std::uint64_t id, std::uint64_t at_ns, tc_channel channel, std::uint64_t in,
                         std::uint64_t out) {
  auto passage = transition<tc_passage>(TC_RECORD_PASSAGE, at_ns);
  passage.id = id;
  passage.file = file_of(channel);
  passage.bytes_in = in;
  passage.bytes_out = out;
  passage.bits = static_cast<__u8>((in > 0 ? TC_CALL_IN : 0) | (out > 0 ? TC_CALL_OUT : 0));
  passage.object = passage.link = 78;
  return passage;
}

inline tc_fault faulted(std::uint64_t id, std::uint64_t begun_ns, std::uint64_t at_ns, tc_fault_outcome outcome,
                        std::uint8_t interrupted = TC_ACTIVITY_USER, std::uint64_t entered_ns = 0,
                        std::uint32_t syscall = 0) {
  auto fault = transition<tc_fault>(TC_RECORD_FAULT, at_ns);
  fault.id = id;
  fault.begun_ns = begun_ns;
  fault.outcome = outcome;
  fault.interrupted = context_in(interrupted);
  fault.entered_ns = entered_ns;
  fault.syscall = call_in(interrupted, syscall);
  return fault;
}

// `arg` of an end is the row of the call that it begins in, TC_ACTIVITY_USER for none.
inline tc_event event_of(tc_event_kind kind, std::uint64_t id, std::uint64_t at_ns, std::uint64_t value = 0,
                         std::uint32_t arg = 0) {
  auto event = transition<tc_event>(TC_RECORD_EVENT, at_ns);
  event.id = id;
  event.kind = kind;
  event.value = value;
  event.file = kind == TC_EV_WOKEN ? waking_of(value) : std::uint16_t{0};
  const bool ends = kind == TC_EV_EXIT || kind == TC_EV_DYING;
  event.arg = !ends ? arg : arg == TC_ACTIVITY_USER ? TC_NO_CALL : call_in(arg);
  return event;
}

inline tc_exec execed(std::uint64_t id, std::uint64_t entered_ns, std::uint64_t at_ns, std::string_view comm) {
  tc_exec exec = exec_of(id, nanoseconds(at_ns), comm, "");
  exec.entered_ns = entered_ns;
  exec.tid = tid_of(id);
  return exec;
}

// The ledger of a task that lives when the window closes. It is large, hence on the heap.
inline std::unique_ptr<tc_ledger> snapshot(std::uint64_t id, std::uint64_t since_ns, std::uint8_t row,
                                           tc_condition condition) {
  auto ledger = std::make_unique<tc_ledger>();
  ledger->record = {TC_RECORD_LEDGER, sizeof(tc_ledger)};
  ledger->id = id;
  ledger->since_ns = since_ns;
  ledger->activity = row;
  ledger->syscall = call_in(row);
  ledger->condition = static_cast<__u8>(condition);
  return ledger;
}

inline tc_gap lost(std::uint64_t first_ns, std::uint64_t last_ns, std::uint32_t cpu, std::uint64_t count = 1) {
  auto gap = begun<tc_gap>(TC_RECORD_GAP);
  gap.first_ns = first_ns;
  gap.last_ns = last_ns;
  gap.count = count;
  gap.cpu = cpu;
  return gap;
}

// Finds the gaps as read_gaps() of recording.h does in a capture.
inline std::vector<ReplayGap> gaps_in(const std::vector<Record>& records) {
  std::vector<ReplayGap> gaps;
  for (const Record& record : records) {
    if (const auto* gap = std::get_if<tc_gap>(&record)) {
      gaps.push_back(to_gap(*gap));
    }
  }
  return gaps;
}

}  // namespace taskcost::test
