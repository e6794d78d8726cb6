// SPDX-License-Identifier: Apache-2.0
#include "collector/read_host_names.h"

#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/read_text.h"
#include "collector/clocks.h"
#include "collector/targets/cgroups.h"

namespace taskcost {
namespace {

constexpr std::uint32_t nobodys_uid = 4'000'000'000;
constexpr std::uint64_t second_ns = 1'000'000'000;

Session session_of(std::uint32_t uid, std::uint64_t cgroup) {
  Session session;
  Process& process = session.processes.emplace_back();
  process.uid = uid;
  process.cgroup_id = cgroup;
  return session;
}

TEST(HostNames, UsersHaveTheNamesOfTheSystem) {
  Session session = session_of(geteuid(), 0);
  session.processes.push_back(session.processes.front());
  session.processes.emplace_back().uid = nobodys_uid;
  const HostNames names = read_host_names(session, std::nullopt);
  const passwd* const own = getpwuid(geteuid());  // NOLINT(concurrency-mt-unsafe)
  EXPECT_EQ(name_in(names.users, geteuid()), own != nullptr ? own->pw_name : "");
  EXPECT_EQ(names.users.count(std::to_string(nobodys_uid)), 1U) << "it is looked up once";
  EXPECT_EQ(name_in(names.users, nobodys_uid), "");
  EXPECT_TRUE(names.cgroups.empty()) << "0 is no cgroup";
}

// The id is the inode of the directory. The root has no name but "/".
TEST(HostNames, CgroupsHaveTheirPathBelowTheHierarchy) {
  const auto mounts = parse_cgroup_mounts(read_text("/proc/self/mountinfo"));
  const auto unified = std::ranges::find_if(mounts, &CgroupMount::version2);
  struct stat status {};
  const bool mounted = unified != mounts.end() && stat(unified->point.c_str(), &status) == 0;
  const std::uint64_t root = mounted ? status.st_ino : 1;
  Session session = session_of(0, root);
  session.cpu_quotas.emplace_back().cgroup_id = UINT64_MAX;
  HostNames names = read_host_names(session, std::nullopt);
  EXPECT_EQ(name_in(names.cgroups, root), mounted ? "/" : "");
  ASSERT_EQ(names.cpu_cgroups.size(), 1U);
  EXPECT_EQ(name_in(names.cpu_cgroups, UINT64_MAX), "") << "it was removed, or never was";

  std::vector<Glance::Task> tasks(2);
  tasks[0].uid = 0;
  tasks[0].cgroup = root;
  tasks[1].cgroup = UINT64_MAX - 1;
  add_owner_names(names, tasks);
  const passwd* const first = getpwuid(0);  // NOLINT(concurrency-mt-unsafe)
  EXPECT_EQ(name_in(names.users, 0), first != nullptr ? first->pw_name : "");
  EXPECT_EQ(names.cgroups.size(), 2U);
}

// A task that started later may have the tid of another one that has exited.
TEST(HostNames, WakersAreNamedIfTheyAreOldEnough) {
  std::array<char, 16> before{};
  ASSERT_EQ(prctl(PR_GET_NAME, before.data()), 0);
  ASSERT_EQ(prctl(PR_SET_NAME, "a) (waker"), 0);
  const auto self = static_cast<std::uint32_t>(gettid());
  Session session;
  session.edges.emplace_back().from = {Waker::Kind::unobserved, 0, self};
  session.edges.push_back(session.edges.front());
  session.edges.emplace_back().from = {Waker::Kind::unobserved, 0, 0};
  session.edges.emplace_back().from = {Waker::Kind::task, 1, 1};
  const std::uint64_t now = read_clocks().boottime_ns;
  const HostNames later = read_host_names(session, now + second_ns);
  const HostNames earlier = read_host_names(session, 1);
  const HostNames never = read_host_names(session, std::nullopt);
  ASSERT_EQ(prctl(PR_SET_NAME, before.data()), 0);
  EXPECT_EQ(name_in(later.wakers, self), "a) (waker");
  EXPECT_EQ(later.wakers.size(), 2U) << "the observed one has its name already";
  EXPECT_EQ(name_in(later.wakers, 0), "") << "there is no such task";
  EXPECT_EQ(name_in(earlier.wakers, self), "");
  EXPECT_TRUE(never.wakers.empty());
}

}  // namespace
}  // namespace taskcost
