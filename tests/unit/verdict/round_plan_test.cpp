// SPDX-License-Identifier: Apache-2.0
//
// The plan of rounds, with simulated time. Items A, B, ... have the indices 0, 1, ... A question is the list of the
// items whose rounds answer it: `{{{1, 0}}}` is a single question, which compares items 1 and 0. At a look, which is
// after 12, 16, 21, ... rounds, the plan asks how many rounds each open question still needs.
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

constexpr std::uint64_t seed = 1;

// The rounds that a question still needs: 0, or nullopt if that cannot be predicted.
std::optional<std::size_t> answered_if(bool answered) {
  return answered ? std::optional<std::size_t>(0) : std::nullopt;
}

const RoundPlan::RoundsLeft never_answered = [](std::size_t) { return answered_if(false); };
const RoundPlan::RoundsLeft always_answered = [](std::size_t) { return answered_if(true); };

std::vector<RoundItem> items(std::size_t count) {
  std::vector<RoundItem> made;
  for (std::size_t i = 0; i < count; ++i) {
    made.push_back({std::string(1, static_cast<char>('A' + i))});
  }
  return made;
}

// Runs the plan to its end. An item takes `item_time` in each round. Returns the number of rounds of each item.
std::vector<std::size_t> run(RoundPlan& plan, std::size_t count, const RoundPlan::RoundsLeft& rounds_left,
                             Duration item_time = 1ms) {
  std::vector<std::size_t> rounds_of(count);
  Duration elapsed{};
  for (auto round = plan.next_round(elapsed, rounds_left); !round.empty();
       round = plan.next_round(elapsed, rounds_left)) {
    for (const std::size_t item : round) {
      ++rounds_of[item];
      plan.took(item, item_time);
      elapsed += item_time;
    }
  }
  return rounds_of;
}

TEST(RoundPlan, RunsAtLeastToTheSecondLook) {
  RoundPlan plan(items(2), {{{1, 0}}}, {}, seed);
  EXPECT_THAT(run(plan, 2, always_answered), ElementsAre(looks[1], looks[1]));
  EXPECT_EQ(plan.end(), RoundPlan::End::answered);
  EXPECT_EQ(plan.open_questions(), 0U);
}

TEST(RoundPlan, RunsToTheLastLookIfNothingIsAnswered) {
  RoundPlan plan(items(2), {{{1, 0}}}, {}, seed);
  EXPECT_THAT(run(plan, 2, never_answered), ElementsAre(looks.back(), looks.back()));
  EXPECT_EQ(plan.end(), RoundPlan::End::rounds);
  EXPECT_EQ(plan.rounds(), looks.back());
}

TEST(RoundPlan, AsksOpenQuestionsAtLooksOnly) {
  RoundPlan plan(items(3), {{{1, 0}}, {{2, 0}}}, {}, seed);
  std::map<std::size_t, std::vector<std::size_t>> asked;
  const auto rounds_left = [&](std::size_t question) {
    asked[question].push_back(plan.rounds());
    return answered_if(question == 0 || plan.rounds() >= 21);
  };
  EXPECT_THAT(run(plan, 3, rounds_left), ElementsAre(21, 12, 21));
  EXPECT_THAT(asked[0], ElementsAre(12));
  EXPECT_THAT(asked[1], ElementsAre(12, 16, 21));
}

TEST(RoundPlan, AnExactNumberOfRoundsRunsInSpiteOfAnAnswer) {
  RoundPlan plan(items(2), {{{1, 0}}}, {.exact = 30}, seed);
  EXPECT_THAT(run(plan, 2, always_answered), ElementsAre(30, 30));
  EXPECT_EQ(plan.end(), RoundPlan::End::rounds);
  RoundPlan without_questions(items(1), {}, {.exact = 2}, seed);
  EXPECT_THAT(run(without_questions, 1, always_answered), ElementsAre(2));
}

TEST(RoundPlan, StopsBeforeARoundThatWouldExceedTheBudget) {
  RoundPlan plan(items(2), {{{1, 0}}}, {.budget = 45ms}, seed);
  EXPECT_THAT(run(plan, 2, never_answered, 10ms), ElementsAre(2, 2));
  EXPECT_EQ(plan.end(), RoundPlan::End::budget);
}

TEST(RoundPlan, TheFirstRoundRunsWhateverTheBudget) {
  RoundPlan plan(items(2), {{{1, 0}}}, {.budget = 1ms}, seed);
  EXPECT_THAT(run(plan, 2, never_answered, 1h), ElementsAre(1, 1));
  EXPECT_EQ(plan.end(), RoundPlan::End::budget);
}

// Three items run for 12 rounds, which takes 360 ms. Then the first question is answered, and two items share the
// other 640 ms.
TEST(RoundPlan, AnItemThatNoLongerRunsTakesNothingFromTheBudget) {
  RoundPlan plan(items(3), {{{1, 0}}, {{2, 0}}}, {.budget = 1s}, seed);
  const auto rounds_left = [](std::size_t question) { return answered_if(question == 0); };
  const auto rounds_of = run(plan, 3, rounds_left, 10ms);
  EXPECT_EQ(rounds_of[1], 12U);
  EXPECT_EQ(rounds_of[0], 12U + (1000 - 360) / 20);
}

// No number of rounds answers the question about A. The one about B takes 40 rounds.
TEST(RoundPlan, AQuestionThatTheBudgetCannotAnswerRunsLast) {
  std::size_t rounds_of_b = 0;
  RoundPlan plan(items(2), {{{0}}, {{1}}}, {.budget = 70ms}, seed);
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
  EXPECT_EQ(plan.end(), RoundPlan::End::budget) << "A runs again once B is answered";
}

// The budget suffices for the question about B (30 rounds of 1 ms), but neither for the one about A (400 rounds of 4
// ms) nor for the one about both (500 rounds).
TEST(RoundPlan, TheCheapestQuestionIsAnsweredFirst) {
  std::vector<std::size_t> rounds_of(2);
  RoundPlan plan(items(2), {{{0}}, {{1}}, {{0, 1}}}, {.budget = 110ms}, seed);
  const auto rounds_left = [&](std::size_t question) -> std::optional<std::size_t> {
    const auto left = [](std::size_t wanted, std::size_t done) { return wanted - std::min(wanted, done); };
    return question == 0 ? left(400, rounds_of[0]) : question == 1 ? left(30, rounds_of[1]) : left(500, rounds_of[0]);
  };
  Duration elapsed{};
  for (auto round = plan.next_round(elapsed, rounds_left); !round.empty();
       round = plan.next_round(elapsed, rounds_left)) {
    for (const std::size_t item : round) {
      ++rounds_of[item];
      plan.took(item, item == 0 ? 4ms : 1ms);
      elapsed += item == 0 ? 4ms : 1ms;
    }
  }
  EXPECT_FALSE(plan.is_open(1));
  EXPECT_GE(rounds_of[1], 30U);
  EXPECT_LT(rounds_of[0], rounds_of[1]);
  EXPECT_TRUE(plan.is_open(0));
  EXPECT_TRUE(plan.is_open(2));
}

TEST(RoundPlan, AnItemStopsAtItsOwnLimit) {
  auto some = items(2);
  some[1].most = 5;
  RoundPlan plan(some, {{{0}}, {{1}}}, {}, seed);
  EXPECT_THAT(run(plan, 2, always_answered), ElementsAre(12, 5));
}

TEST(RoundPlan, EachRoundHasARandomOrder) {
  RoundPlan plan(items(2), {{{1, 0}}}, {.exact = 1000}, 7);
  std::size_t first = 0;
  for (auto round = plan.next_round({}, never_answered); !round.empty(); round = plan.next_round({}, never_answered)) {
    EXPECT_THAT(round, UnorderedElementsAre(0, 1));
    first += round.front() == 0 ? 1 : 0;
  }
  EXPECT_GT(first, 400U);
  EXPECT_LT(first, 600U);
}

TEST(RoundPlan, ItemsOfAGroupRunOneAfterTheOther) {
  auto some = items(6);
  for (std::size_t i = 0; i < some.size(); ++i) {
    some[i].group = i / 2;
  }
  RoundPlan plan(some, {}, {.exact = 100}, 3);
  std::set<std::size_t> first_groups;
  for (auto round = plan.next_round({}, never_answered); !round.empty(); round = plan.next_round({}, never_answered)) {
    ASSERT_EQ(round.size(), 6U);
    for (std::size_t i = 0; i < round.size(); i += 2) {
      EXPECT_EQ(some[round[i]].group, some[round[i + 1]].group);
    }
    first_groups.insert(some[round.front()].group);
  }
  EXPECT_EQ(first_groups.size(), 3U);
}

TEST(RoundPlan, PredictsTheNextLookAndTheTimeOfARound) {
  RoundPlan plan(items(2), {{{1, 0}}}, {}, seed);
  EXPECT_FALSE(plan.expected_round());
  EXPECT_EQ(plan.next_look(), 12U);
  for (const std::size_t item : plan.next_round({}, never_answered)) {
    plan.took(item, 3ms);
  }
  EXPECT_EQ(plan.expected_round(), 6ms);
  RoundPlan exact(items(2), {{{1, 0}}}, {.exact = 3}, seed);
  EXPECT_FALSE(exact.next_look());
}

TEST(RoundPlan, WithoutItemsThereIsNoRound) {
  RoundPlan plan({}, {}, {}, seed);
  EXPECT_THAT(plan.next_round({}, never_answered), IsEmpty());
}

}  // namespace
}  // namespace taskcost
