// SPDX-License-Identifier: Apache-2.0
//
// The collector notices CPU hotplug (needs root).
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>

#include "collector/collector.h"
#include "support/oracle.h"
#include "support/servers.h"
#include "support/setting.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;

// The test calls nothing of the collector in between: it reacts to the change itself.
TEST(CpuWatch, OpensPerfEventsAgainByItself) {
  const Setting online("/sys/devices/system/cpu/cpu1/online");
  ASSERT_EQ(online.before(), "1\n");
  CollectorOptions options;
  options.stacks = true;
  auto collector = Collector::open(options);
  ASSERT_TRUE(collector) << to_line(collector.error());
  const auto events = [] { return descriptors_of(getpid(), "perf_event"); };
  const std::size_t all = events();
  ASSERT_GT(all, 0U);
  ASSERT_TRUE(online.put("0")) << "this kernel refuses to take CPU 1 away";
  EXPECT_TRUE(eventually([&] { return events() < all; }, 5min));
  ASSERT_TRUE(online.put("1"));
  EXPECT_TRUE(eventually([&] { return events() == all; }, 5min));
}

}  // namespace
}  // namespace taskcost::test
