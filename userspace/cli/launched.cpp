// SPDX-License-Identifier: Apache-2.0
#include "cli/launched.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>

#include "cli/log.h"
#include "collector/clocks.h"
#include "collector/launch.h"
#include "collector/privileges.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;

// After a signal, the report waits this long for the command's exit.
constexpr Duration grace_period = 1s;

// A command that outlives --timeout and SIGTERM by this time gets SIGKILL.
constexpr Duration kill_after = 5s;

// As timeout(1) of coreutils.
constexpr int timed_out_status = 124;

struct CommandEnd {
  WindowEnd window_end;
  int stop_signal = 0;           // 0 for none
  std::optional<Error> failure;  // waiting failed: the command may still be running
};

// A signal that arrives meanwhile ends the wait for SIGKILL.
CommandEnd end_command(Collector& collector, pid_t pid, int exit_fd, StopSignals& signals) {
  kill(pid, SIGTERM);
  kill(pid, SIGCONT);  // a stopped command would not act on SIGTERM
  const auto end = collector.wait({kill_after, signals.fd(), exit_fd});
  if (end && *end == WindowEnd::signal) {
    (void)signals.take();
  }
  if (!end || *end != WindowEnd::target_exited) {
    kill(pid, SIGKILL);
    (void)collector.wait({grace_period, signals.fd(), exit_fd});
  }
  return {WindowEnd::timeout, 0, {}};
}

// Forwards a signal that was sent to taskcost alone; the terminal sends its signals to the command itself.
CommandEnd wait_for_command(Collector& collector, pid_t pid, int exit_fd, StopSignals& signals,
                            std::optional<Duration> timeout) {
  const auto end = collector.wait({timeout, signals.fd(), exit_fd});
  if (!end) {
    return {WindowEnd::failure, 0, end.error()};
  }
  if (*end == WindowEnd::duration) {
    return end_command(collector, pid, exit_fd, signals);
  }
  if (*end != WindowEnd::signal) {
    return {*end, 0, {}};
  }
  const StopSignals::Received received = signals.take();
  if (!received.from_terminal) {
    kill(pid, received.signal);
  }
  const auto later = collector.wait({grace_period, signals.fd(), exit_fd});
  const bool exited = later && *later == WindowEnd::target_exited;
  return {exited ? WindowEnd::target_exited : WindowEnd::signal, received.signal, {}};
}

// Returns the failure of waiting, if there is one.
std::optional<Error> follow_descendants(Collector& collector, StopSignals& signals, bool quiet, WindowEnd& window_end) {
  auto end = collector.wait({Duration(), signals.fd(), -1});
  if (end && *end == WindowEnd::duration) {
    if (!quiet && isatty(STDERR_FILENO) == 1) {
      log_line("the command has ended; tracing its descendants, Ctrl-C to stop");
    }
    end = collector.wait({std::nullopt, signals.fd(), -1});
  }
  if (!end) {
    window_end = WindowEnd::failure;
    return end.error();
  }
  if (*end == WindowEnd::signal) {
    (void)signals.take();  // a second signal interrupts the report
    window_end = *end;
  }
  return std::nullopt;
}

void set_exit(LaunchedRun& run, int status) {
  if (WIFSIGNALED(status)) {
    run.report.target.exit_signal = WTERMSIG(status);
  } else {
    run.report.target.exit_code = WEXITSTATUS(status);
  }
  run.exit_status = shell_status(status);
}

// The fourth word of /proc/loadavg is "runnable tasks/all tasks".
unsigned count_tasks() {
  std::ifstream file("/proc/loadavg");
  std::string word;
  unsigned runnable = 0;
  unsigned all = 0;
  char slash = 0;
  file >> word >> word >> word >> runnable >> slash >> all;
  return all;
}

}  // namespace

int shell_status(int wait_status) {
  return WIFSIGNALED(wait_status) ? shell_signal_base + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

CollectorOptions collector_options(const ObserveOptions& options, const StopSignals& signals) {
  CollectorOptions chosen;
  chosen.stop_fd = signals.fd();
  chosen.max_tasks = options.max_tasks.value_or(chosen.max_tasks);
  chosen.detail = options.detail;
  chosen.stacks = options.stacks;
  // Not a round number: programs do things at round intervals.
  constexpr unsigned usual_sample_hz = 99;
  chosen.sample_hz = options.stacks ? options.sample_hz.value_or(usual_sample_hz) : 0;
  if (options.unwind_mib) {
    chosen.unwind_memory = std::size_t{*options.unwind_mib} << 20U;
  }
  chosen.probe_stats = options.probe_stats;
  chosen.kernel_memory = options.kernel_memory;
  chosen.events = needs_events(options);
  chosen.syscalls = options.detail == Detail::full;
  chosen.interference = true;
  chosen.ring_bytes = std::size_t{options.buffer_mib.value_or(0)} << 20U;
  return chosen;
}

unsigned pool_size_for(const Target& target, std::optional<unsigned> wanted, unsigned usual) {
  // Leaves room for tasks that are created during the observation.
  constexpr unsigned slots_per_task = 2;
  if (wanted || target.kind != Target::Kind::machine) {
    return wanted.value_or(usual);
  }
  return std::max(usual, slots_per_task * count_tasks());
}

void set_observation(Report& report, Collector::Observation observation) {
  report.session = std::move(observation.session);
  report.observer = std::move(observation.observer);
  report.stacks = std::move(observation.stacks);
  report.clocks = observation.clocks;
  report.stolen = report.host.is_virtual() ? observation.stolen : std::nullopt;
}

Report empty_report(TargetMode mode, const Environment& environment) {
  Report report;
  report.tool_version = TASKCOST_VERSION;
  report.command_line = environment.command_line;
  report.host = environment.host;
  report.target.mode = mode;
  return report;
}

Result<LaunchedRun> observe_command(const Command& command, TargetMode mode, const CollectorOptions& options,
                                    StopSignals& signals, const Environment& environment, const BeforeWindow& before,
                                    const CommandLimits& limits) {
  auto opened = Collector::open(options);
  if (!opened) {
    return opened.error();
  }
  Collector& collector = **opened;
  Report report = empty_report(mode, environment);
  report.target.command = fmt::format("{}", fmt::join(command.arguments, " "));
  report.evidence = collector.evidence();
  if (before) {
    if (auto status = before(collector, report); !status) {
      return status.error();
    }
  }
  return observe_window(collector, command, signals, std::move(report), limits, true /*last*/);
}

Result<LaunchedRun> observe_window(Collector& collector, const Command& command, StopSignals& signals, Report report,
                                   const CommandLimits& limits, bool last) {
  LaunchedRun run;
  run.report = std::move(report);
  const Instant start = now();
  const auto pid = collector.launch(command);
  if (!pid) {
    return pid.error();
  }
  const Fd exit_fd(static_cast<int>(syscall(SYS_pidfd_open, *pid, 0)));
  if (!exit_fd) {
    return kill_command(*pid, {"cannot wait for the command", std::strerror(errno), ""});
  }
  if (const auto status = last ? enter_window_phase() : Status(Done{}); !status) {
    return kill_command(*pid, status.error());
  }
  CommandEnd end = wait_for_command(collector, *pid, exit_fd.get(), signals, limits.timeout);
  run.stop_signal = end.stop_signal;
  if (const auto seen = collector.exit_seen()) {
    run.wall = *seen - start;
  }
  int status = 0;
  pid_t ended = 0;
  const bool timed_out = end.window_end == WindowEnd::timeout;
  if (limits.follow_daemons && run.wall && end.stop_signal == 0) {
    ended = waitpid(*pid, &status, WNOHANG);  // it would be a zombie as long as its descendants live
    end.failure = follow_descendants(collector, signals, limits.quiet, end.window_end);
  }
  run.report.window_end = end.window_end;
  run.report.target.pid = static_cast<std::uint32_t>(*pid);
  run.failure = std::move(end.failure);
  auto observation = collector.finish();
  set_observation(run.report, std::move(observation));

  if (ended == 0) {
    ended = waitpid(*pid, &status, WNOHANG);
  }
  if (ended == *pid) {
    set_exit(run, status);
  } else if (ended < 0) {
    log_line("cannot get the exit status of the command: {}", std::strerror(errno));
    run.exit_status = static_cast<int>(ErrorKind::runtime);
  } else {
    run.exit_status = shell_signal_base + end.stop_signal;
    run.still_running = *pid;
  }
  if (timed_out) {
    run.exit_status = timed_out_status;
  }
  return run;
}

Result<std::optional<int>> run_unobserved(const Command& command, StopSignals& signals, int& stop_signal) {
  const auto pid = start_command(command);
  if (!pid) {
    return pid.error();
  }
  const Fd exit_fd(static_cast<int>(syscall(SYS_pidfd_open, *pid, 0)));
  if (!exit_fd) {
    return kill_command(*pid, {"cannot wait for a command", std::strerror(errno), ""});
  }
  std::array<pollfd, 2> watched{{{exit_fd.get(), POLLIN, 0}, {signals.fd(), POLLIN, 0}}};
  while (poll(watched.data(), watched.size(), -1) < 0 && errno == EINTR) {
  }
  if (watched[0].revents == 0) {
    const StopSignals::Received received = signals.take();
    stop_signal = received.signal;
    if (!received.from_terminal) {
      kill(*pid, received.signal);
    }
    poll(watched.data(), 1,
         static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(grace_period).count()));
  }
  int status = 0;
  const pid_t ended = waitpid(*pid, &status, WNOHANG);
  if (stop_signal != 0) {
    return std::optional<int>();
  }
  return std::optional(ended == *pid ? shell_status(status) : static_cast<int>(ErrorKind::runtime));
}

}  // namespace taskcost
