// SPDX-License-Identifier: Apache-2.0
#include "collector/targets/cgroups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace taskcost::test {
namespace {

using ::testing::SizeIs;

constexpr const char* mountinfo =
    "30 1 0:26 / /sys rw,nosuid - sysfs sysfs rw\n"
    "33 30 0:29 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
    "34 30 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:10 master:1 - cgroup cgroup rw,cpu,cpuacct\n"
    "35 30 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n";
constexpr const char* proc_cgroup = "3:cpu,cpuacct:/a\n1:name=systemd:/b\n0::/c\n";

TEST(Cgroups, FindsTheHierarchiesAmongTheMounts) {
  const auto mounts = parse_cgroup_mounts(mountinfo);
  ASSERT_THAT(mounts, SizeIs(3));
  EXPECT_TRUE(mounts[0].version2);
  EXPECT_EQ(mounts[0].point, "/sys/fs/cgroup/unified");
  EXPECT_EQ(find_hierarchy(mounts[0], proc_cgroup), 0U);
  EXPECT_EQ(find_hierarchy(mounts[1], proc_cgroup), 3U);
  EXPECT_EQ(find_hierarchy(mounts[2], proc_cgroup), 1U);
}

TEST(Cgroups, AHierarchyThatTheKernelDoesNotNameIsUnknown) {
  EXPECT_FALSE(find_hierarchy({"/x", false, "rw,memory"}, proc_cgroup));
}

TEST(Cgroups, TornTextIsNoMount) {
  EXPECT_THAT(parse_cgroup_mounts("33 30 0:29 / /x rw - cgroup2\ngarbage\n\n33"), SizeIs(0));
}

}  // namespace
}  // namespace taskcost::test
