// SPDX-License-Identifier: Apache-2.0
//
// All that a window brings, as records for who wants to keep it: those of the ring buffer as they are, and at the end
// what the window leaves in tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "collector/probes.h"
#include "taskcost/abi.h"
#include "taskcost/collector.h"

namespace taskcost {

class RecordTap {
 public:
  void give_to(Collector::OnBytes on_bytes) { on_bytes_ = std::move(on_bytes); }
  // Somebody wants them.
  explicit operator bool() const { return static_cast<bool>(on_bytes_); }

  void pass_on(std::span<const std::byte> bytes) const;
  // REQUIRES of all below: somebody wants them.
  template <typename T>
  void pass_on_as(tc_record_type type, T content) const {
    content.record = {type, sizeof(T)};
    pass_on(std::as_bytes(std::span(&content, 1)));
  }
  // Those that no later event of their CPU could tell of.
  void pass_on_gaps(const Probes& probes) const;
  // What the tasks that had a CPU at the end had done there, behind pass_on_gaps(): it is newer than what was lost.
  void pass_on_gathered(const Probes& probes) const;

  // The command line of a process that existed before the window.
  void note_command(std::uint64_t process, std::string text) { commands_[process] = std::move(text); }
  void pass_on_commands() const;

 private:
  Collector::OnBytes on_bytes_;
  std::map<std::uint64_t, std::string> commands_;  // by process
};

}  // namespace taskcost
