// SPDX-License-Identifier: Apache-2.0
//
// What everybody who follows tasks through recorded events (events.h) has to take alike.
#pragma once

#include <cstddef>
#include <cstdint>

#include "taskcost/abi.h"
#include "taskcost/events.h"

namespace taskcost {

// A row that a task is in during system calls only.
constexpr bool is_call_row(std::size_t row) {
  return row != TC_ACTIVITY_USER && row != TC_ACTIVITY_EXIT && row != TC_ACTIVITY_KERNEL &&
         row != TC_ACTIVITY_PAGE_FAULT && row != TC_ROW_FAULT_PENDING;
}

// A row that may be told by the registers of a task that sleeps (TC_SWITCH_FOUND): it is left with the switch that
// gives it a CPU again.
constexpr bool is_found_row(std::size_t row) { return is_call_row(row) || row == TC_ACTIVITY_PAGE_FAULT; }

// What a task waited for that gets a CPU with this switch, where `wait` was told when it left.
constexpr std::uint8_t final_wait(std::uint8_t wait, const tc_switch& event) {
  return event.next_wait == 0 ? wait : static_cast<std::uint8_t>(event.next_wait - 1);
}

// A record may name what is none.
constexpr std::uint32_t known_wait(std::uint32_t wait) {
  return wait < TC_NR_WAITS ? wait : std::uint32_t{TC_WAIT_OTHER};
}

// A thread that the kernel made for itself in a process, as io_uring does: no program asked for it, and it never enters
// user mode. (A kernel thread is a process of its own.)
constexpr bool is_worker_of_process(std::uint32_t flags) {
  return (flags & (TC_LEDGER_KERNEL_WORKER | TC_LEDGER_LEADER)) == TC_LEDGER_KERNEL_WORKER;
}

// When a task that had no CPU from `since_ns` to `at_ns` became ready to run. A sleeper's time splits at its wake-up;
// it slept to the end when nobody saw one (0). One that is not younger than the sleep means that there was none: the
// waker came upon the task on its way, and it could have run all along.
constexpr std::uint64_t ready_ns(std::uint8_t condition, std::uint64_t since_ns, std::uint64_t woken_ns,
                                 std::uint64_t at_ns) {
  if (condition != TC_CONDITION_BLOCKED) {
    return since_ns;
  }
  if (woken_ns == 0) {
    return at_ns;
  }
  return woken_ns > since_ns && woken_ns <= at_ns ? woken_ns : since_ns;
}

}  // namespace taskcost
