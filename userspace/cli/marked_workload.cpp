// SPDX-License-Identifier: Apache-2.0
#include "cli/marked_workload.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/environment.h"
#include "cli/launched.h"
#include "collector/launch.h"

namespace taskcost {
namespace {

constexpr std::string_view ready_line = "ready";

void append_children(pid_t pid, std::vector<pid_t>& processes) {
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), error)) {
    std::ifstream children(task.path() / "children");
    for (pid_t child = 0; children >> child;) {
      processes.push_back(child);
    }
  }
}

}  // namespace

Result<MarkedWorkload> MarkedWorkload::start(const std::vector<std::string>& arguments, const sigset_t& signal_mask) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) {
    return Error{"cannot start a workload", std::strerror(errno), ""};
  }
  Fd marks(ends[0]);
  const Fd workload_end(ends[1]);
  fcntl(marks.get(), F_SETFD, FD_CLOEXEC);
  const Fd dev_null(open("/dev/null", O_WRONLY | O_CLOEXEC));
  Command command{{workload_program()}, std::nullopt, signal_mask, dev_null.get(), {workload_end.get()}};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.arguments.insert(command.arguments.end(), {"--marks", std::to_string(workload_end.get())});
  const auto pid = start_command(command);
  if (!pid) {
    return pid.error();
  }
  return MarkedWorkload(*pid, std::move(marks));
}

MarkedWorkload::MarkedWorkload(MarkedWorkload&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      marks_(std::move(other.marks_)),
      received_(std::move(other.received_)),
      line_(std::move(other.line_)) {}

MarkedWorkload& MarkedWorkload::operator=(MarkedWorkload&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(marks_, other.marks_);
  std::swap(received_, other.received_);
  std::swap(line_, other.line_);
  return *this;
}

MarkedWorkload::~MarkedWorkload() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    reap();
  }
}

bool MarkedWorkload::take_line() {
  const std::size_t end = received_.find('\n');
  if (end == std::string::npos) {
    return false;
  }
  line_ = received_.substr(0, end);
  received_.erase(0, end + 1);
  return true;
}

MarkedWorkload::Mark MarkedWorkload::await(const StopSignals& signals) {
  while (!take_line()) {
    std::array<pollfd, 2> watched{{{marks_.get(), POLLIN, 0}, {signals.fd(), POLLIN, 0}}};
    poll(watched.data(), watched.size(), -1);
    if (watched[1].revents != 0) {
      return Mark::stopped;
    }
    std::array<char, 4096> part{};
    const ssize_t size = read(marks_.get(), part.data(), part.size());
    if (size > 0) {
      received_.append(part.data(), static_cast<std::size_t>(size));
    } else if (size == 0 || (errno != EINTR && errno != EAGAIN)) {
      return Mark::ended;
    }
  }
  return line_ == ready_line ? Mark::ready : Mark::done;
}

Result<Outcome> MarkedWorkload::outcome() const {
  const auto json = nlohmann::json::parse(line_, nullptr, false /*allow_exceptions*/);
  if (!json.is_object() || !json.contains("operations") || !json.contains("wall_ns")) {
    return Error{"cannot parse a workload's result", fmt::format("it wrote '{}'", line_),
                 "build taskcost and taskcost-workload from the same source"};
  }
  Outcome outcome;
  outcome.line = line_;
  outcome.operations = json["operations"].get<std::uint64_t>();
  outcome.wall = Duration(json["wall_ns"].get<Duration::rep>());
  for (const auto& [key, value] : json.items()) {
    if (value.is_number()) {
      outcome.facts[key] = value.get<double>();
    }
  }
  return outcome;
}

// If the workload has exited, the next await() reports it.
void MarkedWorkload::release() const { (void)!send(marks_.get(), "", 1, MSG_NOSIGNAL); }

std::vector<pid_t> MarkedWorkload::processes() const {
  std::vector<pid_t> processes{pid_};
  for (std::size_t i = 0; i < processes.size(); ++i) {
    append_children(processes[i], processes);
  }
  return processes;
}

int MarkedWorkload::reap() {
  marks_ = Fd();
  int status = 0;
  while (waitpid(pid_, &status, 0) == -1 && errno == EINTR) {
  }
  pid_ = -1;
  return shell_status(status);
}

Result<ObservedRegion> observe_region(Collector& collector, MarkedWorkload& workload, const StopSignals& signals) {
  using Mark = MarkedWorkload::Mark;
  switch (workload.await(signals)) {
    case Mark::ready:
      break;
    case Mark::stopped:
      return ObservedRegion(ObservationStopped{});
    default:
      return ObservedRegion(WorkloadEnded{workload.reap()});
  }
  if (auto adopted = collector.adopt({Target::Kind::processes, workload.processes(), {}, {}}); !adopted) {
    return adopted.error();
  }
  workload.release();
  const Mark mark = workload.await(signals);
  Region region{collector.finish(), {}};
  if (mark == Mark::stopped) {
    return ObservedRegion(ObservationStopped{});
  }
  if (mark != Mark::done) {
    return ObservedRegion(WorkloadEnded{workload.reap()});
  }
  auto outcome = workload.outcome();
  if (!outcome) {
    return outcome.error();
  }
  region.outcome = *std::move(outcome);
  workload.release();
  return ObservedRegion(std::move(region));
}

}  // namespace taskcost
