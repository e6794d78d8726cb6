// SPDX-License-Identifier: Apache-2.0
//
// Parses command lines for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "cli/options/options.h"

namespace taskcost::test {

inline std::vector<std::string> after(const char* command, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), command);
  return arguments;
}

// The parsed command. If it is refused or is another command, the test fails and this returns the default options.
template <typename Command>
Command parsed_as(const std::vector<std::string>& arguments) {
  const auto options = parse_options(arguments);
  if (!options) {
    ADD_FAILURE() << to_line(options.error());
    return {};
  }
  const auto* const command = std::get_if<Command>(&*options);
  if (command == nullptr) {
    ADD_FAILURE() << "another command";
    return {};
  }
  return *command;
}

// Why the command line is refused, as bad usage. If it is accepted, the test fails and this returns nothing.
inline Error refused(const std::vector<std::string>& arguments) {
  const auto options = parse_options(arguments);
  if (options) {
    ADD_FAILURE() << "accepted";
    return {};
  }
  const Error& error = options.error();
  EXPECT_EQ(error.kind, ErrorKind::usage);
  EXPECT_FALSE(error.why.empty()) << error.what;
  EXPECT_FALSE(error.hint.empty()) << error.what;
  EXPECT_EQ((error.what + error.why + error.hint).find('\n'), std::string::npos) << error.what;
  return error;
}

// The same error as one line.
inline std::string refusal_of(const std::vector<std::string>& arguments) { return to_line(refused(arguments)); }

}  // namespace taskcost::test
