// SPDX-License-Identifier: Apache-2.0
//
// Threads that cannot be had are an Error, not an exception.
#pragma once

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

}  // namespace taskcost
