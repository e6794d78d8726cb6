// SPDX-License-Identifier: Apache-2.0
//
// Compares whole outputs with committed files. After an intended change: TASKCOST_UPDATE_GOLDEN=1 taskcost-unit-tests,
// then check the difference in git.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace taskcost::test {

inline void expect_golden(const std::string& name, const std::string& actual) {
  const std::string path = std::string(TASKCOST_GOLDEN_DIR) + "/" + name;
  if (std::getenv("TASKCOST_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(std::ofstream(path, std::ios::binary) << actual) << "cannot write " << path;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file) << path << " is missing; TASKCOST_UPDATE_GOLDEN=1 writes it";
  std::ostringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(expected.str(), actual) << "TASKCOST_UPDATE_GOLDEN=1 writes " << path << " anew";
}

}  // namespace taskcost::test
