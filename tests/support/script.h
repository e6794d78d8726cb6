// SPDX-License-Identifier: Apache-2.0
//
// Builds transitions as a script: which task has which CPU, and what happens when.
//
//   script().at(10us).adopted(1, "server").at(20us).switches(0, leaves(1).blocks(TC_WAIT_PIPE), idle_comes());
//
// Every event happens at the instant that at() set last, counted from an arbitrary zero; each verb emits one record.
// The script knows the task on each CPU: a switch that names no previous task is from that one.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "support/transitions.h"

namespace taskcost::test {

// The state in which the task on a CPU leaves it.
inline Leaving preempted(std::size_t row = TC_ACTIVITY_USER, nanoseconds entered = {}) {
  return {.row = static_cast<std::uint8_t>(row), .entered_ns = count_of(entered)};
}
inline Leaving asleep(std::size_t row, tc_wait wait, nanoseconds entered = {}) {
  Leaving leaving{.entered_ns = count_of(entered)};
  return leaving.blocks(wait, static_cast<std::uint8_t>(row));
}
inline Leaving dead(nanoseconds entered = {}) {
  Leaving leaving{.wait = TC_WAIT_OTHER, .entered_ns = count_of(entered)};
  return leaving.for_ever();
}

// How the next task became runnable.
inline Coming woken(nanoseconds at, std::uint64_t waker = TC_WAKER_INTERRUPT, std::uint32_t from = TC_FROM_INTERRUPT) {
  return {.woken_ns = count_of(at), .waker = waker, .from = from};
}

class Script {
 public:
  Script& at(nanoseconds time) {
    now_ns_ = count_of(time);
    return *this;
  }

  // Without `process` it is the leader of its own process, else a thread of that one.
  Script& adopted(std::uint64_t task, std::string_view comm, std::uint64_t process = unobserved) {
    return add(test::adopted(task, now_ns_, TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 0, 0, comm, process));
  }
  Script& adopted_waiting(std::uint64_t task, std::string_view comm, tc_wait wait) {
    return add(test::adopted(task, now_ns_, TC_ACTIVITY_SLEEP, TC_CONDITION_BLOCKED, wait, 0, comm));
  }
  Script& adopted(std::uint64_t task, std::uint32_t cpu, const Leaving& state) {
    tc_task_new new_task = test::adopted(task, now_ns_, state.row, state.condition, state.wait, cpu);
    if (state.condition == TC_CONDITION_RUNNING) {
      on_cpu_[cpu] = task;
    }
    return add(new_task);
  }
  Script& adopted_running(std::uint64_t task, std::uint32_t cpu) {
    return adopted(task, cpu, {.condition = TC_CONDITION_RUNNING});
  }
  Script& born(std::uint64_t task, std::uint64_t creator, tc_creation how, std::string_view comm,
               std::uint64_t clone_flags = 0, std::uint32_t cpu = 0, nanoseconds copy = {}) {
    tc_task_new new_task = test::born(task, now_ns_, creator, how, comm);
    new_task.clone_flags |= clone_flags;
    new_task.cpu = cpu;
    new_task.copy_ns = count_of(copy);
    return add(new_task);
  }
  // `started` is task_struct.start_time, a little before task_newtask.
  Script& born(std::uint64_t task, std::uint64_t creator, tc_creation how, nanoseconds started, nanoseconds copy = {}) {
    tc_task_new new_task = test::born(task, now_ns_, creator, how);
    new_task.start_ns = count_of(started);
    new_task.copy_ns = count_of(copy);
    return add(new_task);
  }
  Script& published(std::uint64_t task, std::uint64_t by) { return event(task, TC_EV_PUBLISHED, by); }

  Script& switches(std::uint32_t cpu, const Leaving& leaving, const Coming& coming) {
    on_cpu_[cpu] = coming.id;
    return add(switched(now_ns_, leaving, coming, cpu));
  }
  // The task on the CPU leaves it.
  Script& switches(std::uint32_t cpu, Leaving leaving, std::uint64_t next, Coming coming = {}) {
    leaving.id = on_cpu_[cpu];
    leaving.tid = tid_of(leaving.id);
    coming.id = next;
    coming.tid = tid_of(next);
    return switches(cpu, leaving, coming);
  }
  Script& runs(std::uint32_t cpu, std::uint64_t task, const Coming& coming = {}) {
    return switches(cpu, {}, task, coming);
  }

  Script& calls(std::uint64_t task, tc_activity row, nanoseconds entered, std::uint8_t channel = TC_CHANNEL_NONE) {
    const tc_call call = called(task, count_of(entered), now_ns_, row, 0);
    if (channel == TC_CHANNEL_NONE) {
      return add(call);
    }
    tc_transfer transfer = transferred(call, static_cast<tc_channel>(channel), 0, 0);
    transfer.object = transfer.link = 0;
    return add(transfer);
  }
  Script& calls(std::uint64_t task, std::uint32_t number, tc_activity row, nanoseconds entered, std::int64_t result) {
    tc_call call = called(task, count_of(entered), now_ns_, row, number);
    call.result = result;
    return add(call);
  }
  Script& transfers(std::uint64_t task, tc_channel channel, nanoseconds entered, std::uint64_t in, std::uint64_t out) {
    return transfers(task, 0, channel == TC_CHANNEL_PIPE ? TC_ACTIVITY_PIPE : TC_ACTIVITY_SOCKET, entered, channel, in,
                     out);
  }
  Script& transfers(std::uint64_t task, std::uint32_t number, tc_activity row, nanoseconds entered, tc_channel channel,
                    std::uint64_t in, std::uint64_t out) {
    tc_call call = called(task, count_of(entered), now_ns_, row, number);
    call.result = static_cast<std::int64_t>(in + out);
    return add(transferred(call, channel, in, out));
  }
  // `flags` are TC_PASSED_*.
  Script& transfers_specially(std::uint64_t task, tc_channel channel, nanoseconds entered, int bits, int flags,
                              std::uint64_t in = 0) {
    tc_transfer transfer = transferred(called(task, count_of(entered), now_ns_, TC_ACTIVITY_SOCKET, 0), channel, in, 0);
    transfer.bits = static_cast<std::uint8_t>(bits);
    transfer.flags = static_cast<std::uint8_t>(flags);
    return add(transfer);
  }
  Script& passes(std::uint64_t task, tc_channel channel, std::uint64_t in, std::uint64_t out) {
    return add(passed(task, now_ns_, channel, in, out));
  }
  Script& faults(std::uint64_t task, nanoseconds begun, tc_fault_outcome outcome,
                 std::size_t interrupted = TC_ACTIVITY_USER, nanoseconds entered = {}, int bits = 0) {
    tc_fault fault =
        faulted(task, count_of(begun), now_ns_, outcome, static_cast<std::uint8_t>(interrupted), count_of(entered));
    fault.bits = static_cast<std::uint8_t>(bits);
    return add(fault);
  }
  Script& execs(std::uint64_t task, nanoseconds entered, std::uint32_t tid) {
    tc_exec exec = execed(task, count_of(entered), now_ns_, "program");
    exec.address_space = 99;
    exec.page_table_bytes = 4096;
    exec.tid = tid;
    return add(exec);
  }
  Script& renames(std::uint64_t task, std::string_view comm) {
    auto rename = transition<tc_rename>(TC_RECORD_RENAME, now_ns_);
    rename.id = task;
    copy_text(rename.comm, sizeof(rename.comm), comm);
    return add(rename);
  }
  // `tid_from` is the task whose tid it has from then on; by default its own.
  Script& execs(std::uint64_t task, std::string_view comm, std::string_view arguments,
                std::uint64_t tid_from = unobserved) {
    tc_exec exec = exec_of(task, nanoseconds(now_ns_), comm, arguments);
    exec.tid = tid_of(tid_from == unobserved ? task : tid_from);
    return add(exec);
  }
  Script& exits(std::uint64_t task, nanoseconds entered = {}, tc_activity row = TC_ACTIVITY_EXIT) {
    return event(task, TC_EV_EXIT, count_of(entered), row);
  }
  Script& event(std::uint64_t task, tc_event_kind kind, std::uint64_t value = 0, std::uint32_t arg = 0) {
    return add(event_of(kind, task, now_ns_, value, arg));
  }
  Script& reaps(std::uint64_t process, std::uint32_t pid) { return add(reap_of(process, pid, nanoseconds(now_ns_))); }
  Script& gap(std::uint32_t cpu, nanoseconds first, nanoseconds last, std::uint64_t lost = 1) {
    return add(test::lost(count_of(first), count_of(last), cpu, lost));
  }
  Script& had_command(std::uint64_t process, std::string_view text) {
    auto command = begun<tc_command>(TC_RECORD_COMMAND);
    command.process = process;
    command.size = static_cast<std::uint32_t>(text.size());
    copy_text(command.text, sizeof(command.text), text);
    return add(command);
  }
  Script& emits_ledger(const tc_ledger& ledger) { return add(ledger); }
  // Emits any other record.
  Script& emits(const Record& record) {
    records_.push_back(record);
    return *this;
  }
  // This switch happens, but its event is lost: only the CPU's task changes.
  Script& unseen(std::uint32_t cpu, std::uint64_t next) {
    on_cpu_[cpu] = next;
    return *this;
  }

  [[nodiscard]] const std::vector<Record>& records() const { return records_; }

 private:
  template <typename T>
  Script& add(const T& event) {
    records_.emplace_back(event);
    return *this;
  }

  std::uint64_t now_ns_ = 0;
  std::map<std::uint32_t, std::uint64_t> on_cpu_;
  std::vector<Record> records_;
};

inline Script script() { return {}; }

}  // namespace taskcost::test
