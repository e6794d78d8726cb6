// SPDX-License-Identifier: Apache-2.0
//
// Transitions as a story: who has which CPU, what happens when. The script keeps the time and knows whom a CPU has, the
// rest is said by its verbs; each emits one record.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "support/ledger_builder.h"
#include "taskcost/account.h"
#include "taskcost/record.h"
#include "taskcost/replay.h"

namespace taskcost::test {

// Where a task is when it leaves its CPU.
struct Leaving {
  std::uint8_t row = TC_ACTIVITY_USER;
  std::uint8_t condition = TC_CONDITION_PREEMPTED;
  std::uint8_t wait = 0;
  nanoseconds entered{};  // of the call that it is in
  std::uint8_t flags = 0;
};

inline Leaving preempted(std::size_t row = TC_ACTIVITY_USER, nanoseconds entered = {}) {
  return {static_cast<std::uint8_t>(row), TC_CONDITION_PREEMPTED, 0, entered, 0};
}
inline Leaving asleep(std::size_t row, tc_wait wait, nanoseconds entered = {}) {
  return {static_cast<std::uint8_t>(row), TC_CONDITION_BLOCKED, static_cast<std::uint8_t>(wait), entered,
          TC_SWITCH_VOLUNTARY};
}
inline Leaving dead(nanoseconds entered = {}) {
  return {TC_ACTIVITY_EXIT, TC_CONDITION_BLOCKED, TC_WAIT_OTHER, entered, TC_SWITCH_VOLUNTARY | TC_SWITCH_LAST};
}

// How the next task came to be ready.
struct Coming {
  nanoseconds woken{};
  std::uint64_t waker = 0;
  std::uint32_t from = 0;
};

inline Coming woken(nanoseconds at, std::uint64_t waker = TC_WAKER_INTERRUPT, std::uint32_t from = TC_FROM_INTERRUPT) {
  return {at, waker, from};
}

constexpr std::uint64_t nobody = 0;  // a task that is not observed

class Script {
 public:
  Script& at(nanoseconds time) {
    now_ = time;
    return *this;
  }

  Script& adopted(std::uint64_t task, std::uint32_t cpu, const Leaving& place) {
    tc_birth birth = birth_of(task, cpu);
    birth.how = TC_NR_CREATIONS;
    birth.flags = TC_LEDGER_OPEN_AT_START | TC_LEDGER_LEADER;
    birth.row = place.row;
    birth.condition = place.condition;
    birth.wait = place.wait;
    if (place.condition == TC_CONDITION_RUNNING) {
      on_cpu_[cpu] = task;
    }
    return add(birth);
  }
  Script& adopted_running(std::uint64_t task, std::uint32_t cpu) {
    Leaving place;
    place.condition = TC_CONDITION_RUNNING;
    return adopted(task, cpu, place);
  }
  // `started`: task_struct.start_time, a little before task_newtask.
  Script& born(std::uint64_t task, std::uint64_t creator, tc_creation how, nanoseconds started, nanoseconds copy = {}) {
    tc_birth birth = birth_of(task, 0);
    birth.how = how;
    birth.creator = creator;
    birth.birth_ns = count_of(started);
    birth.copy_ns = count_of(copy);
    birth.row = TC_ACTIVITY_CREATE;
    birth.condition = TC_CONDITION_BLOCKED;
    birth.wait = TC_WAIT_CREATION;
    return add(birth);
  }
  Script& published(std::uint64_t task, std::uint64_t by) { return step(task, TC_STEP_PUBLISHED, by); }

  Script& switches(std::uint32_t cpu, const Leaving& leaving, std::uint64_t next, const Coming& coming = {}) {
    tc_switch event{};
    event.record = {TC_RECORD_SWITCH, sizeof(event)};
    event.at_ns = count_of(now_);
    event.prev = on_cpu_[cpu];
    event.next = next;
    event.prev_tid = tid_of(event.prev);
    event.next_tid = tid_of(next);
    event.cpu = cpu;
    event.destination = TC_COUNTER_SWITCHES_TO_IDLE;
    event.origin = TC_COUNTER_SWITCHES_FROM_IDLE;
    event.switch_kind = TC_NR_HISTOGRAMS;
    if (event.prev != nobody) {
      event.entered_ns = count_of(leaving.entered);
      event.row = leaving.row;
      event.condition = leaving.condition;
      event.wait = leaving.wait;
      event.flags = leaving.flags;
    }
    if (next != nobody) {
      event.woken_ns = count_of(coming.woken);
      event.waker = coming.waker;
      event.waker_from = coming.from;
    }
    on_cpu_[cpu] = next;
    return add(event);
  }
  Script& runs(std::uint32_t cpu, std::uint64_t task, const Coming& coming = {}) {
    return switches(cpu, {}, task, coming);
  }

  Script& calls(std::uint64_t task, tc_activity row, nanoseconds entered, std::uint8_t channel = TC_CHANNEL_NONE) {
    return add(call_of(task, row, entered, channel));
  }
  Script& creates(std::uint64_t task, nanoseconds entered, tc_creation how) {
    tc_call call = call_of(task, TC_ACTIVITY_CREATE, entered, TC_CHANNEL_NONE);
    call.created = how;
    return add(call);
  }
  Script& transfers(std::uint64_t task, tc_channel channel, nanoseconds entered, std::uint64_t in, std::uint64_t out) {
    tc_transfer transfer{};
    transfer.call = call_of(task, channel == TC_CHANNEL_PIPE ? TC_ACTIVITY_PIPE : TC_ACTIVITY_SOCKET, entered, channel);
    transfer.call.record = {TC_RECORD_TRANSFER, sizeof(transfer)};
    transfer.bytes_in = in;
    transfer.bytes_out = out;
    transfer.bits = in != 0 ? TC_CALL_IN : TC_CALL_OUT;
    transfer.object = 77;
    transfer.link = 77;
    return add(transfer);
  }
  Script& faults(std::uint64_t task, nanoseconds begun, tc_fault_outcome outcome,
                 std::size_t interrupted = TC_ACTIVITY_USER, nanoseconds entered = {}, std::uint8_t bits = 0) {
    tc_fault fault{};
    fault.record = {TC_RECORD_FAULT, sizeof(fault)};
    fault.at_ns = count_of(now_);
    fault.id = task;
    fault.begun_ns = count_of(begun);
    fault.entered_ns = count_of(entered);
    fault.interrupted = static_cast<std::uint8_t>(interrupted);
    fault.outcome = static_cast<std::uint8_t>(outcome);
    fault.bits = bits;
    return add(fault);
  }
  Script& execs(std::uint64_t task, nanoseconds entered, std::uint32_t tid) {
    tc_exec exec = exec_of(task, now_, "program", "");
    exec.entered_ns = count_of(entered);
    exec.address_space = 99;
    exec.page_table_bytes = 4096;
    exec.tid = tid;
    return add(exec);
  }
  Script& exits(std::uint64_t task, nanoseconds entered = {}, tc_activity row = TC_ACTIVITY_EXIT) {
    return step(task, TC_STEP_EXIT, count_of(entered), row);
  }
  Script& step(std::uint64_t task, tc_step_kind kind, std::uint64_t value = 0, std::uint32_t arg = 0) {
    tc_step event{};
    event.record = {TC_RECORD_STEP, sizeof(event)};
    event.at_ns = count_of(now_);
    event.id = task;
    event.value = value;
    event.kind = kind;
    event.arg = arg;
    return add(event);
  }
  Script& gap(std::uint32_t cpu, nanoseconds first, nanoseconds last, std::uint64_t lost = 1) {
    tc_gap gap{};
    gap.record = {TC_RECORD_GAP, sizeof(gap)};
    gap.first_ns = count_of(first);
    gap.last_ns = count_of(last);
    gap.count = lost;
    gap.cpu = cpu;
    return add(gap);
  }
  Script& kernel_says(const tc_ledger& ledger) { return add(ledger); }
  // Any other record.
  Script& tells(const Record& record) {
    records_.push_back(record);
    return *this;
  }
  // What is left out here happens, but is lost: only the CPU's task changes.
  Script& unseen(std::uint32_t cpu, std::uint64_t next) {
    on_cpu_[cpu] = next;
    return *this;
  }

  [[nodiscard]] const std::vector<Record>& records() const { return records_; }

 private:
  [[nodiscard]] tc_birth birth_of(std::uint64_t task, std::uint32_t cpu) const {
    tc_birth birth{};
    birth.record = {TC_RECORD_BIRTH, sizeof(birth)};
    birth.at_ns = count_of(now_);
    birth.birth_ns = birth.at_ns;
    birth.id = task;
    birth.process = task;
    birth.tid = tid_of(task);
    birth.tgid = birth.tid;
    birth.cpu = cpu;
    copy_text(birth.comm, sizeof(birth.comm), "task");
    return birth;
  }
  [[nodiscard]] tc_call call_of(std::uint64_t task, tc_activity row, nanoseconds entered, std::uint8_t channel) const {
    tc_call call{};
    call.record = {TC_RECORD_CALL, sizeof(call)};
    call.at_ns = count_of(now_);
    call.id = task;
    call.entered_ns = count_of(entered);
    call.row = static_cast<std::uint8_t>(row);
    call.channel = channel;
    call.created = TC_NR_CREATIONS;
    return call;
  }
  static std::uint32_t tid_of(std::uint64_t task) {
    return task == nobody ? 7 : static_cast<std::uint32_t>(1000 + task);
  }
  template <typename T>
  Script& add(const T& event) {
    records_.emplace_back(event);
    return *this;
  }

  nanoseconds now_{};
  std::map<std::uint32_t, std::uint64_t> on_cpu_;
  std::vector<Record> records_;
};

inline Script script() { return {}; }

// Everything that the tasks of a script did, by their ids.
struct Replayed {
  std::map<std::uint64_t, RebuiltTask> tasks;
  ReplayIntegrity integrity;
  std::map<tc_histogram_id, std::uint64_t> latencies;  // counts, without those that are not recorded

  const RebuiltTask& operator[](std::uint64_t id) const { return tasks.at(id); }
};

inline RebuiltTask copy_of(const RebuiltTask& task) {
  RebuiltTask copy;
  copy.ledger = task.ledger;
  copy.edges = task.edges;
  copy.flows = task.flows;
  copy.kernel = task.kernel ? std::make_unique<tc_ledger>(*task.kernel) : nullptr;
  copy.ended = task.ended;
  copy.unknown = task.unknown;
  copy.touching_gaps = task.touching_gaps;
  copy.beginning_unknown = task.beginning_unknown;
  copy.position_unknown = task.position_unknown;
  copy.touched_afterwards = task.touched_afterwards;
  copy.gaps_in_life = task.gaps_in_life;
  copy.unseen_switch_ins = task.unseen_switch_ins;
  copy.impossible_switches = task.impossible_switches;
  return copy;
}

inline Replayed replay(const Script& story, nanoseconds end, bool calls = true, std::vector<ReplayGap> gaps = {}) {
  Replayed result;
  Replay::Options options;
  options.calls = calls;
  options.gaps = std::move(gaps);
  options.on_ended = [&](const RebuiltTask& task) { result.tasks.emplace(task.ledger.id, copy_of(task)); };
  Replay book(std::move(options));
  for (const Record& record : story.records()) {
    book.on_record(record);
  }
  for (RebuiltTask& task : book.living(Instant(end))) {
    result.tasks.emplace(task.ledger.id, std::move(task));
  }
  result.integrity = book.integrity();
  for (int id = 0; id < TC_NR_HISTOGRAMS; ++id) {
    if (const auto histogram = book.histogram(static_cast<tc_histogram_id>(id))) {
      result.latencies[static_cast<tc_histogram_id>(id)] = histogram->count();
    }
  }
  return result;
}

// The cells, counts and waits that are not zero, by what the report calls them.
using Times = std::map<std::string, nanoseconds>;
using Counts = std::map<std::string, std::uint64_t>;

inline Times cells_of(const tc_ledger& ledger) {
  Times cells;
  for (std::size_t row = 0; row < TC_NR_ROWS; ++row) {
    for (std::size_t condition = 0; condition < TC_NR_CONDITIONS; ++condition) {
      const std::uint64_t ns = ledger.cells[row * TC_NR_CONDITIONS + condition];
      if (ns != 0) {
        const std::string name = row == TC_ROW_FAULT_PENDING  ? "fault pending"
                                 : row == TC_ROW_CALL_PENDING ? "call pending"
                                                              : key_of(static_cast<tc_activity>(row));
        cells[name + " " + key_of(static_cast<tc_condition>(condition))] = nanoseconds(static_cast<std::int64_t>(ns));
      }
    }
  }
  return cells;
}

inline Counts entries_of(const tc_ledger& ledger) {
  Counts counts;
  for (std::size_t i = 0; i < TC_NR_ACTIVITIES; ++i) {
    if (ledger.entries[i] != 0) {
      counts[key_of(static_cast<tc_activity>(i))] = ledger.entries[i];
    }
  }
  return counts;
}

inline Counts counters_of(const tc_ledger& ledger) {
  Counts counts;
  for (std::size_t i = 0; i < TC_NR_COUNTERS; ++i) {
    if (ledger.counters[i] != 0) {
      counts[key_of(static_cast<tc_counter>(i))] = ledger.counters[i];
    }
  }
  return counts;
}

inline Times waits_of(const tc_ledger& ledger) {
  Times waits;
  for (std::size_t i = 0; i < TC_NR_WAITS; ++i) {
    if (ledger.waits[i].count != 0 || ledger.waits[i].blocked_ns != 0) {
      waits[key_of(static_cast<tc_wait>(i))] = nanoseconds(static_cast<std::int64_t>(ledger.waits[i].blocked_ns));
    }
  }
  return waits;
}

inline nanoseconds total_of(const Times& times) {
  nanoseconds sum{};
  for (const auto& [name, time] : times) {
    sum += time;
  }
  return sum;
}

}  // namespace taskcost::test
