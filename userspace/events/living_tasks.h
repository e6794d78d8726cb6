// SPDX-License-Identifier: Apache-2.0
//
// Who lives while a recording is read, and what a single event does not tell: whose ledger it is, since when a task is
// off its CPU, and what it did before. Kept for living tasks, and for the last few thousand that ended: a child's end
// wakes its parent, which may come back long after.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "taskcost/events.h"

namespace taskcost {

// How a task left its CPU.
struct OffCpu {
  std::uint64_t since_ns = 0;    // 0: it has one, or nobody knows
  std::uint64_t entered_ns = 0;  // of the system call that it left in; 0: none, or its entry was not seen
  std::uint32_t syscall = 0;
  std::uint8_t row = 0;
  std::uint8_t condition = 0;
  std::uint8_t wait = 0;
  bool censored = false;  // it began before the task was observed
};

struct LivingTask {
  std::uint64_t id = 0;  // of its ledger
  std::uint64_t process = 0;
  std::uint64_t creator = 0;
  std::uint32_t tid = 0;  // 0: neither its birth nor a switch of it was seen
  std::uint32_t tgid = 0;
  std::uint32_t cpu = 0;    // that it was last seen on
  std::uint32_t flags = 0;  // TC_LEDGER_*
  bool ended = false;
  bool is_new = false;      // born, and not yet run
  bool renumbered = false;  // it took over its leader's tid in an exec
  bool introduced = false;  // for the user of the table
  std::string comm;         // written for the output

  OffCpu off;
  std::uint64_t on_cpu_ns = 0;  // its last switch-in, while it has a CPU; 0: not seen

  // Instants of what is going on, 0 when they were not seen.
  std::uint64_t child_newtask_ns = 0;  // of the child of its current creating call
  std::uint64_t child_published_ns = 0;
  std::uint64_t exec_prepared_ns = 0;
  std::uint64_t exec_ns = 0;
  std::uint64_t exit_ns = 0;
  std::uint64_t memory_gone_ns = 0;

  [[nodiscard]] bool leader() const { return (flags & TC_LEDGER_LEADER) != 0; }
};

struct LivingProcess {
  std::uint32_t tgid = 0;
  std::uint32_t ppid = 0;
  std::size_t living = 0;   // tasks
  bool introduced = false;  // for the user of the table
  // Bytes so far, received and sent, and whether the channel was used at all.
  std::array<std::array<std::uint64_t, 2>, TC_NR_CHANNELS> bytes{};
  std::array<bool, TC_NR_CHANNELS> used{};
};

// A switch, with what was before. Pointers hold until the next birth or switch.
struct SwitchStory {
  LivingTask* prev = nullptr;    // null when it is not observed
  LivingTask* next = nullptr;    // likewise
  std::uint64_t prev_since = 0;  // when prev had got the CPU; 0: not seen
  OffCpu next_was;
  bool next_is_new = false;      // it runs for the first time
  std::uint64_t ready_ns = 0;    // when next became ready to run; 0: not seen
  std::uint64_t blocked_ns = 0;  // how long it had been blocked until then, when it was and that was seen
};

// How a name is written: what comes from observed programs is escaped once, when it is learned.
using WriteName = std::function<std::string(std::string_view bytes)>;

class LivingTasks {
 public:
  explicit LivingTasks(WriteName write_name) : write_name_(std::move(write_name)) {}

  // The task of a ledger, also when it ended a short time ago; null when nothing was heard of it.
  [[nodiscard]] LivingTask* find(std::uint64_t id);
  [[nodiscard]] const LivingTask* find(std::uint64_t id) const;
  // The same; one of which nothing was heard is new, without any number.
  LivingTask& get(std::uint64_t id);
  // Null when none of its tasks lives.
  [[nodiscard]] LivingProcess* process(std::uint64_t key);

  LivingTask& on_birth(const tc_birth& birth);
  LivingTask& on_exec(const tc_exec& exec);
  LivingTask& on_rename(const tc_rename& rename);
  SwitchStory on_switch(const tc_switch& event);
  // The task did something on a CPU. If it was off, its return was lost: since when it runs is unknown.
  LivingTask& on_sign_of_life(std::uint64_t id, std::uint64_t at_ns);
  void on_ledger(const tc_ledger& ledger);
  void on_lost(std::uint64_t last_ns);

  // Events were lost since then: an interval that began there may be several.
  [[nodiscard]] bool doubtful(std::uint64_t since_ns) const { return since_ns < lost_until_ns_; }

  // In no order.
  template <typename Visit>
  void for_each(Visit visit) {
    for (auto& [id, task] : tasks_) {
      if (!task.ended) {
        visit(task);
      }
    }
  }

  // Text of an observed program as the output has it.
  [[nodiscard]] std::string written(std::string_view bytes) const { return write_name_(bytes); }
  [[nodiscard]] std::size_t size() const { return tasks_.size(); }

 private:
  void bury(LivingTask& task);
  void forget();
  void part(const LivingTask& task);
  void join(LivingTask& task, const tc_birth& birth);
  void take_tid(LivingTask& task, std::uint32_t tid);
  void leave(LivingTask& task, const tc_switch& event);
  void come_back(SwitchStory& story, const tc_switch& event);

  WriteName write_name_;
  std::unordered_map<std::uint64_t, LivingTask> tasks_;
  std::unordered_map<std::uint64_t, LivingProcess> processes_;
  // One living task a tid: when its end was lost, that of the next one with its tid ends it.
  std::unordered_map<std::uint32_t, std::uint64_t> by_tid_;
  std::deque<std::uint64_t> ended_;
  std::uint64_t lost_until_ns_ = 0;
};

// A name as the kernel keeps it: up to its NUL.
std::string_view comm_of(const char (&comm)[TC_COMM_LEN]);

}  // namespace taskcost
