// SPDX-License-Identifier: Apache-2.0
//
// The conclusions that user space draws from what a probe saw of a switch, a wakeup or a new task. The probe draws them
// as well, by its own code; an audit compares both.
#pragma once

#include <cstdint>
#include <optional>

#include "taskcost/events.h"
#include "trace/call_classes.h"

namespace taskcost {

// True if the kernel counts the switch in nvcsw, false if in nivcsw.
bool is_voluntary(const tc_switch& event);
// `prev` is dead: its ledger follows.
bool is_last(const tc_switch& event);
// Blocked or preempted.
std::uint8_t condition_of(const tc_switch& event);
// TC_PREEMPTED_*; `classes` is nullptr if calls have no probes.
std::uint8_t why_preempted(const tc_switch& event, const CallClasses* classes);
// What `next` is to `prev`, and `prev` to `next`; nullopt for a program.
tc_counter destination_of(const tc_switch& event);
std::optional<tc_counter> origin_of(const tc_switch& event);

struct Wakeup {
  std::uint64_t at_ns = 0;  // 0: not seen
  std::uint64_t waker = 0;  // TC_WAKER_*; 0: what was seen contradicts itself
  std::uint32_t from = TC_FROM_NOWHERE;
  bool thaws = false;  // the sleeper was frozen where it slept
};

// The wakeup of `next`, the one that an event reports, and that in a snapshot.
Wakeup wakeup_of(const tc_switch& event);
Wakeup wakeup_of(const tc_event& event);
Wakeup wakeup_of(const tc_ledger& ledger);

// The cause of a wait, enum tc_wait. `in_call` is that of the call if a wait for the disk turns out to be for a
// program.
struct WaitCause {
  std::uint8_t wait = TC_WAIT_OTHER;
  std::uint8_t in_call = TC_WAIT_OTHER;
};

// The cause of the wait that `prev` or an adopted task is in. `outside` is that of a task in no call.
WaitCause cause_of(const tc_switch& event, const CallClasses& classes, tc_wait outside);
WaitCause cause_of(const tc_task_new& new_task, const CallClasses& classes, tc_wait outside);
// The cause according to the waker as well. `with_cpu`: a switch to the sleeper was seen.
std::uint8_t cause_after(const WaitCause& cause, const Wakeup& wakeup, bool with_cpu);

bool is_adopted(const tc_task_new& new_task);
// The condition of the task when the event was made.
std::uint8_t condition_of(const tc_task_new& new_task);
// TC_NR_CREATIONS for an adopted task; `calls`: they have probes.
tc_creation creation_of(const tc_task_new& new_task, const CallClasses& classes, bool calls);

}  // namespace taskcost
