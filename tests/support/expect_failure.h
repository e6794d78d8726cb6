// SPDX-License-Identifier: Apache-2.0
//
// If something fails under the tool, its user learns it from a valid report, or from one line and the exit status.
#pragma once

#include <string>

#include "support/taskcost.h"

namespace taskcost::test {

// The shortest run of the tool, with the report r.json in `directory`.
Words run_true(const TemporaryDirectory& directory);

// `finished` is a run of the tool that had to write `report_file` and to observe `/bin/true` or another program. Status
// 0 means that the report exists and is valid; status 1 (126 or 127 if the command could not be executed) means that
// one line says what failed, and the report is valid or absent. A crash, a timeout, or an empty file beside the report
// fails the test.
void expect_reported(const Finished& finished, const std::string& report_file);

}  // namespace taskcost::test
