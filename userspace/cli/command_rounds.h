// SPDX-License-Identifier: Apache-2.0
//
// Rounds of observed commands, and their result in every format: for compare and `run --repeat`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/observed_commands.h"
#include "cli/options/options.h"
#include "cli/outputs.h"
#include "verdict/compare/engine.h"

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

// Runs the rounds and writes every output, even if a run fails: then with the rounds before it. Error: the collector
// could not be opened, or an output could not be written.
Result<RoundsOutcome> run_and_write_rounds(RoundsRequest request, const ObserveOptions& observe, StopSignals& signals,
                                           const Environment& environment);

Status write_comparison(const Comparison& comparison, Outputs& outputs);

// `run --measure-overhead`
Result<int> measure_overhead(const RunCommand& command, const Environment& environment);

// `run --repeat`
Result<int> run_repeatedly(const RunCommand& command, const Environment& environment);

}  // namespace taskcost
