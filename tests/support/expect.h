// SPDX-License-Identifier: Apache-2.0
//
// What must hold for every report, as GoogleTest expectations. Each prints the first few offenders, not all of them.
#pragma once

#include "support/oracle.h"
#include "support/taskcost.h"

namespace taskcost::test {

// It is as the schema of reports says.
void expect_valid(const Report& report);

// All of the following that need no more than the report.
void expect_sound(const Report& report);

void expect_no_losses(const Report& report);
// Every task's cells fill its lifetime but for less than 1 %, and its lifetime is what lies between its ends.
void expect_closed(const Report& report);
// Every task that was born and ended in the window: its counts equal the kernel's for the same life.
void expect_equal_books(const Report& report);
// The sums of processes and of the whole are the sums of their tasks.
void expect_sums(const Report& report);

// The blocked time of every task, by what it waited for, is that of its cells.
void expect_waits(const Report& report);

// Every line of the log has its process in the report, which agrees with wait4:
//
//   faults    equal. Nothing faults after the kernel has handed on its counts.
//   switches  wait4 <= report <= wait4 + tasks. A thread's counts join its process's when it is released, which is
//             before its final switch-out; the ledger sees that one too. (The leader's may be in or not: its parent
//             can be quicker than the final switch.)
//   CPU time  summed over the log, running and runnable time are no less, but for 5 %. Running time may be more:
//             interrupts and time stolen by a hypervisor are in it. It can be less by some of the runnable time: the
//             scheduler's clock stands still between a wake-up and the switch, and its books give that time to the
//             task that comes, not to the one (the idle one often) that still had the CPU.
void expect_as_waited(const Report& report, const std::vector<Waited>& log);

// The run gave a report, and its command this exit status.
void expect_ran(const Observed& observed, int exit_status = 0);

}  // namespace taskcost::test
