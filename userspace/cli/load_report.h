// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "taskcost/diff.h"
#include "taskcost/result.h"

namespace taskcost {

// The report in a file, which is JSON or a capture, or as JSON in standard input for "-". Error: it cannot be read, or
// is no report.
Result<Report> load_report(const std::string& path);
// Its figures, or those of repeated runs.
Result<ReportFigures> load_figures(const std::string& path);
// Whether that is JSON, as far as its first characters tell. Standard input is.
bool is_json_report(const std::string& path);

// Of a report that cannot be taken: the error with the name of its file.
Error about_report(Error error, const std::string& path);
// "standard input" for "-".
std::string name_of_report(const std::string& path);

}  // namespace taskcost
