// SPDX-License-Identifier: Apache-2.0
//
// `record` and `report`: transitions into a capture, and out of it.
#pragma once

#include "commandline/observe_options.h"

namespace taskcost::commandline {

Result<Options> parse_record(const Words& words);
Result<Options> parse_report(const Words& words);

}  // namespace taskcost::commandline
