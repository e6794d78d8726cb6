// SPDX-License-Identifier: Apache-2.0
#include "verdict/compare/compare.h"

#include <string>
#include <utility>

#include "cli/command_rounds.h"
#include "cli/command_streams.h"
#include "cli/commands.h"
#include "cli/log.h"
#include "report/compare_words.h"
#include "report/words.h"

namespace taskcost {
namespace {

std::optional<Command> make_helper(const CompareCommand& command, const Command& base, const std::string& text) {
  if (text.empty()) {
    return std::nullopt;
  }
  Command helper = base;
  helper.arguments = command.helper_shell;
  helper.arguments.insert(helper.arguments.end(), {"-c", text});
  return helper;
}

RoundsRequest::Named make_named_command(const CompareCommand& command, const CompareCommand::Entry& entry,
                                        const Command& base) {
  Command measured = base;
  measured.arguments = entry.arguments;
  return {entry.name,
          entry.text,
          {std::move(measured), make_helper(command, base, entry.setup), make_helper(command, base, entry.prepare),
           make_helper(command, base, entry.cleanup)}};
}

// Lists the costs above the limit, and those that are not known to be below it.
int check_limit(const Comparison& comparison, double percent) {
  const auto above = excesses(comparison, percent);
  for (const Excess& excess : above) {
    log_line("{} of {} is more than {} % above {}: {} times", excess.what,
             command_label(comparison.experiment, excess.command), percent, command_label(comparison.experiment, 0),
             ratio_text(excess.ratio.ratio, excess.ratio.interval));
  }
  const double limit = 1 + percent / 100;
  for (const PairComparison& pair : comparison.pairs) {
    for (const auto& [what, answer] : {std::pair("wall time", &pair.wall), std::pair("CPU time", &pair.cpu)}) {
      if (!answer->ratio || (answer->ratio->interval.low <= limit && answer->ratio->interval.high > limit)) {
        log_line(
            "{} of {}: undecided whether it is more than {} % above {}: {}", what,
            command_label(comparison.experiment, pair.left), percent, command_label(comparison.experiment, 0),
            answer->ratio ? ratio_text(answer->ratio->ratio, answer->ratio->interval) + " times" : "too few rounds");
      }
    }
  }
  return above.empty() ? 0 : exit_above_limit;
}

}  // namespace

Result<int> compare(const CompareCommand& command, const Environment& environment) {
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
  Command base{{}, *std::move(identity)};
  base.descriptors = environment.descriptors;
  base.signal_mask = signals->previous_mask();
  if (auto status = streams->set_streams(base); !status) {
    return status.error();
  }
  RoundsRequest request;
  for (const CompareCommand::Entry& entry : command.commands) {
    request.commands.push_back(make_named_command(command, entry, base));
  }
  request.options.warmup = command.warmup;
  request.options.ignore_failure = command.ignore_failure;
  request.options.before_run = [&streams](Command& next) { return streams->set_streams(next); };
  request.engine.limits.exact = command.rounds;
  request.engine.limits.budget = command.max_time;
  request.engine.ignore_failure = command.ignore_failure;
  request.engine.fail_above = command.fail_above;
  auto outcome = run_and_write_rounds(std::move(request), command.observe, *signals, environment);
  if (!outcome) {
    return outcome.error();
  }
  streams->keep();
  if (outcome->failure) {
    Error failure = *std::move(outcome->failure);
    failure.status.reset();  // 126 and 127 are statuses of `run`; here every failure is 1
    return failure;
  }
  if (outcome->stop_signal != 0) {
    return shell_signal_base + outcome->stop_signal;
  }
  return command.fail_above ? check_limit(outcome->comparison, *command.fail_above) : 0;
}

}  // namespace taskcost
