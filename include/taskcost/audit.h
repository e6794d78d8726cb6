// SPDX-License-Identifier: Apache-2.0
//
// The audit: the rebuilt ledgers (replay.h) held against those that the kernel's side kept. Both tell of the same life,
// so every figure has to be the same, to the nanosecond. Tasks that lost events touched are listed apart; nothing of
// them is compared.
//
// Compared: cells, entries, counters, channels, creations, waits, edges, flows, the instants and phases of birth, exec
// and exit, and who the task is. Not compared: what transitions do not tell (the kernel's own books, exit status, a
// name that the task gave itself, chains, the latency of switches).
//
// A snapshot is closed at the end of the window as replay closes a life: a wake-up that had not led to a switch by then
// is in no record, so the task counts as blocked in both.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "taskcost/replay.h"

namespace taskcost {

enum class AuditUnit { ns, count, bytes, identity };

struct AuditRow {
  std::string quantity;  // "pipe running", "voluntary switches", "wait for a pipe: blocked"
  AuditUnit unit = AuditUnit::count;
  std::uint64_t kernel = 0;
  std::uint64_t replayed = 0;

  [[nodiscard]] bool agrees() const { return kernel == replayed; }
  // replayed - kernel
  [[nodiscard]] std::int64_t difference() const { return static_cast<std::int64_t>(replayed - kernel); }
};

struct Audit {
  struct Name {
    std::uint64_t id = 0;  // of the ledger
    std::uint32_t tid = 0;
    std::string comm;  // as the program chose it
  };
  struct Differing {
    Name task;
    std::vector<AuditRow> rows;
  };
  struct Apart {
    Name task;
    Duration unknown{};
    std::uint64_t gaps = 0;
    std::string why;
  };
  static constexpr std::size_t kept_tasks = 1000;

  std::uint64_t tasks = 0;            // compared
  std::uint64_t cells = 0;            // figures compared that are not zero in both books
  std::uint64_t differing_tasks = 0;  // of those compared
  std::uint64_t differing_cells = 0;
  std::vector<Differing> differing;  // the first `kept_tasks`
  std::uint64_t tasks_apart = 0;     // not compared
  std::vector<Apart> apart;          // likewise the first
  std::vector<AuditRow> totals;      // over all tasks that were compared, without zeros
  // Latencies of all CPUs. Empty where a task was not compared: they cannot be told apart by task.
  std::vector<AuditRow> latencies;
  RecordCheck records;
  Instant start{};  // of the window; what stands in `records` is placed by it

  // Whether everything that could be compared agrees.
  [[nodiscard]] bool agrees() const { return differing_cells == 0; }
  // And whether that was everything.
  [[nodiscard]] bool complete() const { return tasks_apart == 0 && records.clean(); }
};

class Auditor {
 public:
  Auditor();
  Auditor(Auditor&&) noexcept;
  Auditor& operator=(Auditor&&) noexcept;
  ~Auditor();

  // Each task that the replay hands out.
  void on_task(const RebuiltTask& task);
  // Of the kernel's book: what its ledgers had no room for, and its latencies. Other records are passed over.
  void on_record(const Record& record);
  // `replay` has handed out all its tasks. The auditor is spent.
  Audit finish(const Replay& replay, Instant start);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace taskcost
