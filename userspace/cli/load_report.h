// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "taskcost/diff.h"
#include "taskcost/result.h"

namespace taskcost {

// The JSON of the report in a file or capture, or in standard input for "-". Error: it cannot be read, or is no JSON.
Result<std::string> load_report_text(const std::string& path);

// Of a report that cannot be taken: the error with the name of its file.
Error about_report(Error error, const std::string& path);
// "standard input" for "-".
std::string name_of_report(const std::string& path);

// The figures of the report in a file, or in standard input for "-". Error: it cannot be read, or is no report.
Result<ReportFigures> load_report(const std::string& path);

}  // namespace taskcost
