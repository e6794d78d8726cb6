// SPDX-License-Identifier: Apache-2.0
//
// Threads that cannot be had are an Error, not an exception; and what makes them keep up with a busy machine.
#pragma once

#include <sched.h>
#include <sys/resource.h>

#include <system_error>
#include <thread>
#include <utility>

#include "taskcost/result.h"

namespace taskcost {

template <typename Body>
Result<std::thread> start_thread(Body body) {
  try {
    return std::thread(std::move(body));
  } catch (const std::system_error& error) {
    return Error{"cannot start a thread", error.code().message(), "see the limits: ulimit -u, ulimit -v"};
  }
}

// Above all threads of normal priority, and the higher ones first.
enum class Priority { none, writer, reader };

// For the calling thread; false where it has no right to it.
inline bool ask_for(Priority priority) {
  const int policy = priority == Priority::none ? SCHED_OTHER : SCHED_FIFO;
  sched_param parameters{};
  parameters.sched_priority = static_cast<int>(priority);
  return sched_setscheduler(0, policy | SCHED_RESET_ON_FORK, &parameters) == 0;
}

// Among threads of normal priority the calling one has its turn as soon as it wants one, where it may.
inline void be_first_of_the_normal() { (void)setpriority(PRIO_PROCESS, 0, -20); }

// The calling thread works at this priority, where it has the right to. It should wait without: the kernel wakes a
// thread of real-time priority on the CPU where it last was, whoever runs there, but looks for an idle one for others.
class Prioritized {
 public:
  explicit Prioritized(Priority priority) : has_it_(ask_for(priority)) {}
  ~Prioritized() {
    if (has_it_) {
      (void)ask_for(Priority::none);
    }
  }
  Prioritized(const Prioritized&) = delete;
  Prioritized& operator=(const Prioritized&) = delete;

 private:
  bool has_it_;
};

// Whether a thread of this process would get it.
inline bool may_ask_for(Priority priority) {
  bool may = false;
  std::thread([&] { may = ask_for(priority); }).join();
  return may;
}

}  // namespace taskcost
