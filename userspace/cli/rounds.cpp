// SPDX-License-Identifier: Apache-2.0
#include "cli/rounds.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <map>
#include <random>
#include <utility>

#include "cli/progress_line.h"
#include "cli/say.h"
#include "collector/clocks.h"
#include "report/compare_words.h"
#include "report/escape.h"

namespace taskcost {
namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// Says what is still open: on a terminal all the time, elsewhere when it was looked at.
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
      show(fmt::format("round {}{}, {:.1f} s: {}{}", plan.rounds() + 1, of_all(plan),
                       seconds(std::chrono::steady_clock::now() - start_), label(command), still_open(plan)));
    } else if (plan.rounds() != told_) {
      told_ = plan.rounds();
      tell_look(plan);
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

  [[nodiscard]] std::string of_all(const RoundPlan& plan) const {
    return plan.next_look() ? "" : fmt::format(" of {}", experiment_.asked_for.value_or(looks.back()));
  }

  [[nodiscard]] std::string still_open(const RoundPlan& plan) const {
    const auto next = plan.next_look();
    std::string text = next ? fmt::format("; judged after {}", *next) : "";
    for (const auto& [command, open] : open_) {
      text += "; " + open;
    }
    return text;
  }

  [[nodiscard]] std::string open_text(std::size_t command, const QuantityAnswer& wall,
                                      const QuantityAnswer& cpu) const {
    if (experiment_.commands.size() == 1) {
      return "its median is not precise yet";
    }
    std::vector<std::string> parts;
    for (const auto& [what, answer] : {std::pair("wall time", &wall), std::pair("CPU time", &cpu)}) {
      if (answer->answer == Answer::undecided) {
        parts.push_back(what + (answer->ratio ? " " + ratio_interval_text(*answer->ratio) : ""));
      }
    }
    return fmt::format("open: {}, {}", label(command),
                       parts.empty() ? "the limit" : fmt::format("{}", fmt::join(parts, ", ")));
  }

  void tell_look(const RoundPlan& plan) {
    if (looked_ == plan.rounds() && looked_ != 0) {
      show(fmt::format("{} rounds{}", looked_, still_open(plan)));
    }
  }

  void show(const std::string& text) {
    constexpr std::size_t widest = 79;
    line_.show(line_.on_terminal() ? TerminalText(text).cut(widest).text() : TerminalText(text).text());
  }

  ProgressLine line_;
  const Experiment& experiment_;
  std::map<std::size_t, std::string> open_;  // by command
  std::size_t looked_ = 0;
  std::size_t told_ = 0;
  std::chrono::steady_clock::time_point start_;
  bool started_ = false;
};

// What the budget did not have room for.
void say_what_is_short(const Experiment& experiment) {
  if (experiment.end != RoundsEnd::budget || !experiment.budget) {
    return;
  }
  if (experiment.rounds <= 1) {
    say("one round took {:.3g} s, and a second one does not fit into {:.3g} s: one round tells no interval "
        "(give --max-time more, or --rounds)",
        seconds(experiment.elapsed), seconds(*experiment.budget));
  } else if (!enough_rounds(experiment.rounds, look_confidence)) {
    say("only {} rounds fit into {:.3g} s: too few to decide anything (give --max-time more, or --rounds)",
        experiment.rounds, seconds(*experiment.budget));
  }
}

bool any_run(const Experiment& experiment) {
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
                                           const Surroundings& surroundings) {
  auto outputs = Outputs::open(observe, surroundings);
  if (!outputs) {
    return outputs.error();
  }
  auto collector = Collector::open(collector_options(observe, signals));
  if (!collector) {
    return collector.error();
  }
  Experiment experiment;
  experiment.tool_version = TASKCOST_VERSION;
  experiment.command_line = surroundings.command_line;
  experiment.host = surroundings.host;
  experiment.evidence = collector->evidence();
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
  const Experiment known = experiment;
  Progress progress(observe.quiet, known);
  ObservedCommands runner(*collector, signals, std::move(commands), std::move(request.options));
  experiment.clocks.start = read_clocks();
  EngineResult result = run_rounds(std::move(experiment), request.engine, runner, progress);
  progress.clear();
  result.experiment.clocks.end = read_clocks();
  RoundsOutcome outcome{{}, std::move(result.failure), runner.stop_signal()};
  if (!any_run(result.experiment)) {
    // A round that was not brought to its end tells nothing of the others.
    return outcome;
  }
  outcome.comparison = compare_runs(std::move(result.experiment));
  say_what_is_short(outcome.comparison.experiment);
  if (auto status = write_comparison(outcome.comparison, *outputs); !status) {
    return status.error();
  }
  return outcome;
}

Result<int> run_repeatedly(const RunCommand& command, const Surroundings& surroundings) {
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
  launched.descriptors = surroundings.descriptors;
  launched.signal_mask = signals->previous_mask();
  const std::string text = fmt::format("{}", fmt::join(command.command, " "));
  request.commands.push_back({text, text, {std::move(launched)}});
  request.engine.limits.exact = command.repeat;
  request.engine.ignore_failure = true;
  auto outcome = run_and_write_rounds(std::move(request), command.observe, *signals, surroundings);
  if (!outcome) {
    return outcome.error();
  }
  if (outcome->failure) {
    return *outcome->failure;
  }
  if (outcome->stop_signal != 0) {
    return shell_signal_base + outcome->stop_signal;
  }
  // Its own where all agree, else the first that is not 0.
  for (const int status : outcome->comparison.experiment.commands.front().statuses) {
    if (status != 0) {
      return status;
    }
  }
  return 0;
}

}  // namespace taskcost
