// SPDX-License-Identifier: Apache-2.0
//
// Stacks of the processes of full_report(), for tests of the renderers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "account/stacks.h"
#include "support/report_builder.h"

namespace taskcost::test {

inline Frame user_frame(std::string function, std::string module = "/usr/bin/bakery") {
  return {std::move(function), std::move(module), 0, Frame::Mark::none, false};
}

inline Frame kernel_frame(std::string function) {
  return {std::move(function), "[kernel]", 0, Frame::Mark::none, true};
}

inline NamedStack waiting(std::uint64_t process, tc_wait wait, std::uint64_t count, Duration time,
                          std::vector<Frame> frames) {
  return {process, StackKind::wait, wait, std::move(frames), false, count, time};
}

// The cook waits for its pipe. The helper takes page faults, and its stack is cut.
inline Stacks fixture_stacks() {
  Stacks all;
  all.stacks.push_back(waiting(1, TC_WAIT_PIPE, 2000, 240ms,
                               {user_frame("_start"), user_frame("main"), user_frame("read", "/usr/lib/libc.so.6"),
                                kernel_frame("ksys_read"), kernel_frame("pipe_read")}));
  all.stacks.push_back(waiting(1, TC_WAIT_CHILD, 1, 90ms,
                               {user_frame("_start"), user_frame("main"), user_frame("waitpid", "/usr/lib/libc.so.6"),
                                kernel_frame("kernel_wait4")}));
  NamedStack fault;
  fault.process = 2;
  fault.kind = StackKind::fault;
  fault.frames = {{"", "/opt/dough.so", 0x1234, Frame::Mark::unlinked, false}, user_frame("Dough::knead(int)")};
  fault.cut = true;
  fault.count = 301;
  fault.time = 250us;
  all.stacks.push_back(fault);
  all.events = 2302;
  all.cut_events = 301;
  all.lost_events = 7;
  return all;
}

inline Report report_with_stacks() {
  Report report = full_report();
  report.stacks = fixture_stacks();
  return report;
}

}  // namespace taskcost::test
