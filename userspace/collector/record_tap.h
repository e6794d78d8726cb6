// SPDX-License-Identifier: Apache-2.0
//
// Passes all records of a window to a sink, which writes them to a capture: those of the ring buffer unchanged, and at
// the end the content of ledgers and tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/monotonic_clock.h"
#include "collector/probes.h"
#include "taskcost/abi.h"

namespace taskcost {

class RecordTap {
 public:
  // Takes the bytes of a record, and its time (CLOCK_MONOTONIC) if it has one.
  using Sink = std::function<void(std::span<const std::byte> record, std::optional<Instant> at)>;

  void set_sink(Sink sink) { sink_ = std::move(sink); }
  // True if a sink is set.
  explicit operator bool() const { return static_cast<bool>(sink_); }

  void send(std::span<const std::byte> bytes) const;
  // REQUIRES for all below: a sink is set.
  template <typename T>
  void send_as(tc_record_type type, T content) const {
    content.record = {type, sizeof(T)};
    send(std::as_bytes(std::span(&content, 1)));
  }
  // Sends the losses of each CPU that had no later event to report them with.
  void send_gaps(const Probes& probes) const;
  // Sends the events that are still in the batch of each CPU. Call it after send_gaps(), because they are newer than
  // the losses.
  void send_batches(const Probes& probes) const;

  // Stores the command line of a process that was adopted, for send_commands().
  void keep_command(std::uint64_t process, std::string text) { commands_[process] = std::move(text); }
  void send_commands() const {
    for_each_command([this](const tc_command& command) { send_as(TC_RECORD_COMMAND, command); });
  }
  // Visits the command lines as records.
  void for_each_command(const std::function<void(const tc_command&)>& visit) const;

 private:
  Sink sink_;
  std::map<std::uint64_t, std::string> commands_;  // by process
};

}  // namespace taskcost
