// SPDX-License-Identifier: Apache-2.0
//
// The audit compares the ledgers that replay.h rebuilds with those that the probes kept. Every figure must be equal, to
// the nanosecond. Tasks with lost events are listed separately and not compared.
//
// Both sides conclude activities, channels, conditions and causes of waits from what the probes saw, each by its own
// code, so a wrong classification shows up as a difference. events.h says what only the probes conclude.
//
// It compares cells, entries, counters, channels, creations, waits, edges, flows, the times and phases of creation,
// exec and exit, and the task's identity. It does not compare what events lack: the kernel's own task stats, the exit
// status, a name set by prctl, chains, and switch latencies.
//
// Both sides close tasks that still run at the end of the window in the same way: a wakeup is recorded at the
// switch-in, so a task that is runnable at the end counts as blocked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "account/account.h"
#include "base/unit.h"
#include "trace/record_check.h"

namespace taskcost {

struct AuditRow {
  std::string quantity;  // "pipe running", "voluntary switches", "wait for a pipe: blocked"
  Unit unit = Unit::count;
  std::uint64_t kernel = 0;
  std::uint64_t replayed = 0;

  [[nodiscard]] bool agrees() const { return kernel == replayed; }
  // replayed - kernel
  [[nodiscard]] std::int64_t difference() const { return static_cast<std::int64_t>(replayed - kernel); }
};

struct Audit {
  struct Name {
    std::uint64_t id = 0;  // id of the ledger
    std::uint32_t tid = 0;
    std::string comm;  // hostile
  };
  struct Differing {
    Name task;
    std::vector<AuditRow> rows;
  };
  struct NotCompared {
    Name task;
    Duration unknown{};
    std::uint64_t gaps = 0;
    std::string why;
  };
  static constexpr std::size_t kept_tasks = 1000;

  std::uint64_t tasks = 0;            // tasks that were compared
  std::uint64_t cells = 0;            // figures that were compared and are not 0 on both sides
  std::uint64_t differing_tasks = 0;  // compared tasks with a difference
  std::uint64_t differing_cells = 0;
  std::vector<Differing> differing;       // the first `kept_tasks` of them
  std::uint64_t tasks_not_compared = 0;   // tasks that were not compared
  std::vector<NotCompared> not_compared;  // the first `kept_tasks` of them
  std::vector<AuditRow> totals;           // sums over all compared tasks, without rows of 0
  // Latencies over all CPUs. Empty if a task was not compared, because latencies are not kept by task.
  std::vector<AuditRow> latencies;
  RecordCheck records;
  Instant start{};  // start of the window, to which times in `records` are shown relative

  // True if everything that was compared agrees.
  [[nodiscard]] bool agrees() const { return differing_cells == 0; }
  // True if all tasks were compared and the records are intact.
  [[nodiscard]] bool complete() const { return tasks_not_compared == 0 && records.clean(); }
};

}  // namespace taskcost
