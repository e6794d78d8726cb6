// SPDX-License-Identifier: Apache-2.0
//
// What the events that a recording has forgotten say of the time after them: the state of each living task, the command
// lines of processes, and losses that may touch what is still open. A capture that begins with these records is
// replayed as one that has all events (tc_task_state).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "capture/capture.h"
#include "trace/call_classes.h"
#include "trace/replay.h"

namespace taskcost {

class Checkpoint {
 public:
  // `calls`: system calls have probes (--detail full).
  Checkpoint(bool calls, CallClasses classes);

  // Take what is forgotten, in the order of the recording.
  void add(std::span<const std::byte> records);
  void add_dropped(const CaptureSpan& span);

  // Gets whole records: task states, command lines and losses that may touch what is open.
  using Write = std::function<void(std::span<const std::byte>)>;
  void write(const Write& write) const;
  // The losses among them that no record can tell of: those of all CPUs.
  [[nodiscard]] std::vector<CaptureSpan> dropped() const;

  // The ledger ids of living tasks.
  [[nodiscard]] std::unordered_set<std::uint64_t> living() const;
  // The number of tasks and command lines in memory.
  [[nodiscard]] std::size_t held() const { return replay_.held() + execs_.size(); }

 private:
  void forget_execs();
  template <typename Visit>
  void for_each_open_gap(const Visit& visit) const;

  Replay replay_;
  std::unordered_map<std::uint64_t, tc_exec> execs_;  // the last one of each process
};

}  // namespace taskcost
