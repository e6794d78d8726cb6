// SPDX-License-Identifier: Apache-2.0
//
// Whatever failed under the tool, its user is told: by a report that is valid, or by one line and the exit status.
#pragma once

#include <string>

#include "support/taskcost.h"

namespace taskcost::test {

// The shortest run of the tool, with the report r.json in `directory`.
Words run_true(const TemporaryDirectory& directory);

// `finished` is a run of the tool that was to write `report_file` and to observe `/bin/true`, or any of its own. Status
// 0 means that the report is there and valid; 1 (126 and 127 where the command could not be executed) that one line
// says what failed, and a report is valid or not there. Never a crash, a limit of time, or an empty file beside the
// report.
void expect_told(const Finished& finished, const std::string& report_file);

}  // namespace taskcost::test
