// SPDX-License-Identifier: Apache-2.0
#include "events/living_tasks.h"

#include <cstring>

#include "trace/slice.h"

namespace taskcost {
namespace {

// How many ended tasks are remembered.
constexpr std::size_t remembered = 4096;

std::uint8_t final_wait(std::uint8_t wait, const tc_switch& event) {
  return event.next_wait == 0 ? wait : static_cast<std::uint8_t>(event.next_wait - 1);
}

}  // namespace

std::string_view comm_of(const char (&comm)[TC_COMM_LEN]) { return {comm, strnlen(comm, sizeof(comm))}; }

LivingTask* LivingTasks::find(std::uint64_t id) {
  const auto found = tasks_.find(id);
  return found == tasks_.end() ? nullptr : &found->second;
}

const LivingTask* LivingTasks::find(std::uint64_t id) const {
  const auto found = tasks_.find(id);
  return found == tasks_.end() ? nullptr : &found->second;
}

LivingTask& LivingTasks::get(std::uint64_t id) {
  LivingTask& task = tasks_[id];
  task.id = id;
  return task;
}

LivingProcess* LivingTasks::process(std::uint64_t key) {
  const auto found = processes_.find(key);
  return found == processes_.end() ? nullptr : &found->second;
}

void LivingTasks::part(const LivingTask& task) {
  if (const auto process = processes_.find(task.process);
      process != processes_.end() && --process->second.living == 0) {
    processes_.erase(process);
  }
}

void LivingTasks::join(LivingTask& task, const tc_birth& birth) {
  if (task.process == birth.process) {
    return;
  }
  part(task);
  task.process = birth.process;
  task.tgid = birth.tgid;
  LivingProcess& joined = processes_[birth.process];
  joined.tgid = birth.tgid;
  joined.ppid = birth.ppid;
  ++joined.living;
}

void LivingTasks::take_tid(LivingTask& task, std::uint32_t tid) {
  task.tid = tid;
  const auto [holder, is_new] = by_tid_.try_emplace(tid, task.id);
  if (is_new || holder->second == task.id) {
    return;
  }
  LivingTask* former = find(holder->second);
  holder->second = task.id;
  if (former != nullptr && !former->ended) {
    bury(*former);
  }
}

void LivingTasks::bury(LivingTask& task) {
  task.ended = true;
  task.off = {};
  if (const auto holder = by_tid_.find(task.tid); holder != by_tid_.end() && holder->second == task.id) {
    by_tid_.erase(holder);
  }
  part(task);
  ended_.push_back(task.id);
}

void LivingTasks::forget() {
  while (ended_.size() > remembered) {
    tasks_.erase(ended_.front());
    ended_.pop_front();
  }
}

LivingTask& LivingTasks::on_birth(const tc_birth& birth) {
  forget();
  LivingTask& task = get(birth.id);
  if (task.ended) {
    return task;  // ids are never used twice: the recording is not what it should be
  }
  task.creator = birth.creator;
  task.cpu = birth.cpu;
  task.is_new = birth.how < TC_NR_CREATIONS;
  task.flags = birth.flags;
  task.comm = write_name_(comm_of(birth.comm));
  join(task, birth);
  take_tid(task, birth.tid);
  if (birth.condition != TC_CONDITION_RUNNING) {
    const bool adopted = birth.how == TC_NR_CREATIONS;
    task.off = {
        adopted ? birth.at_ns : birth.birth_ns, 0, birth.syscall, birth.row, birth.condition, birth.wait, adopted};
  }
  if (LivingTask* creator = find(birth.creator);
      creator != nullptr && birth.how < TC_NR_CREATIONS && !is_worker_of_process(birth.flags)) {
    creator->child_newtask_ns = birth.at_ns;
    creator->child_published_ns = 0;
  }
  return task;
}

// A thread that is not the leader takes over the leader's tid.
LivingTask& LivingTasks::on_exec(const tc_exec& exec) {
  LivingTask& task = on_sign_of_life(exec.id, exec.at_ns);
  if (task.tid != exec.tid) {
    if (const auto holder = by_tid_.find(task.tid); holder != by_tid_.end() && holder->second == task.id) {
      by_tid_.erase(holder);
    }
    task.renumbered = task.tid != 0;
    take_tid(task, exec.tid);
    task.flags |= TC_LEDGER_LEADER;
  }
  task.flags = exec.compat != 0 ? task.flags | TC_LEDGER_COMPAT : task.flags & ~std::uint32_t{TC_LEDGER_COMPAT};
  task.comm = write_name_(comm_of(exec.comm));
  task.exec_ns = exec.at_ns;
  return task;
}

LivingTask& LivingTasks::on_rename(const tc_rename& rename) {
  LivingTask& task = get(rename.id);
  task.comm = write_name_(comm_of(rename.comm));
  return task;
}

void LivingTasks::leave(LivingTask& task, const tc_switch& event) {
  task.off = {event.at_ns, event.entered_ns, event.syscall, event.row, event.condition, event.wait, false};
  task.on_cpu_ns = 0;
  task.cpu = event.cpu;
}

void LivingTasks::come_back(SwitchStory& story, const tc_switch& event) {
  LivingTask& task = *story.next;
  OffCpu& was = story.next_was = task.off;
  was.wait = final_wait(was.wait, event);
  if (was.since_ns != 0 && was.since_ns <= event.at_ns) {
    story.ready_ns = ready_ns(was.condition, was.since_ns, event.woken_ns, event.at_ns);
    story.blocked_ns = story.ready_ns - was.since_ns;
  }
  story.next_is_new = task.is_new;
  task.is_new = false;
  task.off = {};
  task.on_cpu_ns = event.at_ns;
  task.cpu = event.cpu;
}

SwitchStory LivingTasks::on_switch(const tc_switch& event) {
  forget();
  SwitchStory story;
  if (event.prev != 0) {
    story.prev = &get(event.prev);
    story.prev_since = story.prev->on_cpu_ns;
    if (story.prev->tid == 0) {
      take_tid(*story.prev, event.prev_tid);
    }
    leave(*story.prev, event);
  }
  if (event.next != 0) {
    story.next = &get(event.next);
    if (story.next->tid == 0) {
      take_tid(*story.next, event.next_tid);
    }
    come_back(story, event);
  }
  if (story.prev != nullptr && (event.flags & TC_SWITCH_LAST) != 0 && !story.prev->ended) {
    bury(*story.prev);
  }
  return story;
}

LivingTask& LivingTasks::on_sign_of_life(std::uint64_t id, std::uint64_t at_ns) {
  LivingTask& task = get(id);
  if (task.off.since_ns != 0 && task.off.since_ns < at_ns) {
    task.off = {};
  }
  return task;
}

void LivingTasks::on_ledger(const tc_ledger& ledger) {
  LivingTask* task = ledger.end_ns != 0 ? find(ledger.id) : nullptr;
  if (task != nullptr && !task->ended) {
    bury(*task);
  }
}

void LivingTasks::on_lost(std::uint64_t last_ns) {
  lost_until_ns_ = last_ns > lost_until_ns_ ? last_ns : lost_until_ns_;
}

}  // namespace taskcost
