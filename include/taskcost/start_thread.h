// SPDX-License-Identifier: Apache-2.0
//
// Threads that cannot be had are an Error, not an exception; and what makes them keep up with a busy machine.
#pragma once

#include <sched.h>

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
enum class Priority { writer = 1, reader };

// For the calling thread; false where it has no right to it.
inline bool ask_for(Priority priority) {
  sched_param parameters{};
  parameters.sched_priority = static_cast<int>(priority);
  return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameters) == 0;
}

// Whether a thread of this process would get it.
inline bool may_ask_for(Priority priority) {
  bool may = false;
  std::thread([&] { may = ask_for(priority); }).join();
  return may;
}

}  // namespace taskcost
