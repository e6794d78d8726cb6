// SPDX-License-Identifier: Apache-2.0
//
// Reads the stacks from the probes' maps, and follows the mappings of all processes over time to name their addresses.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "account/account.h"
#include "account/stacks.h"
#include "base/result.h"
#include "collector/mapping_events.h"
#include "collector/probes.h"
#include "collector/unwinder.h"
#include "symbols/address_space.h"
#include "symbols/mapped_files.h"

namespace taskcost {

// A wait that had not ended when the window closed.
struct OpenStack {
  tc_stack_key key{};
  tc_stack_sums sums{};
};

class StackReader {
 public:
  // Starts recording mappings, and making unwind tables if `unwind_memory`, in bytes, is not 0. Errors: those of
  // MappingEvents::open() and Unwinder::start().
  static Result<std::unique_ptr<StackReader>> start(const Probes& probes, std::size_t unwind_memory);

  // Makes the unwind tables of a command before it starts.
  void prepare(const std::string& program);
  // True if unwind tables are made.
  [[nodiscard]] bool has_tables() const { return unwinder_ != nullptr; }
  // Waits for the tables of all mappings that were read. REQUIRES: has_tables().
  void wait_for_tables() { unwinder_->wait(); }

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
              const std::function<std::uint64_t(std::uint64_t)>& process_of, const std::vector<OpenStack>& open,
              std::uint64_t lost);

 private:
  StackReader() = default;
  void on_event(MappingEvent& event);

  static constexpr std::size_t max_execs = std::size_t{1} << 18;

  std::unique_ptr<MappingEvents> events_;
  std::unique_ptr<Unwinder> unwinder_;  // nullptr: frame pointers alone
  AddressSpaces spaces_;
  MappedFiles files_;
  bool proc_is_ours_ = false;                               // as poll() was told
  std::unordered_map<std::uint64_t, std::uint64_t> execs_;  // by address space, CLOCK_MONOTONIC
};

}  // namespace taskcost
