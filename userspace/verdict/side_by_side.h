// SPDX-License-Identifier: Apache-2.0
//
// The accounts of both models, line by line: medians over rounds, per operation.
#pragma once

#include "taskcost/verdict.h"
#include "verdict/rounds.h"

namespace taskcost {

SideBySide side_by_side_of_create(const RoundsOfBothModels& rounds);
SideBySide side_by_side_of_switch(const RoundsOfBothModels& rounds);

}  // namespace taskcost
