// SPDX-License-Identifier: Apache-2.0
//
// Made-up runs of commands, and a runner that executes nothing.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/report_builder.h"
#include "verdict/compare/compare.h"
#include "verdict/compare/engine.h"

namespace taskcost::test {

// How long a program runs user code, faults and sleeps. It may wait for a child.
struct FixtureRun {
  Duration user = 10ms;
  Duration faults = 0ms;
  std::uint64_t fault_count = 0;
  Duration sleep = 0ms;
  Duration child = 0ms;  // the child's user code; 0: no child
};

inline RunFigures figures_of(const FixtureRun& run) {
  constexpr std::uint32_t pid = 4711;
  ReportBuilder builder;
  AccountBuilder account;
  account.runs(TC_ACTIVITY_USER, run.user)
      .runs(TC_ACTIVITY_PAGE_FAULT, run.faults, run.fault_count)
      .counts(TC_COUNTER_FAULTS_MINOR, run.fault_count);
  if (run.sleep > 0ms) {
    account.blocks(TC_ACTIVITY_SLEEP, run.sleep, TC_WAIT_TIMER);
  }
  if (run.child > 0ms) {
    account.blocks(TC_ACTIVITY_WAIT, run.child + 10us, TC_WAIT_CHILD);
  }
  builder.process(pid, "baker", TaskOrigin::fork, 0ms, account).exits(0);
  if (run.child > 0ms) {
    builder.process(pid + 1, "helper", TaskOrigin::fork, 1ms, AccountBuilder().runs(TC_ACTIVITY_USER, run.child))
        .child_of(pid)
        .exits(0);
  }
  return run_figures(builder.build().session, pid).value();
}

// A run takes up to 1 % more or less than the others, without a trend.
inline Duration jittered(Duration time, std::size_t run, std::size_t command = 0) {
  const auto step = static_cast<Duration::rep>((run * 7 + command * 3) % 11) - 5;
  return time + time / 1000 * step;
}

inline CommandRuns command_named(const std::string& name, const std::string& command) {
  CommandRuns runs;
  runs.name = name;
  runs.command = command;
  return runs;
}

inline Experiment experiment_of(const std::vector<std::vector<FixtureRun>>& commands) {
  Experiment experiment;
  experiment.tool_version = "0.1.0";
  experiment.command_line = "taskcost compare './baker 1' './baker 2'";
  experiment.host = {"6.1.0-18-amd64", "x86_64", 2, "kvm"};
  experiment.evidence = {{"creation_phases", "tracepoints", EvidenceKind::exact, "", ""}};
  experiment.elapsed = 3100ms;
  for (std::size_t command = 0; command < commands.size(); ++command) {
    const std::string text = "./baker " + std::to_string(command + 1);
    CommandRuns runs = command_named(text, text);
    for (std::size_t run = 0; run < commands[command].size(); ++run) {
      runs.add(run, 0, figures_of(commands[command][run]));
    }
    experiment.rounds = commands[command].size();
    experiment.commands.push_back(std::move(runs));
  }
  return experiment;
}

// Each command runs `rounds` times, with jitter.
inline Experiment experiment_of(const std::vector<FixtureRun>& commands, std::size_t rounds) {
  std::vector<std::vector<FixtureRun>> all(commands.size());
  for (std::size_t command = 0; command < commands.size(); ++command) {
    for (std::size_t run = 0; run < rounds; ++run) {
      FixtureRun jittery = commands[command];
      jittery.user = jittered(jittery.user, run, command);
      jittery.faults = jittered(jittery.faults, run, command);
      all[command].push_back(jittery);
    }
  }
  return experiment_of(all);
}

class FakeRunner : public CommandRunner {
 public:
  using Outcome = std::function<Result<std::optional<FinishedRun>>(std::size_t command, std::size_t run)>;
  FakeRunner(std::size_t commands, Outcome outcome) : runs(commands), outcome_(std::move(outcome)) {}

  Status set_up(std::size_t command) override {
    log.push_back("set up " + std::to_string(command));
    return Done{};
  }
  Status clean_up(std::size_t command) override {
    log.push_back("clean up " + std::to_string(command));
    return clean;
  }
  Result<std::optional<FinishedRun>> run(std::size_t command) override {
    order.push_back(command);
    auto finished = outcome_(command, runs[command]++);
    if (finished && *finished) {
      time_ += Duration(static_cast<Duration::rep>((*finished)->figures.wall));
    }
    return finished;
  }
  bool stopped() override { return false; }
  Duration now() override { return time_; }

  std::vector<std::size_t> runs;
  std::vector<std::size_t> order;
  std::vector<std::string> log;
  Status clean = Done{};

 private:
  Outcome outcome_;
  Duration time_{};
};

inline Result<std::optional<FinishedRun>> finished(const FixtureRun& run, int status = 0) {
  return std::optional(FinishedRun{figures_of(run), status, "exit status " + std::to_string(status)});
}

}  // namespace taskcost::test
