// SPDX-License-Identifier: Apache-2.0
//
// A short recording that has each of these once: a wait on a pipe and its wakeup, a fault, a fork, an exec, an exit,
// lost events, and a wait that has not ended.
#pragma once

#include <string>

#include "support/script.h"
#include "trace/trace_info.h"

namespace taskcost::test {

inline TraceInfo trace_info() {
  TraceInfo info;
  info.host = "lab";
  info.kernel = "6.1.0-18-amd64";
  info.machine = "x86_64";
  info.command = "server --once";
  info.detail = "full";
  info.cpus = 2;
  info.start_ns = 1000;
  info.start_realtime_ns = 1'700'000'000'000'000'000;
  info.start_boottime_ns = 5'000'001'000;
  info.machine_id = "0123456789abcdef0123456789abcdef";
  info.boot_id = "01234567-89ab-cdef-0123-456789abcdef";
  info.syscall_name = call_name;
  info.classes = test_classes();
  return info;
}

inline Script fixture_script() {
  using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
  Script script;
  script.at(1us).adopted(1, "server").at(2us).adopted_waiting(2, "client", TC_WAIT_TIMER);
  script.at(10us).switches(0, leaves(1).blocks(TC_WAIT_PIPE, TC_ROW_CALL_PENDING).in_call(number_read, 9us),
                           idle_comes());
  script.at(12us).switches(1, unobserved_leaves(77), comes(2).woken_by(TC_WAKER_TIMER, TC_FROM_INTERRUPT, 11us));
  script.at(20us).transfers(2, number_write, TC_ACTIVITY_PIPE, 18us, TC_CHANNEL_PIPE, 0, 64);
  script.at(21us).switches(0, idle_leaves(), comes(1).woken_by(2, number_write, 19us));
  script.at(23us).transfers(1, number_read, TC_ACTIVITY_PIPE, 9us, TC_CHANNEL_PIPE, 64, 0);
  script.at(25us).faults(1, 24us, TC_FAULT_MINOR, TC_ACTIVITY_USER, {}, TC_FAULT_COW);

  script.at(32us).born(3, 1, TC_CREATION_FORK, "server", 0x1200011, 0, 2us);
  script.at(34us).event(3, TC_EV_PUBLISHED, 1, number_clone);
  script.at(36us).calls(1, number_clone, TC_ACTIVITY_CREATE, 30us, 1003);
  script.at(40us).switches(0, leaves(1), comes(3).woken_by(1, number_clone, 34us));
  script.at(45us).event(3, TC_EV_EXEC_PREPARED, 42'000);
  script.at(47us).execs(3, "true", std::string_view("/bin/true\0-x\0", 13));
  script.at(50us).calls(3, number_execve, TC_ACTIVITY_EXEC, 42us, 0);

  script.at(60us).gap(1, 52us, 58us, 7);

  script.at(62us).event(3, TC_EV_EXIT, 61'000, TC_ACTIVITY_EXIT).at(66us).event(3, TC_EV_EXIT_MMAP);
  script.at(70us).switches(0, leaves(3).for_ever().flushed(), comes(1));
  script.at(71us).reaps(1, 1003);
  script.at(80us).switches(0, leaves(1).blocks(TC_WAIT_CHILD, TC_ACTIVITY_WAIT).in_call(number_wait4, 78us),
                           idle_comes());
  return script;
}

}  // namespace taskcost::test
