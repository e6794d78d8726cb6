// SPDX-License-Identifier: Apache-2.0
//
// Values of options: text in, checked value out. Each error names the option, the value, and a value that would do.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/options/options.h"

namespace taskcost::commandline {

// In single quotes, with control bytes escaped: an error stays one line.
std::string in_quotes(std::string_view text);
// "a, b or c"
std::string join_words(const std::vector<std::string>& words);

Error usage_error(std::string what, std::string why, std::string hint);
Error bad_value(std::string_view option, std::string_view value, std::string why, std::string hint);

// Any text, for CommandParser::value().
Result<std::string> as_given(std::string_view option, const std::string& text);
// Greater than 0, at most 1e9.
Result<std::chrono::nanoseconds> parse_seconds(std::string_view option, const std::string& text);
// A time since the start of a capture, or before its end if it is negative: seconds, or with a unit (s, ms, us, ns).
Result<std::chrono::nanoseconds> parse_time(std::string_view option, const std::string& text);
// From 1 to `limit`.
Result<unsigned> parse_count(std::string_view option, const std::string& text, unsigned limit);
// parse_count() with this limit, for CommandParser::value().
inline auto count_up_to(unsigned limit) {
  return [limit](std::string_view option, const std::string& text) { return parse_count(option, text, limit); };
}
// 0 or more, at most 1e6.
Result<double> parse_percent(std::string_view option, const std::string& text);
// Above 0, at most 1e15.
Result<double> parse_positive(std::string_view option, const std::string& text);
// Lists of ids separated by commas; an id that is repeated is kept once.
Result<std::vector<pid_t>> parse_ids(std::string_view option, const std::vector<std::string>& lists);

// The file name's ending selects the format.
Result<OutputFile> parse_output(std::string_view option, const std::string& path, FileSet files);
// ".html, .json or .txt"
std::string list_endings(FileSet files);

// The candidate that `word` most likely means: at most two letters differ, and fewer than half of them.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace taskcost::commandline
