// SPDX-License-Identifier: Apache-2.0
#include "collector/targets/cgroups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "base/read_text.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;
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
  EXPECT_FALSE(find_hierarchy({"/x", false, "rw,memory"}, "garbage\n:memory:/\nx:memory:/a\n4::/\n"));
}

// The id is the inode of the directory. A machine without cgroups says so.
TEST(Cgroups, ADirectoryIsFoundByItsPathAndByThatBelowItsHierarchy) {
  const auto mounts = parse_cgroup_mounts(read_text("/proc/self/mountinfo"));
  if (mounts.empty()) {
    EXPECT_THAT(find_cgroup("/").error().why, HasSubstr("no cgroup file system is mounted"));
    return;
  }
  for (const CgroupMount& mount : mounts) {
    struct stat status {};
    const bool reachable = stat(mount.point.c_str(), &status) == 0;
    const auto hierarchy = find_hierarchy(mount, read_text("/proc/self/cgroup"));
    const auto found = find_cgroup(mount.point + "/");
    ASSERT_EQ(found.has_value(), reachable && hierarchy) << mount.point;
    if (found) {
      EXPECT_EQ(found->id, status.st_ino) << mount.point;
      EXPECT_EQ(found->hierarchy, *hierarchy) << mount.point;
    }
  }
  const auto root = find_cgroup("/");
  const auto by_path = find_cgroup(std::ranges::max_element(mounts, {}, &CgroupMount::version2)->point);
  if (root && by_path) {
    EXPECT_EQ(root->id, by_path->id) << "version 2 comes first";
    EXPECT_EQ(root->hierarchy, by_path->hierarchy);
  }
}

TEST(Cgroups, WhatIsNoCgroupIsRefused) {
  const bool mounted = !parse_cgroup_mounts(read_text("/proc/self/mountinfo")).empty();
  for (const char* path : {"/no/such", "/proc/self/status", "", "../../.."}) {
    const auto found = find_cgroup(path);
    if (found) {
      EXPECT_STREQ(path, "") << "the root";
      continue;
    }
    EXPECT_EQ(found.error().what, "cannot observe the cgroup '" + std::string(path) + "'");
    EXPECT_THAT(found.error().why, HasSubstr(mounted ? "no such directory" : "no cgroup file system")) << path;
  }
}

}  // namespace
}  // namespace taskcost::test
