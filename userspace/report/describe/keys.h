// SPDX-License-Identifier: Apache-2.0
//
// The JSON keys of every enumeration.
#pragma once

#include <array>
#include <cstddef>

#include "report/describe/fields.h"
#include "trace/audit.h"
#include "verdict/compare/compare.h"
#include "verdict/diff/diff.h"
#include "verdict/estimate/estimate.h"
#include "verdict/report.h"

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
struct Keys<tc_loss> : KeysOfList<tc_loss, TC_NR_LOSSES> {};
template <>
struct Keys<tc_shared> : KeysOfList<tc_shared, TC_NR_SHARED> {};
template <>
struct Keys<tc_wait> : KeysOfList<tc_wait, TC_NR_WAITS> {};

template <>
struct Keys<TargetMode> : KeysBy<TargetMode::verify, to_string> {};
template <>
struct Keys<WindowEnd> : KeysBy<WindowEnd::failure, to_string> {};
template <>
struct Keys<TaskOrigin> : KeysBy<TaskOrigin::worker, to_string> {};
template <>
struct Keys<Waker::Kind> : KeysBy<Waker::Kind::unknown, to_string> {};
template <>
struct Keys<StackKind> : KeysBy<StackKind::involuntary_switch, to_string> {};
template <>
struct Keys<EvidenceKind> : KeysBy<EvidenceKind::unavailable, to_string> {};
template <>
struct Keys<ReplayGap::Why> : KeysBy<ReplayGap::Why::damaged, key_of> {};
template <>
struct Keys<Ruling> : KeysBy<Ruling::not_measurable, to_string> {};
template <>
struct Keys<Answer> : KeysBy<Answer::undecided, to_string> {};
template <>
struct Keys<Condition> : KeysBy<Condition::across_cpus, to_string> {};
template <>
struct Keys<Topic> : KeysBy<Topic::sweep, key_of> {};
template <>
struct Keys<PartName::Kind> : KeysBy<PartName::Kind::threads, key_of> {};
template <>
struct Keys<RoundsEnd> : KeysBy<RoundsEnd::failure, to_string> {};
template <>
struct Keys<Model> : KeysBy<Model::processes, to_string> {};

// These enumerations have no function that returns their keys.
#define TASKCOST_KEYS(Enum, ...)                                                          \
  template <>                                                                             \
  struct Keys<Enum> {                                                                     \
    static constexpr std::array keys = std::to_array<const char*>({__VA_ARGS__});         \
    static constexpr int count = static_cast<int>(keys.size());                           \
    static const char* key(Enum each) { return keys.at(static_cast<std::size_t>(each)); } \
  }

TASKCOST_KEYS(Frame::Mark, "none", "unlinked", "replaced", "unknown", "unread");
TASKCOST_KEYS(AuditUnit, "ns", "count", "bytes", "identity");
TASKCOST_KEYS(Quantity::State, "measured", "none", "not measured");
TASKCOST_KEYS(Piece::Kind, "running", "queued", "blocked", "unaccounted");
TASKCOST_KEYS(Mismatch::Kind, "tool", "host", "target", "ended", "detail", "evidence", "losses");
TASKCOST_KEYS(EstimateLine::State, "priced", "not priced", "not measured");
TASKCOST_KEYS(EstimateFact::State, "unchanged", "no counterpart", "included", "falls away", "at least");

#undef TASKCOST_KEYS

}  // namespace taskcost
