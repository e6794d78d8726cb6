// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/claim_words.h"
#include "verdict/verdict.h"

namespace taskcost {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

TEST(Claims, HaveUniqueIds) {
  std::set<std::string_view> ids;
  for (const Claim& claim : claims()) {
    EXPECT_TRUE(ids.insert(claim.id).second) << claim.id;
  }
  EXPECT_THAT(ids, Not(IsEmpty()));
}

TEST(Claims, HaveAllTexts) {
  const std::set<Unit> units = {Unit::ns, Unit::bytes, Unit::count};
  for (const Claim& claim : claims()) {
    SCOPED_TRACE(claim.id);
    EXPECT_THAT(claim.statement, Not(IsEmpty()));
    EXPECT_THAT(claim.figure, Not(IsEmpty()));
    EXPECT_THAT(claim.evidence, Not(IsEmpty()));
    EXPECT_THAT(claim.workload, Not(IsEmpty()));
    EXPECT_TRUE(units.contains(claim.unit));
  }
}

TEST(Claims, HaveTheWordsOfTheirRule) {
  for (const Claim& claim : claims()) {
    SCOPED_TRACE(claim.id);
    const bool derived = claim.id == "summary";
    EXPECT_EQ(structural_words(claim.id) != nullptr, claim.structural && !derived);
    EXPECT_EQ(ratio_words(claim.id) != nullptr, !claim.structural);
  }
}

TEST(Claims, HaveTheOrderOfTheText) {
  std::vector<std::string> chapters;
  for (const Claim& claim : claims()) {
    if (chapters.empty() || claim.chapter != chapters.back()) {
      chapters.push_back(claim.chapter);
    }
  }
  EXPECT_THAT(chapters,
              ElementsAre("Definition", "Memory Space", "Baking Analogy", "Execution Behavior", "Communication",
                          "Overhead", "Isolation", "Failure Impact", "Resource Allocation", "Summary"));
}

TEST(Claims, AreFoundByTheirId) {
  for (const Claim& claim : claims()) {
    EXPECT_EQ(find_claim(claim.id), &claim);
  }
}

TEST(Claims, AreNotFoundByAnythingElse) {
  EXPECT_EQ(find_claim("cost"), nullptr);
  EXPECT_EQ(find_claim(""), nullptr);
  EXPECT_EQ(ratio_words("cost"), nullptr);
  EXPECT_EQ(structural_words("cost.creation"), nullptr);
}

TEST(Claims, HaveOneVerdictPerCondition) {
  const Claim* same = find_claim("cost.creation");
  const Claim* across = find_claim("cost.creation.across-cpus");
  ASSERT_TRUE(same != nullptr && across != nullptr);
  EXPECT_EQ(same->condition, Condition::same_cpu);
  EXPECT_EQ(across->condition, Condition::across_cpus);
  EXPECT_EQ(across->statement, same->statement + ", across CPUs");
  EXPECT_EQ(find_claim("definition.own-memory")->condition, Condition::none);
}

}  // namespace
}  // namespace taskcost
