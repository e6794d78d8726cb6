// SPDX-License-Identifier: Apache-2.0
//
// Command lines parsed, in tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "commandline/options.h"

namespace taskcost::test {

// A failure, and a command as it is by default, when they are refused or stand for another command.
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

// Why they are refused, as bad usage. A failure, and nothing, when they are accepted.
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

// The same as one line.
inline std::string refusal_of(const std::vector<std::string>& arguments) { return to_line(refused(arguments)); }

}  // namespace taskcost::test
