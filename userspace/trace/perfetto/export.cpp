// SPDX-License-Identifier: Apache-2.0
//
// Converts records to a trace: keeps the living tasks, and passes each record to the writers of the sequences.
#include "trace/perfetto/export.h"

#include <string>
#include <utility>
#include <variant>

#include "base/escape.h"

namespace taskcost {
namespace {

enum Clock : std::uint32_t { realtime = 1, monotonic = 3, boottime = 6 };

void add_clock(wire::ClockSnapshot& snapshot, Clock clock, std::uint64_t at_ns) {
  wire::ClockSnapshot::Clock& entry = *snapshot.add_clocks();
  entry.set_clock_id(clock);
  entry.set_timestamp(at_ns);
}

// All times of a trace are CLOCK_MONOTONIC. A bundle of ftrace events cannot name that clock, and readers assume
// CLOCK_BOOTTIME. Declaring both clocks equal avoids that a reader drops or shifts events.
void write_clocks(PacketWriter& packets, const TraceInfo& info) {
  wire::TracePacket packet;
  packet.set_trusted_packet_sequence_id(static_cast<std::uint32_t>(Sequence::scene));
  packet.set_first_packet_on_sequence(true);
  wire::ClockSnapshot& snapshot = *packet.mutable_clock_snapshot();
  snapshot.set_primary_trace_clock(monotonic);
  add_clock(snapshot, monotonic, info.start_ns);
  add_clock(snapshot, boottime, info.start_ns);
  if (info.start_realtime_ns) {
    add_clock(snapshot, realtime, *info.start_realtime_ns);
  }
  packets.write(packet);
}

void write_system(PacketWriter& packets, const TraceInfo& info) {
  wire::TracePacket packet;
  packet.set_trusted_packet_sequence_id(static_cast<std::uint32_t>(Sequence::scene));
  wire::SystemInfo& system = *packet.mutable_system_info();
  system.set_tracing_service_version("taskcost " TASKCOST_VERSION);
  if (info.cpus != 0) {
    system.set_num_cpus(info.cpus);
  }
  if (!info.kernel.empty()) {
    system.mutable_utsname()->set_sysname("Linux");
    system.mutable_utsname()->set_release(info.kernel);
  }
  if (!info.machine.empty()) {
    system.mutable_utsname()->set_machine(info.machine);
  }
  packets.write(packet);
}

// The text comes from a file that may be hostile.
TraceInfo made_valid(TraceInfo info) {
  for (std::string* text :
       {&info.host, &info.kernel, &info.machine, &info.command, &info.detail, &info.machine_id, &info.boot_id}) {
    *text = valid_utf8(*text);
  }
  return info;
}

}  // namespace

PerfettoExport::PerfettoExport(std::ostream& out, TraceInfo info)
    : part_(info.part),
      packets_(out),
      tasks_(valid_utf8, info.calls, info.classes, info.gaps),
      scheduling_(packets_, !info.kernel.empty(), info.part.span.from_ns),
      tracks_(packets_, tasks_, info.syscall_name) {
  const TraceInfo valid = made_valid(std::move(info));
  write_clocks(packets_, valid);
  write_system(packets_, valid);
  tracks_.on_start(valid);
}

void PerfettoExport::on_record(const Record& record) {
  std::visit([this](const auto& event) { on(event); }, record);
}

void PerfettoExport::on_interruption(const Interruption& interruption) {
  tasks_.on_gap(to_gap(interruption));
  scheduling_.on_interruption();
  tracks_.on_interruption(interruption);
}

void PerfettoExport::finish(std::uint64_t end_ns, const std::optional<ClockAnchor>& /*clocks*/) {
  scheduling_.finish();
  tracks_.finish(end_ns);
  packets_.finish();
}

void PerfettoExport::on(const tc_task_new& new_task) {
  TracedTask& task = tasks_.on_new_task(new_task);
  if (!part_.has(new_task.id)) {
    return;
  }
  if (is_adopted(new_task)) {
    write_tree(new_task, task);
  } else {
    scheduling_.on_new_task(new_task, task);
  }
  tracks_.on_new_task(new_task, task);
}

void PerfettoExport::on(const tc_task_state& state) {
  TracedTask& task = tasks_.on_state(state);
  if (part_.has(state.task.id) && !task.ended) {
    tc_task_new shown = state.task;
    shown.at_ns = part_.span.from_ns;
    write_tree(shown, task);
  }
}

void PerfettoExport::on(const tc_exec& exec) {
  if (exec.id == 0) {
    return;  // from before the beginning of the capture
  }
  const TracedTask* before = tasks_.find(exec.id);
  const std::string old_comm = before == nullptr ? std::string() : before->comm;
  const std::uint32_t old_tid = before == nullptr ? 0 : before->tid;
  TracedTask& task = tasks_.on_exec(exec);
  if (part_.has(exec.id)) {
    scheduling_.on_exec(exec, task, old_comm, old_tid);
  }
  tracks_.on_exec(exec, task, old_tid);
}

void PerfettoExport::on(const tc_rename& rename) {
  const TracedTask* before = tasks_.find(rename.id);
  const std::string old_comm = before == nullptr ? std::string() : before->comm;
  TracedTask& task = tasks_.on_rename(rename);
  if (part_.has(rename.id)) {
    scheduling_.on_rename(rename.at_ns, task, old_comm);
  }
  tracks_.on_rename(rename, task);
}

void PerfettoExport::on(const tc_switch& event) {
  const SwitchContext context = tasks_.on_switch(event);
  if (part_.has(event.prev) || part_.has(event.next)) {
    scheduling_.on_switch(event, context, tasks_);
  }
  tracks_.on_switch(event, context);
}

void PerfettoExport::on(const tc_event& event) {
  TracedTask& task = tasks_.on_event(event);
  note(event, task);
  if (!part_.has(event.id)) {
    // Only its state is followed.
  } else if (event.kind == TC_EV_PUBLISHED) {
    scheduling_.on_published(event, task, tasks_);
  } else if (event.kind == TC_EV_EXIT) {
    scheduling_.on_exit(event, task);
  }
  tracks_.on_event(event, task);
}

void PerfettoExport::on(const tc_gap& gap) {
  tasks_.on_gap(to_gap(gap));
  scheduling_.on_gap(gap.cpu);
  tracks_.on_gap(gap);
}

// The process existed before the window: its first packet is repeated with the command line.
void PerfettoExport::on(const tc_command& command) {
  const TracedProcess* process = tasks_.process(command.process);
  if (process == nullptr || !part_.has_process(command.process)) {
    return;
  }
  add_process(*process, valid_utf8({command.text, command.size}));
  packets_.write(tree_);
}

void PerfettoExport::note(const tc_event& event, TracedTask& task) {
  switch (event.kind) {
    case TC_EV_PUBLISHED:
      if (TracedTask* creator = tasks_.find(task.creator); creator != nullptr) {
        creator->child_published_ns = event.at_ns;
      }
      break;
    case TC_EV_EXEC_PREPARED:
      task.exec_prepared_ns = event.at_ns;
      break;
    case TC_EV_DYING:
    case TC_EV_EXIT:
      task.exit_ns = task.exit_ns == 0 ? std::uint64_t{event.at_ns} : task.exit_ns;
      break;
    case TC_EV_EXIT_MMAP:
      task.memory_gone_ns = event.at_ns;
      break;
    default:
      break;
  }
}

void PerfettoExport::add_process(const TracedProcess& process, const std::string& command) {
  tree_.Clear();
  tree_.set_trusted_packet_sequence_id(static_cast<std::uint32_t>(Sequence::scene));
  wire::ProcessTree::Process& entry = *tree_.mutable_process_tree()->add_processes();
  entry.set_pid(static_cast<std::int32_t>(process.tgid));
  entry.set_ppid(static_cast<std::int32_t>(process.ppid));
  entry.add_cmdline(command);
}

void PerfettoExport::write_tree(const tc_task_new& new_task, const TracedTask& task) {
  const TracedProcess* process = tasks_.process(task.process);
  if (process == nullptr) {
    return;
  }
  add_process(*process, task.comm);
  if (process->living > 1) {
    tree_.mutable_process_tree()->clear_processes();
  }
  tree_.set_timestamp(new_task.at_ns);
  tree_.set_timestamp_clock_id(monotonic);
  wire::ProcessTree::Thread& thread = *tree_.mutable_process_tree()->add_threads();
  thread.set_tid(static_cast<std::int32_t>(task.tid));
  thread.set_tgid(static_cast<std::int32_t>(task.tgid));
  thread.set_name(task.comm);
  packets_.write(tree_);
}

}  // namespace taskcost
