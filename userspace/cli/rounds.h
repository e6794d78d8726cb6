// SPDX-License-Identifier: Apache-2.0
//
// What compare and `run --repeat` have in common: rounds of observed commands, and the result in every format.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/observed_commands.h"
#include "cli/outputs.h"
#include "commandline/options.h"
#include "compare/engine.h"

namespace taskcost {

struct RoundsRequest {
  struct Named {
    std::string name;
    std::string text;
    RepeatedCommand repeated;
  };
  std::vector<Named> commands;
  ObservedCommands::Options options;
  EngineOptions engine;
};

struct RoundsOutcome {
  Comparison comparison;
  std::optional<Error> failure;
  int stop_signal = 0;
};

// Observes, and writes to every output what was measured, also before a failure. Error: nothing could be observed or
// written.
Result<RoundsOutcome> run_and_write_rounds(RoundsRequest request, const ObserveOptions& observe, StopSignals& signals,
                                           const Surroundings& surroundings);

Status write_comparison(const Comparison& comparison, Outputs& outputs);

// `run --measure-overhead`
Result<int> measure_overhead(const RunCommand& command, const Surroundings& surroundings);

// `run --repeat`
Result<int> run_repeatedly(const RunCommand& command, const Surroundings& surroundings);

}  // namespace taskcost
