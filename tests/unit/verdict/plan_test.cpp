// SPDX-License-Identifier: Apache-2.0
#include "verdict/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "verdict/claim_table.h"
#include "verdict/prices.h"

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

TEST(Plan, OfOneClaimHasItsConditionsAndNoMore) {
  EXPECT_EQ(names_of(plan_for({"execution.coordination"}, false)),
            (std::set<std::string>{"handoff/process/futex", "handoff/process/futex/across", "handoff/thread/futex",
                                   "handoff/thread/futex/across"}));
  EXPECT_EQ(names_of(plan_for({"execution.coordination.across-cpus"}, false)),
            (std::set<std::string>{"handoff/process/futex/across", "handoff/thread/futex/across"}));
}

TEST(Plan, KeepsPartnersWhereTheConditionSays) {
  for (const Variant& variant : plan_for({"execution.coordination"}, false)) {
    EXPECT_THAT(variant.arguments, Contains(variant.name.ends_with("/across") ? "apart" : "same")) << variant.name;
  }
}

TEST(Plan, OfTheSummaryHasWhatItsSentenceContains) {
  const auto names = names_of(plan_for({"summary"}, false));
  EXPECT_THAT(names, Contains("create/fork"));
  EXPECT_THAT(names, Contains("share/process"));
  EXPECT_THAT(names, Not(Contains("bake/processes")));
  EXPECT_THAT(names, Not(Contains("create/vfork")));
}

TEST(Plan, OfAThoroughRunHasMorePlaces) {
  EXPECT_GT(names_of(plan_for({}, true)).size(), names_of(plan_for({}, false)).size());
}

TEST(PlanOfOneModel, ComparesLikeWithLike) {
  const auto claims = select_model_claims({});
  EXPECT_THAT(claims, Contains("cost.switch"));
  EXPECT_THAT(claims, Contains("cost.creation"));
  EXPECT_THAT(claims, Not(Contains("ipc.pipe"))) << "its sides differ by their channel";
  for (const Variant& variant : plan_for_one_model(claims, "process", false)) {
    EXPECT_THAT(variant.arguments, Contains("process")) << variant.name;
  }
  EXPECT_THAT(select_model_claims({"ipc.pipe"}), IsEmpty());
}

// Even at 60 ms per region, the first look of a quick run comes within its minute.
TEST(Plan, OfAQuickRunIsShort) {
  unsigned regions = 0;
  for (const Variant& variant : plan_for({}, false)) {
    regions += variant.rounds == 0 ? static_cast<unsigned>(looks.front()) : variant.rounds;
  }
  EXPECT_LT(regions, 900);
}

// An estimate needs every unit price, and what a fork costs by the size of its parent.
TEST(Plan, OfAnEstimateHasWhatPricesAreMadeOf) {
  const auto plan = plan_for_estimate();
  const auto names = names_of(plan);
  for (const std::string& variant : estimate_variants()) {
    EXPECT_THAT(names, Contains(variant));
  }
  const auto sweeps = [&names](std::string_view prefix) {
    return std::ranges::count_if(names, [prefix](const std::string& name) { return name.starts_with(prefix); });
  };
  EXPECT_GE(sweeps("sweep/resident/fork/"), 2) << "a slope has two points";
  EXPECT_GE(sweeps("sweep/mappings/fork/"), 2);
  EXPECT_EQ(sweeps("sweep/resident/thread/"), 0) << "a thread's creation does not depend on it";
  for (const Variant& variant : plan) {
    EXPECT_GT(variant.rounds, 0U) << variant.name;
    EXPECT_FALSE(variant.kernel_memory || variant.cpu_slices) << "that would make its times larger";
  }
}

}  // namespace
}  // namespace taskcost
