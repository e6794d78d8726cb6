// SPDX-License-Identifier: Apache-2.0
//
// --keep and --when of `record`.
#pragma once

#include "cli/options/command_parser.h"

namespace taskcost::commandline {

// "30s", "1gb", or both with a comma.
Result<KeepOptions> parse_keep(std::string_view option, const std::string& text);
// "run_queue_p99 > 10ms"
Result<Trigger> parse_trigger(std::string_view option, const std::string& text);

void add_keep_options(CommandParser& parser, ObserveOptions& options);
// Error: options that do not go together. REQUIRES: all options are parsed.
Status check_keep(const ObserveOptions& options);

}  // namespace taskcost::commandline
