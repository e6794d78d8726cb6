// SPDX-License-Identifier: Apache-2.0
//
// Words of a comparison of two reports.
#pragma once

#include <string>

#include "taskcost/diff.h"

namespace taskcost {

std::string piece_text(const Piece& piece);                // "blocked on a timer"
std::string quantity_name_text(const QuantityName& name);  // "fork, mean until published"

// How far two figures of one report have to be apart to be told as a change.
inline constexpr double noticed = 0.01;

// "B took 1.32 x as long as A (...): mostly blocked on a timer (+150 ms)."
std::string head_text(const Difference& difference);
// "command, kernel, 2 sources, losses"; empty when they are alike.
std::string mismatch_summary(const Difference& difference);

// The change of own time; nullopt without tasks in both.
std::optional<Change> own_change(const Difference& difference);
// Whether own time changed enough for shares of it to mean something.
bool has_shares(const Difference& difference);

}  // namespace taskcost
