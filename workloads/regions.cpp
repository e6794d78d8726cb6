// SPDX-License-Identifier: Apache-2.0
//
// The measured regions: when they may begin, and what is printed after them.
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "workload.h"

namespace taskcost::workload {
namespace {

double nanoseconds_each(const Outcome& outcome) {
  return static_cast<double>(outcome.wall.count()) / static_cast<double>(outcome.operations);
}

std::string json_line(const Outcome& outcome) {
  nlohmann::ordered_json line = {{"workload", outcome.workload},
                                 {"model", outcome.model},
                                 {"operations", outcome.operations},
                                 {"wall_ns", outcome.wall.count()},
                                 {"ns_per_operation", nanoseconds_each(outcome)}};
  if (outcome.typical_ns) {
    line["typical_ns"] = *outcome.typical_ns;
  }
  for (const auto& [key, value] : outcome.facts) {
    std::visit([&line, name = key](const auto& plain) { line[name] = plain; }, value);
  }
  return line.dump();
}

std::string text_line(const Outcome& outcome) {
  constexpr double ns_per_ms = 1e6;
  return fmt::format("{}: {} in {:.1f} ms, {:.0f} ns each{}", outcome.workload, outcome.done,
                     static_cast<double>(outcome.wall.count()) / ns_per_ms, nanoseconds_each(outcome),
                     outcome.typical_ns ? fmt::format(", {:.0f} ns typically", *outcome.typical_ns) : "");
}

// The observer may have ended: EPIPE instead of SIGPIPE, so that a line is printed.
void send_line(int marks, const std::string& line) {
  for (std::size_t sent = 0; sent < line.size();) {
    const ssize_t size = send(marks, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (size == -1 && errno != EINTR) {
      fail("write to --marks", errno);
    }
    sent += size > 0 ? static_cast<std::size_t>(size) : 0;
  }
}

}  // namespace

void Regions::await_observer() const {
  char byte = 0;
  ssize_t size = 0;
  do {
    size = read(options_.marks, &byte, 1);
  } while (size == -1 && errno == EINTR);
  if (size != 1) {
    fail("read from --marks", size == 0 ? EPIPE : errno);
  }
}

bool Regions::next() {
  if (begun_ == options_.count) {
    return false;
  }
  ++begun_;
  if (options_.marks >= 0) {
    send_line(options_.marks, "ready\n");
    await_observer();
  }
  return true;
}

void Regions::done(const Outcome& outcome) {
  if (options_.marks >= 0) {
    send_line(options_.marks, json_line(outcome) + "\n");
    await_observer();
    return;
  }
  fmt::print("{}\n", options_.json ? json_line(outcome) : text_line(outcome));
  if (std::fflush(stdout) != 0) {
    fail("write to standard output", errno);
  }
}

}  // namespace taskcost::workload
