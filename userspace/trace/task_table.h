// SPDX-License-Identifier: Apache-2.0
//
// The tasks of a trace while it is read: their identities, and their trackers. It holds living tasks, and the last few
// thousand that exited: a child's end wakes its parent, which may run only long after.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "taskcost/events.h"
#include "trace/task_tracker.h"

namespace taskcost {

struct TracedTask {
  TracedTask(TraceContext& trace, std::uint64_t id, std::uint64_t first_ns) : tracker(trace, nullptr, id, first_ns) {}

  TaskTracker tracker;
  std::uint64_t process = 0;
  std::uint64_t creator = 0;
  std::uint32_t tid = 0;  // 0: neither its creation nor a switch of it was seen
  std::uint32_t tgid = 0;
  std::uint32_t cpu = 0;    // last CPU that it was seen on
  std::uint32_t flags = 0;  // TC_LEDGER_*
  bool ended = false;
  bool is_new = false;      // it has not run since its creation
  bool renumbered = false;  // an exec gave it the tid of its leader
  bool introduced = false;  // the output has described it
  std::string comm;         // as the output writes it

  // Start times of what is going on; 0 if not seen.
  std::uint64_t child_newtask_ns = 0;  // the child of its current creating call
  std::uint64_t child_published_ns = 0;
  std::uint64_t exec_prepared_ns = 0;
  std::uint64_t exec_ns = 0;
  std::uint64_t exit_ns = 0;
  std::uint64_t memory_gone_ns = 0;

  [[nodiscard]] std::uint64_t id() const { return tracker.id(); }
  [[nodiscard]] bool leader() const { return (flags & TC_LEDGER_LEADER) != 0; }
};

struct TracedProcess {
  std::uint32_t tgid = 0;
  std::uint32_t ppid = 0;
  std::size_t living = 0;   // number of living tasks
  bool introduced = false;  // the output has described it
  // Bytes so far, received and sent, and whether the channel was used at all.
  std::array<std::array<std::uint64_t, 2>, TC_NR_CHANNELS> bytes{};
  std::array<bool, TC_NR_CHANNELS> used{};
};

// A switch, and the state before it. Pointers are valid until the next new task or switch.
struct SwitchContext {
  TracedTask* prev = nullptr;    // nullptr: not observed
  TracedTask* next = nullptr;    // nullptr: not observed
  std::uint64_t prev_since = 0;  // when prev got the CPU; 0: not seen
  Slice next_was;                // what next did off its CPU; running: its switch-out was not seen
  std::uint64_t blocked_ns = 0;  // blocked part of next_was
  bool next_is_new = false;      // it runs for the first time
  // Lost events may have touched prev's time on the CPU, and next's time off it.
  bool prev_doubtful = false;
  bool next_doubtful = false;

  [[nodiscard]] bool off_cpu_seen() const { return next_was.condition != TC_CONDITION_RUNNING; }
};

// Converts a name to what the output writes: text of observed programs is escaped once, when it becomes known.
using WriteName = std::function<std::string(std::string_view bytes)>;

class TaskTable {
 public:
  // `gaps` are all losses that are known beforehand. `calls`: system calls have probes.
  TaskTable(WriteName write_name, bool calls, CallClasses classes, std::vector<ReplayGap> gaps)
      : write_name_(std::move(write_name)), trace_{calls, std::move(classes), Gaps(std::move(gaps))} {}
  // The trackers hold a pointer to it.
  TaskTable(const TaskTable&) = delete;
  TaskTable& operator=(const TaskTable&) = delete;

  // The task of a ledger, also for a while after its exit; nullptr if it had no event.
  [[nodiscard]] TracedTask* find(std::uint64_t id);
  [[nodiscard]] const TracedTask* find(std::uint64_t id) const;
  // nullptr if none of its tasks is alive.
  [[nodiscard]] TracedProcess* process(std::uint64_t key);
  // nullptr if no living task is known to have the process's number.
  [[nodiscard]] const TracedTask* leader_of(const TracedProcess& process) const;

  // Each returns the task of the event. A task whose first event this is has no tid and no tgid yet.
  TracedTask& on_new_task(const tc_task_new& new_task);
  TracedTask& on_exec(const tc_exec& exec);
  TracedTask& on_rename(const tc_rename& rename);
  TracedTask& on_call(const tc_call& call);
  TracedTask& on_fault(const tc_fault& fault);
  TracedTask& on_passage(const tc_passage& passage) { return get(passage.id, passage.at_ns); }
  TracedTask& on_event(const tc_event& event);
  SwitchContext on_switch(const tc_switch& event);
  void on_ledger(const tc_ledger& ledger);
  TracedTask& on_state(const tc_task_state& state);
  void on_gap(const ReplayGap& gap) { trace_.gaps.add(gap); }

  // Visits the tasks in no particular order.
  template <typename Visit>
  void for_each(Visit visit) {
    for (auto& [id, task] : tasks_) {
      if (!task.ended) {
        visit(task);
      }
    }
  }

  [[nodiscard]] const CallClasses& classes() const { return trace_.classes; }
  // Text of an observed program as the output writes it.
  [[nodiscard]] std::string written(std::string_view bytes) const { return write_name_(bytes); }
  [[nodiscard]] std::size_t size() const { return tasks_.size(); }

 private:
  TracedTask& get(std::uint64_t id, std::uint64_t at_ns);
  void end(TracedTask& task);
  void forget();
  void leave_process(const TracedTask& task);
  void join_process(TracedTask& task, const tc_task_new& new_task);
  void take_tid(TracedTask& task, std::uint32_t tid);
  void release_tid(const TracedTask& task);
  void switch_in(SwitchContext& context, const tc_switch& event);

  WriteName write_name_;
  TraceContext trace_;
  std::unordered_map<std::uint64_t, TracedTask> tasks_;
  std::unordered_map<std::uint64_t, TracedProcess> processes_;
  // A tid belongs to one living task: if its end was lost, the end of the next task with that tid ends it.
  std::unordered_map<std::uint32_t, std::uint64_t> by_tid_;
  std::deque<std::uint64_t> ended_;
};

}  // namespace taskcost
