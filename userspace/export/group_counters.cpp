// SPDX-License-Identifier: Apache-2.0
#include "export/group_counters.h"

#include <algorithm>
#include <utility>

namespace taskcost {
namespace {

constexpr const char* others = "(others)";
constexpr const char* unknown = "(unknown)";

// The name of each process: its leader's, or that of its first task.
std::unordered_map<std::uint64_t, const std::string*> names_of_processes(const Glance& glance) {
  std::unordered_map<std::uint64_t, const std::string*> names;
  for (const Glance::Task& task : glance.tasks) {
    const auto [entry, is_new] = names.try_emplace(task.process, &task.comm);
    if (!is_new && task.leader) {
      entry->second = &task.comm;
    }
  }
  return names;
}

}  // namespace

GroupCounters::GroupCounters(GroupBy by, std::size_t max_groups, std::vector<GroupSeries> series)
    : by_(by), max_groups_(max_groups), series_(std::move(series)) {}

GroupCounters::Sums& GroupCounters::group_at(const std::string& label, const std::optional<CgroupIdentity>& identity) {
  auto found = groups_.find(label);
  if (found == groups_.end()) {
    const bool has_room = groups_.size() - groups_.count(others) < max_groups_;
    found = groups_.try_emplace(has_room ? label : others).first;
    found->second.sums.resize(series_.size());
    found->second.shown.resize(series_.size());
    found->second.identity = has_room ? identity : std::nullopt;
  } else if (found->second.identity != identity && label != others) {
    found->second.identity.reset();  // two cgroups have this label
  }
  return found->second;
}

GroupCounters::Sums& GroupCounters::group_of_cgroup(std::uint64_t id, const HostNames& names) {
  const std::string path = id == 0 ? std::string() : name_in(names.cgroups, id);
  if (path.empty()) {
    return group_at(unknown, std::nullopt);
  }
  return group_at(label_value(fold_transient_units(path)), identify_cgroup(path));
}

void GroupCounters::add_change(Sums& group, Values& last, const Account& account) const {
  last.resize(series_.size());
  for (std::size_t i = 0; i < series_.size(); ++i) {
    // A value that this glance lacks comes with a later one.
    if (const auto now = series_[i].read(account)) {
      group.sums[i] = group.sums[i].value_or(0) + *now - last[i];
      last[i] = *now;
    }
  }
}

// A glance lacks a task that has just ended: its final account comes with one of the next. If that was lost, it never
// comes.
void GroupCounters::keep_ending(Instant at, std::unordered_map<std::uint64_t, Known>& known) {
  using namespace std::chrono_literals;
  constexpr Duration longest = 5s;
  for (auto& [id, task] : known_) {
    if (at - task.seen <= longest && known.try_emplace(id, task).second) {
      ++task.group->ending;
    }
  }
}

void GroupCounters::take(const Glance& glance) {
  for (auto& [label, group] : groups_) {
    group.tasks = 0;
    group.ending = 0;
  }
  std::unordered_map<std::uint64_t, const std::string*> processes;
  if (by_ == GroupBy::comm) {
    processes = names_of_processes(glance);
  }
  std::unordered_map<std::uint64_t, Sums*> cgroups;  // names are read once
  std::unordered_map<std::uint64_t, Known> known;
  for (const Glance::Task& task : glance.tasks) {
    Sums* group = nullptr;
    if (by_ == GroupBy::comm) {
      group = &group_at(task.kernel_thread ? std::string(kernel_group) : label_value(*processes.at(task.process)),
                        std::nullopt);
    } else {
      Sums*& named = cgroups[task.cgroup];
      named = named == nullptr ? &group_of_cgroup(task.cgroup, glance.names) : named;
      group = named;
    }
    Known now{{}, glance.at, group};
    if (const auto before = known_.find(task.id); before != known_.end()) {
      now.last = std::move(before->second.last);
      known_.erase(before);
    }
    add_change(*group, now.last, task.account);
    if (!task.ended) {
      ++group->tasks;
      known.emplace(task.id, std::move(now));
    }
  }
  keep_ending(glance.at, known);
  known_ = std::move(known);
}

std::vector<GroupCounters::Group> GroupCounters::scrape() {
  std::vector<Group> all;
  all.reserve(groups_.size());
  for (auto& [label, group] : groups_) {
    for (std::size_t i = 0; i < series_.size(); ++i) {
      if (group.sums[i]) {
        group.shown[i] = std::max(group.shown[i].value_or(0), *group.sums[i]);
      }
    }
    all.push_back({label, group.identity, group.tasks, group.shown});
  }
  std::erase_if(groups_, [](const auto& each) {
    return each.second.tasks == 0 && each.second.ending == 0 && each.first != others;
  });
  return all;
}

}  // namespace taskcost
