// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "diff/json_place.h"
#include "taskcost/diff.h"

namespace taskcost {

// Figures of the one command of a taskcost.compare/1: medians with their intervals, and means of its time. What every
// document says of its tool, host and evidence is not read here. Error: it is not one command.
Status read_rounds(const JsonPlace& root, ReportFigures& figures);

}  // namespace taskcost
