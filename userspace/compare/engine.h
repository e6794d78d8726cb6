// SPDX-License-Identifier: Apache-2.0
//
// Runs commands in rounds until it is decided. What runs them and what tells the time is passed in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "taskcost/compare.h"
#include "taskcost/result.h"
#include "verdict/round_plan.h"

namespace taskcost {

struct FinishedRun {
  RunFigures figures;
  int status = 0;     // as a shell would give it
  std::string ended;  // "its exit status is 1", "it was killed by SIGKILL"
};

class CommandRunner {
 public:
  CommandRunner() = default;
  CommandRunner(const CommandRunner&) = delete;
  CommandRunner& operator=(const CommandRunner&) = delete;
  virtual ~CommandRunner() = default;

  // What comes before all rounds of a command, warm-up included, and after them. Not observed.
  virtual Status set_up(std::size_t command) = 0;
  virtual Status clean_up(std::size_t command) = 0;
  // One observed run, with its preparation before it. nullopt: a signal asked to stop.
  virtual Result<std::optional<FinishedRun>> run(std::size_t command) = 0;
  // Whether a signal asked to stop.
  virtual bool stopped() = 0;
  virtual Duration now() = 0;
};

class RoundsObserver {
 public:
  RoundsObserver() = default;
  RoundsObserver(const RoundsObserver&) = delete;
  RoundsObserver& operator=(const RoundsObserver&) = delete;
  virtual ~RoundsObserver() = default;

  virtual void setting_up(std::size_t /*command*/) {}
  virtual void running(const RoundPlan& /*plan*/, std::size_t /*command*/) {}
  // A pair, or the one command, was looked at. `wall` and `cpu` have no ratio for one command.
  virtual void looked(const RoundPlan& /*plan*/, std::size_t /*command*/, const QuantityAnswer& /*wall*/,
                      const QuantityAnswer& /*cpu*/, bool /*answered*/) {}
};

struct EngineOptions {
  RoundLimits limits;
  bool ignore_failure = false;
  std::optional<double> fail_above;  // percent: an answer has to lie on one side of it
  std::uint64_t seed = 0;
};

struct EngineResult {
  Experiment experiment;
  std::optional<Error> failure;
};

// `experiment` has commands without runs; what was measured before a failure is kept.
EngineResult run_rounds(Experiment experiment, const EngineOptions& options, CommandRunner& runner,
                        RoundsObserver& observer);

}  // namespace taskcost
