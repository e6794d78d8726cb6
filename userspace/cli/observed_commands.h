// SPDX-License-Identifier: Apache-2.0
//
// Runs commands in rounds, each run in its own window of one collector.
#pragma once

#include <string>
#include <vector>

#include "cli/launched.h"
#include "cli/signals.h"
#include "collector/collector.h"
#include "verdict/compare/engine.h"

namespace taskcost {

struct RepeatedCommand {
  Command command;
  std::optional<Command> setup{};  // helpers are not observed
  std::optional<Command> prepare{};
  std::optional<Command> cleanup{};
};

class ObservedCommands : public CommandRunner {
 public:
  // Called before each run of a command, warm-up included, to reset its streams.
  using BeforeRun = std::function<Status(Command&)>;
  struct Options {
    unsigned warmup = 0;
    bool ignore_failure = false;
    BeforeRun before_run{};
  };

  ObservedCommands(Collector& collector, StopSignals& signals, std::vector<RepeatedCommand> commands, Options options)
      : collector_(collector), signals_(signals), commands_(std::move(commands)), options_(std::move(options)) {}

  Status set_up(std::size_t command) override;
  Status clean_up(std::size_t command) override;
  Result<std::optional<FinishedRun>> run(std::size_t command) override;
  bool stopped() override;
  Duration now() override;

  // The signal that stopped the rounds; 0: none.
  [[nodiscard]] int stop_signal() const { return stop_signal_; }

 private:
  Status run_helper(const std::optional<Command>& helper, const char* what);
  Status warm_up(RepeatedCommand& repeated);

  Collector& collector_;
  StopSignals& signals_;
  std::vector<RepeatedCommand> commands_;
  Options options_;
  int stop_signal_ = 0;
};

}  // namespace taskcost
