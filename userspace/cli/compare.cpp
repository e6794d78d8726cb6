// SPDX-License-Identifier: Apache-2.0
#include "taskcost/compare.h"

#include <string>
#include <utility>

#include "cli/command_streams.h"
#include "cli/commands.h"
#include "cli/rounds.h"
#include "cli/say.h"
#include "report/compare_words.h"

namespace taskcost {
namespace {

std::optional<Command> helper(const CompareCommand& command, const Command& like, const std::string& text) {
  if (text.empty()) {
    return std::nullopt;
  }
  Command made = like;
  made.arguments = command.helper_shell;
  made.arguments.insert(made.arguments.end(), {"-c", text});
  return made;
}

RoundsRequest::Named named_command(const CompareCommand& command, const CompareCommand::Each& each,
                                   const Command& like) {
  Command measured = like;
  measured.arguments = each.arguments;
  return {each.name,
          each.text,
          {std::move(measured), helper(command, like, each.setup), helper(command, like, each.prepare),
           helper(command, like, each.cleanup)}};
}

// What is above the limit, and what is not known to be below it, on standard error.
int judge(const Comparison& comparison, double percent) {
  const auto above = excesses(comparison, percent);
  for (const Excess& excess : above) {
    say("{} of {} is more than {} % above {}: {} times", excess.what,
        command_label(comparison.experiment, excess.command), percent, command_label(comparison.experiment, 0),
        ratio_interval_text(excess.ratio));
  }
  const double limit = 1 + percent / 100;
  for (const PairComparison& pair : comparison.pairs) {
    for (const auto& [what, answer] : {std::pair("wall time", &pair.wall), std::pair("CPU time", &pair.cpu)}) {
      if (!answer->ratio || (answer->ratio->interval.low <= limit && answer->ratio->interval.high > limit)) {
        say("{} of {} may be more than {} % above {} or not: {}", what, command_label(comparison.experiment, pair.left),
            percent, command_label(comparison.experiment, 0),
            answer->ratio ? ratio_interval_text(*answer->ratio) + " times" : "too few rounds");
      }
    }
  }
  return above.empty() ? 0 : status_above;
}

}  // namespace

Result<int> compare(const CompareCommand& command, const Surroundings& surroundings) {
  auto signals = StopSignals::block();
  if (!signals) {
    return signals.error();
  }
  auto identity = identity_for_command(command.user);
  if (!identity) {
    return identity.error();
  }
  auto streams = CommandStreams::open(command.input, command.output);
  if (!streams) {
    return streams.error();
  }
  Command like{{}, *std::move(identity)};
  like.descriptors = surroundings.descriptors;
  like.signal_mask = signals->previous_mask();
  if (auto status = streams->give_to(like); !status) {
    return status.error();
  }
  RoundsRequest request;
  for (const CompareCommand::Each& each : command.commands) {
    request.commands.push_back(named_command(command, each, like));
  }
  request.options.warmup = command.warmup;
  request.options.ignore_failure = command.ignore_failure;
  request.options.before_run = [&streams](Command& next) { return streams->give_to(next); };
  request.engine.limits.exact = command.rounds;
  request.engine.limits.budget = command.max_time;
  request.engine.ignore_failure = command.ignore_failure;
  request.engine.fail_above = command.fail_above;
  auto outcome = run_and_write_rounds(std::move(request), command.observe, *signals, surroundings);
  if (!outcome) {
    return outcome.error();
  }
  streams->keep();
  if (outcome->failure) {
    Error failure = *std::move(outcome->failure);
    failure.status.reset();  // that a command was not found is a failure like another
    return failure;
  }
  if (outcome->stop_signal != 0) {
    return shell_signal_base + outcome->stop_signal;
  }
  return command.fail_above ? judge(outcome->comparison, *command.fail_above) : 0;
}

}  // namespace taskcost
