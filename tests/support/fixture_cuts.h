// SPDX-License-Identifier: Apache-2.0
//
// Lives whose states reach over a cut of the recording, wherever that lies.
#pragma once

#include "support/replayed.h"

namespace taskcost::test {

inline Script fault_in_a_call() {
  using namespace std::chrono_literals;
  return script()
      .at(10us)
      .adopted_running(a, 0)
      .at(30us)
      .faults(a, 25us, TC_FAULT_BEGUN, TC_ACTIVITY_FILE, 20us)
      .switches(0, asleep(TC_ROW_FAULT_PENDING, TC_WAIT_DISK), unobserved)
      .at(50us)
      .runs(0, a, woken(45us))
      .at(55us)
      .faults(a, 25us, TC_FAULT_MAJOR, TC_ACTIVITY_FILE, 20us)
      .at(60us)
      .calls(a, TC_ACTIVITY_FILE, 20us);
}

inline Script unseen_switch_in() {
  using namespace std::chrono_literals;
  return script()
      .at(10us)
      .adopted_running(a, 0)
      .at(20us)
      .switches(0, asleep(TC_ACTIVITY_SLEEP, TC_WAIT_TIMER, 15us), unobserved)
      .at(60us)
      .event(a, TC_EV_FOUND_RUNNING)
      .at(61us)
      .calls(a, TC_ACTIVITY_SLEEP, 15us)
      .at(70us)
      .event(a, TC_EV_CORRECTED, 25'000)
      .switches(0, preempted(), unobserved);
}

}  // namespace taskcost::test
