// SPDX-License-Identifier: Apache-2.0
//
// CPU hotplug as an event: a probe on cpuhp_exit wakes a thread for each CPU that goes offline or comes online.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "collector/handles.h"
#include "collector/probes.h"
#include "taskcost/fd.h"
#include "taskcost/result.h"

namespace taskcost {

class CpuWatch {
 public:
  // Called on the watch's thread while the kernel still brings the CPU up or down: perf_event_open() waits there until
  // the kernel has finished (cpus_read_lock), and returns as soon as the CPU may run tasks. It fails with ENODEV if the
  // CPU is offline then.
  using OnChange = std::function<void(unsigned cpu)>;

  // `probes` must outlive the watch. Errors: no thread, no memory for the ring buffer.
  static Result<std::unique_ptr<CpuWatch>> start(const Probes& probes, OnChange on_change);
  CpuWatch(const CpuWatch&) = delete;
  CpuWatch& operator=(const CpuWatch&) = delete;
  ~CpuWatch();

 private:
  CpuWatch(const Probes& probes, OnChange on_change);
  void follow();
  void handle_changes();

  const Probes& probes_;
  OnChange on_change_;
  std::vector<std::uint32_t> handled_;  // by CPU: cpu_changes as it was handled last
  Ring wakeups_;
  Fd stop_;  // an eventfd
  std::thread thread_;
};

}  // namespace taskcost
