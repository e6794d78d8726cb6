// SPDX-License-Identifier: Apache-2.0
#include "base/start_thread.h"

#include <gtest/gtest.h>

#include <future>

namespace taskcost {
namespace {

int policy() { return sched_getscheduler(0) & ~SCHED_RESET_ON_FORK; }

// Runs it on its own thread, because it may change the scheduling policy.
template <typename Body>
auto on_a_thread(Body body) {
  return std::async(std::launch::async, body).get();
}

TEST(ScopedPriority, HasThePriorityWhileItWorksAndWaitsWithout) {
  const int expected = may_set_priority(Priority::writer) ? SCHED_FIFO : SCHED_OTHER;
  EXPECT_EQ(on_a_thread([] {
              const ScopedPriority writing(Priority::writer);
              return policy();
            }),
            expected);
  EXPECT_EQ(on_a_thread([] {
              { const ScopedPriority writing(Priority::writer); }
              return policy();
            }),
            SCHED_OTHER);
}

TEST(ScopedPriority, KeepsWhatMakesItTheFirstOfTheNormal) {
  const auto [before, after] = on_a_thread([] {
    lower_nice();
    const int nice = getpriority(PRIO_PROCESS, 0);
    { const ScopedPriority reading(Priority::reader); }
    return std::pair(nice, getpriority(PRIO_PROCESS, 0));
  });
  EXPECT_EQ(before, after);
}

}  // namespace
}  // namespace taskcost
