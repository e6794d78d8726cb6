// SPDX-License-Identifier: Apache-2.0
//
// Recorded transitions, told in a line each. Times are ns; a task's tid is 1000 + its ledger's id.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <variant>
#include <vector>

#include "taskcost/record.h"
#include "taskcost/replay.h"

namespace taskcost::test {

template <typename T>
T transition(tc_record_type type, std::uint64_t at_ns) {
  T event{};
  event.record = {static_cast<__u32>(type), sizeof(T)};
  event.at_ns = at_ns;
  return event;
}

// A task that lived already, and was found so.
inline tc_birth adopted(std::uint64_t id, std::uint64_t at_ns, tc_activity row, tc_condition condition,
                        tc_wait wait = TC_WAIT_OTHER, std::uint32_t cpu = 0) {
  auto birth = transition<tc_birth>(TC_RECORD_BIRTH, at_ns);
  birth.id = birth.process = id;
  birth.birth_ns = at_ns;
  birth.tid = birth.tgid = static_cast<__u32>(1000 + id);
  birth.how = TC_NR_CREATIONS;
  birth.row = row;
  birth.condition = condition;
  birth.wait = wait;
  birth.cpu = cpu;
  return birth;
}

inline tc_birth born(std::uint64_t id, std::uint64_t at_ns, std::uint64_t creator) {
  tc_birth birth = adopted(id, at_ns, TC_ACTIVITY_CREATE, TC_CONDITION_BLOCKED, TC_WAIT_CREATION);
  birth.how = TC_CREATION_FORK;
  birth.creator = creator;
  return birth;
}

// `entered_ns` 0: in no system call.
struct Left {
  std::uint64_t id;
  tc_condition condition;
  std::uint8_t row = TC_ACTIVITY_USER;
  tc_wait wait = TC_WAIT_OTHER;
  std::uint64_t entered_ns = 0;
  std::uint32_t syscall = 0;
};
struct Came {
  std::uint64_t id;
  std::uint64_t woken_ns = 0;
  std::uint64_t waker = 0;
  std::uint32_t from = TC_FROM_NOWHERE;
};

inline tc_switch switched(std::uint64_t at_ns, const Left& prev, const Came& next, std::uint32_t cpu = 0) {
  auto event = transition<tc_switch>(TC_RECORD_SWITCH, at_ns);
  event.prev = prev.id;
  event.row = prev.row;
  event.condition = prev.condition;
  event.wait = prev.wait;
  event.entered_ns = prev.entered_ns;
  event.syscall = prev.syscall;
  event.next = next.id;
  event.woken_ns = next.woken_ns;
  event.waker = next.waker;
  event.waker_from = next.from;
  event.cpu = cpu;
  return event;
}

inline tc_switch leaves(std::uint64_t at_ns, const Left& prev, std::uint32_t cpu = 0) {
  return switched(at_ns, prev, {0}, cpu);
}
inline tc_switch comes(std::uint64_t at_ns, const Came& next, std::uint32_t cpu = 0) {
  return switched(at_ns, {0, TC_CONDITION_RUNNING, 0}, next, cpu);
}
inline tc_switch leaves_for_good(std::uint64_t at_ns, std::uint64_t id) {
  tc_switch event = leaves(at_ns, {id, TC_CONDITION_BLOCKED, TC_ACTIVITY_EXIT});
  event.flags = TC_SWITCH_LAST;
  return event;
}

inline tc_call called(std::uint64_t id, std::uint64_t entered_ns, std::uint64_t at_ns, tc_activity row,
                      std::uint32_t number) {
  auto call = transition<tc_call>(TC_RECORD_CALL, at_ns);
  call.id = id;
  call.entered_ns = entered_ns;
  call.row = row;
  call.number = number;
  call.channel = TC_CHANNEL_NONE;
  call.created = TC_NR_CREATIONS;
  return call;
}

inline tc_fault faulted(std::uint64_t id, std::uint64_t begun_ns, std::uint64_t at_ns, tc_fault_outcome outcome,
                        std::uint8_t interrupted = TC_ACTIVITY_USER, std::uint64_t entered_ns = 0,
                        std::uint32_t syscall = 0) {
  auto fault = transition<tc_fault>(TC_RECORD_FAULT, at_ns);
  fault.id = id;
  fault.begun_ns = begun_ns;
  fault.outcome = outcome;
  fault.interrupted = interrupted;
  fault.entered_ns = entered_ns;
  fault.syscall = syscall;
  return fault;
}

inline tc_step stepped(tc_step_kind kind, std::uint64_t id, std::uint64_t at_ns, std::uint64_t value = 0,
                       std::uint32_t arg = 0) {
  auto step = transition<tc_step>(TC_RECORD_STEP, at_ns);
  step.id = id;
  step.kind = kind;
  step.value = value;
  step.arg = arg;
  return step;
}

inline tc_exec execed(std::uint64_t id, std::uint64_t entered_ns, std::uint64_t at_ns, const char* comm) {
  auto exec = transition<tc_exec>(TC_RECORD_EXEC, at_ns);
  exec.id = id;
  exec.entered_ns = entered_ns;
  std::snprintf(exec.comm, sizeof(exec.comm), "%s", comm);
  return exec;
}

// Of a task that lives when the window closes. Ledgers are large.
inline std::unique_ptr<tc_ledger> snapshot(std::uint64_t id, std::uint64_t since_ns, std::uint8_t row,
                                           tc_condition condition) {
  auto ledger = std::make_unique<tc_ledger>();
  ledger->record = {TC_RECORD_LEDGER, sizeof(tc_ledger)};
  ledger->id = id;
  ledger->since_ns = since_ns;
  ledger->activity = row;
  ledger->condition = static_cast<__u8>(condition);
  return ledger;
}

inline tc_gap lost(std::uint64_t first_ns, std::uint64_t last_ns, std::uint32_t cpu) {
  tc_gap gap{};
  gap.record = {TC_RECORD_GAP, sizeof(gap)};
  gap.first_ns = first_ns;
  gap.last_ns = last_ns;
  gap.count = 2;
  gap.cpu = cpu;
  return gap;
}

// As gaps_of() of recording.h finds them in a capture.
inline std::vector<ReplayGap> gaps_in(const std::vector<Record>& records) {
  std::vector<ReplayGap> gaps;
  for (const Record& record : records) {
    if (const auto* gap = std::get_if<tc_gap>(&record)) {
      gaps.push_back(gap_of(*gap));
    }
  }
  return gaps;
}

}  // namespace taskcost::test
