// SPDX-License-Identifier: Apache-2.0
#include "trace/task_table.h"

#include <algorithm>
#include <cstring>

#include "account/ledger.h"
#include "trace/switch_facts.h"

namespace taskcost {
namespace {

// The number of exited tasks that stay in memory.
constexpr std::size_t remembered = 4096;

// The kernel keeps a name up to its NUL.
std::string_view comm_of(const char (&comm)[TC_COMM_LEN]) { return {comm, strnlen(comm, sizeof(comm))}; }

}  // namespace

TracedTask* TaskTable::find(std::uint64_t id) {
  const auto found = tasks_.find(id);
  return found == tasks_.end() ? nullptr : &found->second;
}

const TracedTask* TaskTable::find(std::uint64_t id) const {
  const auto found = tasks_.find(id);
  return found == tasks_.end() ? nullptr : &found->second;
}

TracedTask& TaskTable::get(std::uint64_t id, std::uint64_t at_ns) {
  return tasks_.try_emplace(id, trace_, id, at_ns).first->second;
}

TracedProcess* TaskTable::process(std::uint64_t key) {
  const auto found = processes_.find(key);
  return found == processes_.end() ? nullptr : &found->second;
}

const TracedTask* TaskTable::leader_of(const TracedProcess& process) const {
  const auto found = by_tid_.find(process.tgid);
  return found == by_tid_.end() ? nullptr : find(found->second);
}

void TaskTable::leave_process(const TracedTask& task) {
  if (const auto process = processes_.find(task.process);
      process != processes_.end() && --process->second.living == 0) {
    processes_.erase(process);
  }
}

void TaskTable::join_process(TracedTask& task, const tc_task_new& new_task) {
  if (task.process == new_task.process) {
    return;
  }
  leave_process(task);
  task.process = new_task.process;
  task.tgid = new_task.tgid;
  TracedProcess& joined = processes_[new_task.process];
  joined.tgid = new_task.tgid;
  joined.ppid = new_task.ppid;
  ++joined.living;
}

void TaskTable::take_tid(TracedTask& task, std::uint32_t tid) {
  task.tid = tid;
  const auto [holder, is_new] = by_tid_.try_emplace(tid, task.id());
  if (is_new || holder->second == task.id()) {
    return;
  }
  TracedTask* former = find(holder->second);
  holder->second = task.id();
  if (former != nullptr && !former->ended) {
    end(*former);
  }
}

void TaskTable::release_tid(const TracedTask& task) {
  if (const auto holder = by_tid_.find(task.tid); holder != by_tid_.end() && holder->second == task.id()) {
    by_tid_.erase(holder);
  }
}

void TaskTable::end(TracedTask& task) {
  task.ended = true;
  release_tid(task);
  leave_process(task);
  ended_.push_back(task.id());
}

void TaskTable::forget() {
  while (ended_.size() > remembered) {
    tasks_.erase(ended_.front());
    ended_.pop_front();
  }
}

TracedTask& TaskTable::on_new_task(const tc_task_new& new_task) {
  forget();
  const auto [entry, is_new] = tasks_.try_emplace(new_task.id, trace_, new_task.id, new_task.start_ns);
  TracedTask& task = entry->second;
  if (task.ended) {
    return task;  // ids are never reused: a corrupt capture
  }
  if (is_new) {
    task.tracker.on_new_task(new_task);
  } else if (!task.tracker.on_correction(new_task)) {
    task.tracker.on_late_new_task(new_task);
  }
  task.creator = new_task.creator;
  task.cpu = new_task.cpu;
  task.is_new = !is_adopted(new_task);
  task.flags = new_task.flags;
  task.comm = write_name_(comm_of(new_task.comm));
  join_process(task, new_task);
  take_tid(task, new_task.tid);
  if (TracedTask* creator = find(new_task.creator);
      creator != nullptr && !is_adopted(new_task) && !is_worker_of_process(new_task.flags)) {
    creator->tracker.on_child(task.tracker, new_task);
    creator->child_newtask_ns = new_task.at_ns;
    creator->child_published_ns = 0;
  }
  return task;
}

// A thread that calls exec takes over the tid of its leader.
TracedTask& TaskTable::on_exec(const tc_exec& exec) {
  TracedTask& task = get(exec.id, exec.at_ns);
  task.tracker.on_exec(exec);
  if (task.tid != exec.tid) {
    release_tid(task);
    task.renumbered = task.tid != 0;
    take_tid(task, exec.tid);
    task.flags |= TC_LEDGER_LEADER;
  }
  task.flags = exec.compat != 0 ? task.flags | TC_LEDGER_COMPAT : task.flags & ~std::uint32_t{TC_LEDGER_COMPAT};
  task.comm = write_name_(comm_of(exec.comm));
  task.exec_ns = exec.at_ns;
  return task;
}

TracedTask& TaskTable::on_rename(const tc_rename& rename) {
  TracedTask& task = get(rename.id, rename.at_ns);
  task.comm = write_name_(comm_of(rename.comm));
  return task;
}

TracedTask& TaskTable::on_call(const tc_call& call) {
  TracedTask& task = get(call.id, call.at_ns);
  task.tracker.on_call(call);
  return task;
}

TracedTask& TaskTable::on_fault(const tc_fault& fault) {
  TracedTask& task = get(fault.id, fault.at_ns);
  task.tracker.on_fault(fault);
  return task;
}

TracedTask& TaskTable::on_event(const tc_event& event) {
  TracedTask& task = get(event.id, event.at_ns);
  task.tracker.on_event(event);
  task.cpu = event.kind == TC_EV_FOUND_RUNNING ? event.arg : task.cpu;
  return task;
}

void TaskTable::switch_in(SwitchContext& context, const tc_switch& event) {
  TracedTask& task = *context.next;
  Slice& was = context.next_was = task.tracker.open();
  if (context.off_cpu_seen()) {
    was.end_ns = std::max<std::uint64_t>(was.start_ns, event.at_ns);
    was.ready_ns = ready_ns(was.condition, was.start_ns, event.woken_ns, was.end_ns);
    context.blocked_ns = was.ready_ns - was.start_ns;
    context.next_doubtful = static_cast<bool>(task.tracker.touched_until(was.end_ns, event.woken_ns));
  }
  task.tracker.on_switch_in(event);
  was.wait = task.tracker.wait();
  context.next_is_new = task.is_new;
  task.is_new = false;
  task.cpu = event.cpu;
}

SwitchContext TaskTable::on_switch(const tc_switch& event) {
  forget();
  SwitchContext context;
  if (event.prev != 0) {
    TracedTask& prev = get(event.prev, event.at_ns);
    context.prev = &prev;
    context.prev_since = prev.tracker.on_cpu_ns();
    context.prev_doubtful =
        context.prev_since != 0 && trace_.gaps.any(context.prev_since, event.at_ns, std::uint32_t{event.cpu});
    if (prev.tid == 0) {
      take_tid(prev, event.prev_tid);
    }
    prev.tracker.on_switch_out(event);
    prev.cpu = event.cpu;
  }
  if (event.next != 0) {
    context.next = &get(event.next, event.at_ns);
    if (context.next->tid == 0) {
      take_tid(*context.next, event.next_tid);
    }
    switch_in(context, event);
  }
  if (context.prev != nullptr && is_last(event) && !context.prev->ended) {
    end(*context.prev);
  }
  return context;
}

// A recording begins in the middle of its life.
TracedTask& TaskTable::on_state(const tc_task_state& state) {
  const auto [entry, is_new] = tasks_.try_emplace(state.task.id, trace_, state.task.id, state.task.start_ns);
  TracedTask& task = entry->second;
  if (!is_new) {
    return task;  // a corrupt capture
  }
  task.tracker.restore(state);
  task.creator = state.task.creator;
  task.cpu = state.cpu != Slice::none ? std::uint32_t{state.cpu} : std::uint32_t{state.task.cpu};
  task.is_new = !is_adopted(state.task) && state.first_run_ns == 0;
  task.flags = state.task.flags;
  task.comm = write_name_(comm_of(state.task.comm));
  task.exit_ns = state.exit_start_ns;
  task.memory_gone_ns = state.exit_mmap_ns;
  if (task.tracker.creation_seen()) {
    join_process(task, state.task);
  }
  if (state.task.tid != 0) {
    take_tid(task, state.task.tid);
  }
  if (task.tracker.ended()) {
    end(task);
  }
  return task;
}

void TaskTable::on_ledger(const tc_ledger& ledger) {
  TracedTask* task = find(ledger.id);
  if (task == nullptr || task->ended) {
    return;
  }
  task->tracker.on_ledger(ledger);
  if (ledger.end_ns != 0) {
    end(*task);
  }
}

}  // namespace taskcost
