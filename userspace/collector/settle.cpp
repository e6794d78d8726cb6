// SPDX-License-Identifier: Apache-2.0
#include "collector/settle.h"

#include <chrono>
#include <thread>

#include "collector/clocks.h"

namespace taskcost {

void settle(const std::function<bool()>& settled) {
  using namespace std::chrono_literals;
  constexpr Duration limit = 200ms;
  constexpr Duration step = 1ms;
  for (const Instant start = now(); now() - start < limit && !settled();) {
    std::this_thread::sleep_for(step);
  }
}

}  // namespace taskcost
