// SPDX-License-Identifier: Apache-2.0
//
// Writes scheduling, new tasks and names as the kernel's own trace has them: ftrace events in bundles of one CPU each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trace/events/event_words.h"
#include "trace/perfetto/packets.h"
#include "trace/task_table.h"

namespace taskcost {

class Scheduling {
 public:
  // `knows_kernel`: the trace names its kernel. The bit for a preempted task depends on the kernel, and is left out
  // without it. Events before `from_ns` are left out.
  Scheduling(PacketWriter& packets, bool knows_kernel, std::uint64_t from_ns)
      : packets_(&packets), knows_kernel_(knows_kernel), from_ns_(from_ns) {}

  void on_new_task(const tc_task_new& new_task, const TracedTask& task);
  void on_published(const tc_event& published, const TracedTask& task, const TaskTable& tasks);
  // Returns false if the event has no track: the tid is unknown, or Perfetto rejects the number of the CPU.
  bool on_rename(std::uint64_t at_ns, const TracedTask& task, const std::string& old_comm);
  void on_exec(const tc_exec& exec, const TracedTask& task, const std::string& old_comm, std::uint32_t old_tid);
  void on_exit(const tc_event& exit, const TracedTask& task);
  void on_switch(const tc_switch& event, const SwitchContext& context, const TaskTable& tasks);
  void on_gap(std::uint32_t cpu);
  void on_interruption();
  void finish();

 private:
  // Events wait here for earlier ones of the same CPU that come later in the stream, mostly wakeups.
  struct Cpu {
    wire::FtraceEventBundle waiting;
    bool is_lossy = false;  // events before the first one here were lost
  };

  wire::FtraceEvent* add(std::uint32_t cpu, std::uint64_t at_ns, std::uint32_t tid);
  void write(std::uint32_t cpu, int count);
  void add_waking(const tc_switch& event, const SwitchContext& context, const TaskTable& tasks);
  [[nodiscard]] std::int64_t state_of_prev(const tc_switch& event, const TracedTask* prev) const;

  PacketWriter* packets_;
  bool knows_kernel_;
  std::uint64_t from_ns_;
  bool is_first_ = true;
  std::vector<Cpu> cpus_;
  wire::TracePacket packet_;
};

}  // namespace taskcost
