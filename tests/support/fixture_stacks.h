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
  fault.end = TC_STACK_END_NO_TABLE;
  fault.count = 301;
  fault.time = 250us;
  all.stacks.push_back(fault);
  all.events = 2302;
  all.cut_events = 301;
  all.time = 330'250us;
  all.cut_time = 250us;
  all.ends[TC_STACK_END_COMPLETE] = {2001, 330ms};
  all.ends[TC_STACK_END_NO_TABLE] = {301, 250us};
  all.tables = UnwindTables{.files = 3,
                            .without = 1,
                            .no_room = 0,
                            .bytes = 409'600,
                            .limit_bytes = 67'108'864,
                            .failures = {{"/opt/dough.so", "no .eh_frame"}}};
  all.lost_events = 7;
  return all;
}

inline Report report_with_stacks() {
  Report report = full_report();
  report.stacks = fixture_stacks();
  return report;
}

// The bakery kneads and waits; 40 samples share its CPU time.
inline Report report_with_samples() {
  const auto running = [](std::uint64_t count, Duration time, std::vector<Frame> frames) {
    NamedStack stack = waiting(1, TC_WAIT_OTHER, count, time, std::move(frames));
    stack.kind = StackKind::on_cpu;
    stack.thread = "oven-*";
    return stack;
  };
  Report report = full_report();
  Stacks& all = report.stacks.emplace();
  all.stacks = {
      running(30, 300ms, {user_frame("_start"), user_frame("main"), user_frame("knead")}),
      waiting(1, TC_WAIT_PIPE, 7, 200ms, {user_frame("_start"), user_frame("main"), user_frame("read")}),
      running(10, 100ms, {user_frame("_start"), user_frame("main"), user_frame("read"), kernel_frame("pipe_read")})};
  all.stacks[1].runnable = 50ms;
  all.samples = StackSamples{.frequency = 99, .count = 40, .cpu_time = 400ms};
  all.build_ids = {{"/usr/bin/bakery", "00ff"}};
  all.events = 47;
  all.time = 600ms;
  all.ends[TC_STACK_END_COMPLETE] = {47, 600ms};
  return report;
}

}  // namespace taskcost::test
