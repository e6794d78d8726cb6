// SPDX-License-Identifier: Apache-2.0
//
// Converts a ledger to the values of the model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "account/account.h"
#include "account/session_options.h"
#include "base/monotonic_clock.h"
#include "taskcost/abi.h"

namespace taskcost {

// The final switch-out closed the ledger of a task that exited; the end of the window closed that of a living task.
enum class Closed { by_end_of_task, by_end_of_window };

// When a sleeper became ready to run, in CLOCK_MONOTONIC ns; `end_ns` if it still sleeps then. A wakeup that is older
// than the sleep was for an earlier one. REQUIRES: ledger.condition == TC_CONDITION_BLOCKED, ledger.since_ns <= end_ns.
std::uint64_t ready_at(const tc_ledger& ledger, std::uint64_t end_ns);

// Ends the open interval of a living task, and its wait if it is blocked. If the task ran a probe at the instant of
// closing, its ledger may be later than `end_ns`; it then ends at its own last event.
void close_at(tc_ledger& ledger, std::uint64_t end_ns);

// A sum is TC_BYTES_UNKNOWN if one of its parts is.
constexpr std::uint64_t sum_of_bytes(std::uint64_t sum, std::uint64_t bytes) {
  return sum == TC_BYTES_UNKNOWN || bytes == TC_BYTES_UNKNOWN ? TC_BYTES_UNKNOWN : sum + bytes;
}

// True for the leader of the thread group at its end: a thread that called exec is the leader, the one it replaced is
// not.
bool is_leader(const tc_ledger& ledger);
// True for a kernel thread, which is a process of its own; false for io_uring and vhost workers inside of processes.
bool is_kernel_thread(const tc_ledger& ledger);
// True for the first task of its process.
bool is_first_task(const tc_ledger& ledger);
// True for a row that a task has only in system calls.
constexpr bool is_call_row(std::size_t row) {
  return row != TC_ACTIVITY_USER && row != TC_ACTIVITY_EXIT && row != TC_ACTIVITY_KERNEL &&
         row != TC_ACTIVITY_PAGE_FAULT && row != TC_ROW_FAULT_PENDING;
}

// True for a thread that the kernel creates inside of a process, as io_uring does: no program asked for it, and it
// never enters user mode. A kernel thread is a process of its own.
constexpr bool is_worker_of_process(std::uint32_t flags) {
  return (flags & (TC_LEDGER_KERNEL_WORKER | TC_LEDGER_LEADER)) == TC_LEDGER_KERNEL_WORKER;
}

TaskOrigin origin_of(const tc_ledger& ledger);

// Returns the bytes up to the first NUL, or all of them.
std::string text_of(const char* bytes, std::size_t size);

// The account of no task: 0 for what can be counted, nullopt for what cannot.
Account blank_account(const SessionOptions& options);
// Leaves out child starts: only the ledgers of the children have them.
Account account_of(const tc_ledger& ledger, Closed closed, const SessionOptions& options);
// Fills everything except `id`, `creator` and `account`.
Task task_of(const tc_ledger& ledger, Closed closed, const SessionOptions& options);

// The number of switches that nvcsw and nivcsw have and the ledger lacks.
std::uint64_t missed_switches(const tc_ledger& ledger);

// The time from sched_wakeup_new to the first switch-in; nullopt if one of them was not seen.
std::optional<Duration> child_start_of(const tc_ledger& ledger);

}  // namespace taskcost
