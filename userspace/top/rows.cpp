// SPDX-License-Identifier: Apache-2.0
#include "top/rows.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace taskcost {
namespace {

bool matches(const std::string& comm, std::uint32_t pid, const std::string& filter) {
  return comm.find(filter) != std::string::npos || std::to_string(pid) == filter;
}

bool matches(const TaskChange& task, const std::string& filter) { return matches(task.comm, task.tid, filter); }

bool matches(const ProcessChange& process, const std::string& filter) {
  return filter.empty() || matches(process.comm, process.tgid, filter) ||
         std::any_of(process.tasks.begin(), process.tasks.end(),
                     [&filter](const TaskChange& task) { return matches(task, filter); });
}

// A count that was not measured sorts below 0.
double sort_value(const std::optional<std::uint64_t>& count) { return count ? static_cast<double>(*count) : -1; }

double sort_value(const Figures& figures, SortKey key) {
  switch (key) {
    case SortKey::cpu:
      return static_cast<double>(figures.cpu().count());
    case SortKey::user:
      return static_cast<double>(figures.user.count());
    case SortKey::kernel:
      return static_cast<double>(figures.kernel.count());
    case SortKey::queue:
      return static_cast<double>(figures.queue().count());
    case SortKey::blocked:
      return static_cast<double>(figures.blocked.count());
    case SortKey::switches:
      return sort_value(figures.switches());
    case SortKey::faults:
      return sort_value(figures.faults());
    case SortKey::creations:
      return sort_value(figures.creations);
    case SortKey::pid:
    case SortKey::name:
      break;
  }
  return 0;
}

// Negative if `one` comes first. sort() breaks ties by PID and id, so that equal rows do not swap between refreshes.
int compare(const Row& one, const Row& other, SortKey key) {
  if (key == SortKey::name) {
    return one.comm().compare(other.comm());
  }
  if (key == SortKey::pid) {
    return one.pid() < other.pid() ? -1 : int{one.pid() > other.pid()};
  }
  const double here = sort_value(one.figures(), key);
  const double there = sort_value(other.figures(), key);
  return here > there ? -1 : int{here < there};
}

std::uint64_t row_id(const Row& row) { return row.thread ? row.thread->id : row.process->id; }

void sort(std::vector<Row>& rows, const View& view) {
  std::sort(rows.begin(), rows.end(), [&view](const Row& one, const Row& other) {
    if (one.kernel_thread() != other.kernel_thread()) {
      return other.kernel_thread();
    }
    const int sign = compare(one, other, view.sort);
    if (sign != 0) {
      return view.reverse ? sign > 0 : sign < 0;
    }
    return std::pair(one.pid(), row_id(one)) < std::pair(other.pid(), row_id(other));
  });
}

// The forest of processes, depth first. Parent ids come from records and may form a cycle: a process that is not
// reachable from a root becomes a root itself.
class Tree {
 public:
  Tree(const Changes& changes, const View& view) : view_(view) {
    for (const ProcessChange& process : changes.processes) {
      known_.emplace(process.id, &process);
    }
    std::vector<Row> roots;
    for (const ProcessChange& process : changes.processes) {
      if (const ProcessChange* parent = parent_of(process)) {
        children_[parent->id].push_back({&process});
      } else {
        roots.push_back({&process});
      }
    }
    mark_matches(changes);
    walk(std::move(roots));
    std::vector<Row> unreached;
    for (const ProcessChange& process : changes.processes) {
      if (!visited_.contains(process.id)) {
        unreached.push_back({&process});
      }
    }
    if (!unreached.empty()) {
      walk(std::move(unreached));
    }
  }

  std::vector<Row> take_rows() { return std::move(rows_); }

 private:
  // Kernel threads are listed last, so a kernel thread is no child of a user process here.
  const ProcessChange* parent_of(const ProcessChange& process) const {
    const auto parent = known_.find(process.parent);
    const bool found = parent != known_.end() && parent->second->kernel_thread == process.kernel_thread;
    return found && process.parent != process.id ? parent->second : nullptr;
  }

  // Marks the matching processes and all their ancestors.
  void mark_matches(const Changes& changes) {
    for (const ProcessChange& process : changes.processes) {
      if (!matches(process, view_.filter)) {
        continue;
      }
      const ProcessChange* ancestor = &process;
      while (ancestor != nullptr && shown_.insert(ancestor->id).second) {
        ancestor = parent_of(*ancestor);
      }
    }
  }

  std::vector<Row> select_rows(std::vector<Row> rows, std::size_t depth) const {
    std::erase_if(rows, [this](const Row& row) { return !shown_.contains(row.process->id); });
    sort(rows, view_);
    for (Row& row : rows) {
      row.depth = depth;
      row.context = !matches(*row.process, view_.filter);
    }
    return rows;
  }

  // An explicit stack, because chains of processes may be deep enough to overflow the call stack.
  void walk(std::vector<Row> roots) {
    std::vector<Row> pending = select_rows(std::move(roots), 0);
    std::reverse(pending.begin(), pending.end());
    while (!pending.empty()) {
      const Row row = pending.back();
      pending.pop_back();
      if (!visited_.insert(row.process->id).second) {
        continue;
      }
      rows_.push_back(row);
      if (const auto below = children_.find(row.process->id); below != children_.end()) {
        const std::vector<Row> rows = select_rows(below->second, row.depth + 1);
        pending.insert(pending.end(), rows.rbegin(), rows.rend());
      }
    }
  }

  const View& view_;
  std::unordered_map<std::uint64_t, const ProcessChange*> known_;
  std::unordered_map<std::uint64_t, std::vector<Row>> children_;
  std::unordered_set<std::uint64_t> shown_;
  std::unordered_set<std::uint64_t> visited_;
  std::vector<Row> rows_;
};

std::vector<Row> process_rows(const Changes& changes, const View& view) {
  std::vector<Row> rows;
  for (const ProcessChange& process : changes.processes) {
    if (matches(process, view.filter)) {
      rows.push_back({&process});
    }
  }
  sort(rows, view);
  return rows;
}

std::vector<Row> thread_rows(const Changes& changes, const View& view) {
  std::vector<Row> rows;
  for (const ProcessChange& process : changes.processes) {
    for (const TaskChange& task : process.tasks) {
      // The PID of a process matches all its threads.
      if (view.filter.empty() || matches(task, view.filter) || std::to_string(process.tgid) == view.filter) {
        rows.push_back({&process, &task});
      }
    }
  }
  sort(rows, view);
  return rows;
}

std::vector<Process> identities_of(const Changes& changes) {
  std::vector<Process> processes;
  for (const ProcessChange& change : changes.processes) {
    Process& process = processes.emplace_back();
    process.id = change.id;
    process.parent = change.parent;
    process.tgid = change.tgid;
    process.comm = change.comm;
    process.command = change.command;
    process.kernel = change.kernel_thread;
    process.uid = change.uid;
    process.user = change.user;
    process.cgroup_id = change.cgroup_id;
    process.cgroup = change.cgroup;
  }
  return processes;
}

ThreadNames thread_names(const Changes& changes) {
  ThreadNames names;
  for (const ProcessChange& process : changes.processes) {
    for (const TaskChange& task : process.tasks) {
      if (!process.kernel_thread) {
        names.add(task.comm);
      }
    }
  }
  return names;
}

// Kernel threads are one group.
Rows group_rows(const Changes& changes, const View& view) {
  const std::vector<Process> identities = identities_of(changes);
  const Grouping grouping(identities, view.by);
  const ThreadNames threads = thread_names(changes);
  Rows rows;
  std::map<std::pair<bool, std::string>, std::size_t> indices;
  std::vector<std::set<std::uint64_t>> members;
  for (std::size_t i = 0; i < identities.size(); ++i) {
    for (const TaskChange& task : changes.processes[i].tasks) {
      const bool kernel = changes.processes[i].kernel_thread;
      const GroupKey key = kernel ? GroupKey{"", std::string(kernel_group)} : grouping.of(identities[i], task.comm);
      const auto [entry, is_new] = indices.try_emplace({kernel, key.value}, rows.groups.size());
      if (is_new) {
        ProcessChange& group = rows.groups.emplace_back();
        group.id = rows.groups.size();
        group.comm = !kernel && view.by == GroupBy::thread ? threads.shown(task.comm) : key.label;
        group.kernel_thread = kernel;
        group.ended = true;
        members.emplace_back();
      }
      ProcessChange& group = rows.groups[entry->second];
      group.ended = group.ended && task.ended;
      add(group.figures, task.figures);
      group.tasks.push_back(task);
      members[entry->second].insert(identities[i].id);
    }
  }
  for (std::size_t i = 0; i < rows.groups.size(); ++i) {
    if (matches(rows.groups[i], view.filter)) {
      rows.rows.push_back({&rows.groups[i], nullptr, members[i].size()});
    }
  }
  rows.unfiltered = rows.groups.size();
  sort(rows.rows, view);
  return rows;
}

}  // namespace

std::string_view to_string(SortKey key) {
  const auto* found = std::find_if(std::begin(sort_keys), std::end(sort_keys),
                                   [key](const SortKeyName& entry) { return entry.key == key; });
  return found == std::end(sort_keys) ? std::string_view() : found->name;
}

std::optional<SortKey> find_sort_key(std::string_view name) {
  const auto* found = std::find_if(std::begin(sort_keys), std::end(sort_keys),
                                   [name](const SortKeyName& entry) { return entry.name == name; });
  return found == std::end(sort_keys) ? std::nullopt : std::optional(found->key);
}

Rows rows_of(const Changes& changes, const View& view) {
  switch (view.shape) {
    case View::Shape::processes:
      return {process_rows(changes, view), changes.processes.size()};
    case View::Shape::threads:
      return {thread_rows(changes, view), changes.task_count()};
    case View::Shape::tree:
      return {Tree(changes, view).take_rows(), changes.processes.size()};
    case View::Shape::groups:
      return group_rows(changes, view);
  }
  return {};
}

}  // namespace taskcost
