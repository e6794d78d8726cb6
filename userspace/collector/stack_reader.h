// SPDX-License-Identifier: Apache-2.0
//
// Stacks out of the probes' maps, and what gives their addresses names: the mappings of all processes over time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "collector/mapping_events.h"
#include "collector/probes.h"
#include "symbols/address_space.h"
#include "symbols/mapped_files.h"
#include "taskcost/account.h"
#include "taskcost/result.h"
#include "taskcost/stacks.h"

namespace taskcost {

class StackReader {
 public:
  // From here on mappings are followed.
  static Result<std::unique_ptr<StackReader>> start();

  // What a living process has mapped. `tgid` is as our pid namespace numbers it, `number_in_proc` as our /proc does.
  void remember(std::uint32_t tgid, std::uint32_t number_in_proc);
  // An exec of an observed process began that address space. From the thread that reads records alone.
  void on_exec(std::uint64_t address_space, std::uint64_t at_ns);
  // Drains what the kernel told of mappings; to be called every now and then. `proc_is_ours`: our /proc numbers
  // processes as our pid namespace does.
  void follow(bool proc_is_ours);
  // For a CPU that went offline or came online: mappings on it are followed again. Any thread may call it, but no two
  // at a time.
  Status reopen(unsigned cpu) { return events_->reopen(cpu); }
  // True once after a CPU came online and mappings were not followed on it: remember() what all processes have.
  [[nodiscard]] bool take_gap() { return events_->take_gap(); }

  // The stacks of a window. REQUIRES: it is closed, and no more records are read. `process_of` numbers processes as the
  // session does, 0 for those that it does not keep. The maps are empty afterwards.
  Stacks take(const Probes& probes, const Session& session,
              const std::function<std::uint64_t(std::uint64_t)>& process_of, std::uint64_t lost);

 private:
  StackReader() = default;

  static constexpr std::size_t most_execs = std::size_t{1} << 18;

  std::unique_ptr<MappingEvents> events_;
  AddressSpaces spaces_;
  MappedFiles files_;
  std::unordered_map<std::uint64_t, std::uint64_t> execs_;  // by address space, CLOCK_MONOTONIC
};

}  // namespace taskcost
