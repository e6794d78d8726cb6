// SPDX-License-Identifier: Apache-2.0
//
// Watches CPU hotplug: a probe on cpuhp_exit wakes a thread for each CPU that goes offline or comes online.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "collector/handles.h"
#include "collector/probes.h"

namespace taskcost {

class CpuWatch {
 public:
  // Called on the watch's thread while the kernel is still bringing the CPU up or down. perf_event_open() blocks in
  // cpus_read_lock() until that is over, and returns as soon as the CPU may run tasks, or fails with ENODEV if it is
  // offline.
  using OnChange = std::function<void(unsigned cpu)>;

  // `probes` must outlive the watch. Errors: the thread cannot be started, or the ring buffer cannot be mapped.
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
  std::vector<std::uint32_t> handled_;  // by CPU: the last value of cpu_changes that was handled
  Ring wakeups_;
  Fd stop_;  // an eventfd
  std::thread thread_;
};

}  // namespace taskcost
