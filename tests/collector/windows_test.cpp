// SPDX-License-Identifier: Apache-2.0
//
// The same collector opens one window after another (needs root).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>

#include "collector/collector.h"
#include "support/subprocess.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;

// A task that lives when one window closes may end before the next one opens, while no probe is attached.
TEST(Windows, TasksThatEndBetweenThemLeaveNothingBehind) {
  CollectorOptions options;
  options.max_tasks = 2;
  auto opened = Collector::open(options);
  ASSERT_TRUE(opened) << to_line(opened.error());
  Collector& collector = **opened;
  for (int window = 0; window < 8; ++window) {
    Subprocess sleeper({"/bin/sleep", "60"});
    Target target;
    target.ids = {sleeper.pid()};
    const auto adopted = collector.adopt(target);
    ASSERT_TRUE(adopted) << to_line(adopted.error());
    EXPECT_EQ(adopted->tasks, 1U);
    ASSERT_TRUE(collector.wait({10ms, -1, -1}));
    const auto observation = collector.finish();
    sleeper.send(SIGKILL);
    sleeper.wait();

    EXPECT_THAT(observation.session.losses.counts, ::testing::Each(0U)) << "window " << window;
    ASSERT_EQ(observation.session.processes.size(), 1U);
    EXPECT_EQ(observation.session.processes[0].tgid, static_cast<std::uint32_t>(sleeper.pid()));
  }
}

}  // namespace
}  // namespace taskcost::test
