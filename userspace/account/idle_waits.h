// SPDX-License-Identifier: Apache-2.0
//
// The rule that tells idle waits from waits on the way. An idle wait delays neither a request nor the end of the run:
// it is for new work, for a deadline of its own, or for a task whose time has an account. A blocked interval counts as
// idle if it may have been such a wait, so idle time is "at most", and the rest is on the way "at least". It is idle:
//
//   by its cause     epoll, poll or select, a timer, a signal, a child, a creation, a stop or a freezer
//   by its waker     a pipe, socket, queue, eventfd, terminal, semaphore or shared futex, unless an observed task ended
//                    it; a socket also if that task called connect(), because the sleeper may have been in accept()
//   by its end       a futex of the process that the exit of a task released, and a wait for such an object that had
//                    not ended when the window closed
//   by its thread    a futex, if the thread is blocked for more than 90 % of its lifetime, and either it is not the
//                    leader of its process (it is one of a pool, or it serves the process), or a timer ended the wait
//   by its task      a worker that the kernel created in the process (io_uring, vhost)
//
// Everything else is on the way: the disk, page faults, mmap_lock, file locks, and futexes and data of observed tasks.
// The bound has an exception: threads of a pool that is busy for more than 10 % of the time wait for work on the way.
// Threads that queue up for one lock for more than 90 % of the time are idle by this rule.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "account/account.h"

namespace taskcost {

// Blocked time by cause; both parts add up to WaitSums::blocked.
struct SplitWaits {
  PerWait<Duration> idle{};
  PerWait<Duration> on_the_way{};
};

Duration sum_of(const PerWait<Duration>& waits);

// True for waits for what another task sends: pipes, sockets and queues. If that task is observed, its own account says
// what it did meanwhile.
bool is_for_data(tc_wait cause);

class IdleRule {
 public:
  // `session` must outlive the rule.
  explicit IdleRule(const Session& session);

  // The edges that end waits of the task.
  [[nodiscard]] std::span<const Edge* const> edges_to(std::uint64_t task) const;
  // `account` is that of the task, here and below.
  [[nodiscard]] SplitWaits split(const Task& task, const Account& account) const;
  // True if the waits of `task` that `edge` ended count as idle.
  [[nodiscard]] static bool is_idle(const Edge& edge, const Task& task, const Account& account);
  // Waits of tasks that are not kept one by one, and have no edges.
  [[nodiscard]] static SplitWaits split(const Account& account);

 private:
  std::vector<const Edge*> edges_;       // sorted by Edge::to, without unknown sleepers
  std::vector<std::uint64_t> sleepers_;  // Edge::to of each of them
};

// The time that each task was busy, by Task::id: on CPUs, waiting for one, and blocked on the way, except for data of
// other tasks.
std::unordered_map<std::uint64_t, Duration> busy_times(const Session& session);

}  // namespace taskcost
