// SPDX-License-Identifier: Apache-2.0
//
// Records the mappings, execs and forks of all processes, by a perf event on each CPU. It needs CAP_PERFMON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "symbols/mapping_records.h"

namespace taskcost {

class MappingEvents {
 public:
  using OnEvent = std::function<void(MappingEvent&)>;

  // Starts recording. For older mappings, read /proc/PID/maps after this call, and pass them with the time of reading
  // to AddressSpaces::on_snapshot(). Errors: the kernel refuses the events, or their rings cannot be mapped.
  static Result<std::unique_ptr<MappingEvents>> open();
  MappingEvents(const MappingEvents&) = delete;
  MappingEvents& operator=(const MappingEvents&) = delete;
  ~MappingEvents() = default;

  // Passes the recorded events of all CPUs on in order of time. The latest events wait for the next call, because an
  // earlier event of another CPU may not be in its ring yet.
  void read_new(const OnEvent& on_event);
  // Passes all events on. Call it at the end, when the observed tasks have exited.
  void read_rest(const OnEvent& on_event);

  // The number of events that did not fit a ring, as far as read, plus one for each time that a CPU came online,
  // because events before reopen() are not recorded.
  [[nodiscard]] std::uint64_t lost() const;

  // Opens the event of a CPU that came online, or removes that of one that went offline. Any thread may call it, but
  // not two at the same time.
  Status reopen(unsigned cpu);
  // True once after a CPU came online: events on it are missing, so /proc/PID/maps has to be read again.
  [[nodiscard]] bool take_gap();

 private:
  // The perf event of one CPU, and its mmapped ring.
  class CpuRing {
   public:
    CpuRing() = default;
    CpuRing(Fd event, void* memory) : event_(std::move(event)), memory_(memory) {}
    CpuRing(CpuRing&& other) noexcept
        : event_(std::move(other.event_)), memory_(std::exchange(other.memory_, nullptr)) {}
    CpuRing& operator=(CpuRing&& other) noexcept {
      std::swap(event_, other.event_);
      std::swap(memory_, other.memory_);
      return *this;
    }
    ~CpuRing();

    // nullptr if the CPU is offline.
    [[nodiscard]] void* memory() const { return memory_; }

   private:
    Fd event_;
    void* memory_ = nullptr;
  };

  MappingEvents() = default;
  // Empty if the CPU is offline.
  static Result<CpuRing> open_ring(unsigned cpu);
  // REQUIRES for the three below: mutex_ is held.
  void drain_all();
  void drain(const CpuRing& ring);
  void hand_out(std::uint64_t until_ns, const OnEvent& on_event);

  mutable std::mutex mutex_;
  std::vector<CpuRing> rings_;  // by CPU
  std::vector<MappingEvent> waiting_;
  std::vector<std::byte> record_;  // a copy of a record that wraps around the end of its ring
  std::uint64_t lost_ = 0;
  bool gap_ = false;
};

}  // namespace taskcost
