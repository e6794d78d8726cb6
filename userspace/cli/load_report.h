// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "verdict/diff/diff.h"

namespace taskcost {

// Returns standard input, or a copy of it in a temporary file if it is a pipe: a capture is not read in its order.
// Errors: it is neither a capture nor JSON, or there is no room for the copy.
Result<Fd> open_standard_input();

// Reads the report from a file, which is JSON or a capture; "-" is standard input. Error: the file cannot be read, or
// it is neither.
Result<Report> load_report(const std::string& path);
// Does the same for an open file.
Result<Report> load_report(int fd, const std::string& path);
// Reads its figures, or those of repeated runs. Error: as load_report().
Result<ReportFigures> load_figures(const std::string& path);
// Decides by the first characters of a regular file.
bool is_json_report(int fd);

// Prefixes the error with the report's file name.
Error with_report_name(Error error, const std::string& path);
// "standard input" for "-".
std::string report_name(const std::string& path);

}  // namespace taskcost
