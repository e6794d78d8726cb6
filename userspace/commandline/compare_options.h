// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "commandline/options.h"

namespace taskcost::commandline {

// The words behind `taskcost compare`.
Result<Options> parse_compare(const std::vector<std::string>& words);

// Outputs of what is measured in rounds: text, JSON, HTML, Markdown or CSV; "-" is standard output, in the format
// of `options`.
Result<ObserveOptions> rounds_outputs(const std::vector<std::string>& paths, ObserveOptions options);

}  // namespace taskcost::commandline
