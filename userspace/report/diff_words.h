// SPDX-License-Identifier: Apache-2.0
//
// The words of a comparison of two reports.
#pragma once

#include <string>

#include "verdict/diff/diff.h"

namespace taskcost {

std::string piece_text(const Piece& piece);                // "blocked on a timer"
std::string quantity_name_text(const QuantityName& name);  // "fork, mean until published"

// Two figures of one report differ if they are further apart than this part of them.
inline constexpr double noticed = 0.01;

// "B took 1.32 x as long as A (...): mostly blocked on a timer (+150 ms)."
std::string head_text(const Difference& difference);
// "command, kernel, 2 sources, losses"; empty if the reports match.
std::string mismatch_summary(const Difference& difference);

// The change of own time; nullopt unless both reports have tasks.
std::optional<Change> own_change(const Difference& difference);
// Returns whether own time changed enough for shares of its change to mean something.
bool has_shares(const Difference& difference);

}  // namespace taskcost
