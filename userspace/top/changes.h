// SPDX-License-Identifier: Apache-2.0
//
// What happened between two glances, by process and task. Plain values, no printing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "taskcost/glance.h"

namespace taskcost {

// Of one task, of a process (the sum of its tasks), or of all. Times may be slightly negative: a task whose switch-in
// had no tracepoint is booked as waiting until the scheduler's books tell otherwise, and then the wait is taken back.
struct Figures {
  Duration user{};       // on a CPU in user code
  Duration kernel{};     // on a CPU outside user code
  Duration preempted{};  // waiting for a CPU after it was taken away,
  Duration runnable{};   // and after a wake-up
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
// A sum of which a part is not measured is not measured.
void add(Figures& sum, const Figures& other);

struct TaskChange {
  std::uint64_t id = 0;
  std::uint32_t tid = 0;
  std::string comm;  // hostile
  bool leader = false;
  bool kernel_thread = false;
  bool born = false;   // not there at the glance before: its figures count from its birth
  bool ended = false;  // in the interval
  tc_activity activity = TC_ACTIVITY_USER;
  tc_condition condition = TC_CONDITION_RUNNING;
  Figures figures;
};

struct ProcessChange {
  std::uint64_t id = 0;
  std::uint64_t parent = 0;  // 0: not observed
  std::uint32_t tgid = 0;
  std::string comm;            // of the leader, of the first task where the leader is not observed; hostile
  bool kernel_thread = false;  // as all of its tasks are
  bool ended = false;          // with all of its tasks
  std::vector<TaskChange> tasks;
  Figures figures;
};

// What the observation cost between the glances.
struct Overhead {
  Duration userspace{};
  std::uint64_t transitions = 0;
  std::optional<Duration> per_transition;
  Duration glance{};  // taking the later one; a part of `userspace`

  // nullopt: a transition could not be calibrated.
  [[nodiscard]] std::optional<Duration> probes() const;
  [[nodiscard]] std::optional<Duration> total() const;
};

struct Changes {
  Instant at{};  // the later glance
  Duration interval{};
  std::vector<ProcessChange> processes;  // by their first task
  Figures total;
  Overhead overhead;
  Losses losses;              // in the interval
  Losses losses_since_start;  // since the window opened

  // What took `time` of the interval, 1 being all of it: of one CPU, or of one task waiting all the time.
  [[nodiscard]] double share(Duration time) const;
  [[nodiscard]] double per_second(std::uint64_t count) const;
  [[nodiscard]] std::size_t task_count() const;
};

Changes changes_between(const Glance& before, const Glance& now);

}  // namespace taskcost
