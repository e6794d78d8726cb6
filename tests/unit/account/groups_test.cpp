// SPDX-License-Identifier: Apache-2.0
// Tests sums of tasks by what they have in common.
#include "account/groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/hostile_names.h"
#include "support/rendered.h"
#include "support/report_builder.h"

namespace taskcost::test {
namespace {

using testing::ElementsAre;
using testing::Optional;

constexpr GroupBy every_key[] = {GroupBy::comm, GroupBy::cmdline, GroupBy::thread,
                                 GroupBy::tree, GroupBy::user,    GroupBy::cgroup};

AccountBuilder running(Duration time) {
  return AccountBuilder()
      .runs(TC_ACTIVITY_USER, time)
      .counts(TC_COUNTER_VOLUNTARY_SWITCHES, 3)
      .transfers(TC_CHANNEL_PIPE, 2, 30, 40);
}

void owned(ReportBuilder& builder, std::uint32_t uid, const std::string& user, std::uint64_t id,
           const std::string& cgroup) {
  Process& process = builder.report().session.processes.back();
  process.uid = uid;
  process.user = user;
  process.cgroup_id = id;
  process.cgroup = cgroup;
}

// make runs two compilers through shells, and a server with threads has no observed parent.
ReportBuilder build_of_make() {
  ReportBuilder builder;
  builder.process(10, "make", TaskOrigin::attached, 0ms, running(5ms).creates(TC_CREATION_FORK, 2, 61us));
  owned(builder, 1000, "alice", 7, "/user.slice/user-1000.slice/session-3.scope");
  builder.process(20, "sh", TaskOrigin::fork, 1ms, running(1ms)).child_of(10);
  owned(builder, 1000, "alice", 7, "/user.slice/user-1000.slice/session-3.scope");
  builder.process(30, "cc1", TaskOrigin::fork, 2ms, running(70ms).queues(TC_ACTIVITY_USER, 4ms)).child_of(20);
  owned(builder, 1001, "", 8, "");
  builder.process(21, "sh", TaskOrigin::fork, 3ms, running(2ms)).child_of(10);
  builder.process(31, "cc1", TaskOrigin::fork, 4ms, running(90ms).blocks(TC_ACTIVITY_PIPE, 10ms, TC_WAIT_PIPE))
      .child_of(21);
  builder.report().session.processes.back().command = "cc1 -quiet other.c";
  builder.process(40, "server", TaskOrigin::attached, 0ms, running(6ms))
      .thread(41, "worker-1", 1ms, running(3ms))
      .thread(42, "worker-22", 1ms, running(4ms));
  owned(builder, 0, "root", 9, "/system.slice/server.service");
  builder.kernel_thread(2, "kworker/0:1", running(1ms));
  return builder;
}

std::string text_of(const Account& account) {
  Report report = ReportBuilder().build();
  report.session.totals = account;
  return nlohmann::json::parse(json_of(report)).at("totals").dump();
}

using Names = std::vector<std::string>;

Names names_of(const std::vector<TaskGroup>& groups) {
  Names names;
  for (const TaskGroup& group : groups) {
    names.push_back(group.name.value_or("(null)"));
  }
  return names;
}

const TaskGroup& named(const std::vector<TaskGroup>& groups, const std::optional<std::string>& name) {
  const auto found = std::ranges::find(groups, name, &TaskGroup::name);
  EXPECT_NE(found, groups.end()) << name.value_or("(null)");
  return *found;
}

void expect_sums_are_totals(const Session& session) {
  for (const GroupBy by : every_key) {
    Account sum = empty_account();
    std::uint64_t tasks = 0;
    std::uint64_t kernel_threads = 0;
    for (const TaskGroup& group : groups_of(session, by)) {
      add(sum, group.total);
      tasks += group.tasks;
    }
    for (const Process& process : session.processes) {
      kernel_threads += process.kernel ? process.tasks.size() : 0;
    }
    EXPECT_EQ(text_of(sum), text_of(session.totals)) << to_string(by);
    EXPECT_EQ(tasks, session.task_count - kernel_threads) << to_string(by);
  }
}

TEST(Groups, AddUpToTheTotals) {
  ReportBuilder builder = build_of_make();
  expect_sums_are_totals(builder.build().session);
  builder.aggregated("cc1", 30, running(900ms));
  builder.aggregated("as", 20, running(40ms).cannot_count(TC_COUNTER_MIGRATIONS));
  expect_sums_are_totals(builder.build().session);
  expect_sums_are_totals(full_report().session);
  expect_sums_are_totals(shell_script().session);
}

TEST(Groups, AddUpToTheirMembers) {
  const Session session = build_of_make().build().session;
  const std::map<GroupBy, std::function<std::string(const Process&, const Task&)>> key_of_member = {
      {GroupBy::comm, [](const Process& process, const Task&) { return process.comm; }},
      {GroupBy::cmdline, [](const Process& process, const Task&) { return process.command; }},
      {GroupBy::thread,
       [](const Process&, const Task& task) {
         const std::map<std::string, std::string> patterns = {{"worker-1", "worker-*"}, {"worker-22", "worker-*"}};
         return patterns.contains(task.comm) ? patterns.at(task.comm) : task.comm;
       }},
      {GroupBy::tree,
       [](const Process& process, const Task&) {
         const std::map<std::uint32_t, std::string> tops = {{10, "make (10)"}, {20, "sh (20)"}, {30, "sh (20)"},
                                                            {21, "sh (21)"},   {31, "sh (21)"}, {40, "server (40)"}};
         return tops.at(process.tgid);
       }},
      {GroupBy::user,
       [](const Process& process, const Task&) {
         const std::map<std::uint32_t, std::string> users = {{0, "root"}, {1000, "alice"}, {1001, "1001"}};
         return process.uid ? users.at(*process.uid) : "unknown user";
       }},
      {GroupBy::cgroup, [](const Process& process, const Task&) {
         const std::map<std::uint64_t, std::string> cgroups = {
             {0, "unknown cgroup"}, {7, "session-3.scope"}, {8, "cgroup 8"}, {9, "server.service"}};
         return cgroups.at(process.cgroup_id);
       }}};
  for (const GroupBy by : every_key) {
    std::map<std::string, Account> sums;
    std::map<std::string, std::uint64_t> tasks;
    for (const Process& process : session.processes) {
      for (const Task& task : process.tasks) {
        if (!process.kernel) {
          const std::string name = key_of_member.at(by)(process, task);
          add(sums.try_emplace(name, empty_account()).first->second, task.account);
          ++tasks[name];
        }
      }
    }
    const std::vector<TaskGroup> groups = groups_of(session, by);
    EXPECT_EQ(groups.size(), sums.size()) << to_string(by);
    for (const auto& [name, sum] : sums) {
      EXPECT_EQ(text_of(named(groups, name).total), text_of(sum)) << to_string(by) << ' ' << name;
      EXPECT_EQ(named(groups, name).tasks, tasks.at(name)) << to_string(by) << ' ' << name;
    }
  }
}

TEST(Groups, BusiestComeFirstAndAProcessCountsOnce) {
  const Session session = build_of_make().build().session;
  EXPECT_THAT(names_of(groups_of(session, GroupBy::comm)), ElementsAre("cc1", "server", "make", "sh"));
  EXPECT_THAT(names_of(groups_of(session, GroupBy::thread)), ElementsAre("cc1", "worker-*", "server", "make", "sh"));
  const std::vector<TaskGroup> threads = groups_of(session, GroupBy::thread);
  EXPECT_EQ(named(threads, "worker-*").processes, 1U);
  EXPECT_EQ(named(threads, "worker-*").tasks, 2U);
  EXPECT_EQ(named(groups_of(session, GroupBy::comm), "cc1").processes, 2U);
}

TEST(Groups, TasksThatAreNotKeptJoinTheirNameOnly) {
  ReportBuilder builder = build_of_make();
  builder.aggregated("cc1", 30, running(900ms));
  const Session session = builder.build().session;
  EXPECT_EQ(named(groups_of(session, GroupBy::comm), "cc1").processes, 32U);
  for (const GroupBy by : {GroupBy::cmdline, GroupBy::thread, GroupBy::tree, GroupBy::user, GroupBy::cgroup}) {
    EXPECT_EQ(named(groups_of(session, by), std::nullopt).tasks, 30U) << to_string(by);
  }
}

// The totals know the start of a child whose creator has no account.
TEST(Groups, StartsWithoutACreatorAreNotLost) {
  Session session = build_of_make().build().session;
  session.totals.creations[TC_CREATION_FORK].starts += 5;
  session.totals.creations[TC_CREATION_FORK].child_start += 7ms;
  expect_sums_are_totals(session);
  const std::vector<TaskGroup> groups = groups_of(session, GroupBy::comm);
  EXPECT_EQ(named(groups, std::nullopt).tasks, 0U);
  EXPECT_EQ(named(groups, std::nullopt).total.creations[TC_CREATION_FORK].child_start, 7ms);
}

// A name that looks like that of the tasks that are not kept, or of kernel threads, is a name like any other.
TEST(Groups, HostileNamesAreNames) {
  std::vector<std::string> names = hostile_names;
  names.insert(names.end(), {"1234567", "(null)", "others", "kernel threads", "[cc1]", "*", "%s"});
  for (const std::string& name : names) {
    ReportBuilder builder = build_of_make();
    builder.process(50, name, TaskOrigin::fork, 5ms, running(1s)).child_of(10);
    Process& process = builder.report().session.processes.back();
    process.command = name;
    process.user = name;
    process.uid = 77;
    process.cgroup = name;
    process.cgroup_id = 99;
    builder.aggregated("cc1", 3, running(1ms));
    const Session session = builder.build().session;
    expect_sums_are_totals(session);
    EXPECT_THAT(groups_of(session, GroupBy::comm).front().name, Optional(name));
    EXPECT_THAT(groups_of(session, GroupBy::tree).front().name, Optional(name + " (50)"));
    EXPECT_EQ(groups_of(session, GroupBy::user).front().name, name.empty() ? "77" : name);
  }
}

TEST(Groups, ProcessesWithoutArgumentsHaveTheirName) {
  ReportBuilder builder = build_of_make();
  builder.report().session.processes.front().command.clear();
  builder.report().session.processes[1].command_truncated = true;
  const Names names = names_of(groups_of(builder.build().session, GroupBy::cmdline));
  EXPECT_THAT(names, testing::IsSupersetOf({"[make]", "sh --flag...", "sh --flag"}));
}

TEST(Groups, ParentsInACycleAreASubtree) {
  ReportBuilder builder = build_of_make();
  auto& processes = builder.report().session.processes;
  processes[0].parent = processes[2].id;
  processes[5].parent = processes[5].id;
  expect_sums_are_totals(builder.build().session);
}

TEST(Groups, NumbersInThreadNamesAreAPattern) {
  EXPECT_EQ(thread_pattern("worker-12"), "worker-*");
  EXPECT_EQ(thread_pattern("kworker/u16:3-ev"), "kworker/u*:*-ev");
  EXPECT_EQ(thread_pattern("42"), "*");
  EXPECT_EQ(thread_pattern(""), "");
  EXPECT_EQ(thread_pattern("a*1"), "a*");
  EXPECT_EQ(thread_pattern("main"), "main");
  EXPECT_EQ(thread_pattern("cc1plus"), "cc1plus") << "that number is inside a name";
  EXPECT_EQ(thread_pattern("sha256sum-3"), "sha256sum-*");
}

TEST(Groups, APatternIsShownOnlyIfSeveralNamesHaveIt) {
  ThreadNames names;
  names.add("worker-12");
  names.add("worker-12");
  EXPECT_EQ(names.shown("worker-12"), "worker-12");
  EXPECT_EQ(names.shown("cc1"), "cc*") << "it was not added";
  names.add("worker-7");
  EXPECT_EQ(names.shown("worker-12"), "worker-*");
}

TEST(Groups, NamesOfTasksThatAreNotObservedArePatternsOnlyIfSeveralShareThem) {
  ReportBuilder builder = build_of_make();
  Session& session = builder.report().session;
  const Task& sleeper = session.processes[1].tasks.front();
  const auto by = [&](const char* name) {
    session.edges.push_back(
        {{Waker::Kind::unobserved, 0, 99, name}, sleeper.id, sleeper.tid, TC_WAIT_PIPE, 1, 5ms, 3ms, {}, std::nullopt});
  };
  const auto from = [&] {
    std::set<std::string> names;
    for (const GroupEdge& edge : edges_between_groups(session, GroupBy::comm)) {
      names.insert(edge.from.value_or(""));
    }
    return names;
  };
  by("cc1plus");
  by("kworker/0:1");
  EXPECT_THAT(from(), ElementsAre("cc1plus", "kworker/0:1"));
  session.chains = {{{sleeper.id, sleeper.tid, {Waker::Kind::unobserved, 0, 9, "kworker/1:3"}, TC_WAIT_PIPE, "", 1ms}}};
  EXPECT_THAT(from(), ElementsAre("cc1plus", "kworker/*:*"));
}

TEST(Groups, CgroupsHaveShortNames) {
  const std::string id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  EXPECT_EQ(short_cgroup("/"), "/");
  EXPECT_EQ(short_cgroup("/system.slice/nginx.service"), "nginx.service");
  EXPECT_EQ(short_cgroup("/user.slice"), "user.slice");
  EXPECT_EQ(short_cgroup("/user.slice/user-1000.slice/user@1000.service/app.slice/term.scope"),
            "user@1000.service/term.scope");
  EXPECT_EQ(short_cgroup("/system.slice/docker-" + id + ".scope"), "docker-0123456789ab.scope");
  EXPECT_EQ(short_cgroup("/docker/" + id), "docker/0123456789ab");
  EXPECT_EQ(short_cgroup("/kubepods/burstable/pod01234567-89ab-cdef-0123-456789abcdef/" + id),
            "pod01234567/0123456789ab");
  EXPECT_EQ(short_cgroup("/kubepods.slice/kubepods-burstable.slice/"
                         "kubepods-burstable-pod01234567_89ab_cdef_0123_456789abcdef.slice/cri-containerd-" +
                         id + ".scope"),
            "pod01234567.slice/cri-containerd-0123456789ab.scope");
  EXPECT_EQ(short_cgroup("/a/b"), "a/b");
}

TEST(Groups, CgroupsWithOneShortNameKeepTheirPaths) {
  ReportBuilder builder = build_of_make();
  auto& processes = builder.report().session.processes;
  processes[1].cgroup_id = 10;
  processes[1].cgroup = "/other.slice/session-3.scope";
  EXPECT_THAT(names_of(groups_of(builder.build().session, GroupBy::cgroup)),
              testing::IsSupersetOf({"/other.slice/session-3.scope", "/user.slice/user-1000.slice/session-3.scope"}));
}

TEST(Groups, AProgramOfOneNameIsGroupedByThread) {
  EXPECT_EQ(default_grouping(build_of_make().build().session), GroupBy::comm);
  ReportBuilder builder;
  builder.process(40, "server", TaskOrigin::attached, 0ms, running(6ms)).thread(41, "server", 1ms, running(3ms));
  EXPECT_EQ(default_grouping(builder.build().session), GroupBy::comm);
  builder.thread(42, "worker-22", 1ms, running(4ms));
  EXPECT_EQ(default_grouping(builder.build().session), GroupBy::thread);
  builder.aggregated("cc1", 3, running(1ms));
  EXPECT_EQ(default_grouping(builder.build().session), GroupBy::comm);
}

// Every edge is in one sum: the sums of each figure are equal.
TEST(Groups, EdgesAreSummedUpByPair) {
  ReportBuilder builder = build_of_make();
  std::vector<Edge>& edges = builder.report().session.edges;
  const auto task = [&](std::size_t process) {
    const Task& first = builder.report().session.processes[process].tasks.front();
    return Waker{Waker::Kind::task, first.id, first.tid};
  };
  const auto edge = [&](const Waker& from, std::size_t to, std::optional<std::uint64_t> bytes) {
    const Task& sleeper = builder.report().session.processes[to].tasks.front();
    edges.push_back({from, sleeper.id, sleeper.tid, TC_WAIT_PIPE, 2, 5ms, 3ms, {{"write", 2}}, bytes});
  };
  edge(task(2), 1, 100);
  edge(task(4), 3, std::nullopt);
  edge(task(4), 1, 20);
  edge({Waker::Kind::unobserved, 0, 99, "kubelet"}, 1, std::nullopt);
  edge({Waker::Kind::unobserved, 0, 98}, 1, std::nullopt);
  edge({Waker::Kind::timer, 0, 0}, 1, std::nullopt);
  edge({Waker::Kind::task, 0, 0}, 1, std::nullopt);
  edge(task(6), 5, std::nullopt);  // a kernel thread
  const std::vector<GroupEdge> sums = edges_between_groups(builder.build().session, GroupBy::comm);
  ASSERT_EQ(sums.size(), 6U);
  EXPECT_EQ(sums[0].from, "cc1");
  EXPECT_EQ(sums[0].to, "sh");
  EXPECT_EQ(sums[0].edges, 3U);
  EXPECT_EQ(sums[0].wakeups, 6U);
  EXPECT_EQ(sums[0].waited, 15ms);
  EXPECT_EQ(sums[0].longest, 3ms);
  EXPECT_EQ(sums[0].bytes, 120U);
  EXPECT_EQ(sums[0].call_sites.at("write"), 6U);
  std::map<std::string, std::string> others;
  for (std::size_t i = 1; i < sums.size(); ++i) {
    EXPECT_EQ(sums[i].edges, 1U);
    EXPECT_EQ(sums[i].bytes, std::nullopt);
    others[std::string(to_string(sums[i].waker)) + " " + sums[i].from.value_or("(null)")] = sums[i].to.value_or("");
  }
  const std::map<std::string, std::string> expected = {{"unobserved kubelet", "sh"},
                                                       {"unobserved (null)", "sh"},
                                                       {"timer (null)", "sh"},
                                                       {"task (null)", "sh"},
                                                       {"task kernel threads", "server"}};
  EXPECT_EQ(others, expected);
}

// sh waits for its children; two of them waited for the same one before.
TEST(Groups, ChainsThatBeginAlikeAreSummedUp) {
  ReportBuilder builder = build_of_make();
  Session& session = builder.report().session;
  const auto link = [&](std::size_t sleeper, std::optional<std::size_t> waker, tc_wait cause, const char* site,
                        Duration waited) {
    const Task& task = session.processes[sleeper].tasks.front();
    const Waker by = waker ? Waker{Waker::Kind::task, session.processes[*waker].tasks.front().id, 0}
                           : Waker{Waker::Kind::timer, 0, 0};
    return ChainLink{task.id, task.tid, by, cause, site, waited};
  };
  session.chains = {
      {link(1, 2, TC_WAIT_CHILD, "exit", 9ms), link(2, std::nullopt, TC_WAIT_TIMER, "", 3ms)},
      {link(1, 2, TC_WAIT_CHILD, "exit", 8ms), link(2, 1, TC_WAIT_PIPE, "write", 7ms)},
      {link(3, 4, TC_WAIT_CHILD, "exit", 5ms), link(4, 3, TC_WAIT_PIPE, "write", 1ms)},
      {link(1, 2, TC_WAIT_PIPE, "close", 4ms), link(2, std::nullopt, TC_WAIT_TIMER, "", 2ms)},
      Chain(100'000, link(1, 1, TC_WAIT_PIPE, "write", 1us)),
  };
  const std::vector<ChainNode> tree = chain_tree(builder.build().session, GroupBy::comm);
  ASSERT_GE(tree.size(), 5U);
  EXPECT_EQ(tree.size(), 5U + 64) << "a chain of any length has its first links";
  EXPECT_EQ(tree[0].waiter, "sh");
  EXPECT_EQ(tree[0].by, "cc1");
  EXPECT_EQ(tree[0].chains, 3U);
  EXPECT_EQ(tree[0].waited, 22ms);
  EXPECT_EQ(tree[0].longest, 9ms);
  EXPECT_EQ(tree[1].depth, 1U) << "the longer one of its two continuations first";
  EXPECT_EQ(tree[1].cause, TC_WAIT_PIPE);
  EXPECT_EQ(tree[1].by, "sh");
  EXPECT_EQ(tree[1].waited, 8ms);
  EXPECT_EQ(tree[2].waker, Waker::Kind::timer);
  EXPECT_EQ(tree[2].by, std::nullopt);
  EXPECT_EQ(tree[3].depth, 0U);
  EXPECT_EQ(tree[3].waited, 4ms);
}

}  // namespace
}  // namespace taskcost::test
