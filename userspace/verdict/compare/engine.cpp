// SPDX-License-Identifier: Apache-2.0
#include "verdict/compare/engine.h"

#include <fmt/format.h>

#include <utility>

namespace taskcost {
namespace {

// The median of a single command is precise enough if high / low of its interval is at most this.
constexpr double precise = 1.05;

bool is_precise(const std::vector<double>& sample) {
  const auto interval = interval_of_median(sample, look_confidence);
  return interval && interval->high <= precise * interval->low;
}

// Returns whether the interval lies on one side of the limit.
bool excludes_limit(const QuantityAnswer& answer, double percent) {
  const double limit = 1 + percent / 100;
  return answer.ratio && (answer.ratio->interval.low > limit || answer.ratio->interval.high <= limit);
}

class Engine {
 public:
  Engine(Experiment& experiment, const EngineOptions& options, CommandRunner& runner, RoundsObserver& observer)
      : experiment_(experiment), options_(options), runner_(runner), observer_(observer), plan_(make_plan()) {}

  std::optional<Error> run() {
    auto failure = set_up();
    if (!failure && experiment_.end != RoundsEnd::signal) {
      failure = run_all();
    }
    if (failure) {
      experiment_.end = RoundsEnd::failure;
    }
    // Clean up after a failure too.
    for (std::size_t command = 0; command < set_up_; ++command) {
      if (auto status = runner_.clean_up(command); !status && !failure) {
        failure = status.error();
      }
    }
    return failure;
  }

 private:
  RoundPlan make_plan() {
    std::vector<RoundItem> items;
    std::vector<RoundQuestion> questions;
    for (std::size_t command = 0; command < experiment_.commands.size(); ++command) {
      items.push_back({experiment_.commands[command].name});
      if (command > 0) {
        questions.push_back({{command, 0}});
      }
    }
    if (questions.empty()) {
      questions.push_back({{0}});
    }
    return RoundPlan(std::move(items), std::move(questions), options_.limits, options_.seed);
  }

  std::optional<Error> set_up() {
    for (std::size_t command = 0; command < experiment_.commands.size(); ++command) {
      observer_.setting_up(command);
      ++set_up_;
      if (auto status = runner_.set_up(command); !status) {
        return status.error();
      }
      if (runner_.stopped()) {
        experiment_.end = RoundsEnd::signal;
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  std::optional<Error> run_all() {
    const Duration start = runner_.now();
    const auto elapsed = [&] { return runner_.now() - start; };
    const auto rounds_left = [this](std::size_t question) {
      return look_at(question) ? std::optional<std::size_t>(0) : std::nullopt;
    };
    for (auto round = plan_.next_round(elapsed(), rounds_left); !round.empty();
         round = plan_.next_round(elapsed(), rounds_left)) {
      for (const std::size_t command : round) {
        if (auto failure = run_one(command)) {
          experiment_.elapsed = elapsed();
          return failure;
        }
        if (experiment_.end == RoundsEnd::signal) {
          experiment_.elapsed = elapsed();
          return std::nullopt;
        }
      }
      experiment_.rounds = plan_.rounds() + 1;
    }
    experiment_.elapsed = elapsed();
    experiment_.end = plan_.end() == RoundPlan::End::answered ? RoundsEnd::answered
                      : plan_.end() == RoundPlan::End::budget ? RoundsEnd::budget
                                                              : RoundsEnd::rounds;
    return std::nullopt;
  }

  std::optional<Error> run_one(std::size_t command) {
    observer_.running(plan_, command);
    const Duration start = runner_.now();
    auto finished = runner_.run(command);
    if (!finished) {
      return finished.error();
    }
    if (!*finished || runner_.stopped()) {
      experiment_.end = RoundsEnd::signal;
      return std::nullopt;
    }
    const FinishedRun& run = **finished;
    if (run.status != 0 && !options_.ignore_failure) {
      return Error{fmt::format("'{}' failed in round {}", experiment_.commands[command].name, plan_.rounds() + 1),
                   run.ended, "-i ignores failures, --output inherit shows its output"};
    }
    experiment_.commands[command].add(plan_.rounds(), run.status, run.figures);
    plan_.took(command, runner_.now() - start);
    return std::nullopt;
  }

  // Returns whether the question is answered.
  bool look_at(std::size_t question) {
    const bool alone = experiment_.commands.size() == 1;
    const std::size_t command = alone ? 0 : question + 1;
    const CommandRuns& left = experiment_.commands[command];
    const CommandRuns& right = experiment_.commands.front();
    QuantityAnswer wall;
    QuantityAnswer cpu;
    bool answered = false;
    if (alone) {
      answered = is_precise(left.wall) && is_precise(left.cpu);
    } else {
      wall = answer_for(paired(left, left.wall, right, right.wall), look_confidence, {});
      cpu = answer_for(paired(left, left.cpu, right, right.cpu), look_confidence, {});
      answered = wall.answer != Answer::undecided && cpu.answer != Answer::undecided &&
                 (!options_.fail_above ||
                  (excludes_limit(wall, *options_.fail_above) && excludes_limit(cpu, *options_.fail_above)));
    }
    observer_.looked(plan_, command, wall, cpu, answered);
    return answered;
  }

  Experiment& experiment_;
  const EngineOptions& options_;
  CommandRunner& runner_;
  RoundsObserver& observer_;
  RoundPlan plan_;
  std::size_t set_up_ = 0;
};

}  // namespace

EngineResult run_rounds(Experiment experiment, const EngineOptions& options, CommandRunner& runner,
                        RoundsObserver& observer) {
  EngineResult result{std::move(experiment), std::nullopt};
  result.experiment.asked_for = options.limits.exact;
  result.experiment.budget = options.limits.budget;
  result.failure = Engine(result.experiment, options, runner, observer).run();
  return result;
}

}  // namespace taskcost
