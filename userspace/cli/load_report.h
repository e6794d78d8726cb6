// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "taskcost/diff.h"
#include "taskcost/result.h"

namespace taskcost {

// Reads the JSON report in a file, makes one from a capture, or reads standard input for "-". Error: the file cannot be
// read, or it is neither.
Result<std::string> load_report_text(const std::string& path);

// Prefixes the error with the report's file name.
Error with_report_name(Error error, const std::string& path);
// "standard input" for "-".
std::string report_name(const std::string& path);

// Reads the figures of a report from a file, or from standard input for "-". Error: it cannot be read, or is no report.
Result<ReportFigures> load_report(const std::string& path);

}  // namespace taskcost
