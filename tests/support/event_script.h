// SPDX-License-Identifier: Apache-2.0
//
// Recorded events, told in the words of what happens on the CPUs:
//
//   EventScript script;
//   script.adopted(1, "server").at(10us).switches(0, on(1).blocks(TC_WAIT_PIPE), to_idle());
//
// Task N has tid 1000 + N. Every event happens at the instant that at() set last; times count from an arbitrary zero.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "support/ledger_builder.h"
#include "taskcost/record.h"

namespace taskcost::test {

inline std::uint32_t tid_of(std::uint64_t id) { return id == 0 ? 0 : static_cast<std::uint32_t>(1000 + id); }

// Who leaves a CPU, and how.
struct Leaving {
  std::uint64_t id = 0;
  std::uint32_t tid = 0;
  std::uint8_t condition = TC_CONDITION_PREEMPTED;
  std::uint8_t wait = 0;
  std::uint8_t row = TC_ACTIVITY_USER;
  std::uint8_t flush = TC_FLUSH_NONE;
  std::uint8_t flags = 0;
  std::uint32_t syscall = 0;
  nanoseconds entered{};

  Leaving& blocks(tc_wait cause, std::uint8_t in = TC_ACTIVITY_OTHER) {
    condition = TC_CONDITION_BLOCKED;
    wait = static_cast<std::uint8_t>(cause);
    row = in;
    flags = TC_SWITCH_VOLUNTARY;
    return *this;
  }
  Leaving& in_call(std::uint32_t number, nanoseconds since) {
    syscall = number;
    entered = since;
    return *this;
  }
  Leaving& flushed() {
    flush = TC_FLUSH_DONE;
    return *this;
  }
  Leaving& for_ever() {
    condition = TC_CONDITION_BLOCKED;
    row = TC_ACTIVITY_EXIT;
    flags = TC_SWITCH_LAST | TC_SWITCH_VOLUNTARY;
    return *this;
  }
};

// Who gets it.
struct Coming {
  std::uint64_t id = 0;
  std::uint32_t tid = 0;
  nanoseconds woken{};
  std::uint64_t waker = 0;
  std::uint32_t from = TC_FROM_NOWHERE;

  Coming& woken_by(std::uint64_t who, std::uint32_t place, nanoseconds at) {
    woken = at;
    waker = who;
    from = place;
    return *this;
  }
};

inline Leaving leaves(std::uint64_t id) { return {.id = id, .tid = tid_of(id)}; }
inline Leaving idle_leaves() { return {}; }
inline Leaving stranger_leaves(std::uint32_t tid) { return {.tid = tid}; }
inline Coming comes(std::uint64_t id) { return {.id = id, .tid = tid_of(id)}; }
inline Coming idle_comes() { return {}; }
inline Coming stranger_comes(std::uint32_t tid) { return {.tid = tid}; }

class EventScript {
 public:
  [[nodiscard]] const std::vector<Record>& records() const { return records_; }

  EventScript& at(nanoseconds now) {
    now_ = count_of(now);
    return *this;
  }

  // A running leader of its own process; `process` makes it a thread of that one.
  EventScript& adopted(std::uint64_t id, std::string_view comm, std::uint64_t process = 0) {
    return add(birth(id, comm, process == 0 ? id : process, TC_NR_CREATIONS));
  }
  EventScript& adopted_waiting(std::uint64_t id, std::string_view comm, tc_wait wait) {
    tc_birth event = birth(id, comm, id, TC_NR_CREATIONS);
    event.condition = TC_CONDITION_BLOCKED;
    event.wait = static_cast<std::uint8_t>(wait);
    return add(event);
  }
  EventScript& born(std::uint64_t id, std::uint64_t creator, tc_creation how, std::string_view comm,
                    std::uint64_t clone_flags = 0, std::uint32_t cpu = 0) {
    tc_birth event = birth(id, comm, how == TC_CREATION_THREAD ? creator : id, how);
    event.creator = creator;
    event.creator_tid = event.ppid = tid_of(creator);
    event.clone_flags = clone_flags;
    event.cpu = cpu;
    event.row = TC_ACTIVITY_CREATE;
    event.condition = TC_CONDITION_BLOCKED;
    event.wait = TC_WAIT_CREATION;
    return add(event);
  }
  EventScript& switches(std::uint32_t cpu, const Leaving& prev, const Coming& next) {
    auto event = begun<tc_switch>(TC_RECORD_SWITCH);
    event.at_ns = now_;
    event.cpu = cpu;
    event.prev = prev.id;
    event.prev_tid = prev.tid;
    event.entered_ns = count_of(prev.entered);
    event.syscall = prev.syscall;
    event.row = prev.row;
    event.condition = prev.condition;
    event.wait = prev.wait;
    event.flush = prev.flush;
    event.flags = prev.flags;
    event.destination = event.origin = TC_NO_COUNTER;
    event.switch_kind = TC_NR_HISTOGRAMS;
    event.next = next.id;
    event.next_tid = next.tid;
    event.woken_ns = count_of(next.woken);
    event.waker = next.waker;
    event.waker_from = next.from;
    return add(event);
  }
  EventScript& calls(std::uint64_t id, std::uint32_t number, tc_activity row, nanoseconds entered, std::int64_t result,
                     std::uint8_t created = TC_NR_CREATIONS) {
    return add(call(id, number, row, entered, result, TC_CHANNEL_NONE, created));
  }
  EventScript& transfers(std::uint64_t id, std::uint32_t number, tc_activity row, nanoseconds entered,
                         tc_channel channel, std::uint64_t in, std::uint64_t out) {
    auto event = begun<tc_transfer>(TC_RECORD_TRANSFER);
    const auto size = event.call.record.size;
    event.call = call(id, number, row, entered, static_cast<std::int64_t>(in + out), static_cast<std::uint8_t>(channel),
                      TC_NR_CREATIONS);
    event.call.record = {TC_RECORD_TRANSFER, size};
    event.bytes_in = in;
    event.bytes_out = out;
    event.bits = static_cast<std::uint8_t>((in > 0 ? TC_CALL_IN : 0) | (out > 0 ? TC_CALL_OUT : 0));
    return add(event);
  }
  EventScript& faults(std::uint64_t id, nanoseconds begun_at, tc_fault_outcome outcome, int bits = 0) {
    auto event = begun<tc_fault>(TC_RECORD_FAULT);
    event.at_ns = now_;
    event.id = id;
    event.begun_ns = count_of(begun_at);
    event.outcome = static_cast<std::uint8_t>(outcome);
    event.bits = static_cast<std::uint8_t>(bits);
    return add(event);
  }
  EventScript& step(std::uint64_t id, tc_step_kind kind, std::uint64_t value = 0, std::uint32_t arg = 0) {
    auto event = begun<tc_step>(TC_RECORD_STEP);
    event.at_ns = now_;
    event.id = id;
    event.kind = kind;
    event.value = value;
    event.arg = arg;
    return add(event);
  }
  // `tid_from`: the task whose tid it has from then on, when that is not its own.
  EventScript& execs(std::uint64_t id, std::string_view comm, std::string_view arguments, std::uint64_t tid_from = 0) {
    tc_exec event = exec_of(id, nanoseconds(now_), comm, arguments);
    event.tid = tid_of(tid_from == 0 ? id : tid_from);
    return add(event);
  }
  EventScript& reaps(std::uint64_t process, std::uint32_t pid) { return add(reap_of(process, pid, nanoseconds(now_))); }
  EventScript& loses(std::uint32_t cpu, std::uint64_t count, nanoseconds first, nanoseconds last) {
    auto event = begun<tc_gap>(TC_RECORD_GAP);
    event.first_ns = count_of(first);
    event.last_ns = count_of(last);
    event.count = count;
    event.cpu = cpu;
    return add(event);
  }
  EventScript& had_command(std::uint64_t process, std::string_view text) {
    auto event = begun<tc_command>(TC_RECORD_COMMAND);
    event.process = process;
    event.size = static_cast<std::uint32_t>(text.size());
    copy_text(event.text, sizeof(event.text), text);
    return add(event);
  }

 private:
  template <typename T>
  static T begun(tc_record_type type) {
    T event{};
    reinterpret_cast<tc_record&>(event) = {static_cast<__u32>(type), sizeof(T)};
    return event;
  }

  template <typename T>
  EventScript& add(const T& event) {
    records_.emplace_back(event);
    return *this;
  }

  [[nodiscard]] tc_birth birth(std::uint64_t id, std::string_view comm, std::uint64_t process,
                               std::uint32_t how) const {
    auto event = begun<tc_birth>(TC_RECORD_BIRTH);
    event.at_ns = event.birth_ns = now_;
    event.id = id;
    event.process = process;
    event.tid = tid_of(id);
    event.tgid = tid_of(process);
    event.ppid = 1;
    event.how = how;
    event.flags = id == process ? TC_LEDGER_LEADER : 0;
    event.row = TC_ACTIVITY_USER;
    event.condition = TC_CONDITION_RUNNING;
    copy_text(event.comm, sizeof(event.comm), comm);
    return event;
  }

  [[nodiscard]] tc_call call(std::uint64_t id, std::uint32_t number, tc_activity row, nanoseconds entered,
                             std::int64_t result, std::uint8_t channel, std::uint8_t created) const {
    auto event = begun<tc_call>(TC_RECORD_CALL);
    event.at_ns = now_;
    event.id = id;
    event.entered_ns = count_of(entered);
    event.result = result;
    event.number = number;
    event.row = static_cast<std::uint8_t>(row);
    event.channel = channel;
    event.created = created;
    return event;
  }

  std::uint64_t now_ = 0;
  std::vector<Record> records_;
};

}  // namespace taskcost::test
