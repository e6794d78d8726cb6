// SPDX-License-Identifier: Apache-2.0
//
// Starts threads with an Error instead of an exception, without the capabilities that only the main thread needs, and
// raises their priority so that they keep up with the events of a busy machine.
#pragma once

#include <sched.h>
#include <sys/resource.h>

#include <system_error>
#include <thread>
#include <utility>

#include "base/capabilities.h"
#include "base/result.h"

namespace taskcost {

template <typename Body>
Result<std::thread> start_thread(Body body) {
  try {
    return std::thread([body = std::move(body)]() mutable {
      (void)keep_capabilities_of(
          Phase::window);  // if the kernel refuses, it refuses the main thread too, which says so
      body();
    });
  } catch (const std::system_error& error) {
    return Error{"cannot start a thread", error.code().message(), "see the limits: ulimit -u, ulimit -v"};
  }
}

// writer and reader are priorities 1 and 2 of SCHED_FIFO: above all threads of SCHED_OTHER, the reader first.
enum class Priority { none, writer, reader };

// Applies to the thread with that tid; 0: the calling thread. Returns false without CAP_SYS_NICE.
inline bool set_priority(Priority priority, pid_t tid = 0) {
  const int policy = priority == Priority::none ? SCHED_OTHER : SCHED_FIFO;
  sched_param parameters{};
  parameters.sched_priority = static_cast<int>(priority);
  return sched_setscheduler(tid, policy | SCHED_RESET_ON_FORK, &parameters) == 0;
}

// Sets the lowest nice value, -20, for the calling thread: among threads of SCHED_OTHER it soon gets a CPU when it
// wakes up. Without CAP_SYS_NICE nothing changes.
inline void lower_nice() { (void)setpriority(PRIO_PROCESS, 0, -20); }

// Gives the calling thread this priority while it works, if it may have it. The thread should sleep without it: the
// kernel wakes a real-time thread on the CPU where it last ran, whatever task that preempts, but looks for an idle CPU
// for a thread of SCHED_OTHER.
class ScopedPriority {
 public:
  explicit ScopedPriority(Priority priority) : is_set_(set_priority(priority)) {}
  ~ScopedPriority() {
    if (is_set_) {
      (void)set_priority(Priority::none);
    }
  }
  ScopedPriority(const ScopedPriority&) = delete;
  ScopedPriority& operator=(const ScopedPriority&) = delete;

 private:
  bool is_set_;
};

// True if a thread of this process would get this priority. A short-lived thread tries.
inline bool may_set_priority(Priority priority) {
  bool may = false;
  std::thread([&] { may = set_priority(priority); }).join();
  return may;
}

}  // namespace taskcost
