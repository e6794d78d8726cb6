// SPDX-License-Identifier: Apache-2.0
#include "account/groups.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

namespace taskcost {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

// Ids of containers are long runs of digits, those of pods are UUIDs: these many digits tell one from another.
constexpr std::size_t least_long_id = 32;
constexpr std::size_t digits_of_long_id = 12;
constexpr std::string_view uuid = "00000000-0000-0000-0000-000000000000";
constexpr std::size_t digits_of_uuid = 8;

// systemd has `_` for each dash in a name.
bool begins_with_uuid(std::string_view text) {
  return text.size() >= uuid.size() && std::equal(uuid.begin(), uuid.end(), text.begin(), [](char wanted, char c) {
           return wanted == '0' ? is_hex(c) : c == '-' || c == '_';
         });
}

std::string with_short_ids(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(name, is_hex) - name.begin());
    const bool is_uuid = begins_with_uuid(name);
    const bool is_long = digits >= least_long_id;
    text += name.substr(0, is_uuid ? digits_of_uuid : is_long ? digits_of_long_id : 1);
    name.remove_prefix(is_uuid ? uuid.size() : is_long ? digits : 1);
  }
  return text;
}

std::string command_of(const Process& process) {
  if (process.command.empty()) {
    return "[" + process.comm + "]";
  }
  return process.command + (process.command_truncated ? "..." : "");
}

std::string process_label(const Process& process) { return process.comm + " (" + std::to_string(process.tgid) + ")"; }

GroupKey user_key(const Process& process) {
  if (!process.uid) {
    return {"", "unknown user"};
  }
  const std::string number = std::to_string(*process.uid);
  return {number, process.user.empty() ? number : process.user};
}

GroupKey cgroup_key(const Process& process) {
  if (process.cgroup_id == 0) {
    return {"", "unknown cgroup"};
  }
  const std::string number = std::to_string(process.cgroup_id);
  return {number, process.cgroup.empty() ? "cgroup " + number : process.cgroup};
}

// The topmost process of the subtree that each process belongs to, by id.
std::unordered_map<std::uint64_t, std::uint64_t> subtrees_of(const std::vector<Process>& processes) {
  std::unordered_map<std::uint64_t, std::uint64_t> parent_of;
  for (const Process& process : processes) {
    if (!process.kernel) {
      parent_of.emplace(process.id, process.parent);
    }
  }
  const auto is_root = [&](std::uint64_t process) { return !parent_of.contains(parent_of.at(process)); };
  std::unordered_map<std::uint64_t, std::uint64_t> subtrees;
  for (const auto& [id, parent] : parent_of) {
    std::vector<std::uint64_t> line;  // from this process up to the top of its subtree
    std::set<std::uint64_t> on_line;  // parents of a damaged report may form a cycle
    std::uint64_t at = id;
    while (!subtrees.contains(at) && on_line.insert(at).second) {
      line.push_back(at);
      if (is_root(at) || is_root(parent_of.at(at))) {
        break;
      }
      at = parent_of.at(at);
    }
    const auto known = subtrees.find(at);
    const std::uint64_t top = known != subtrees.end() ? known->second : at;
    for (const std::uint64_t each : line) {
      subtrees[each] = top;
    }
  }
  return subtrees;
}

// nullopt: the tasks that are not kept one by one.
using Groups = std::map<std::optional<std::string>, TaskGroup>;

TaskGroup& group_at(Groups& groups, const std::optional<GroupKey>& key) {
  const auto [entry, made] = groups.try_emplace(key ? std::optional(key->value) : std::nullopt);
  if (made) {
    entry->second.name = key ? std::optional(key->label) : std::nullopt;
    entry->second.key = key ? key->value : std::string();
    entry->second.total = empty_account();
  }
  return entry->second;
}

void add_process(Groups& groups, const Grouping& grouping, const Process& process) {
  std::set<const TaskGroup*> counted;
  for (const Task& task : process.tasks) {
    TaskGroup& group = group_at(groups, grouping.of(process, task.comm));
    group.processes += counted.insert(&group).second ? 1 : 0;
    ++group.tasks;
    add(group.total, task.account);
  }
}

void add_aggregated(Groups& groups, GroupBy by, const AggregatedProcesses& aggregated) {
  TaskGroup& group =
      group_at(groups, by == GroupBy::comm ? std::optional(GroupKey{aggregated.comm, aggregated.comm}) : std::nullopt);
  group.processes += aggregated.processes;
  group.tasks += aggregated.tasks;
  add(group.total, aggregated.total);
}

// Children tell the totals how long they waited for their first CPU even if their creator has no account here.
void add_starts_without_creator(Groups& groups, const Session& session) {
  for (std::size_t kind = 0; kind < session.totals.creations.size(); ++kind) {
    const CreationSums& all = session.totals.creations[kind];
    std::uint64_t starts = 0;
    Duration child_start{};
    for (const auto& [key, group] : groups) {
      starts += group.total.creations[kind].starts;
      child_start += group.total.creations[kind].child_start;
    }
    if (starts < all.starts && child_start <= all.child_start) {
      CreationSums& rest = group_at(groups, std::nullopt).total.creations[kind];
      rest.starts += all.starts - starts;
      rest.child_start += all.child_start - child_start;
    }
  }
}

// The sums by key, the longest time first.
template <typename Key, typename Sum, typename Base>
std::vector<Sum> longest_first(std::map<Key, Sum> sums, Duration Base::*time) {
  std::vector<Sum> sorted;
  sorted.reserve(sums.size());
  for (auto& [key, sum] : sums) {
    sorted.push_back(std::move(sum));
  }
  std::ranges::stable_sort(sorted, std::ranges::greater(), time);
  return sorted;
}

Duration busy_time(const TaskGroup& group) {
  return group.total.total(TC_CONDITION_RUNNING) + group.total.total(TC_CONDITION_PREEMPTED) +
         group.total.total(TC_CONDITION_RUNNABLE);
}

// The group of each task by Task::id.
class GroupOfTask {
 public:
  GroupOfTask(const Session& session, GroupBy by) {
    const Grouping grouping(session.processes, by);
    for (const Process& process : session.processes) {
      for (const Task& task : process.tasks) {
        names_.emplace(task.id, process.kernel ? std::string(kernel_group) : grouping.of(process, task.comm).label);
      }
    }
    add_unobserved(session);
  }

  [[nodiscard]] std::optional<std::string> of(std::uint64_t task) const {
    const auto found = names_.find(task);
    return found == names_.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] std::optional<std::string> of(const Waker& waker) const {
    if (waker.kind == Waker::Kind::unobserved && !waker.comm.empty()) {
      return unobserved_.shown(waker.comm);
    }
    return waker.kind == Waker::Kind::task ? of(waker.task) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::string> of(const RanInstead& ran) const {
    return ran.comm.empty() ? of(ran.task) : std::optional(unobserved_.shown(ran.comm));
  }

 private:
  void add_unobserved(const Session& session) {
    for (const Edge& edge : session.edges) {
      unobserved_.add(edge.from.comm);
    }
    for (const Chain& chain : session.chains) {
      for (const ChainLink& link : chain) {
        unobserved_.add(link.waker.comm);
      }
    }
    if (session.ran_instead) {
      for (const RanInstead& ran : *session.ran_instead) {
        unobserved_.add(ran.comm);
      }
    }
  }

  ThreadNames unobserved_;
  std::unordered_map<std::uint64_t, std::string> names_;
};

}  // namespace

const char* to_string(GroupBy by) {
  constexpr std::array names{"comm", "cmdline", "thread", "tree", "user", "cgroup"};
  return names.at(static_cast<std::size_t>(by));
}

Grouping::Grouping(const std::vector<Process>& processes, GroupBy by) : by_(by) {
  for (const Process& process : processes) {
    by_id_.emplace(process.id, &process);
  }
  if (by == GroupBy::tree) {
    subtrees_ = subtrees_of(processes);
  }
  if (by == GroupBy::cgroup) {
    shorten_cgroups(processes);
  }
  if (by == GroupBy::thread) {
    for (const Process& process : processes) {
      for (const Task& task : process.tasks) {
        if (!process.kernel) {
          threads_.add(task.comm);
        }
      }
    }
  }
}

GroupKey Grouping::of(const Process& process) const {
  switch (by_) {
    case GroupBy::cmdline: {
      const std::string command = command_of(process);
      return {command, command};
    }
    case GroupBy::tree: {
      const auto found = subtrees_.find(process.id);
      const std::uint64_t top = found == subtrees_.end() ? process.id : found->second;
      return {std::to_string(top), process_label(*by_id_.at(top))};
    }
    case GroupBy::user:
      return user_key(process);
    case GroupBy::cgroup: {
      GroupKey key = cgroup_key(process);
      if (const auto found = short_cgroups_.find(key.label); found != short_cgroups_.end()) {
        key.label = found->second;
      }
      return key;
    }
    default:
      return {process.comm, process.comm};
  }
}

GroupKey Grouping::of(const Process& process, const std::string& task_comm) const {
  if (by_ != GroupBy::thread) {
    return of(process);
  }
  return {thread_pattern(task_comm), threads_.shown(task_comm)};
}

// A short name that two cgroups would have stays long.
void Grouping::shorten_cgroups(const std::vector<Process>& processes) {
  std::map<std::string, std::set<std::string>> paths;
  for (const Process& process : processes) {
    if (!process.cgroup.empty()) {
      paths[short_cgroup(process.cgroup)].insert(process.cgroup);
    }
  }
  for (const auto& [name, alike] : paths) {
    if (alike.size() == 1) {
      short_cgroups_.emplace(*alike.begin(), name);
    }
  }
}

std::vector<TaskGroup> groups_of(const Session& session, GroupBy by) {
  const Grouping grouping(session.processes, by);
  Groups groups;
  for (const Process& process : session.processes) {
    if (!process.kernel) {
      add_process(groups, grouping, process);
    }
  }
  for (const AggregatedProcesses& aggregated : session.aggregated) {
    add_aggregated(groups, by, aggregated);
  }
  add_starts_without_creator(groups, session);
  std::vector<TaskGroup> sorted;
  for (auto& [key, group] : groups) {
    sorted.push_back(std::move(group));
  }
  std::ranges::stable_sort(sorted, std::ranges::greater(), busy_time);
  return sorted;
}

std::vector<GroupEdge> edges_between_groups(const Session& session, GroupBy by) {
  const GroupOfTask groups(session, by);
  using Ends = std::tuple<Waker::Kind, std::optional<std::string>, std::optional<std::string>, tc_wait>;
  std::map<Ends, GroupEdge> sums;
  for (std::size_t i = 0; i < session.edges.size(); ++i) {
    const Edge& edge = session.edges[i];
    const auto from = groups.of(edge.from);
    const auto to = groups.of(edge.to);
    GroupEdge& sum = sums[{edge.from.kind, from, to, edge.cause}];
    sum.waker = edge.from.kind;
    sum.from = from;
    sum.to = to;
    sum.cause = edge.cause;
    ++sum.edges;
    sum.members.push_back(i);
    sum.wakeups += edge.wakeups;
    sum.waited += edge.waited;
    sum.longest = std::max(sum.longest, edge.longest);
    for (const auto& [site, wakeups] : edge.call_sites) {
      sum.call_sites[site] += wakeups;
    }
    if (edge.bytes) {
      sum.bytes = sum.bytes.value_or(0) + *edge.bytes;
    }
  }
  return longest_first(std::move(sums), &GroupEdge::waited);
}

std::vector<ChainNode> chain_tree(const Session& session, GroupBy by) {
  constexpr std::size_t most_links = 64;  // far more than probes record; a document may have any number
  struct Link {
    ChainNode node;
    std::vector<Link> next;

    Link& following(const ChainNode& wanted) {
      const auto same = [&](const Link& link) {
        const ChainNode& a = link.node;
        return std::tie(a.waker, a.by, a.waiter, a.cause, a.call_site) ==
               std::tie(wanted.waker, wanted.by, wanted.waiter, wanted.cause, wanted.call_site);
      };
      const auto found = std::ranges::find_if(next, same);
      return found == next.end() ? next.emplace_back(Link{wanted, {}}) : *found;
    }
    void take(std::vector<ChainNode>& all) {
      std::ranges::stable_sort(next, std::ranges::greater(), [](const Link& link) { return link.node.waited; });
      for (Link& link : next) {
        all.push_back(std::move(link.node));
        link.take(all);
      }
    }
  };
  const GroupOfTask groups(session, by);
  Link root;
  for (const Chain& chain : session.chains) {
    Link* above = &root;
    for (std::size_t depth = 0; depth < std::min(chain.size(), most_links); ++depth) {
      const ChainLink& link = chain[depth];
      Link& at = above->following(
          {link.waker.kind, groups.of(link.waker), groups.of(link.task), link.cause, link.call_site, depth});
      ++at.node.chains;
      at.node.waited += link.waited;
      at.node.longest = std::max(at.node.longest, link.waited);
      above = &at;
    }
  }
  std::vector<ChainNode> all;
  root.take(all);
  return all;
}

std::vector<GroupRanInstead> ran_instead_by_group(const Session& session, GroupBy by) {
  if (!session.ran_instead) {
    return {};
  }
  const GroupOfTask groups(session, by);
  std::map<std::tuple<std::optional<std::string>, RanInstead::Kind, std::optional<std::string>>, GroupRanInstead> sums;
  for (const RanInstead& each : *session.ran_instead) {
    const auto waiter = groups.of(each.waiter);
    const auto ran = groups.of(each);
    GroupRanInstead& sum =
        sums.try_emplace({waiter, each.kind, ran}, GroupRanInstead{waiter, each.kind, ran}).first->second;
    sum.turns += each.turns;
    sum.time += each.time;
  }
  return longest_first(std::move(sums), &GroupRanInstead::time);
}

std::vector<GroupLockWaits> lock_waits_by_group(const Session& session, GroupBy by) {
  if (!session.locks) {
    return {};
  }
  const GroupOfTask groups(session, by);
  using Key = std::tuple<std::optional<std::string>, std::string, tc_lock_type>;
  using Owner = std::pair<std::optional<RanInstead::Kind>, std::optional<std::string>>;
  std::map<Key, GroupLockWaits> sums;
  std::map<Key, std::map<Owner, Duration>> owners;
  for (const LockWaits& each : *session.locks) {
    const Key key{groups.of(each.task), each.lock, each.type};
    GroupLockWaits& sum = sums[key];
    std::tie(sum.group, sum.lock, sum.type) = key;
    sum.waits += each.waits;
    sum.time += each.time;
    sum.longest = std::max(sum.longest, each.longest);
    owners[key][{each.owner, groups.of(each.owner_task)}] += each.time;
  }
  for (auto& [key, sum] : sums) {
    const auto most = std::ranges::max_element(owners.at(key), {}, [](const auto& each) { return each.second; });
    std::tie(sum.owner, sum.owner_group) = most->first;
  }
  return longest_first(std::move(sums), &GroupLockWaits::time);
}

std::vector<GroupObjectWaits> object_waits_by_group(const Session& session, GroupBy by) {
  if (!session.wait_objects) {
    return {};
  }
  const GroupOfTask groups(session, by);
  using Key = std::tuple<std::optional<std::string>, tc_wait, WaitObjectKind, std::string, std::string, std::string,
                         std::optional<std::uint64_t>>;
  std::map<Key, GroupObjectWaits> sums;
  for (const ObjectWaits& each : *session.wait_objects) {
    const auto group = groups.of(each.task);
    const auto [found, added] = sums.try_emplace(
        {group, each.cause, each.kind, each.object, each.disk, each.device, each.inode}, GroupObjectWaits{each, group});
    if (!added) {
      found->second.add(each);
    }
  }
  return longest_first(std::move(sums), &GroupObjectWaits::time);
}

ProcessGroups::ProcessGroups(const Session& session, GroupBy by) : by_(by) {
  const Grouping grouping(session.processes, by);
  for (const Process& process : session.processes) {
    names_.emplace(process.id, process.kernel ? process.comm : grouping.of(process).label);
  }
}

const std::string& ProcessGroups::of(std::uint64_t process) const {
  static const std::string unknown = "[unknown]";
  const auto name = names_.find(process);
  return name == names_.end() ? unknown : name->second;
}

const std::string& ProcessGroups::of(const NamedStack& stack) const {
  return by_ == GroupBy::thread && !stack.thread.empty() ? stack.thread : of(stack.process);
}

GroupBy default_grouping(const Session& session) {
  std::set<std::string> programs;
  std::set<std::string> threads;
  for (const Process& process : session.processes) {
    if (process.kernel) {
      continue;
    }
    programs.insert(process.comm);
    for (const Task& task : process.tasks) {
      threads.insert(thread_pattern(task.comm));
    }
  }
  return session.aggregated.empty() && programs.size() == 1 && threads.size() > 1 ? GroupBy::thread : GroupBy::comm;
}

std::string thread_pattern(std::string_view comm) {
  std::string pattern;
  while (!comm.empty()) {
    const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(comm, is_digit) - comm.begin());
    const bool in_a_word =
        !pattern.empty() && is_letter(pattern.back()) && digits < comm.size() && is_letter(comm[digits]);
    if (digits == 0 || in_a_word) {
      pattern += comm.substr(0, std::max<std::size_t>(digits, 1));
    } else if (pattern.empty() || pattern.back() != '*') {
      pattern += '*';
    }
    comm.remove_prefix(std::max<std::size_t>(digits, 1));
  }
  return pattern;
}

void ThreadNames::add(std::string_view comm) {
  const auto [entry, is_new] = single_.try_emplace(thread_pattern(comm), comm);
  if (!is_new && entry->second != comm) {
    entry->second.reset();
  }
}

std::string ThreadNames::shown(std::string_view comm) const {
  std::string pattern = thread_pattern(comm);
  const auto found = single_.find(pattern);
  return found == single_.end() ? std::move(pattern) : found->second.value_or(std::move(pattern));
}

std::string short_cgroup(std::string_view path) {
  std::string text;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    // The slices above a unit, and the classes of pods above a pod, say nothing that the unit or the pod does not.
    const bool is_above = part.ends_with(".slice") && part.find("pod") == std::string_view::npos;
    const bool is_class =
        part == "kubepods" || part == "burstable" || part == "besteffort" ||
        (part.starts_with("kubepods") && part.ends_with(".slice") && part.find("-pod") == std::string_view::npos);
    if (part.empty() || (!path.empty() && (is_above || is_class))) {
      continue;
    }
    const std::size_t pod = part.starts_with("kubepods-") ? part.find("-pod") : std::string_view::npos;
    const std::string_view name = pod == std::string_view::npos ? part : part.substr(pod + 1);
    text += (text.empty() ? "" : "/") + with_short_ids(name);
  }
  return text.empty() ? "/" : text;
}

}  // namespace taskcost
