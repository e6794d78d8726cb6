// SPDX-License-Identifier: Apache-2.0
//
// Writes what each thread does as slices on its own track: system calls, faults and waits, nested as they interrupt
// each other, and the phases of creation, exec and exit. A slice is written when it ends, so packets may be older than
// those before them. Readers of a trace sort by time and keep the order of equal times.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "trace/events/event_words.h"
#include "trace/perfetto/track_packets.h"
#include "trace/task_table.h"

namespace taskcost {

class ThreadTracks {
 public:
  ThreadTracks(PacketWriter& packets, TaskTable& tasks, SyscallNames names);

  void on_start(const TraceInfo& info);
  void on_new_task(const tc_task_new& new_task, TracedTask& task);
  // `old_tid` is the tid before the exec; 0 if unknown.
  void on_exec(const tc_exec& exec, TracedTask& task, std::uint32_t old_tid);
  void on_rename(const tc_rename& rename, TracedTask& task);
  void on_reap(const tc_reap& reap);
  void on_switch(const tc_switch& event, const SwitchContext& context);
  void on_call(const tc_call& call, const tc_transfer* transfer);
  void on_passage(const tc_passage& passage);
  void on_fault(const tc_fault& fault);
  void on_region(const tc_region& region);
  void on_event(const tc_event& event, TracedTask& task);
  void on_gap(const tc_gap& gap);
  void on_interruption(const Interruption& interruption);
  void finish(std::uint64_t end_ns);

 private:
  // Returns the track of a task, and describes the track and its process on first use.
  std::uint64_t track_of(TracedTask& task, std::uint64_t at_ns);
  [[nodiscard]] bool is_late(const TracedTask& task) const;
  // Begins a packet; the caller writes it.
  wire::TrackDescriptor& describe_thread(const TracedTask& task, std::uint64_t at_ns);
  void introduce_process(const TracedTask& task, TracedProcess& process, std::uint64_t at_ns);
  NameId call_name(std::uint8_t row, std::uint32_t call);
  void slice(std::uint64_t track, std::uint64_t begin_ns, std::uint64_t end_ns, Category category, NameId name);

  void write_creation(std::uint64_t track, TracedTask& task, const tc_call& call);
  void write_exec(std::uint64_t track, TracedTask& task, const tc_call& call);
  void write_exit(std::uint64_t track, const TracedTask& task, std::uint64_t end_ns);
  void write_wait(std::uint64_t track, const tc_switch& event, const SwitchContext& context);
  void write_flush(std::uint64_t track, const tc_switch& event, const SwitchContext& context);
  void add_wait_arguments(const Slice& wait, bool doubtful);
  void add_bytes(const TracedTask& task, std::uint32_t channel, std::uint64_t in, std::uint64_t out,
                 std::uint64_t at_ns);
  void count_bytes(const TracedTask& task, std::uint32_t channel, std::uint8_t bits);
  // Begins a slice on a track of losses; the caller ends it. `count`: 0 if the lost events were not counted.
  void begin_loss(std::uint64_t track, const std::string& track_name, std::uint64_t first_ns, std::string_view what,
                  std::uint64_t count);

  TrackPackets packets_;
  TaskTable* tasks_;
  CallNames call_names_;
  std::unordered_map<std::uint64_t, NameId> call_ids_;
  std::array<NameId, TC_NR_WAITS> wait_ids_;
  TracePart part_;
  std::set<std::string, std::less<>> region_names_;  // those that have been interned
  std::uint64_t start_ns_ = 0;
  std::uint64_t endless_losses_ = 0;
};

}  // namespace taskcost
