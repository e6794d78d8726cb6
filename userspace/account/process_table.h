// SPDX-License-Identifier: Apache-2.0
//
// The tasks that are kept one by one, and their processes. The table uses the kernel side's ids; take() numbers tasks
// and processes by start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "account/account.h"
#include "account/ledger.h"
#include "base/bounded_map.h"
#include "taskcost/abi.h"

namespace taskcost {

// The command line of a process, from exec or from the collector.
struct KnownCommand {
  std::string text;  // arguments joined by spaces
  std::string comm;
  bool truncated = false;
  bool by_exec = false;
  std::uint64_t at_ns = 0;
};

// The key is the process.
using Commands = BoundedMap<std::uint64_t, KnownCommand>;

class ProcessTable {
 public:
  // Adds a task, and its process if it is new.
  void keep(const tc_ledger& ledger, Task task);
  // Takes what a ledger says of its process, unless no task of that process was kept.
  void note(const tc_ledger& ledger, Closed closed);
  // A wait call returned the process at `at_ns` (CLOCK_MONOTONIC), after `running_ns` on a CPU. Ignored if no task of
  // it was kept.
  void note_reap(std::uint64_t process, std::uint64_t at_ns, std::uint64_t running_ns);

  [[nodiscard]] bool contains(std::uint64_t process) const { return records_.contains(process); }
  // nullptr if the task was not kept. Valid until the table changes.
  [[nodiscard]] PackedAccount* account_of(std::uint64_t ledger);
  [[nodiscard]] std::size_t size() const { return tasks_.size(); }

  // Returns the processes by start. Afterwards, only the numbers are left.
  std::vector<Process> take(Commands& commands);
  // Process::id of a process that take() returned; 0 for others.
  [[nodiscard]] std::uint64_t process_number(std::uint64_t process) const;
  // Task::id of a task that take() returned; 0 for others.
  [[nodiscard]] std::uint64_t task_number(std::uint64_t ledger) const;

 private:
  struct KeptTask {
    std::uint64_t ledger = 0;
    std::uint64_t process = 0;
    Task task;  // `creator` is a ledger, and `address_space` the kernel side's number, until take()
  };
  struct Signal {
    std::uint64_t at_ns = 0;
    std::uint64_t ledger = 0;  // the task that it was sent to
  };
  struct Record {
    std::uint64_t key = 0;
    std::uint64_t id = 0;  // Process::id; 0 before take()
    std::uint64_t first_ledger = 0;
    std::uint64_t parent = 0;
    std::uint64_t address_space = 0;
    std::uint64_t start_ns = 0;
    std::uint64_t end_ns = 0;
    std::uint64_t leader_end_ns = 0;
    std::uint64_t reaped_ns = 0;
    std::uint64_t reap_running_ns = 0;
    std::map<int, Signal> signals;  // the last signal of each number
    std::uint32_t tgid = 0;
    std::uint32_t tgid_seen = 0;
    std::uint32_t ppid = 0;
    TaskOrigin origin = TaskOrigin::attached;
    bool open_at_start = false;
    bool open_at_end = false;
    bool has_leader = false;
    bool kernel = false;
    std::optional<std::uint32_t> uid;
    std::uint64_t cgroup = 0;
    std::string comm;
    std::int32_t leader_status = 0;
    std::optional<std::int32_t> group_status;
  };

  static void note_identity(Record& record, const tc_ledger& ledger);
  static void note_leader(Record& record, const tc_ledger& ledger);
  static void note_signal(Record& record, const tc_ledger& ledger);
  std::vector<Record*> number();
  Process process_of(const Record& record, const KnownCommand* command);
  std::uint64_t number_of_address_space(std::uint64_t key);
  // Returns the indices of the tasks by start.
  std::vector<std::uint32_t> number_tasks();
  void hand_out_tasks(const std::vector<std::uint32_t>& by_start, std::vector<Process>& processes);

  std::deque<KeptTask> tasks_;
  std::unordered_map<std::uint64_t, std::uint32_t>
      by_ledger_;  // the index of a task; after number_tasks() its Task::id
  std::unordered_map<std::uint64_t, Record> records_;
  std::unordered_map<std::uint64_t, std::uint64_t> address_spaces_;
};

}  // namespace taskcost
