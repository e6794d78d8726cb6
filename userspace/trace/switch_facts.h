// SPDX-License-Identifier: Apache-2.0
//
// The conclusions that user space draws from what a probe saw of a switch. The probe draws them as well, by its own
// code; an audit compares both.
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
// The cause of its wait if the probe saw enough to decide; nullopt: it may be that of the event.
std::optional<std::uint8_t> wait_of(const tc_switch& event, const CallClasses& classes);
// What `next` is to `prev`, and `prev` to `next`; nullopt for a program.
tc_counter destination_of(const tc_switch& event);
std::optional<tc_counter> origin_of(const tc_switch& event);

}  // namespace taskcost
