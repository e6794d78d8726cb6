// SPDX-License-Identifier: Apache-2.0
//
// The manual pages, in the man(7) macros, and the completions of shells: both are made from the options' own table,
// and the page of the report from its schema.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/options/options.h"

namespace taskcost::manual {

// What all pages have.
struct Edition {
  std::string version;
  std::string date;  // YYYY-MM-DD
};

// `prose`: sections of a page of that command alone, in the same macros; they stand behind its options.
std::string command_manual(const CommandPage& page, const std::vector<CommandPage>& all, std::string_view prose,
                           const Edition& edition);

// `schema` is the JSON Schema of the report, and `prose` what stands before its fields.
std::string report_manual(const std::string& schema, std::string_view prose, const Edition& edition);

// `header` is capture.h: its comment is the description of the format. `events` is the JSON Schema of an event.
std::string capture_manual(std::string_view header, const std::string& events, std::string_view prose,
                           const Edition& edition);

std::string bash_completion(const std::vector<CommandPage>& pages);
std::string zsh_completion(const std::vector<CommandPage>& pages);
std::string fish_completion(const std::vector<CommandPage>& pages);

}  // namespace taskcost::manual
