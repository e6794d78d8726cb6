// SPDX-License-Identifier: Apache-2.0
#include "cli/observed_commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>

#include <chrono>
#include <utility>

#include "cli/log.h"
#include "report/words.h"

namespace taskcost {
namespace {

constexpr int not_found_by_shell = 127;

// "exit status 127 (command not found)"
std::string ending_text(int status) {
  if (status > shell_signal_base) {
    return fmt::format("killed by {} (exit status {})", signal_text(status - shell_signal_base), status);
  }
  return fmt::format("exit status {}{}", status, status == not_found_by_shell ? " (command not found)" : "");
}

}  // namespace

Status ObservedCommands::run_helper(const std::optional<Command>& helper, const char* what) {
  if (!helper || stop_signal_ != 0) {
    return Done{};
  }
  const auto status = run_unobserved(*helper, signals_, stop_signal_);
  if (!status) {
    return status.error();
  }
  if (*status && **status != 0) {
    return Error{fmt::format("the command of {} failed", what), ending_text(**status),
                 fmt::format("run it by itself: {}", helper->arguments.back())};
  }
  return Done{};
}

Status ObservedCommands::warm_up(RepeatedCommand& repeated) {
  if (auto status = run_helper(repeated.prepare, "--prepare"); !status) {
    return status;
  }
  if (stop_signal_ != 0) {
    return Done{};
  }
  if (options_.before_run) {
    if (auto status = options_.before_run(repeated.command); !status) {
      return status;
    }
  }
  const auto status = run_unobserved(repeated.command, signals_, stop_signal_);
  if (!status) {
    return status.error();
  }
  if (*status && **status != 0 && !options_.ignore_failure) {
    return Error{fmt::format("'{}' failed in a warm-up run", repeated.command.arguments.back()), ending_text(**status),
                 "-i ignores failures, --output inherit shows its output"};
  }
  return Done{};
}

Status ObservedCommands::set_up(std::size_t command) {
  RepeatedCommand& repeated = commands_[command];
  if (auto status = run_helper(repeated.setup, "--setup"); !status) {
    return status;
  }
  for (unsigned run = 0; run < options_.warmup && stop_signal_ == 0; ++run) {
    if (auto status = warm_up(repeated); !status) {
      return status;
    }
  }
  return Done{};
}

Status ObservedCommands::clean_up(std::size_t command) {
  // Cleanup runs even after a signal to stop.
  const int stop_signal = std::exchange(stop_signal_, 0);
  auto status = run_helper(commands_[command].cleanup, "--cleanup");
  stop_signal_ = stop_signal != 0 ? stop_signal : stop_signal_;
  return status;
}

Result<std::optional<FinishedRun>> ObservedCommands::run(std::size_t command) {
  RepeatedCommand& repeated = commands_[command];
  if (auto status = run_helper(repeated.prepare, "--prepare"); !status) {
    return status.error();
  }
  if (stopped()) {
    return std::optional<FinishedRun>();
  }
  if (options_.before_run) {
    if (auto status = options_.before_run(repeated.command); !status) {
      return status.error();
    }
  }
  auto observed = observe_window(collector_, repeated.command, signals_, {});
  if (!observed) {
    return observed.error();
  }
  if (observed->failure) {
    return *observed->failure;
  }
  if (observed->still_running) {
    log_line("a command (pid {}) is still running, no longer observed", *observed->still_running);
  }
  if (observed->stop_signal != 0) {
    stop_signal_ = observed->stop_signal;
    return std::optional<FinishedRun>();
  }
  auto figures = run_figures(observed->report.session, *observed->report.target.pid);
  if (!figures) {
    return Error{"a run is missing", "its final record was lost", "see 'taskcost doctor', or raise --max-tasks"};
  }
  return std::optional(FinishedRun{*std::move(figures), observed->exit_status, ending_text(observed->exit_status)});
}

bool ObservedCommands::stopped() {
  pollfd watched{signals_.fd(), POLLIN, 0};
  if (stop_signal_ == 0 && poll(&watched, 1, 0) > 0) {
    stop_signal_ = signals_.take().signal;
  }
  return stop_signal_ != 0;
}

Duration ObservedCommands::now() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace taskcost
