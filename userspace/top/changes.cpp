// SPDX-License-Identifier: Apache-2.0
#include "top/changes.h"

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>

namespace taskcost {
namespace {

using Count = std::optional<std::uint64_t>;

constexpr tc_counter creation_counters[] = {TC_COUNTER_CHILDREN_THREADS, TC_COUNTER_CHILDREN_FORKS,
                                            TC_COUNTER_CHILDREN_VFORKS, TC_COUNTER_CHILDREN_SPAWNS,
                                            TC_COUNTER_CHILDREN_CLONE_VM};

Count add_counts(const Count& one, const Count& other) { return one && other ? Count(*one + *other) : std::nullopt; }

// Counters never decrease. If one does, report 0 instead of an unsigned underflow.
std::uint64_t growth(std::uint64_t before, std::uint64_t now) { return now > before ? now - before : 0; }

Count growth(const Count& before, const Count& now) {
  return before && now ? Count(growth(*before, *now)) : std::nullopt;
}

Figures difference(const Figures& before, const Figures& now) {
  Figures figures;
  figures.user = now.user - before.user;
  figures.kernel = now.kernel - before.kernel;
  figures.preempted = now.preempted - before.preempted;
  figures.runnable = now.runnable - before.runnable;
  figures.blocked = now.blocked - before.blocked;
  for (std::size_t wait = 0; wait < now.blocked_by.size(); ++wait) {
    figures.blocked_by[wait] = now.blocked_by[wait] - before.blocked_by[wait];
  }
  figures.voluntary_switches = growth(before.voluntary_switches, now.voluntary_switches);
  figures.involuntary_switches = growth(before.involuntary_switches, now.involuntary_switches);
  figures.faults_minor = growth(before.faults_minor, now.faults_minor);
  figures.faults_major = growth(before.faults_major, now.faults_major);
  figures.creations = growth(before.creations, now.creations);
  return figures;
}

Losses difference(const Losses& before, const Losses& now) {
  Losses losses;
  for (std::size_t loss = 0; loss < now.counts.size(); ++loss) {
    losses.counts[loss] = growth(before.counts[loss], now.counts[loss]);
  }
  losses.skipped_probes = growth(before.skipped_probes, now.skipped_probes);
  losses.missed_switches = growth(before.missed_switches, now.missed_switches);
  return losses;
}

using TasksById = std::unordered_map<std::uint64_t, const Glance::Task*>;

TaskChange make_change(const Glance::Task& task, const TasksById& before) {
  TaskChange change{task.id,       task.tid,   task.comm,     task.leader,    task.kernel_thread,
                    /*born=*/true, task.ended, task.activity, task.condition, figures_of(task.account)};
  if (const auto known = before.find(task.id); known != before.end()) {
    change.born = false;
    change.figures = difference(figures_of(known->second->account), change.figures);
  }
  return change;
}

void add_task(ProcessChange& process, TaskChange change) {
  add(process.figures, change.figures);
  process.kernel_thread = process.kernel_thread && change.kernel_thread;
  process.ended = process.ended && change.ended;
  if (change.leader || process.tasks.empty()) {
    process.comm = change.comm;
  }
  process.tasks.push_back(std::move(change));
}

void note_identity(ProcessChange& process, const Glance::Task& task, const HostNames& names) {
  process.command = task.command;
  process.uid = task.uid;
  process.user = task.uid ? name_in(names.users, *task.uid) : std::string();
  process.cgroup_id = task.cgroup;
  process.cgroup = name_in(names.cgroups, task.cgroup);
}

ProcessChange empty_process(const Glance::Task& task) {
  ProcessChange process;
  process.id = task.process;
  process.parent = task.parent_process;
  process.tgid = task.tgid;
  process.kernel_thread = true;
  process.ended = true;
  return process;
}

}  // namespace

Count Figures::switches() const { return add_counts(voluntary_switches, involuntary_switches); }

Count Figures::faults() const { return add_counts(faults_minor, faults_major); }

Figures figures_of(const Account& account) {
  Figures figures;
  figures.user = account.cells[TC_ACTIVITY_USER][TC_CONDITION_RUNNING];
  figures.kernel = account.kernel_running();
  figures.preempted = account.total(TC_CONDITION_PREEMPTED);
  figures.runnable = account.total(TC_CONDITION_RUNNABLE);
  figures.blocked = account.total(TC_CONDITION_BLOCKED);
  for (std::size_t wait = 0; wait < account.waits.size(); ++wait) {
    figures.blocked_by[wait] = account.waits[wait].blocked;
  }
  figures.voluntary_switches = account.counters[TC_COUNTER_VOLUNTARY_SWITCHES];
  figures.involuntary_switches = account.counters[TC_COUNTER_INVOLUNTARY_SWITCHES];
  figures.faults_minor = account.counters[TC_COUNTER_FAULTS_MINOR];
  figures.faults_major = account.counters[TC_COUNTER_FAULTS_MAJOR];
  for (const tc_counter counter : creation_counters) {
    figures.creations = add_counts(figures.creations, account.counters[counter]);
  }
  return figures;
}

void add(Figures& sum, const Figures& other) {
  sum.user += other.user;
  sum.kernel += other.kernel;
  sum.preempted += other.preempted;
  sum.runnable += other.runnable;
  sum.blocked += other.blocked;
  for (std::size_t wait = 0; wait < sum.blocked_by.size(); ++wait) {
    sum.blocked_by[wait] += other.blocked_by[wait];
  }
  sum.voluntary_switches = add_counts(sum.voluntary_switches, other.voluntary_switches);
  sum.involuntary_switches = add_counts(sum.involuntary_switches, other.involuntary_switches);
  sum.faults_minor = add_counts(sum.faults_minor, other.faults_minor);
  sum.faults_major = add_counts(sum.faults_major, other.faults_major);
  sum.creations = add_counts(sum.creations, other.creations);
}

std::optional<Duration> Overhead::probes() const {
  return per_transition ? std::optional(*per_transition * static_cast<Duration::rep>(transitions)) : std::nullopt;
}

std::optional<Duration> Overhead::total() const {
  const auto in_probes = probes();
  return in_probes ? std::optional(*in_probes + userspace) : std::nullopt;
}

double Changes::share(Duration time) const {
  return interval > Duration::zero() ? static_cast<double>(time.count()) / static_cast<double>(interval.count()) : 0;
}

double Changes::per_second(std::uint64_t count) const {
  return interval > Duration::zero() ? static_cast<double>(count) / std::chrono::duration<double>(interval).count() : 0;
}

std::size_t Changes::task_count() const {
  std::size_t count = 0;
  for (const ProcessChange& process : processes) {
    count += process.tasks.size();
  }
  return count;
}

Changes changes_between(const Glance& before, const Glance& now) {
  Changes changes;
  changes.at = now.at;
  changes.interval = std::max(now.at - before.at, Duration::zero());
  changes.overhead = {std::max(now.userspace_cpu - before.userspace_cpu, Duration::zero()),
                      growth(before.transitions, now.transitions), now.per_transition, now.cost};
  changes.losses = difference(before.losses, now.losses);
  changes.losses_since_start = now.losses;

  TasksById known;
  for (const Glance::Task& task : before.tasks) {
    known.emplace(task.id, &task);
  }
  std::unordered_map<std::uint64_t, std::size_t> indices;  // by process id
  for (const Glance::Task& task : now.tasks) {
    const auto [entry, first] = indices.emplace(task.process, changes.processes.size());
    if (first) {
      changes.processes.push_back(empty_process(task));
    }
    ProcessChange& process = changes.processes[entry->second];
    if (first || task.leader) {
      note_identity(process, task, now.names);
    }
    add_task(process, make_change(task, known));
  }
  for (const ProcessChange& process : changes.processes) {
    add(changes.total, process.figures);
  }
  return changes;
}

}  // namespace taskcost
