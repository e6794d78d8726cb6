// SPDX-License-Identifier: Apache-2.0
//
// A session from a few records: everything is measured, from 0 to `end`.
#pragma once

#include <chrono>
#include <cstddef>
#include <stdexcept>

#include "account/session_builder.h"

namespace taskcost::test {

inline SessionBuilder::Options everything_measured() {
  SessionBuilder::Options options;
  options.measured.fill(true);
  return options;
}

inline Session finish(SessionBuilder& builder, std::chrono::nanoseconds end) {
  return builder.finish(Instant{}, Instant{end}, {}, 0);
}

// The only task of a session that has one.
inline const Task& only_task(const Session& session) {
  if (session.processes.size() != 1 || session.processes[0].tasks.size() != 1) {
    throw std::logic_error("not one task");
  }
  return session.processes[0].tasks[0];
}

}  // namespace taskcost::test
