// SPDX-License-Identifier: Apache-2.0
//
// Reads the stacks from the probes' maps, and follows the mappings of all processes over time to name their addresses.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "account/account.h"
#include "account/stacks.h"
#include "base/result.h"
#include "collector/mapping_events.h"
#include "collector/probes.h"
#include "symbols/address_space.h"
#include "symbols/mapped_files.h"

namespace taskcost {

class StackReader {
 public:
  // Starts recording mappings. Errors: those of MappingEvents::open().
  static Result<std::unique_ptr<StackReader>> start();

  // Reads /proc/PID/maps of a running process. `tgid` is its id in our pid namespace, `proc_pid` that in our /proc.
  void snapshot_mappings(std::uint32_t tgid, std::uint32_t proc_pid);
  // An exec of an observed process created this address space. Only the thread that reads records may call it.
  void on_exec(std::uint64_t address_space, std::uint64_t at_ns);
  // Drains the kernel's records of mappings. Call it every few ms. `proc_is_ours`: our /proc shows our pid namespace.
  void poll(bool proc_is_ours);
  // Opens or closes the event of a CPU that came online or went offline. Any thread may call it, but not two at the
  // same time.
  Status reopen(unsigned cpu) { return events_->reopen(cpu); }
  // True once after a CPU came online: mappings on it are missing, so call snapshot_mappings() for all processes.
  [[nodiscard]] bool take_gap() { return events_->take_gap(); }

  // Returns the stacks of a window. `process_of` converts the kernel's number of a process to Process::id, 0 if the
  // session does not keep it. `lost` counts the events without a stack. REQUIRES: the window is closed, and the reader
  // stopped.
  Stacks take(const Probes& probes, const Session& session,
              const std::function<std::uint64_t(std::uint64_t)>& process_of, std::uint64_t lost);

 private:
  StackReader() = default;

  static constexpr std::size_t max_execs = std::size_t{1} << 18;

  std::unique_ptr<MappingEvents> events_;
  AddressSpaces spaces_;
  MappedFiles files_;
  std::unordered_map<std::uint64_t, std::uint64_t> execs_;  // by address space, CLOCK_MONOTONIC
};

}  // namespace taskcost
