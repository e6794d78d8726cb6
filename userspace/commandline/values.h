// SPDX-License-Identifier: Apache-2.0
//
// Values of options: text in, checked value out. Each error says which option, which value, and what would be right.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "commandline/options.h"
#include "taskcost/result.h"

namespace taskcost::commandline {

// In single quotes, with control bytes escaped: an error stays one line.
std::string in_quotes(std::string_view text);

Error usage_error(std::string what, std::string why, std::string hint);

// Greater than 0, at most 1e9.
Result<std::chrono::nanoseconds> parse_seconds(std::string_view option, const std::string& text);
Result<unsigned> parse_count(std::string_view option, const std::string& text, unsigned limit);
// 0 or more, at most 1e6.
Result<double> parse_percent(std::string_view option, const std::string& text);
// Lists of ids separated by commas; an id that is named again is kept once.
Result<std::vector<pid_t>> parse_ids(std::string_view option, const std::vector<std::string>& lists);
Result<OutputFile> parse_output(const std::string& path);
// Files of text or JSON. `what` they hold: "a comparison".
Result<std::vector<OutputFile>> parse_text_outputs(const std::vector<std::string>& paths, std::string_view what);
// Removes "-" from the paths of -o, and says whether it was among them: standard output.
bool take_standard_output(std::vector<std::string>& paths);
// nullopt for `none`, which contradicts `-o -`.
Result<std::optional<OutputFormat>> parse_format(const std::string& text, bool to_standard_output = false);

// The candidate that `word` most likely means: at most two letters to change, and fewer than half of them.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace taskcost::commandline
