// SPDX-License-Identifier: Apache-2.0
#include "account/process_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace taskcost {
namespace {

// The layout of a status as wait(2) returns it.
enum : std::int32_t { signal_mask = 0x7f, code_shift = 8, code_mask = 0xff };

constexpr std::uint64_t not_yet_numbered = ~std::uint64_t{0};

void set_status(Process& process, std::int32_t status) {
  if ((status & signal_mask) != 0) {
    process.exit_signal = status & signal_mask;
  } else {
    process.exit_code = (status >> code_shift) & code_mask;
  }
}

}  // namespace

void ProcessTable::keep(const tc_ledger& ledger, Task task) {
  const auto [entry, made] = records_.try_emplace(ledger.process);
  if (made) {
    Record& record = entry->second;
    record.key = ledger.process;
    note_identity(record, ledger);
    record.start_ns = ledger.start_ns;
  }
  task.creator = ledger.creator;
  task.address_space = ledger.address_space;
  by_ledger_[ledger.id] = static_cast<std::uint32_t>(tasks_.size());
  tasks_.push_back({ledger.id, ledger.process, std::move(task)});
}

// The task that started first gives its process an identity until a leader is seen.
void ProcessTable::note_identity(Record& record, const tc_ledger& ledger) {
  record.first_ledger = ledger.id;
  record.parent = ledger.parent_process;
  record.address_space = ledger.address_space;
  record.tgid = ledger.tgid;
  record.tgid_seen = ledger.tgid_seen;
  record.ppid = ledger.ppid;
  record.uid = ledger.cgroup != 0 ? std::optional(ledger.uid) : std::nullopt;
  record.cgroup = ledger.cgroup;
  record.comm = text_of(ledger.comm, sizeof(ledger.comm));
}

// When threads call exec, a process has several leaders one after the other; the last one counts.
void ProcessTable::note_leader(Record& record, const tc_ledger& ledger) {
  if (record.has_leader && ledger.end_ns < record.leader_end_ns) {
    return;
  }
  const std::uint64_t first = record.first_ledger;
  note_identity(record, ledger);
  record.first_ledger = first;
  record.has_leader = true;
  record.leader_end_ns = ledger.end_ns;
  record.leader_status = ledger.exit_code;
}

void ProcessTable::note_signal(Record& record, const tc_ledger& ledger) {
  if (ledger.signal == 0) {
    return;
  }
  Signal& last = record.signals[static_cast<int>(ledger.signal)];
  if (ledger.signal_ns >= last.at_ns) {
    last = {ledger.signal_ns, ledger.id};
  }
}

void ProcessTable::note(const tc_ledger& ledger, Closed closed) {
  const auto found = records_.find(ledger.process);
  if (found == records_.end()) {
    return;
  }
  Record& record = found->second;
  const bool first = std::tie(ledger.start_ns, ledger.id) < std::tie(record.start_ns, record.first_ledger);
  if (first && !record.has_leader) {
    note_identity(record, ledger);
  }
  if (first) {
    record.first_ledger = ledger.id;
    record.start_ns = ledger.start_ns;
  }
  if (is_leader(ledger)) {
    note_leader(record, ledger);
  }
  if (is_first_task(ledger)) {
    record.origin = origin_of(ledger);
    record.kernel = is_kernel_thread(ledger);
  }
  note_signal(record, ledger);
  if ((ledger.flags & TC_LEDGER_GROUP_EXIT) != 0) {
    record.group_status = ledger.group_exit_code;
  }
  record.end_ns = std::max<std::uint64_t>(record.end_ns, ledger.end_ns);
  record.open_at_start |= (ledger.flags & TC_LEDGER_OPEN_AT_START) != 0;
  record.open_at_end |= closed == Closed::by_end_of_window;
}

void ProcessTable::note_reap(std::uint64_t process, std::uint64_t at_ns, std::uint64_t running_ns) {
  const auto found = records_.find(process);
  if (found != records_.end()) {
    found->second.reaped_ns = at_ns;
    found->second.reap_running_ns = running_ns;
  }
}

PackedAccount* ProcessTable::account_of(std::uint64_t ledger) {
  const auto found = by_ledger_.find(ledger);
  return found == by_ledger_.end() ? nullptr : &tasks_[found->second].task.account;
}

std::vector<Process> ProcessTable::take(Commands& commands) {
  std::vector<Process> processes;
  processes.reserve(records_.size());
  const std::vector<std::uint32_t> by_start = number_tasks();
  for (const Record* record : number()) {
    processes.push_back(process_of(*record, commands.find(record->key)));
  }
  hand_out_tasks(by_start, processes);
  return processes;
}

// The order is that of the start, but a parent comes before its children: processes from before the window were found
// in the order of their pids, which wrap around.
std::vector<ProcessTable::Record*> ProcessTable::number() {
  std::vector<Record*> by_start;
  by_start.reserve(records_.size());
  for (auto& [key, record] : records_) {
    record.id = 0;
    by_start.push_back(&record);
  }
  std::sort(by_start.begin(), by_start.end(), [](const Record* left, const Record* right) {
    return std::tie(left->start_ns, left->first_ledger) < std::tie(right->start_ns, right->first_ledger);
  });
  std::vector<Record*> numbered;
  numbered.reserve(by_start.size());
  std::vector<Record*> line;  // a process, its parent, and so on, up to the first that has a number
  for (Record* record : by_start) {
    while (record != nullptr && record->id == 0) {
      record->id = not_yet_numbered;  // in a corrupt capture, parents may form a cycle
      line.push_back(record);
      const auto parent = records_.find(record->parent);
      record = parent == records_.end() ? nullptr : &parent->second;
    }
    for (; !line.empty(); line.pop_back()) {
      numbered.push_back(line.back());
      line.back()->id = numbered.size();
    }
  }
  return numbered;
}

std::uint64_t ProcessTable::number_of_address_space(std::uint64_t key) {
  // A kernel thread has no address space.
  return key == 0 ? 0 : address_spaces_.try_emplace(key, address_spaces_.size() + 1).first->second;
}

Process ProcessTable::process_of(const Record& record, const KnownCommand* command) {
  Process process;
  process.id = record.id;
  const auto parent = records_.find(record.parent);
  process.parent = parent == records_.end() ? 0 : parent->second.id;
  process.tgid = record.tgid;
  process.tgid_seen = record.tgid_seen;
  process.ppid = record.ppid;
  process.uid = record.uid;
  process.cgroup_id = record.cgroup;
  process.comm = record.comm;
  process.origin = record.origin;
  process.kernel = record.kernel;
  process.start = instant(record.start_ns);
  process.end = instant(record.end_ns);
  process.open_at_start = record.open_at_start;
  process.open_at_end = record.open_at_end;
  process.address_space = number_of_address_space(record.address_space);
  if (command != nullptr) {
    process.command = command->text;
    process.command_truncated = command->truncated;
    // The leader's comm at its end is newer than that of the exec.
    if (!record.has_leader && command->by_exec) {
      process.comm = command->comm;
    }
  }
  if (!record.open_at_end && record.has_leader) {
    set_status(process, record.group_status.value_or(record.leader_status));
  }
  if (process.exit_signal) {
    if (const auto signal = record.signals.find(*process.exit_signal); signal != record.signals.end()) {
      process.fatal = {*process.exit_signal, instant(signal->second.at_ns), task_number(signal->second.ledger)};
    }
  }
  if (!record.open_at_end && record.reaped_ns != 0) {
    process.zombie = nanoseconds(elapsed(record.end_ns, record.reaped_ns));
    process.reap = nanoseconds(record.reap_running_ns);
  }
  return process;
}

std::vector<std::uint32_t> ProcessTable::number_tasks() {
  std::vector<std::tuple<Instant, std::uint64_t, std::uint32_t>> by_start;
  by_start.reserve(tasks_.size());
  for (const KeptTask& kept : tasks_) {
    by_start.emplace_back(kept.task.start, kept.ledger, static_cast<std::uint32_t>(by_start.size()));
  }
  std::ranges::sort(by_start);
  std::vector<std::uint32_t> indices;
  indices.reserve(by_start.size());
  for (const auto& [start, ledger, index] : by_start) {
    indices.push_back(index);
    tasks_[index].task.id = indices.size();
    by_ledger_[ledger] = static_cast<std::uint32_t>(indices.size());
  }
  return indices;
}

std::uint64_t ProcessTable::task_number(std::uint64_t ledger) const {
  const auto found = by_ledger_.find(ledger);
  return found == by_ledger_.end() ? 0 : found->second;
}

std::uint64_t ProcessTable::process_number(std::uint64_t process) const {
  const auto found = records_.find(process);
  return found == records_.end() ? 0 : found->second.id;
}

void ProcessTable::hand_out_tasks(const std::vector<std::uint32_t>& by_start, std::vector<Process>& processes) {
  std::vector<std::uint32_t> counts(processes.size());
  std::vector<std::uint32_t> places(tasks_.size());  // of a task among those of its process
  for (const std::uint32_t index : by_start) {
    KeptTask& kept = tasks_[index];
    kept.task.address_space = number_of_address_space(kept.task.address_space);
    kept.task.creator = task_number(kept.task.creator);
    kept.process = process_number(kept.process) - 1;
    places[index] = counts[kept.process]++;
  }
  for (std::size_t i = 0; i < processes.size(); ++i) {
    processes[i].tasks.resize(counts[i]);
  }
  // Free the tasks in between: two copies of all would double the memory.
  for (const std::uint32_t place : places) {
    processes[tasks_.front().process].tasks[place] = std::move(tasks_.front().task);
    tasks_.pop_front();
  }
}

}  // namespace taskcost
