// SPDX-License-Identifier: Apache-2.0
//
// Writes slices and instants on tracks, as packets of one sequence with interned names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "trace/perfetto/packets.h"

namespace taskcost {

// clang-format off
#define TASKCOST_CATEGORIES(X)                                                                                \
  X(syscall) X(fault) X(wait) X(creation) X(exec) X(exit) X(tlb) X(signal) X(memory) X(scheduling) X(loss)    \
  X(recording) X(region)

#define TASKCOST_ARGUMENTS(X)                                                                                 \
  X(number) X(result) X(activity) X(channel) X(bytes_in) X(bytes_out) X(created) X(mapped_bytes)              \
  X(entry_seen) X(returned) X(copy_on_write) X(file) X(kernel_mode) X(major) X(begin_seen) X(wait) X(in_call) \
  X(waker_tid) X(waker_comm) X(woken_by) X(woken_from) X(began_before_the_window) X(wakeup_seen)              \
  X(events_lost_meanwhile) X(count) X(ns) X(bytes) X(pages) X(signal) X(cpu) X(pid) X(command) X(host)        \
  X(kernel) X(detail) X(version) X(clone_flags) X(origin) X(creator_tid) X(page_table_bytes) X(switch_in_seen) \
  X(ended)
// clang-format on

#define TASKCOST_ENUM(name) name,
enum class Category : std::uint8_t { TASKCOST_CATEGORIES(TASKCOST_ENUM) };
enum class Argument : std::uint8_t { TASKCOST_ARGUMENTS(TASKCOST_ENUM) };
#undef TASKCOST_ENUM

// The id of the interned name of an event.
using NameId = std::uint32_t;

class TrackPackets {
 public:
  explicit TrackPackets(PacketWriter& packets);

  // The same text gets the same id. Texts stay in memory, so a text that an observed program chooses must not come
  // here.
  NameId name(std::string_view text);

  // Begins a packet; the functions below complete it, and write() emits it.
  TrackPackets& begin(std::uint64_t track, std::uint64_t at_ns, Category category, NameId name);
  TrackPackets& instant(std::uint64_t track, std::uint64_t at_ns, Category category, NameId name);
  TrackPackets& end(std::uint64_t track, std::uint64_t at_ns);
  TrackPackets& with(Argument argument, std::uint64_t value);
  TrackPackets& with_signed(Argument argument, std::int64_t value);
  TrackPackets& with_flag(Argument argument, bool value);
  TrackPackets& with_text(Argument argument, std::string_view value);
  TrackPackets& counter(std::uint64_t track, std::int64_t value);
  void write();

  // Until the next call, packets are dropped if `muted`, and written with no time before `from_ns`.
  void mute(bool muted) { muted_ = muted; }
  [[nodiscard]] bool muted() const { return muted_; }
  void start_at(std::uint64_t from_ns) { from_ns_ = from_ns; }

  // Begins a packet that describes a track; write() emits it too.
  wire::TrackDescriptor& describe(std::uint64_t uuid, std::uint64_t at_ns);

  // Packets of this sequence were lost here: interned names must be written again.
  void on_loss();

 private:
  wire::TrackEvent& start(wire::TrackEvent::Type type, std::uint64_t track, std::uint64_t at_ns);
  void stamp(std::uint64_t at_ns);
  wire::DebugAnnotation& annotate(Argument argument);
  // True for the first use of this id since the state was cleared.
  bool first_use(std::vector<std::uint32_t>& defined, std::size_t id);

  PacketWriter* packets_;
  wire::TracePacket packet_;
  std::unordered_map<std::string, NameId> ids_;
  std::vector<const std::string*> names_;  // by id; they point into ids_

  // The number of the clearing after which each id was last written.
  std::uint32_t clearing_ = 1;
  std::vector<std::uint32_t> defined_categories_;
  std::vector<std::uint32_t> defined_arguments_;
  std::vector<std::uint32_t> defined_names_;
  bool clears_ = true;  // the next packet clears the state
  bool muted_ = false;
  std::uint64_t from_ns_ = 0;
};

}  // namespace taskcost
