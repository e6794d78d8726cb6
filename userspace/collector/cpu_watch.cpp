// SPDX-License-Identifier: Apache-2.0
#include "collector/cpu_watch.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/start_thread.h"

namespace taskcost {
namespace {

int ignore_record(void* /*context*/, void* /*data*/, size_t /*size*/) { return 0; }

}  // namespace

CpuWatch::CpuWatch(const Probes& probes, OnChange on_change)
    : probes_(probes),
      on_change_(std::move(on_change)),
      handled_(std::min<std::size_t>(possible_cpus(), TC_MAX_CPUS)) {}

Result<std::unique_ptr<CpuWatch>> CpuWatch::start(const Probes& probes, OnChange on_change) {
  std::unique_ptr<CpuWatch> watch(new CpuWatch(probes, std::move(on_change)));
  const int ring_fd = bpf_map__fd(probes.object().maps.cpu_wakeups);
  watch->wakeups_.reset(ring_buffer__new(ring_fd, ignore_record, nullptr, nullptr));
  if (watch->wakeups_) {
    watch->stop_ = Fd(eventfd(0, EFD_CLOEXEC));
  }
  if (!watch->stop_) {
    return Error{"cannot watch for CPU hotplug", std::strerror(errno), ""};
  }
  auto thread = start_thread([raw = watch.get()] { raw->follow(); });
  if (!thread) {
    return thread.error();
  }
  watch->thread_ = *std::move(thread);
  return watch;
}

CpuWatch::~CpuWatch() {
  if (thread_.joinable()) {
    (void)eventfd_write(stop_.get(), 1);
    thread_.join();
  }
}

void CpuWatch::follow() {
  // Page faults are lost until the events are open again, and this thread runs rarely: unlike the reader, it keeps its
  // priority while it sleeps.
  if (!set_priority(Priority::reader)) {
    lower_nice();
  }
  std::array<pollfd, 2> watched{{{ring_buffer__epoll_fd(wakeups_.get()), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  while (watched[1].revents == 0) {
    handle_changes();  // before the poll, for changes from before this thread started
    (void)poll(watched.data(), watched.size(), -1);
    ring_buffer__consume(wakeups_.get());
  }
}

void CpuWatch::handle_changes() {
  for (unsigned cpu = 0; cpu < handled_.size(); ++cpu) {
    const std::uint32_t changes = __atomic_load_n(&probes_.shared().cpu_changes[cpu], __ATOMIC_ACQUIRE);
    if (std::exchange(handled_[cpu], changes) != changes) {
      on_change_(cpu);
    }
  }
}

}  // namespace taskcost
