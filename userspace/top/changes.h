// SPDX-License-Identifier: Apache-2.0
//
// The difference of two glances, by process and task.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "account/glance.h"

namespace taskcost {

// Figures of a task, of a process (the sum of its tasks), or of all tasks. A time may be slightly negative: a switch-in
// without a tracepoint is counted as waiting until the scheduler's statistics contradict it, and is then subtracted.
struct Figures {
  Duration user{};       // on a CPU in user code
  Duration kernel{};     // on a CPU in the kernel
  Duration preempted{};  // on the run queue after a preemption
  Duration runnable{};   // on the run queue after a wakeup
  Duration blocked{};
  PerWait<Duration> blocked_by{};
  // nullopt: not measured.
  std::optional<std::uint64_t> voluntary_switches = 0;
  std::optional<std::uint64_t> involuntary_switches = 0;
  std::optional<std::uint64_t> faults_minor = 0;
  std::optional<std::uint64_t> faults_major = 0;
  std::optional<std::uint64_t> creations = 0;  // of threads and processes

  [[nodiscard]] Duration cpu() const { return user + kernel; }
  [[nodiscard]] Duration queue() const { return preempted + runnable; }
  [[nodiscard]] std::optional<std::uint64_t> switches() const;
  [[nodiscard]] std::optional<std::uint64_t> faults() const;
};

Figures figures_of(const Account& account);
// A count that one operand lacks is nullopt in the sum.
void add(Figures& sum, const Figures& other);

struct TaskChange {
  std::uint64_t id = 0;
  std::uint32_t tid = 0;
  std::string comm;  // hostile
  bool leader = false;
  bool kernel_thread = false;
  bool born = false;   // not in the earlier glance: its figures count from its creation
  bool ended = false;  // in the interval
  tc_activity activity = TC_ACTIVITY_USER;
  tc_condition condition = TC_CONDITION_RUNNING;
  Figures figures;
};

struct ProcessChange {
  std::uint64_t id = 0;
  std::uint64_t parent = 0;  // 0: not observed
  std::uint32_t tgid = 0;
  std::string comm;     // the leader's; the first task's if the leader is not observed; hostile
  std::string command;  // like the four below, as in Process; hostile
  std::optional<std::uint32_t> uid;
  std::string user;
  std::uint64_t cgroup_id = 0;
  std::string cgroup;          // hostile
  bool kernel_thread = false;  // all of its tasks are kernel threads
  bool ended = false;          // all of its tasks have ended
  std::vector<TaskChange> tasks;
  Figures figures;
};

// The observer's own cost between the two glances.
struct Overhead {
  Duration userspace{};
  std::uint64_t transitions = 0;
  std::optional<Duration> per_transition;
  Duration glance{};  // time to take the later glance; included in `userspace`

  // nullopt: the cost of a probe run is unknown, because the calibration failed.
  [[nodiscard]] std::optional<Duration> probes() const;
  [[nodiscard]] std::optional<Duration> total() const;
};

struct Changes {
  Instant at{};  // the later glance
  Duration interval{};
  std::vector<ProcessChange> processes;  // in the order of their first tasks
  Figures total;
  Overhead overhead;
  Losses losses;              // in the interval
  Losses losses_since_start;  // since the window opened

  // `time` as a part of the interval: 1 is one CPU that is always busy, or one task that always waits.
  [[nodiscard]] double share(Duration time) const;
  [[nodiscard]] double per_second(std::uint64_t count) const;
  [[nodiscard]] std::size_t task_count() const;
};

Changes changes_between(const Glance& before, const Glance& now);

}  // namespace taskcost
