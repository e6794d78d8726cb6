// SPDX-License-Identifier: Apache-2.0
#include "verdict/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "verdict/claim_table.h"

namespace taskcost {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;

std::set<std::string> names_of(const std::vector<Variant>& plan) {
  std::set<std::string> names;
  for (const Variant& variant : plan) {
    EXPECT_TRUE(names.insert(variant.name).second) << variant.name;
    EXPECT_THAT(variant.arguments, Not(IsEmpty())) << variant.name;
  }
  return names;
}

std::vector<std::string_view> variants_of(const ClaimRow& row) {
  if (const auto* rule = std::get_if<RatioRule>(&row.rule)) {
    return {rule->left, rule->right};
  }
  if (const auto* rule = std::get_if<StructuralRule>(&row.rule)) {
    return {rule->variants.begin(), std::ranges::find(rule->variants, std::string_view{})};
  }
  return {};
}

TEST(Plan, HasEveryVariantThatAClaimLooksAt) {
  const auto names = names_of(plan_for({}, false));
  for (const ClaimRow& row : claim_table()) {
    for (const std::string_view variant : variants_of(row)) {
      EXPECT_THAT(names, Contains(variant)) << row.claim.id;
    }
  }
}

TEST(Plan, OfOneClaimHasNoMoreThanItsOwn) {
  const auto names = names_of(plan_for({"execution.coordination"}, false));
  EXPECT_EQ(names, (std::set<std::string>{"handoff/process/futex", "handoff/thread/futex"}));
}

TEST(Plan, OfTheSummaryIsAll) {
  const auto names = names_of(plan_for({"summary"}, false));
  for (const ClaimRow& row : claim_table()) {
    for (const std::string_view variant : variants_of(row)) {
      EXPECT_THAT(names, Contains(variant));
    }
  }
}

TEST(Plan, OfAThoroughRunHasMorePlaces) {
  EXPECT_GT(names_of(plan_for({}, true)).size(), names_of(plan_for({}, false)).size());
}

TEST(PlanOfOneModel, ComparesLikeWithLike) {
  const auto claims = claims_on_the_model_alone({});
  EXPECT_THAT(claims, Contains("cost.switch"));
  EXPECT_THAT(claims, Contains("cost.creation"));
  EXPECT_THAT(claims, Not(Contains("ipc.pipe"))) << "its sides differ by their channel";
  for (const Variant& variant : plan_of_one_model(claims, "process", false)) {
    EXPECT_THAT(variant.arguments, Contains("process")) << variant.name;
  }
  EXPECT_THAT(claims_on_the_model_alone({"ipc.pipe"}), IsEmpty());
}

// At 60 ms a region, which is much, a quick run stays within its minute.
TEST(Plan, OfAQuickRunIsShort) {
  constexpr unsigned rounds = 9;
  unsigned regions = 0;
  for (const Variant& variant : plan_for({}, false)) {
    regions += variant.rounds == 0 ? rounds : variant.rounds;
  }
  EXPECT_LT(regions, 700);
}

}  // namespace
}  // namespace taskcost
