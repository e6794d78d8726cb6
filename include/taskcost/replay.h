// SPDX-License-Identifier: Apache-2.0
//
// Replay: the second ledger. It rebuilds the ledger of each task from recorded events (events.h) alone: its times are
// sums of the tracker's slices (trace/task_tracker.h), its counts those of the events. The kernel's side kept the first
// ledger while it ran; where both agree to the nanosecond, the account is what happened (audit.h).
//
// Records are given in the order of the ring buffer. A task is handed out when it has ended, so that only living tasks
// are held in memory. An interval that lost events may have touched (trace/gaps.h) is in no cell: its time is unknown.
//
// A gap stands in the stream behind events of other CPUs that came later. Replay is exact if all gaps are given before
// the first record; of one that comes as a surprise, tasks that went on since are marked.
//
// The latency of switches is not recorded: only the kernel's histograms have it. A wakeup is told when the task has its
// CPU again: a task that was woken, but has none when the window closes, counts as blocked until then.
//
// One thread; no kernel, no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "taskcost/account.h"
#include "taskcost/record.h"
#include "trace/gaps.h"
#include "trace/slice.h"

namespace taskcost {

struct RebuiltTask {
  // Times, counts, waits and identity; `edges` and `flows` of it stay empty. Rows that were pending have joined as in
  // the kernel's; that of a fault that the end of the window interrupted has not.
  tc_ledger ledger{};
  std::vector<tc_edge> edges;  // by key
  std::vector<tc_flow> flows;  // by key
  // The kernel's own ledger of it: the final one, or the snapshot after the window. Null where it was lost.
  std::unique_ptr<tc_ledger> kernel;

  bool ended = false;  // by its final switch-out, otherwise by the end of the window
  // Time between birth and end that is in no cell, because events were lost.
  Duration unknown{};
  std::uint64_t touching_gaps = 0;  // how many gaps that was; what they hid is not counted either
  // Its birth is not among the records: what came before its first event is not known.
  bool beginning_unknown = false;
  // It lives, and no snapshot says in which call it is: since its last event it counts as where that left it.
  bool position_unknown = false;
  // A gap that became known afterwards lies within time that was booked already.
  bool touched_afterwards = false;
  // Some gap lies within its life, of whatever CPU: what other CPUs tell of it can be incomplete (shootdown_stolen_ns).
  bool gaps_in_life = false;
  // Switch-ins without a tracepoint.
  std::uint64_t unseen_switch_ins = 0;
  // It had the CPU without a switch to it, or got one that it had already, and no gap explains it.
  std::uint64_t impossible_switches = 0;

  // Whether its ledger can be held against the kernel's, figure by figure.
  [[nodiscard]] bool comparable() const;
};

// What cannot be in records that are complete and in order.
struct ReplayIntegrity {
  // A switch away from another task than the last switch of that CPU brought in.
  struct Break {
    Instant at{};
    std::uint32_t cpu = 0;
    std::uint32_t expected_tid = 0;
    std::uint32_t seen_tid = 0;
    std::uint64_t expected = 0;  // ledger ids; 0: not observed
    std::uint64_t seen = 0;
  };
  static constexpr std::size_t kept_breaks = 64;

  std::uint64_t events = 0;
  std::uint64_t switches_checked = 0;
  std::uint64_t broken_switches = 0;
  std::vector<Break> breaks;  // the first of them
  std::uint64_t impossible_switches = 0;
  std::uint64_t backward_times = 0;      // events older than the one before them; they take no time
  std::uint64_t unknown_beginnings = 0;  // tasks with events but without a birth
  std::uint64_t repeated_births = 0;
  std::uint64_t impossible_corrections = 0;  // of more than was booked
  std::uint64_t wild_cpus = 0;               // beyond TC_MAX_CPUS
  std::uint64_t lost_final_ledgers = 0;      // tasks that ended without the kernel's ledger

  [[nodiscard]] bool clean() const;
};

// What records say of themselves once they have been replayed.
struct RecordCheck {
  std::vector<ReplayGap> gaps;  // by the first loss
  ReplayIntegrity integrity;
  std::uint64_t touched_tasks = 0;      // with time of which nothing is known
  Duration unknown{};                   // such time of all of them
  std::uint64_t missing_snapshots = 0;  // tasks that lived at the end without a ledger of the kernel's

  [[nodiscard]] bool clean() const { return gaps.empty() && integrity.clean(); }
};

class Replay {
 public:
  struct Options {
    bool calls = true;  // system calls have probes (--detail full)
    // All that the stream lacks, where it is known beforehand. Gaps of the stream itself may be among them.
    std::vector<ReplayGap> gaps;
    // Takes each task that has ended, in the order of their ends. Borrowed for the call.
    std::function<void(const RebuiltTask&)> on_ended;
    // Takes what the ledgers are summed up from. It must outlive the replay.
    SliceListener* listener = nullptr;
  };

  explicit Replay(Options options);
  Replay(Replay&&) noexcept;
  Replay& operator=(Replay&&) noexcept;
  ~Replay();

  // Any record of a capture; those that tell nothing about a ledger are passed over. Its indexes are in range, as
  // decode() leaves them; everything else may be nonsense.
  void on_record(const Record& record);
  // What the stream lacks at this place, where it was not known beforehand.
  void on_gap(const ReplayGap& gap);

  // The tasks that live, by id, closed at `end`: that of the window, or where a capture was cut off. Their snapshots
  // come before. The replay is spent afterwards, but for what stands below.
  std::vector<RebuiltTask> living(Instant end);

  // Tasks in memory: those that live, and on each CPU one that waits for its final ledger.
  [[nodiscard]] std::size_t held() const;
  // Of all tasks, whether handed out or not. nullopt: not recorded.
  [[nodiscard]] std::optional<Histogram> histogram(tc_histogram_id id) const;
  [[nodiscard]] const ReplayIntegrity& integrity() const;
  // Of all that was handed out.
  [[nodiscard]] RecordCheck check() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace taskcost
