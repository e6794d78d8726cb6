// SPDX-License-Identifier: Apache-2.0
//
// Sums of tasks by program, command line, thread name, subtree, user or cgroup, and the wakeups and chains of waits
// between such groups.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "account/account.h"
#include "account/stacks.h"

namespace taskcost {

enum class GroupBy {
  comm,     // the name of the process
  cmdline,  // its arguments; "[comm]" for a process without any
  thread,   // the name of the task, with `*` for numbers by which it differs from others
  tree,     // a child of a process whose parent is not observed, with all descendants; that process is its own group
  user,     // the real uid
  cgroup    // the cgroup of version 2
};
const char* to_string(GroupBy by);

struct TaskGroup {
  // Hostile. nullopt: tasks whose group is not known, because they are not kept one by one.
  std::optional<std::string> name;
  std::string key;              // GroupKey::value
  std::uint64_t processes = 0;  // processes with a task in the group
  std::uint64_t tasks = 0;
  Account total;
};

// The wakeups of tasks of one group by those of another for one cause, and the bytes through that channel.
struct GroupEdge {
  Waker::Kind waker = Waker::Kind::unknown;
  // nullopt: `waker` is no task, or the group of the task is not known. Unobserved wakers are grouped by ThreadNames.
  std::optional<std::string> from;
  std::optional<std::string> to;  // nullopt: the group of the sleeper or receiver is not known
  tc_wait cause = TC_WAIT_OTHER;
  std::uint64_t edges = 0;           // edges of the wakeup graph in this sum
  std::vector<std::size_t> members;  // their indices in Session::edges
  std::uint64_t wakeups = 0;
  Duration waited{};
  Duration longest{};
  std::map<std::string, std::uint64_t> call_sites;  // as in Edge
  std::optional<std::uint64_t> bytes;               // those of the edges that tell them; nullopt: none does
};

// A wait of the chains that begin with the same waits, by group. The sums are those of these chains.
struct ChainNode {
  Waker::Kind waker = Waker::Kind::unknown;
  std::optional<std::string> by;      // the group that ended the wait, as GroupEdge::from
  std::optional<std::string> waiter;  // as GroupEdge::to
  tc_wait cause = TC_WAIT_OTHER;
  std::string call_site;  // of the waker
  std::size_t depth = 0;  // 0: the first wait of its chains; else the last long wait of `by` within the wait above
  std::uint64_t chains = 0;
  Duration waited{};
  Duration longest{};
};

// What had the CPUs while tasks of one group waited for them: tasks of another group, for example.
struct GroupRanInstead {
  std::optional<std::string> waiter;  // nullopt: the group of the waiting tasks is not known
  RanInstead::Kind kind = RanInstead::Kind::task;
  // The group of the tasks that ran. Those that are not observed are grouped by ThreadNames. nullopt: the CPU was idle,
  // or the group is not known.
  std::optional<std::string> ran;
  std::uint64_t turns = 0;
  Duration time{};
};

// Waits of tasks of one group for locks of the kernel with one name and type.
struct GroupLockWaits {
  std::optional<std::string> group;  // nullopt: not known
  std::string lock;                  // as in LockWaits
  tc_lock_type type = TC_LOCK_SPINLOCK;
  std::uint64_t waits = 0;
  Duration time{};
  Duration longest{};
  // What held it for the longest part; nullopt: not known.
  std::optional<RanInstead::Kind> owner;
  std::optional<std::string> owner_group;
};

// Waits of tasks of one group for one cause and object.
struct GroupObjectWaits : ObjectWaits {  // without `task`
  std::optional<std::string> group;      // nullopt: not known
};

// The group of all kernel threads in a GroupEdge. They are in no TaskGroup, as Session::totals is without them.
inline constexpr std::string_view kernel_group = "kernel threads";

// What tasks have in common, and how a report calls that. Two keys may have one label, as two processes can have the
// same name and, one after the other, the same pid.
struct GroupKey {
  std::string value;
  std::string label;  // hostile
};

// Names of threads as they are shown: a pattern only if several different names have it.
class ThreadNames {
 public:
  void add(std::string_view comm);
  // A name that was not added has its pattern.
  [[nodiscard]] std::string shown(std::string_view comm) const;

 private:
  std::map<std::string, std::optional<std::string>, std::less<>> single_;  // by pattern; nullopt: there are several
};

// Finds the group of each process and task, by what it knows of all processes. They must outlive it.
class Grouping {
 public:
  Grouping(const std::vector<Process>& processes, GroupBy by);

  [[nodiscard]] GroupKey of(const Process& process) const;  // by thread: its name
  [[nodiscard]] GroupKey of(const Process& process, const std::string& task_comm) const;

 private:
  void shorten_cgroups(const std::vector<Process>& processes);

  GroupBy by_;
  std::unordered_map<std::uint64_t, const Process*> by_id_;
  std::unordered_map<std::uint64_t, std::uint64_t> subtrees_;
  std::map<std::string, std::string> short_cgroups_;  // by path
  ThreadNames threads_;
};

// The sums over all groups are equal to Session::totals, figure by figure. Sorted by CPU time and the time that tasks
// waited for a CPU, the largest first.
std::vector<TaskGroup> groups_of(const Session& session, GroupBy by);
// Sorted by waiting time, the largest first.
std::vector<GroupEdge> edges_between_groups(const Session& session, GroupBy by);

// The chains of waits as a tree in reading order: each wait is followed by those that had to end before it. Siblings
// are sorted by waiting time, the largest first.
std::vector<ChainNode> chain_tree(const Session& session, GroupBy by);

// Sorted by time, the longest first; empty if it was not measured.
std::vector<GroupRanInstead> ran_instead_by_group(const Session& session, GroupBy by);

// Sorted by time, the longest first; empty if they were not measured.
std::vector<GroupLockWaits> lock_waits_by_group(const Session& session, GroupBy by);

// Sorted by time, the longest first; empty if they were not measured.
std::vector<GroupObjectWaits> object_waits_by_group(const Session& session, GroupBy by);

// The names of the groups of processes, for stacks, which know no task.
class ProcessGroups {
 public:
  ProcessGroups(const Session& session, GroupBy by);

  // `process` is a Process::id. "[unknown]" for any other number.
  [[nodiscard]] const std::string& of(std::uint64_t process) const;
  // By thread, the name of the thread.
  [[nodiscard]] const std::string& of(const NamedStack& stack) const;

 private:
  GroupBy by_;
  std::unordered_map<std::uint64_t, std::string> names_;
};

// thread, if all tasks belong to processes of one name and have several names; else comm.
GroupBy default_grouping(const Session& session);

// "worker-12" -> "worker-*". Digits between letters belong to a name: "cc1plus".
std::string thread_pattern(std::string_view comm);
// The last part of a cgroup's path that tells it from others, with short ids of pods and containers: "nginx.service",
// "docker-0123456789ab.scope".
std::string short_cgroup(std::string_view path);

}  // namespace taskcost
