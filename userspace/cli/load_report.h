// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "taskcost/diff.h"
#include "taskcost/result.h"

namespace taskcost {

// The figures of the report in a file, or in standard input for "-". Error: it cannot be read, or is no report.
Result<ReportFigures> load_report(const std::string& path);

}  // namespace taskcost
