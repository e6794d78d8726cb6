// SPDX-License-Identifier: Apache-2.0
//
// Builds glances for tests of the live view and of exported counters from tasks and their figures.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "account/glance.h"

namespace taskcost::test {

using namespace std::chrono_literals;

class TaskBuilder {
 public:
  explicit TaskBuilder(Glance::Task& task) : task_(task) {}

  TaskBuilder& named(std::string comm) {
    task_.comm = std::move(comm);
    return *this;
  }
  TaskBuilder& runs(Duration user, Duration kernel = 0ms) {
    task_.account.cells[TC_ACTIVITY_USER][TC_CONDITION_RUNNING] += user;
    task_.account.cells[TC_ACTIVITY_FILE][TC_CONDITION_RUNNING] += kernel;
    return *this;
  }
  TaskBuilder& queues(Duration preempted, Duration runnable = 0ms) {
    task_.account.cells[TC_ACTIVITY_USER][TC_CONDITION_PREEMPTED] += preempted;
    task_.account.cells[TC_ACTIVITY_FUTEX][TC_CONDITION_RUNNABLE] += runnable;
    return *this;
  }
  TaskBuilder& waits(tc_wait cause, Duration blocked) {
    task_.account.cells[TC_ACTIVITY_POLL][TC_CONDITION_BLOCKED] += blocked;
    task_.account.waits[cause].blocked += blocked;
    return *this;
  }
  TaskBuilder& counts(tc_counter counter, std::uint64_t more) {
    task_.account.counters[counter] = task_.account.counters[counter].value_or(0) + more;
    return *this;
  }
  TaskBuilder& cannot_count(tc_counter counter) {
    task_.account.counters[counter].reset();
    return *this;
  }
  TaskBuilder& in_cgroup(std::uint64_t id) {
    task_.cgroup = id;
    return *this;
  }
  TaskBuilder& in_kernel() {
    task_.kernel_thread = true;
    return *this;
  }
  TaskBuilder& ends() {
    task_.ended = true;
    return *this;
  }

 private:
  Glance::Task& task_;
};

// A process id is ten times its TGID, a task id ten times its TID.
class GlanceBuilder {
 public:
  explicit GlanceBuilder(Duration at) { glance_.at = Instant(at); }

  TaskBuilder task(std::uint32_t tgid, std::uint32_t tid, std::uint32_t parent = 0) {
    Glance::Task task;
    task.id = 10 * tid;
    task.process = 10 * tgid;
    task.parent_process = 10 * parent;
    task.tid = tid;
    task.tgid = tgid;
    task.comm = "task";
    task.leader = tid == tgid;
    task.condition = TC_CONDITION_BLOCKED;
    task.account = empty_account();
    glance_.tasks.push_back(std::move(task));
    return TaskBuilder(glance_.tasks.back());
  }
  TaskBuilder process(std::uint32_t tgid, std::uint32_t parent = 0) { return task(tgid, tgid, parent); }

  // The path of a cgroup by its id.
  GlanceBuilder& cgroup(std::uint64_t id, std::string path) {
    glance_.names.cgroups[std::to_string(id)] = std::move(path);
    return *this;
  }

  Glance& glance() { return glance_; }

 private:
  Glance glance_;
};

}  // namespace taskcost::test
