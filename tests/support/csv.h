// SPDX-License-Identifier: Apache-2.0
//
// Splits a line of CSV (RFC 4180) into its fields, without their quotes.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace taskcost::test {

inline std::vector<std::string> csv_fields(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  EXPECT_FALSE(quoted) << line;
  return fields;
}

}  // namespace taskcost::test
