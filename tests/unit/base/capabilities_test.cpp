// SPDX-License-Identifier: Apache-2.0
#include "base/capabilities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace taskcost {
namespace {

using ::testing::ElementsAreArray;

TEST(Capabilities, ThePageQuotesTheTable) {
  std::vector<std::string> rows;
  for (const KeptCapability& each : kept_capabilities) {
    rows.push_back("| " + std::string(each.name) + (each.until == Phase::window ? " | window | " : " | report | ") +
                   std::string(each.why) + " |");
  }
  std::vector<std::string> quoted;
  std::ifstream page(TASKCOST_PRIVILEGES_PAGE);
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| CAP_")) {
      quoted.push_back(line);
    }
  }
  EXPECT_THAT(quoted, ElementsAreArray(rows));
}

std::map<std::string, std::string> read_status() {
  std::map<std::string, std::string> fields;
  std::ifstream status("/proc/thread-self/status");
  for (std::string name, value; status >> name && std::getline(status >> std::ws, value);) {
    fields[name] = value;
  }
  return fields;
}

TEST(Capabilities, AThreadGivesUpItsOwn) {
  const auto before = read_status();
  std::thread([] {
    EXPECT_TRUE(keep_capabilities_of(Phase::report));
    auto fields = read_status();
    EXPECT_EQ(fields["NoNewPrivs:"], "1");
    for (const char* set : {"CapPrm:", "CapEff:", "CapInh:"}) {
      std::uint64_t left = std::stoull(fields[set], nullptr, 16);
      for (const KeptCapability& each : kept_capabilities) {
        left &= each.until == Phase::report ? ~(std::uint64_t{1} << each.number) : ~std::uint64_t{0};
      }
      EXPECT_EQ(left, 0U) << set << ' ' << fields[set];
    }
  }).join();
  auto after = read_status();
  for (const auto& [field, value] : before) {
    if (field.starts_with("Cap") || field == "NoNewPrivs:") {
      EXPECT_EQ(after[field], value) << field;
    }
  }
}

}  // namespace
}  // namespace taskcost
