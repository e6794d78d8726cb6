// SPDX-License-Identifier: Apache-2.0
//
// The JSON keys of every enumeration of accounts and observations.
#pragma once

#include <array>
#include <cstddef>

#include "account/account.h"
#include "account/describe/fields.h"
#include "account/evidence.h"
#include "account/groups.h"
#include "account/observation.h"
#include "account/stacks.h"
#include "base/unit.h"

namespace taskcost {

// The keys of an enumeration whose last enumerator is `last` are the results of `text`.
template <auto last, const char* (*text)(decltype(last))>
struct KeysBy {
  static constexpr int count = static_cast<int>(last) + 1;
  static const char* key(decltype(last) each) { return text(each); }
};
// The keys of a list of abi.h are the results of key_of().
template <typename Enum, int number>
struct KeysOfList {
  static constexpr int count = number;
  static const char* key(Enum each) { return key_of(each); }
};
template <>
struct Keys<tc_activity> : KeysOfList<tc_activity, TC_NR_ACTIVITIES> {};
template <>
struct Keys<tc_condition> : KeysOfList<tc_condition, TC_NR_CONDITIONS> {};
template <>
struct Keys<tc_creation> : KeysOfList<tc_creation, TC_NR_CREATIONS> {};
template <>
struct Keys<tc_counter> : KeysOfList<tc_counter, TC_NR_COUNTERS> {};
template <>
struct Keys<tc_channel> : KeysOfList<tc_channel, TC_NR_CHANNELS> {};
template <>
struct Keys<tc_histogram_id> : KeysOfList<tc_histogram_id, TC_NR_HISTOGRAMS> {};
template <>
struct Keys<tc_interrupt> : KeysOfList<tc_interrupt, TC_NR_INTERRUPTS> {};
template <>
struct Keys<tc_lock_type> : KeysOfList<tc_lock_type, TC_NR_LOCK_TYPES> {};
template <>
struct Keys<tc_loss> : KeysOfList<tc_loss, TC_NR_LOSSES> {};
template <>
struct Keys<tc_shared> : KeysOfList<tc_shared, TC_NR_SHARED> {};
template <>
struct Keys<tc_stack_end> : KeysOfList<tc_stack_end, TC_NR_STACK_ENDS> {};
template <>
struct Keys<tc_wait> : KeysOfList<tc_wait, TC_NR_WAITS> {};

template <>
struct Keys<TargetMode> : KeysBy<TargetMode::verify, to_string> {};
template <>
struct Keys<KeptWhy> : KeysBy<KeptWhy::end, to_string> {};
template <>
struct Keys<WindowEnd> : KeysBy<WindowEnd::went_on, to_string> {};
template <>
struct Keys<TaskOrigin> : KeysBy<TaskOrigin::worker, to_string> {};
template <>
struct Keys<Waker::Kind> : KeysBy<Waker::Kind::unknown, to_string> {};
template <>
struct Keys<RanInstead::Kind> : KeysBy<RanInstead::Kind::idle, to_string> {};
template <>
struct Keys<WaitObjectKind> : KeysBy<WaitObjectKind::other_socket, to_string> {};
template <>
struct Keys<StackKind> : KeysBy<StackKind::on_cpu, to_string> {};
template <>
struct Keys<GroupBy> : KeysBy<GroupBy::cgroup, to_string> {};
template <>
struct Keys<EvidenceKind> : KeysBy<EvidenceKind::unavailable, to_string> {};
template <>
struct Keys<Unit> : KeysBy<Unit::identity, key_of> {};
template <>
struct Keys<Topic> : KeysBy<Topic::sweep, key_of> {};

// The keys of an enumeration that has no function that returns them.
#define TASKCOST_KEYS(Enum, ...)                                                          \
  template <>                                                                             \
  struct Keys<Enum> {                                                                     \
    static constexpr std::array keys = std::to_array<const char*>({__VA_ARGS__});         \
    static constexpr int count = static_cast<int>(keys.size());                           \
    static const char* key(Enum each) { return keys.at(static_cast<std::size_t>(each)); } \
  }

TASKCOST_KEYS(Frame::Mark, "none", "unlinked", "replaced", "unknown", "unread");

}  // namespace taskcost
