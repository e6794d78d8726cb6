// SPDX-License-Identifier: Apache-2.0
//
// What the tool says of itself while it works. That standard error takes nothing, closed or full, ends no measurement.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

#include "report/escape.h"

namespace taskcost {

// As it is, without a newline of its own.
inline void to_standard_error(const std::string& text) { std::fputs(text.c_str(), stderr); }

// One line. Names and paths in it may be hostile: what a terminal would obey is escaped.
template <typename... Values>
void say(fmt::format_string<Values...> format, Values&&... values) {
  to_standard_error("taskcost: " + TerminalText(fmt::format(format, std::forward<Values>(values)...)).text() + "\n");
}

}  // namespace taskcost
