// SPDX-License-Identifier: Apache-2.0
//
// Mappings, execs and forks of all processes as they happen, from a perf event on each CPU. Needs CAP_PERFMON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "symbols/mapping_records.h"
#include "taskcost/fd.h"
#include "taskcost/result.h"

namespace taskcost {

class MappingEvents {
 public:
  using OnEvent = std::function<void(MappingEvent&)>;

  // From here on everything is recorded. What was mapped before is in /proc/PID/maps: read it after this, and hand it
  // to AddressSpaces::on_snapshot with the time at which it was read.
  static Result<std::unique_ptr<MappingEvents>> open();
  MappingEvents(const MappingEvents&) = delete;
  MappingEvents& operator=(const MappingEvents&) = delete;
  ~MappingEvents() = default;

  // Hands out what has been recorded, in order of time over all CPUs. What happened meanwhile is kept for the next
  // call: another CPU's earlier event may still be on its way.
  void read_new(const OnEvent& on_event);
  // Also what is kept. For the end, after what is observed has ended.
  void read_rest(const OnEvent& on_event);

  // Events that found a ring full, as far as read, and one for each time that a CPU came online: what happened on it
  // before its event was open is not known.
  [[nodiscard]] std::uint64_t lost() const;

  // For a CPU that went offline or came online: its event has ended. Any thread may call it, but no two at a time.
  Status reopen(unsigned cpu);
  // True once after events were not recorded on a CPU that came online: /proc/PID/maps has to be read again.
  [[nodiscard]] bool take_gap();

 private:
  // An event on a CPU, and the ring that the kernel writes its records to.
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

    // nullptr while the CPU is offline.
    [[nodiscard]] void* memory() const { return memory_; }

   private:
    Fd event_;
    void* memory_ = nullptr;
  };

  MappingEvents() = default;
  // Empty if the CPU is offline.
  static Result<CpuRing> open_ring(unsigned cpu);
  // REQUIRES: the lock is held.
  void drain_all();
  void drain(const CpuRing& ring);
  void hand_out(std::uint64_t until_ns, const OnEvent& on_event);

  mutable std::mutex mutex_;
  std::vector<CpuRing> rings_;  // by CPU
  std::vector<MappingEvent> waiting_;
  std::vector<std::byte> record_;  // one that goes round the end of its ring
  std::uint64_t lost_ = 0;
  bool gap_ = false;
};

}  // namespace taskcost
