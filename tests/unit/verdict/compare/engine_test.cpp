// SPDX-License-Identifier: Apache-2.0
#include "verdict/compare/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/fixture_runs.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using test::FakeRunner;
using test::finished;
using test::FixtureRun;
using test::jittered;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;

Experiment commands(std::size_t count) {
  Experiment experiment;
  for (std::size_t i = 0; i < count; ++i) {
    experiment.commands.push_back(test::command_named("command " + std::to_string(i), ""));
  }
  return experiment;
}

EngineResult run(std::size_t count, FakeRunner& runner, const EngineOptions& options = {}) {
  RoundsObserver ignored;
  return run_rounds(commands(count), options, runner, ignored);
}

TEST(Engine, StopsWhenEveryPairIsDecided) {
  FakeRunner runner(2, [](std::size_t command, std::size_t run) {
    return finished({jittered(command == 0 ? 10ms : 20ms, run, command)});
  });
  const EngineResult result = run(2, runner);
  EXPECT_FALSE(result.failure);
  EXPECT_EQ(result.experiment.end, RoundsEnd::answered);
  EXPECT_EQ(result.experiment.rounds, looks[1]);
  EXPECT_THAT(runner.runs, ElementsAre(12, 12));
  EXPECT_THAT(runner.log, ElementsAre("set up 0", "set up 1", "clean up 0", "clean up 1"));
}

TEST(Engine, DecidedCommandsAreLeftOut) {
  FakeRunner runner(3, [](std::size_t command, std::size_t run) {
    const Duration scattered = 10ms * (8 + run * 7 % 11) / 12;
    return finished({command == 2 ? scattered : jittered(command == 0 ? 10ms : 20ms, run, command)});
  });
  EngineOptions options;
  options.limits.budget = 900ms;
  const EngineResult result = run(3, runner, options);
  EXPECT_EQ(runner.runs[1], 12U);
  EXPECT_GT(runner.runs[2], 12U);
  EXPECT_EQ(result.experiment.commands[2].rounds.back(), runner.runs[2] - 1);
  EXPECT_EQ(result.experiment.end, RoundsEnd::budget);
}

TEST(Engine, AnExactNumberOfRounds) {
  FakeRunner runner(2, [](std::size_t, std::size_t) { return finished({}); });
  EngineOptions options;
  options.limits.exact = 3;
  const EngineResult result = run(2, runner, options);
  EXPECT_THAT(runner.runs, ElementsAre(3, 3));
  EXPECT_EQ(result.experiment.rounds, 3U);
  EXPECT_EQ(result.experiment.end, RoundsEnd::rounds);
  EXPECT_EQ(result.experiment.asked_for, 3U);
}

TEST(Engine, TheBudgetEndsTheRounds) {
  FakeRunner runner(2, [](std::size_t, std::size_t run) { return finished({run % 2 == 0 ? 80ms : 120ms}); });
  EngineOptions options;
  options.limits.budget = 1s;
  const EngineResult result = run(2, runner, options);
  EXPECT_THAT(runner.runs, ElementsAre(5, 5));
  EXPECT_EQ(result.experiment.end, RoundsEnd::budget);
  EXPECT_LE(result.experiment.elapsed, 1s);
}

TEST(Engine, TheFirstRoundIsCompleted) {
  FakeRunner runner(2, [](std::size_t, std::size_t) { return finished({1h}); });
  EngineOptions options;
  options.limits.budget = 1s;
  const EngineResult result = run(2, runner, options);
  EXPECT_THAT(runner.runs, ElementsAre(1, 1));
  EXPECT_EQ(result.experiment.rounds, 1U);
}

TEST(Engine, AFailureEndsTheRoundsAndKeepsWhatWasMeasured) {
  FakeRunner runner(
      2, [](std::size_t command, std::size_t run) { return finished({}, command == 1 && run == 4 ? 7 : 0); });
  const EngineResult result = run(2, runner);
  ASSERT_TRUE(result.failure);
  EXPECT_THAT(to_line(*result.failure), testing::AllOf(HasSubstr("'command 1' failed in round 5"), HasSubstr("7")));
  EXPECT_EQ(result.experiment.end, RoundsEnd::failure);
  EXPECT_EQ(result.experiment.rounds, 4U);
  EXPECT_EQ(result.experiment.commands[1].count(), 4U);
  EXPECT_THAT(result.experiment.commands[1].statuses, Each(0));
  EXPECT_THAT(runner.log, testing::Contains("clean up 1"));
}

TEST(Engine, FailuresCanBeIgnored) {
  FakeRunner runner(2, [](std::size_t command, std::size_t run) {
    return finished({jittered(10ms, run, command)}, command == 1 ? 3 : 0);
  });
  EngineOptions options;
  options.ignore_failure = true;
  const EngineResult result = run(2, runner, options);
  EXPECT_FALSE(result.failure);
  EXPECT_EQ(result.experiment.end, RoundsEnd::answered);
  EXPECT_THAT(result.experiment.commands[1].statuses, Each(3));
}

TEST(Engine, ASignalEndsTheRounds) {
  FakeRunner runner(2, [](std::size_t, std::size_t run) -> Result<std::optional<FinishedRun>> {
    if (run == 2) {
      return std::optional<FinishedRun>();
    }
    return finished({});
  });
  const EngineResult result = run(2, runner);
  EXPECT_EQ(result.experiment.end, RoundsEnd::signal);
  EXPECT_FALSE(result.failure);
  EXPECT_THAT(result.experiment.rounds, 2U);
}

TEST(Engine, AnErrorOfTheRunnerIsTheFailure) {
  FakeRunner runner(1, [](std::size_t, std::size_t) -> Result<std::optional<FinishedRun>> {
    return Error{"cannot run 'x'", "no such command in PATH", "check its spelling"};
  });
  const EngineResult result = run(1, runner);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->what, "cannot run 'x'");
}

TEST(Engine, AFailedCleanUpIsReported) {
  FakeRunner runner(1, [](std::size_t, std::size_t run) { return finished({jittered(10ms, run)}); });
  runner.clean = Error{"the command of --cleanup failed", "exit status 1", ""};
  EXPECT_TRUE(run(1, runner).failure);
}

TEST(Engine, OneCommandRunsUntilItsMedianIsPrecise) {
  FakeRunner steady(1, [](std::size_t, std::size_t run) { return finished({jittered(10ms, run)}); });
  EXPECT_EQ(run(1, steady).experiment.end, RoundsEnd::answered);
  EXPECT_THAT(steady.runs, ElementsAre(12));
  FakeRunner scattered(1, [](std::size_t, std::size_t run) { return finished({run % 2 == 0 ? 10ms : 20ms}); });
  EXPECT_EQ(run(1, scattered).experiment.end, RoundsEnd::rounds);
  EXPECT_THAT(scattered.runs, Each(Ge(looks.back())));
}

TEST(Engine, ALimitHasToBeDecidedToo) {
  // All rounds are beyond the band, but scatter around the limit.
  const auto tell = [](std::size_t command, std::size_t run) {
    return finished({command == 0 ? 10ms : 125us * (95 + run * 7 % 11)});
  };
  FakeRunner without(2, tell);
  EXPECT_EQ(run(2, without).experiment.end, RoundsEnd::answered);
  FakeRunner with(2, tell);
  EngineOptions options;
  options.fail_above = 25;
  EXPECT_NE(run(2, with, options).experiment.end, RoundsEnd::answered);
}

}  // namespace
}  // namespace taskcost
