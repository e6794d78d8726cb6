// SPDX-License-Identifier: Apache-2.0
//
// A window of observation that a test opens and closes itself, and a program that runs meanwhile.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>

#include "support/servers.h"
#include "support/taskcost.h"

namespace taskcost::test {

// A program that prints "ready", and ends on SIGTERM.
class Running {
 public:
  explicit Running(const Words& command) : process_(command) { EXPECT_TRUE(process_.wait_for_output("ready")); }
  ~Running() {
    process_.send(SIGTERM);
    process_.wait();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  [[nodiscard]] pid_t pid() const { return process_.pid(); }
  [[nodiscard]] Words target() const { return {"-p", std::to_string(process_.pid())}; }

 private:
  Subprocess process_;
};

// `taskcost attach`, observing already, until the test stops it.
class Window {
 public:
  explicit Window(const Words& target) : tool_(attach_command(target, directory_.file("r.json"))) {
    EXPECT_TRUE(
        eventually([this] { return tool_.err().find("tracing ") != std::string::npos; }, std::chrono::minutes(5)))
        << tool_.err();
  }
  std::optional<Report> close() {
    tool_.send(SIGINT);
    const Finished finished = tool_.wait();
    EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
    return read_report(directory_.file("r.json"));
  }

 private:
  TemporaryDirectory directory_;
  Subprocess tool_;
};

}  // namespace taskcost::test
