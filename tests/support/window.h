// SPDX-License-Identifier: Apache-2.0
//
// A window of observation that a test opens and closes itself.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <optional>

#include "support/servers.h"
#include "support/taskcost.h"

namespace taskcost::test {

// `taskcost attach` that observes already, until it is told to stop.
class Window {
 public:
  explicit Window(const Words& target) : tool_(attach_command(target, directory_.file("r.json"))) {
    EXPECT_TRUE(eventually([this] { return tool_.err().find("observing") != std::string::npos; })) << tool_.err();
  }
  std::optional<Report> close() {
    tool_.send(SIGINT);
    const Finished finished = tool_.wait(std::chrono::seconds(20));
    EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
    return read_report(directory_.file("r.json"));
  }

 private:
  TemporaryDirectory directory_;
  Subprocess tool_;
};

}  // namespace taskcost::test
