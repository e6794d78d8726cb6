// SPDX-License-Identifier: Apache-2.0
//
// What one ledger says of its task, in the model's values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "taskcost/abi.h"
#include "taskcost/account.h"
#include "taskcost/session_builder.h"
#include "trace/kernel_time.h"

namespace taskcost {

// A living task's ledger was closed at the end of the window, an ended one's by the final switch-out.
enum class Closed { by_end_of_task, by_end_of_window };

// Ends the open interval of a living task, a wait with it, and with that the ledger. A task that ran a probe in the
// instant of closing may be ahead of `end_ns`; its ledger then ends where it is.
void close_at(tc_ledger& ledger, std::uint64_t end_ns);

// A sum of which a part is not known is not known: TC_BYTES_UNKNOWN.
constexpr std::uint64_t sum_of_bytes(std::uint64_t sum, std::uint64_t bytes) {
  return sum == TC_BYTES_UNKNOWN || bytes == TC_BYTES_UNKNOWN ? TC_BYTES_UNKNOWN : sum + bytes;
}

// The leader of its thread group at its end: a thread that called exec is one, the leader that it replaced is not.
bool is_leader(const tc_ledger& ledger);
// A kernel thread, which is a process of its own; the workers that the kernel makes inside of processes are none.
bool is_kernel_thread(const tc_ledger& ledger);
// The first task of its process.
bool is_founder(const tc_ledger& ledger);
How how_of(const tc_ledger& ledger);

// Bytes up to the first NUL, or all of them.
std::string text_of(const char* bytes, std::size_t size);

// The account of no task at all: 0 where something can be counted, nullopt where it cannot.
Account blank_account(const SessionBuilder::Options& options);
// Without child starts, which the children know.
Account account_of(const tc_ledger& ledger, Closed closed, const SessionBuilder::Options& options);
// Everything but `id`, `creator` and `account`.
Task task_of(const tc_ledger& ledger, Closed closed, const SessionBuilder::Options& options);

// Switches that the kernel's books have and the ledger has not.
std::uint64_t missed_switches(const tc_ledger& ledger);

// sched_wakeup_new to the first switch-in; nullopt when one of them was not seen.
std::optional<Duration> child_start_of(const tc_ledger& ledger);

}  // namespace taskcost
