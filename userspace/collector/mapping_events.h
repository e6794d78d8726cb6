// SPDX-License-Identifier: Apache-2.0
//
// Mappings, execs and forks of all processes as they happen, from a perf event on each CPU. Needs CAP_PERFMON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "collector/handles.h"
#include "symbols/mapping_records.h"
#include "taskcost/result.h"

namespace taskcost {

class MappingEvents {
 public:
  using OnEvent = std::function<void(const MappingEvent&)>;

  // From here on everything is recorded. What was mapped before is in /proc/PID/maps: read it after this, and hand it
  // to AddressSpaces::on_snapshot with the time at which it was read.
  static Result<std::unique_ptr<MappingEvents>> open();
  MappingEvents(const MappingEvents&) = delete;
  MappingEvents& operator=(const MappingEvents&) = delete;
  ~MappingEvents();

  // Hands out what has been recorded, in order of time over all CPUs. What happened meanwhile is kept for the next
  // call: another CPU's earlier event may still be on its way.
  void read_new(const OnEvent& on_event);
  // Also what is kept. For the end, after what is observed has ended.
  void read_rest(const OnEvent& on_event);

  // Events that found a ring full, as far as read.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  // Readable when a ring is a quarter full: for poll().
  [[nodiscard]] std::vector<int> descriptors() const;

 private:
  struct Ring {
    Fd event;
    void* memory = nullptr;
  };

  MappingEvents() = default;
  Status open_cpu(int cpu);
  void drain(const Ring& ring);
  void hand_out(std::uint64_t until_ns, const OnEvent& on_event);

  std::vector<Ring> rings_;
  std::vector<MappingEvent> waiting_;
  std::vector<std::byte> record_;  // one that goes round the end of its ring
  std::uint64_t lost_ = 0;
};

}  // namespace taskcost
