// SPDX-License-Identifier: Apache-2.0
#include "trace/perfetto/scheduling.h"
#include "trace/switch_facts.h"

#include <algorithm>
#include <string_view>

namespace taskcost {
namespace {

// Perfetto rejects a trace with more CPUs.
constexpr std::uint32_t max_cpus = 1024;
// The number of events of a CPU that are held back, and how many of them are sorted and written at once.
constexpr int window = 128;
constexpr int written_at_once = 64;

// The values of prev_state in sched_switch, Linux 4.14 and later.
enum : std::int64_t {
  state_running = 0,
  state_interruptible = 0x1,
  state_uninterruptible = 0x2,
  state_stopped = 0x4,
  state_dead = 0x10,
  state_zombie = 0x20,
  state_idle = 0x80,
  state_preempted = 0x100,
};

constexpr std::uint32_t flag_hard_interrupt = 0x8;

// The state in which the kernel sleeps for this cause. The state itself is not recorded.
std::int64_t state_of(std::uint8_t wait) {
  switch (wait) {
    case TC_WAIT_DISK:
    case TC_WAIT_PAGE_FAULT:
    case TC_WAIT_MEMORY:
    case TC_WAIT_CREATION:
    case TC_WAIT_REGULAR_FILE:
      return state_uninterruptible;
    case TC_WAIT_STOPPED:
      return state_stopped;
    default:
      return state_interruptible;
  }
}

void set_comm(std::string* comm, const TracedTask* task, std::uint32_t tid, std::uint32_t cpu) {
  if (task != nullptr) {
    *comm = task->comm;
  } else if (tid == 0) {
    *comm = "swapper/" + std::to_string(cpu);
  } else {
    *comm = "(not observed)";
  }
}

std::int32_t pid_of(std::uint32_t tid) { return static_cast<std::int32_t>(tid); }

}  // namespace

wire::FtraceEvent* Scheduling::add(std::uint32_t cpu, std::uint64_t at_ns, std::uint32_t tid) {
  if (cpu >= max_cpus || at_ns < from_ns_) {
    return nullptr;
  }
  if (cpu >= cpus_.size()) {
    cpus_.resize(cpu + 1);
  }
  if (cpus_[cpu].waiting.event_size() >= window) {
    write(cpu, written_at_once);
  }
  wire::FtraceEvent* event = cpus_[cpu].waiting.add_event();
  event->set_timestamp(at_ns);
  event->set_pid(tid);
  return event;
}

// Writes the oldest `count` events. The others move up by swaps, which reuses the messages.
void Scheduling::write(std::uint32_t cpu, int count) {
  Cpu& from = cpus_[cpu];
  auto& events = *from.waiting.mutable_event();
  if (events.empty()) {
    return;
  }
  std::stable_sort(
      events.pointer_begin(), events.pointer_end(),
      [](const wire::FtraceEvent* a, const wire::FtraceEvent* b) { return a->timestamp() < b->timestamp(); });
  packet_.set_trusted_packet_sequence_id(static_cast<std::uint32_t>(Sequence::scheduling));
  if (is_first_) {
    packet_.set_first_packet_on_sequence(true);
    is_first_ = false;
  }
  wire::FtraceEventBundle& bundle = *packet_.mutable_ftrace_events();
  bundle.set_cpu(cpu);
  if (from.is_lossy) {
    bundle.set_lost_events(true);
    from.is_lossy = false;
  }
  for (int i = 0; i < count; ++i) {
    bundle.add_event()->Swap(&events[i]);
  }
  packets_->write(packet_);
  packet_.Clear();
  for (int i = count; i < events.size(); ++i) {
    events.SwapElements(i - count, i);
  }
  for (int i = 0; i < count; ++i) {
    events.RemoveLast();
  }
}

void Scheduling::on_new_task(const tc_task_new& new_task, const TracedTask& task) {
  wire::FtraceEvent* event = add(new_task.cpu, new_task.at_ns, new_task.creator_tid);
  if (event == nullptr) {
    return;
  }
  wire::TaskNewtask& newtask = *event->mutable_task_newtask();
  newtask.set_pid(pid_of(new_task.tid));
  newtask.set_comm(task.comm);
  newtask.set_clone_flags(new_task.clone_flags);
}

void Scheduling::on_published(const tc_event& published, const TracedTask& task, const TaskTable& tasks) {
  const WokenBy by = woken_by(published.value, tasks);
  wire::FtraceEvent* event = add(task.cpu, published.at_ns, by.tid.value_or(0));
  if (event == nullptr) {
    return;
  }
  event->mutable_sched_wakeup_new()->set_comm(task.comm);
  event->mutable_sched_wakeup_new()->set_pid(pid_of(task.tid));
}

bool Scheduling::on_rename(std::uint64_t at_ns, const TracedTask& task, const std::string& old_comm) {
  wire::FtraceEvent* rename = task.tid == 0 ? nullptr : add(task.cpu, at_ns, task.tid);
  if (rename == nullptr) {
    return false;
  }
  rename->mutable_task_rename()->set_pid(pid_of(task.tid));
  rename->mutable_task_rename()->set_oldcomm(old_comm);
  rename->mutable_task_rename()->set_newcomm(task.comm);
  return true;
}

void Scheduling::on_exec(const tc_exec& exec, const TracedTask& task, const std::string& old_comm,
                         std::uint32_t old_tid) {
  if (!on_rename(exec.at_ns, task, old_comm)) {
    return;
  }
  wire::SchedProcessExec& event = *add(task.cpu, exec.at_ns, exec.tid)->mutable_sched_process_exec();
  event.set_pid(pid_of(exec.tid));
  event.set_old_pid(pid_of(old_tid == 0 ? exec.tid : old_tid));
}

void Scheduling::on_exit(const tc_event& exit, const TracedTask& task) {
  wire::FtraceEvent* event = task.tid == 0 ? nullptr : add(task.cpu, exit.at_ns, task.tid);
  if (event == nullptr) {
    return;
  }
  wire::SchedProcessExit& written = *event->mutable_sched_process_exit();
  written.set_comm(task.comm);
  written.set_pid(pid_of(task.tid));
  if (task.tgid != 0) {
    written.set_tgid(pid_of(task.tgid));
  }
}

std::int64_t Scheduling::state_of_prev(const tc_switch& event, const TracedTask* prev) const {
  if (prev == nullptr) {
    return event.prev_tid == 0 ? state_running : state_idle;
  }
  if (is_last(event)) {
    return prev->leader() ? state_zombie : state_dead;
  }
  if (condition_of(event) == TC_CONDITION_BLOCKED) {
    return state_of(prev->tracker.wait());
  }
  return knows_kernel_ ? state_preempted : state_running;
}

// The event belongs to the waker's CPU; if that is not known, to the CPU of the switch.
void Scheduling::add_waking(const tc_switch& event, const SwitchContext& context, const TaskTable& tasks) {
  const Wakeup wakeup = wakeup_of(event);
  const WokenBy by = woken_by(wakeup.waker, tasks);
  const TracedTask* waker = by.comm.empty() ? nullptr : tasks.find(wakeup.waker);
  wire::FtraceEvent* waking = add(waker != nullptr ? waker->cpu : event.cpu, event.woken_ns, by.tid.value_or(0));
  if (waking == nullptr) {
    return;
  }
  if (wakeup.from == TC_FROM_INTERRUPT) {
    waking->set_common_flags(flag_hard_interrupt);
  }
  waking->mutable_sched_waking()->set_comm(context.next->comm);
  waking->mutable_sched_waking()->set_pid(pid_of(event.next_tid));
}

void Scheduling::on_switch(const tc_switch& event, const SwitchContext& context, const TaskTable& tasks) {
  // A new task has sched_wakeup_new instead of sched_waking, which on_published() wrote.
  if (context.next != nullptr && event.woken_ns != 0 && !context.next_is_new) {
    add_waking(event, context, tasks);
  }
  wire::FtraceEvent* added = add(event.cpu, event.at_ns, event.prev_tid);
  if (added == nullptr) {
    return;
  }
  wire::SchedSwitch& out = *added->mutable_sched_switch();
  set_comm(out.mutable_prev_comm(), context.prev, event.prev_tid, event.cpu);
  out.set_prev_pid(pid_of(event.prev_tid));
  out.set_prev_state(state_of_prev(event, context.prev));
  set_comm(out.mutable_next_comm(), context.next, event.next_tid, event.cpu);
  out.set_next_pid(pid_of(event.next_tid));
}

void Scheduling::on_gap(std::uint32_t cpu) {
  if (cpu >= max_cpus) {
    return;
  }
  if (cpu >= cpus_.size()) {
    cpus_.resize(cpu + 1);
  }
  write(cpu, cpus_[cpu].waiting.event_size());
  cpus_[cpu].is_lossy = true;
}

void Scheduling::on_interruption() {
  for (std::uint32_t cpu = 0; cpu < cpus_.size(); ++cpu) {
    on_gap(cpu);
  }
}

// A loss without a later event gets an empty bundle.
void Scheduling::finish() {
  for (std::uint32_t cpu = 0; cpu < cpus_.size(); ++cpu) {
    write(cpu, cpus_[cpu].waiting.event_size());
    if (cpus_[cpu].is_lossy) {
      packet_.set_trusted_packet_sequence_id(static_cast<std::uint32_t>(Sequence::scheduling));
      packet_.mutable_ftrace_events()->set_cpu(cpu);
      packet_.mutable_ftrace_events()->set_lost_events(true);
      packets_->write(packet_);
      packet_.Clear();
    }
  }
}

}  // namespace taskcost
