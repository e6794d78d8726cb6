// SPDX-License-Identifier: Apache-2.0
//
// Runs commands in rounds until the comparison is decided. The caller passes in the runner, which is also the clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "verdict/compare/compare.h"
#include "verdict/round_plan.h"

namespace taskcost {

struct FinishedRun {
  RunFigures figures;
  int status = 0;     // as a shell reports it
  std::string ended;  // "exit status 1", "killed by SIGKILL (exit status 137)"
};

class CommandRunner {
 public:
  CommandRunner() = default;
  CommandRunner(const CommandRunner&) = delete;
  CommandRunner& operator=(const CommandRunner&) = delete;
  virtual ~CommandRunner() = default;

  // Called before and after all rounds of a command. set_up() includes the warm-up. Neither is observed.
  virtual Status set_up(std::size_t command) = 0;
  virtual Status clean_up(std::size_t command) = 0;
  // One observed run, after its preparation. nullopt: a signal arrived.
  virtual Result<std::optional<FinishedRun>> run(std::size_t command) = 0;
  // Returns whether a signal arrived.
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
  // Called after a look at a pair, or at a single command, for which `wall` and `cpu` have no ratio.
  virtual void looked(const RoundPlan& /*plan*/, std::size_t /*command*/, const QuantityAnswer& /*wall*/,
                      const QuantityAnswer& /*cpu*/, bool /*answered*/) {}
};

struct EngineOptions {
  RoundLimits limits;
  bool ignore_failure = false;
  std::optional<double> fail_above;  // percent: rounds continue until the intervals exclude this limit
  std::uint64_t seed = 0;
};

struct EngineResult {
  Experiment experiment;
  std::optional<Error> failure;
};

// `experiment` has commands without runs. After a failure, the result keeps the runs before it.
EngineResult run_rounds(Experiment experiment, const EngineOptions& options, CommandRunner& runner,
                        RoundsObserver& observer);

}  // namespace taskcost
