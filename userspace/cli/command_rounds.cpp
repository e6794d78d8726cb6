// SPDX-License-Identifier: Apache-2.0
#include "cli/command_rounds.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <map>
#include <random>
#include <utility>

#include "base/escape.h"
#include "cli/log.h"
#include "collector/clocks.h"
#include "collector/privileges.h"
#include "report/compare_words.h"
#include "report/render.h"
#include "report/words.h"

namespace taskcost {
namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// Shows what is undecided: continuously on a terminal, otherwise after each look.
class Progress : public RoundsObserver {
 public:
  Progress(bool quiet, const Experiment& experiment) : line_(quiet), experiment_(experiment) {}

  void clear() { line_.clear(); }

  void setting_up(std::size_t command) override {
    if (line_.on_terminal()) {
      show(fmt::format("preparing {}", label(command)));
    }
  }

  void running(const RoundPlan& plan, std::size_t command) override {
    if (!std::exchange(started_, true)) {
      start_ = std::chrono::steady_clock::now();
    }
    if (line_.on_terminal()) {
      show(fmt::format("round {}{}, {:.1f} s: {}{}", plan.rounds() + 1, total_text(plan),
                       seconds(std::chrono::steady_clock::now() - start_), label(command), still_open(plan)));
    } else if (plan.rounds() != shown_) {
      shown_ = plan.rounds();
      show_look(plan);
    }
  }

  void looked(const RoundPlan& plan, std::size_t command, const QuantityAnswer& wall, const QuantityAnswer& cpu,
              bool answered) override {
    open_.erase(command);
    if (!answered) {
      open_[command] = open_text(command, wall, cpu);
    }
    looked_ = plan.rounds();
  }

 private:
  [[nodiscard]] std::string label(std::size_t command) const { return command_label(experiment_, command); }

  [[nodiscard]] std::string total_text(const RoundPlan& plan) const {
    return plan.next_look() ? "" : fmt::format(" of {}", experiment_.asked_for.value_or(looks.back()));
  }

  [[nodiscard]] std::string still_open(const RoundPlan& plan) const {
    const auto next = plan.next_look();
    std::string text = next ? fmt::format("; next check after {}", *next) : "";
    for (const auto& [command, open] : open_) {
      text += "; " + open;
    }
    return text;
  }

  [[nodiscard]] std::string open_text(std::size_t command, const QuantityAnswer& wall,
                                      const QuantityAnswer& cpu) const {
    if (experiment_.commands.size() == 1) {
      return "the median is not precise enough yet";
    }
    std::vector<std::string> parts;
    for (const auto& [what, answer] : {std::pair("wall time", &wall), std::pair("CPU time", &cpu)}) {
      if (answer->answer == Answer::undecided) {
        parts.push_back(what + (answer->ratio ? " " + ratio_text(answer->ratio->ratio, answer->ratio->interval) : ""));
      }
    }
    return fmt::format("undecided: {}, {}", label(command),
                       parts.empty() ? "the limit" : fmt::format("{}", fmt::join(parts, ", ")));
  }

  void show_look(const RoundPlan& plan) {
    if (looked_ == plan.rounds() && looked_ != 0) {
      show(fmt::format("{} rounds{}", looked_, still_open(plan)));
    }
  }

  void show(const std::string& text) {
    constexpr std::size_t max_width = 79;
    line_.show(line_.on_terminal() ? TerminalText(text).cut(max_width).text() : TerminalText(text).text());
  }

  ProgressLine line_;
  const Experiment& experiment_;
  std::map<std::size_t, std::string> open_;  // by command
  std::size_t looked_ = 0;
  std::size_t shown_ = 0;
  std::chrono::steady_clock::time_point start_;
  bool started_ = false;
};

void warn_of_few_rounds(const Experiment& experiment) {
  if (experiment.end != RoundsEnd::budget || !experiment.budget) {
    return;
  }
  if (experiment.rounds <= 1) {
    log_line(
        "one round took {:.3g} s, and {:.3g} s leave no time for another: a single round has no interval "
        "(raise --max-time, or use --rounds)",
        seconds(experiment.elapsed), seconds(*experiment.budget));
  } else if (!enough_rounds(experiment.rounds, look_confidence)) {
    log_line("only {} rounds fit into {:.3g} s: too few to decide anything (raise --max-time, or use --rounds)",
             experiment.rounds, seconds(*experiment.budget));
  }
}

bool all_have_runs(const Experiment& experiment) {
  for (const CommandRuns& runs : experiment.commands) {
    if (runs.count() == 0) {
      return false;
    }
  }
  return true;
}

}  // namespace

Status write_comparison(const Comparison& comparison, Outputs& outputs) {
  return outputs.write([&](OutputFormat format, const TextOptions& text, std::ostream& out) -> Status {
    switch (format) {
      case OutputFormat::json:
        render_comparison_json(comparison, out);
        break;
      case OutputFormat::html:
        render_comparison_html(comparison, out);
        break;
      case OutputFormat::markdown:
        render_comparison_markdown(comparison, out);
        break;
      case OutputFormat::csv:
        render_comparison_csv(comparison, out);
        break;
      default:
        render_comparison_text(comparison, out, text);
        break;
    }
    return Done{};
  });
}

Result<RoundsOutcome> run_and_write_rounds(RoundsRequest request, const ObserveOptions& observe, StopSignals& signals,
                                           const Environment& environment) {
  auto outputs = Outputs::open(observe, environment);
  if (!outputs) {
    return outputs.error();
  }
  auto opened = Collector::open(collector_options(observe, signals));
  if (!opened) {
    return opened.error();
  }
  Collector& collector = **opened;
  Experiment experiment;
  experiment.tool_version = TASKCOST_VERSION;
  experiment.command_line = environment.command_line;
  experiment.host = environment.host;
  experiment.evidence = collector.evidence();
  std::vector<RepeatedCommand> commands;
  for (RoundsRequest::Named& named : request.commands) {
    CommandRuns runs;
    runs.name = named.name;
    runs.command = named.text;
    experiment.commands.push_back(std::move(runs));
    commands.push_back(std::move(named.repeated));
  }
  experiment.asked_for = request.engine.limits.exact;
  request.engine.seed = std::random_device()();
  const Experiment shown = experiment;
  Progress progress(observe.quiet, shown);
  ObservedCommands runner(collector, signals, std::move(commands), std::move(request.options));
  experiment.clocks.start = read_clocks();
  EngineResult result = run_rounds(std::move(experiment), request.engine, runner, progress);
  progress.clear();
  result.experiment.clocks.end = read_clocks();
  RoundsOutcome outcome{{}, std::move(result.failure), runner.stop_signal()};
  if (!all_have_runs(result.experiment)) {
    return outcome;
  }
  opened->reset();  // detaches the probes, and ends the threads
  if (auto status = enter_report_phase(); !status) {
    return status.error();
  }
  outcome.comparison = compare_runs(std::move(result.experiment));
  warn_of_few_rounds(outcome.comparison.experiment);
  if (auto status = write_comparison(outcome.comparison, *outputs); !status) {
    return status.error();
  }
  return outcome;
}

Result<int> run_repeatedly(const RunCommand& command, const Environment& environment) {
  auto signals = StopSignals::block();
  if (!signals) {
    return signals.error();
  }
  auto identity = identity_for_command(command.user);
  if (!identity) {
    return identity.error();
  }
  RoundsRequest request;
  Command launched{command.command, *std::move(identity)};
  launched.descriptors = environment.descriptors;
  launched.signal_mask = signals->previous_mask();
  const std::string text = fmt::format("{}", fmt::join(command.command, " "));
  request.commands.push_back({text, text, {std::move(launched)}});
  request.engine.limits.exact = command.repeat;
  request.engine.ignore_failure = true;
  auto outcome = run_and_write_rounds(std::move(request), command.observe, *signals, environment);
  if (!outcome) {
    return outcome.error();
  }
  if (outcome->failure) {
    return *outcome->failure;
  }
  if (outcome->stop_signal != 0) {
    return shell_signal_base + outcome->stop_signal;
  }
  // The first exit status that is not 0.
  for (const int status : outcome->comparison.experiment.commands.front().statuses) {
    if (status != 0) {
      return status;
    }
  }
  return 0;
}

}  // namespace taskcost
