// SPDX-License-Identifier: Apache-2.0
#include "verdict/round_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::optional<std::size_t> answered_if(bool answered) {
  return answered ? std::optional<std::size_t>(0) : std::nullopt;
}

const RoundPlan::RoundsLeft never = [](std::size_t) { return answered_if(false); };
const RoundPlan::RoundsLeft always = [](std::size_t) { return answered_if(true); };

std::vector<RoundItem> items(std::size_t count) {
  std::vector<RoundItem> made;
  for (std::size_t i = 0; i < count; ++i) {
    made.push_back({std::string(1, static_cast<char>('A' + i))});
  }
  return made;
}

// Runs the plan to its end. Each item takes `each`. Returns the number of rounds of each item.
std::vector<std::size_t> run(RoundPlan& plan, std::size_t count, const RoundPlan::RoundsLeft& rounds_left,
                             Duration each = 1ms) {
  std::vector<std::size_t> had(count);
  Duration elapsed{};
  for (auto round = plan.next_round(elapsed, rounds_left); !round.empty();
       round = plan.next_round(elapsed, rounds_left)) {
    for (const std::size_t item : round) {
      ++had[item];
      plan.took(item, each);
      elapsed += each;
    }
  }
  return had;
}

TEST(RoundPlan, RunsTwoLooksAtLeast) {
  RoundPlan plan(items(2), {{{1, 0}}}, {}, 1);
  EXPECT_THAT(run(plan, 2, always), ElementsAre(looks[1], looks[1]));
  EXPECT_EQ(plan.end(), RoundPlan::End::answered);
  EXPECT_EQ(plan.open_questions(), 0U);
}

TEST(RoundPlan, GoesOnToTheLastLookWhenNothingIsAnswered) {
  RoundPlan plan(items(2), {{{1, 0}}}, {}, 1);
  EXPECT_THAT(run(plan, 2, never), ElementsAre(looks.back(), looks.back()));
  EXPECT_EQ(plan.end(), RoundPlan::End::rounds);
  EXPECT_EQ(plan.rounds(), looks.back());
}

TEST(RoundPlan, AsksOpenQuestionsAtLooksOnly) {
  RoundPlan plan(items(3), {{{1, 0}}, {{2, 0}}}, {}, 1);
  std::map<std::size_t, std::vector<std::size_t>> asked;
  const auto rounds_left = [&](std::size_t question) {
    asked[question].push_back(plan.rounds());
    return answered_if(question == 0 || plan.rounds() >= 21);
  };
  EXPECT_THAT(run(plan, 3, rounds_left), ElementsAre(21, 12, 21));
  EXPECT_THAT(asked[0], ElementsAre(12));
  EXPECT_THAT(asked[1], ElementsAre(12, 16, 21));
}

TEST(RoundPlan, AnExactNumberIsNotCutShortByAnAnswer) {
  RoundPlan plan(items(2), {{{1, 0}}}, {.exact = 30}, 1);
  EXPECT_THAT(run(plan, 2, always), ElementsAre(30, 30));
  EXPECT_EQ(plan.end(), RoundPlan::End::rounds);
  RoundPlan without_questions(items(1), {}, {.exact = 2}, 1);
  EXPECT_THAT(run(without_questions, 1, always), ElementsAre(2));
}

TEST(RoundPlan, NoRoundBeginsThatWouldNotFitTheBudget) {
  RoundPlan plan(items(2), {{{1, 0}}}, {.budget = 45ms}, 1);
  EXPECT_THAT(run(plan, 2, never, 10ms), ElementsAre(2, 2));
  EXPECT_EQ(plan.end(), RoundPlan::End::budget);
}

TEST(RoundPlan, TheFirstRoundRunsWhateverTheBudget) {
  RoundPlan plan(items(2), {{{1, 0}}}, {.budget = 1ms}, 1);
  EXPECT_THAT(run(plan, 2, never, 1h), ElementsAre(1, 1));
  EXPECT_EQ(plan.end(), RoundPlan::End::budget);
}

TEST(RoundPlan, OnlyItemsThatStillRunCountForTheBudget) {
  RoundPlan plan(items(3), {{{1, 0}}, {{2, 0}}}, {.budget = 1s}, 1);
  const auto rounds_left = [](std::size_t question) { return answered_if(question == 0); };
  const auto had = run(plan, 3, rounds_left, 10ms);
  EXPECT_EQ(had[1], 12U);
  EXPECT_EQ(had[0], 12U + (1000 - 360) / 20);
}

// No number of rounds answers A's question; B's takes 40.
TEST(RoundPlan, WhatTheBudgetCannotAnswerWaitsForTheRest) {
  std::size_t rounds_of_b = 0;
  RoundPlan plan(items(2), {{{0}}, {{1}}}, {.budget = 70ms}, 1);
  const auto rounds_left = [&](std::size_t question) {
    return question == 0 ? std::nullopt : std::optional<std::size_t>(40 - std::min<std::size_t>(40, rounds_of_b));
  };
  Duration elapsed{};
  std::size_t rounds_of_a = 0;
  for (auto round = plan.next_round(elapsed, rounds_left); !round.empty();
       round = plan.next_round(elapsed, rounds_left)) {
    for (const std::size_t item : round) {
      (item == 0 ? rounds_of_a : rounds_of_b) += 1;
      plan.took(item, 1ms);
      elapsed += 1ms;
    }
  }
  EXPECT_FALSE(plan.is_open(1));
  EXPECT_TRUE(plan.is_open(0));
  EXPECT_LT(rounds_of_a, rounds_of_b);
  EXPECT_EQ(plan.end(), RoundPlan::End::budget) << "it goes on with what is left";
}

// 400 rounds of A are out of reach, 30 of B are not.
TEST(RoundPlan, TheBudgetGoesToWhatTakesLeastOfIt) {
  std::vector<std::size_t> had(2);
  RoundPlan plan(items(2), {{{0}}, {{1}}, {{0, 1}}}, {.budget = 110ms}, 1);
  const auto rounds_left = [&](std::size_t question) -> std::optional<std::size_t> {
    const auto beyond = [](std::size_t wanted, std::size_t done) { return wanted - std::min(wanted, done); };
    return question == 0 ? beyond(400, had[0]) : question == 1 ? beyond(30, had[1]) : beyond(500, had[0]);
  };
  Duration elapsed{};
  for (auto round = plan.next_round(elapsed, rounds_left); !round.empty();
       round = plan.next_round(elapsed, rounds_left)) {
    for (const std::size_t item : round) {
      ++had[item];
      plan.took(item, item == 0 ? 4ms : 1ms);
      elapsed += item == 0 ? 4ms : 1ms;
    }
  }
  EXPECT_FALSE(plan.is_open(1));
  EXPECT_GE(had[1], 30U);
  EXPECT_LT(had[0], had[1]);
  EXPECT_TRUE(plan.is_open(0));
  EXPECT_TRUE(plan.is_open(2));
}

TEST(RoundPlan, AnItemHasALimitOfItsOwn) {
  auto some = items(2);
  some[1].most = 5;
  RoundPlan plan(some, {{{0}}, {{1}}}, {}, 1);
  EXPECT_THAT(run(plan, 2, always), ElementsAre(12, 5));
}

TEST(RoundPlan, TheOrderIsDrawnInEachRound) {
  RoundPlan plan(items(2), {{{1, 0}}}, {.exact = 1000}, 7);
  std::size_t first = 0;
  for (auto round = plan.next_round({}, never); !round.empty(); round = plan.next_round({}, never)) {
    EXPECT_THAT(round, UnorderedElementsAre(0, 1));
    first += round.front() == 0 ? 1 : 0;
  }
  EXPECT_GT(first, 400U);
  EXPECT_LT(first, 600U);
}

TEST(RoundPlan, ItemsOfAGroupRunNextToEachOther) {
  auto some = items(6);
  for (std::size_t i = 0; i < some.size(); ++i) {
    some[i].group = i / 2;
  }
  RoundPlan plan(some, {}, {.exact = 100}, 3);
  std::set<std::size_t> first_groups;
  for (auto round = plan.next_round({}, never); !round.empty(); round = plan.next_round({}, never)) {
    ASSERT_EQ(round.size(), 6U);
    for (std::size_t i = 0; i < round.size(); i += 2) {
      EXPECT_EQ(some[round[i]].group, some[round[i + 1]].group);
    }
    first_groups.insert(some[round.front()].group);
  }
  EXPECT_EQ(first_groups.size(), 3U);
}

TEST(RoundPlan, TellsTheNextLookAndWhatARoundTakes) {
  RoundPlan plan(items(2), {{{1, 0}}}, {}, 1);
  EXPECT_FALSE(plan.expected_round());
  EXPECT_EQ(plan.next_look(), 12U);
  for (const std::size_t item : plan.next_round({}, never)) {
    plan.took(item, 3ms);
  }
  EXPECT_EQ(plan.expected_round(), 6ms);
  RoundPlan exact(items(2), {{{1, 0}}}, {.exact = 3}, 1);
  EXPECT_FALSE(exact.next_look());
}

TEST(RoundPlan, WithoutAnythingToRunThereIsNoRound) {
  RoundPlan plan({}, {}, {}, 1);
  EXPECT_THAT(plan.next_round({}, never), IsEmpty());
}

}  // namespace
}  // namespace taskcost
