// SPDX-License-Identifier: Apache-2.0
//
// Measures the overhead of observing a command: runs it with and without probes, in rounds.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/resource.h>

#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "cli/command_rounds.h"
#include "cli/launched.h"
#include "cli/log.h"
#include "cli/outputs.h"
#include "collector/clocks.h"
#include "collector/privileges.h"
#include "report/compare_words.h"
#include "report/words.h"
#include "verdict/compare/engine.h"

namespace taskcost {
namespace {

enum Side : std::size_t { without_probes, with_probes };

// CPU time of all reaped children and their descendants (RUSAGE_CHILDREN): both sides are measured by it.
struct ChildrenTime {
  double user = 0;  // ns
  double system = 0;

  static ChildrenTime so_far() {
    rusage usage{};
    getrusage(RUSAGE_CHILDREN, &usage);
    const auto ns = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
    };
    return {ns(usage.ru_utime), ns(usage.ru_stime)};
  }
};

class OverheadRunner : public CommandRunner {
 public:
  OverheadRunner(Command command, const CollectorOptions& options, StopSignals& signals, const Environment& environment)
      : command_(std::move(command)), options_(options), signals_(signals), environment_(environment) {}

  Status set_up(std::size_t /*command*/) override { return Done{}; }
  Status clean_up(std::size_t /*command*/) override { return Done{}; }

  Result<std::optional<FinishedRun>> run(std::size_t side) override {
    return side == without_probes ? run_alone() : run_observed();
  }

  bool stopped() override {
    pollfd watched{signals_.fd(), POLLIN, 0};
    if (stop_signal_ == 0 && poll(&watched, 1, 0) > 0) {
      stop_signal_ = signals_.take().signal;
    }
    return stop_signal_ != 0;
  }

  Duration now() override { return taskcost::now().time_since_epoch(); }

  [[nodiscard]] int stop_signal() const { return stop_signal_; }
  // The report of the last complete run with probes.
  [[nodiscard]] std::optional<Report>& report() { return report_; }
  [[nodiscard]] std::optional<pid_t> still_running() const { return still_running_; }

 private:
  static FinishedRun finished(Duration wall, const ChildrenTime& before, int status) {
    const ChildrenTime after = ChildrenTime::so_far();
    FinishedRun run;
    run.figures.wall = static_cast<double>(wall.count());
    run.figures.user = after.user - before.user;
    run.figures.cpu = run.figures.user + after.system - before.system;
    run.status = status;
    return run;
  }

  // No collector is open, so no BPF program is attached.
  Result<std::optional<FinishedRun>> run_alone() {
    const ChildrenTime before = ChildrenTime::so_far();
    const Instant start = taskcost::now();
    const auto status = run_unobserved(command_, signals_, stop_signal_);
    if (!status) {
      return status.error();
    }
    if (!*status) {
      return std::optional<FinishedRun>();
    }
    return std::optional(finished(taskcost::now() - start, before, **status));
  }

  Result<std::optional<FinishedRun>> run_observed() {
    auto opened = Collector::open(options_);
    if (!opened) {
      return opened.error();
    }
    Collector& collector = **opened;
    Report report = empty_report(TargetMode::run, environment_);
    report.target.command = fmt::format("{}", fmt::join(command_.arguments, " "));
    report.evidence = collector.evidence();
    const ChildrenTime before = ChildrenTime::so_far();
    auto observed = observe_window(collector, command_, signals_, std::move(report));
    if (!observed) {
      return observed.error();
    }
    if (observed->failure) {
      return *observed->failure;
    }
    still_running_ = observed->still_running;
    if (observed->stop_signal != 0) {
      stop_signal_ = observed->stop_signal;
      return std::optional<FinishedRun>();
    }
    if (!observed->wall) {
      return Error{"a run did not end", "its exit was not seen", ""};
    }
    report_ = std::move(observed->report);
    return std::optional(finished(*observed->wall, before, observed->exit_status));
  }

  Command command_;
  CollectorOptions options_;
  StopSignals& signals_;
  const Environment& environment_;
  int stop_signal_ = 0;
  std::optional<Report> report_;
  std::optional<pid_t> still_running_;
};

class OverheadProgress : public RoundsObserver {
 public:
  explicit OverheadProgress(bool quiet) : line_(quiet) {}
  void clear() { line_.clear(); }
  void running(const RoundPlan& plan, std::size_t side) override {
    if (line_.on_terminal()) {
      line_.show(fmt::format("overhead: round {}, {} probes{}", plan.rounds() + 1,
                             side == with_probes ? "with" : "without", so_far_));
    }
  }
  void looked(const RoundPlan& plan, std::size_t /*command*/, const QuantityAnswer& wall, const QuantityAnswer& cpu,
              bool /*answered*/) override {
    const auto text = [](const QuantityAnswer& answer) {
      return answer.ratio ? ratio_text(answer.ratio->ratio, answer.ratio->interval) : std::string("too few rounds");
    };
    so_far_ = fmt::format("; so far: wall time {} times, CPU time {}", text(wall), text(cpu));
    if (!line_.on_terminal()) {
      line_.show(fmt::format("overhead: {} rounds{}", plan.rounds(), so_far_));
    }
  }

 private:
  ProgressLine line_;
  std::string so_far_;
};

MeasuredOverhead::Figure make_figure(const QuantityAnswer& answer) {
  MeasuredOverhead::Figure figure;
  figure.with = answer.left;
  figure.without = answer.right;
  if (answer.ratio) {
    figure.ratio = answer.ratio->ratio;
    figure.interval = answer.ratio->interval;
  }
  return figure;
}

}  // namespace

Result<int> measure_overhead(const RunCommand& command, const Environment& environment) {
  constexpr std::chrono::seconds default_budget{60};
  auto signals = StopSignals::block();
  if (!signals) {
    return signals.error();
  }
  auto identity = identity_for_command(command.user);
  if (!identity) {
    return identity.error();
  }
  auto outputs = Outputs::open(command.observe, environment);
  if (!outputs) {
    return outputs.error();
  }
  Command launched{command.command, *std::move(identity)};
  launched.descriptors = environment.descriptors;
  launched.signal_mask = signals->previous_mask();
  Experiment experiment;
  for (const char* name : {"without probes", "with probes"}) {
    CommandRuns runs;
    runs.name = name;
    experiment.commands.push_back(std::move(runs));
  }
  EngineOptions options;
  options.limits.exact = command.repeat;
  if (!command.repeat) {
    options.limits.budget = default_budget;
  }
  options.ignore_failure = true;
  options.seed = std::random_device()();
  OverheadProgress progress(command.observe.quiet);
  OverheadRunner runner(std::move(launched), collector_options(command.observe, *signals), *signals, environment);
  EngineResult result = run_rounds(std::move(experiment), options, runner, progress);
  progress.clear();
  if (runner.still_running()) {
    log_line("the command (pid {}) is still running, no longer observed", *runner.still_running());
  }
  if (auto status = enter_report_phase(); !status) {
    return status.error();
  }
  const CommandRuns& observed = result.experiment.commands[with_probes];
  int status = 0;  // the first exit status that is not 0
  for (const int each : observed.statuses) {
    status = status == 0 ? each : status;
  }
  if (runner.report()) {
    Report report = *std::move(runner.report());
    if (observed.count() > 0 && result.experiment.commands[without_probes].count() > 0) {
      const Comparison comparison = compare_runs(std::move(result.experiment));
      const PairComparison& pair = comparison.pairs.front();
      report.observer.measured = {pair.rounds, make_figure(pair.wall), make_figure(pair.cpu)};
    }
    if (auto written = outputs->write(report); !written) {
      return written.error();
    }
  }
  if (result.failure) {
    return *std::move(result.failure);
  }
  return runner.stop_signal() != 0 ? shell_signal_base + runner.stop_signal() : status;
}

}  // namespace taskcost
