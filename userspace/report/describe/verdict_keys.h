// SPDX-License-Identifier: Apache-2.0
//
// The JSON keys of every enumeration of verdicts and comparisons.
#pragma once

#include "account/describe/account_keys.h"
#include "trace/audit.h"
#include "verdict/compare/compare.h"
#include "verdict/diff/diff.h"
#include "verdict/estimate/estimate.h"
#include "verdict/report.h"

namespace taskcost {

template <>
struct Keys<ReplayGap::Why> : KeysBy<ReplayGap::Why::damaged, key_of> {};
template <>
struct Keys<Ruling> : KeysBy<Ruling::not_measurable, to_string> {};
template <>
struct Keys<Answer> : KeysBy<Answer::undecided, to_string> {};
template <>
struct Keys<Condition> : KeysBy<Condition::across_cpus, to_string> {};
template <>
struct Keys<PartName::Kind> : KeysBy<PartName::Kind::threads, key_of> {};
template <>
struct Keys<RoundsEnd> : KeysBy<RoundsEnd::failure, to_string> {};
template <>
struct Keys<Model> : KeysBy<Model::processes, to_string> {};

TASKCOST_KEYS(Quantity::State, "measured", "none", "not measured");
TASKCOST_KEYS(Piece::Kind, "running", "queued", "blocked", "residual");
TASKCOST_KEYS(Mismatch::Kind, "tool", "host", "target", "ended", "detail", "evidence", "losses");
TASKCOST_KEYS(EstimateLine::State, "priced", "not priced", "not measured");
TASKCOST_KEYS(EstimateFact::State, "unchanged", "no counterpart", "included", "falls away", "at least");

}  // namespace taskcost
