// SPDX-License-Identifier: Apache-2.0
//
// Conditions that hold for every report, as GoogleTest expectations. Each prints the first few offenders, not all of
// them.
#pragma once

#include "support/oracle.h"
#include "support/taskcost.h"

namespace taskcost::test {

// The report is valid according to its schema.
void expect_valid(const Report& report);

// Checks all of the following that need only the report.
void expect_sound(const Report& report);

void expect_no_losses(const Report& report);
// How much of a loss (a key of `losses`) the kernel or chance can cause at any time.
std::int64_t allowed_loss(const Report& report, const std::string& name);
// Every task's cells add up to its lifetime but for less than 1 %, and its lifetime is the time between its start and
// end.
void expect_closed(const Report& report);
// For every task that was created and ended in the window, the counts equal the kernel's for the same life.
void expect_equal_task_stats(const Report& report);
// The sums of processes and of the whole are the sums of their tasks.
void expect_sums(const Report& report);

// The blocked time of every task by cause equals that of its cells.
void expect_waits(const Report& report);

// Every line of the log has its process in the report, which agrees with wait4:
//
//   faults    equal. A task takes no fault after the kernel has added its counts to its parent's.
//   switches  wait4 <= report <= wait4 + tasks. A thread's counts are added to its process's when it is released. That
//             is before its final switch-out, which the ledger sees too. (The leader's may be included or not: its
//             parent can be faster than the final switch.)
//   CPU time  summed over the log, running and runnable time are no less, but for 5 %. Running time may be more: it
//             includes interrupts and steal time. It can be less by some of the runnable time: the scheduler's clock
//             stands still between a wakeup and the switch, and its statistics give that time to the next task, not to
//             the one (often the idle task) that still had the CPU.
void expect_as_waited(const Report& report, const std::vector<Waited>& log);

// The run wrote a report, and its command exited with this status.
void expect_ran(const Observed& observed, int exit_status = 0);

}  // namespace taskcost::test
