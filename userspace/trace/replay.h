// SPDX-License-Identifier: Apache-2.0
//
// Replay: the second ledger. It rebuilds the ledger of each task from recorded events (events.h) alone, independently
// of the ledger that the probes kept: its times are sums of the tracker's slices (trace/task_tracker.h), its counts
// those of the events. Where both agree to the nanosecond, the account is correct (audit.h).
//
// Records are passed in the order of the ring. A task is returned when it has exited, so that only running tasks take
// memory. An interval that a gap may affect (trace/gaps.h) is in no cell; its time is added to `unknown`.
//
// A gap may follow later events of other CPUs in the stream. Replay is exact if all gaps are passed before the first
// record. With a gap that comes late, tasks with later events are marked (touched_afterwards).
//
// Switch latencies are not recorded: only the histograms have them. A wakeup is recorded at the switch-in, so a task
// that is runnable at the end of the window counts as blocked.
//
// It is for one thread, and uses neither the kernel nor a clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "account/account.h"
#include "capture/record.h"
#include "trace/call_classes.h"
#include "trace/gaps.h"
#include "trace/slice.h"

namespace taskcost {

struct RebuiltTask {
  // Times, counts, waits and identity; its members `edges` and `flows` are empty. Pending rows are resolved as in the
  // kernel side's ledger, except that of a fault which the end of the window cut off.
  tc_ledger ledger{};
  std::vector<tc_edge> edges;  // sorted by key
  std::vector<tc_flow> flows;  // sorted by key
  // The ledger that the probes kept: the final one, or the snapshot after the window. nullptr if it was lost.
  std::unique_ptr<tc_ledger> kernel;

  bool ended = false;  // true: its final switch-out was seen; false: the end of the window closed it
  // The part of its lifetime that is in no cell, because events were lost.
  Duration unknown{};
  std::uint64_t affecting_gaps = 0;  // number of gaps that affected it; its counts lack the events in them
  // True if the records lack its birth: the time before its first event is not known.
  bool beginning_unknown = false;
  // True if it still runs and no snapshot has its system call: its state after the last event is assumed to last.
  bool position_unknown = false;
  // True if a gap came late and lies in time that had been added to a cell.
  bool touched_afterwards = false;
  // True if a gap of any CPU lies in its lifetime: figures from other CPUs (shootdown_stolen_ns) may be incomplete.
  bool gaps_in_life = false;
  // The number of switch-ins that sched_switch did not report.
  std::uint64_t unseen_switch_ins = 0;
  // The number of times that it was on a CPU without a switch to it, or was switched in twice, and no gap explains it.
  std::uint64_t impossible_switches = 0;

  // True if its ledger can be compared with that of the probes, figure by figure.
  [[nodiscard]] bool comparable() const;
};

// Contradictions that complete and ordered records do not have.
struct ReplayIntegrity {
  // A switch on a CPU from another task than the previous switch on that CPU switched to.
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
  std::vector<Break> breaks;  // the first `kept_breaks`
  std::uint64_t impossible_switches = 0;
  std::uint64_t backward_times = 0;     // events of a task that are older than the previous one; they take no time
  std::uint64_t missing_new_tasks = 0;  // tasks with events but without a birth
  std::uint64_t repeated_new_tasks = 0;
  std::uint64_t impossible_corrections = 0;  // corrections by more time than there was in the cell
  std::uint64_t invalid_cpus = 0;            // events with a CPU >= TC_MAX_CPUS
  std::uint64_t lost_final_ledgers = 0;      // tasks that exited without a final ledger of the probes

  [[nodiscard]] bool clean() const;
};

// The quality of the records, known after their replay.
struct RecordCheck {
  std::vector<ReplayGap> gaps;  // sorted by `first`
  ReplayIntegrity integrity;
  std::uint64_t touched_tasks = 0;      // number of tasks with unknown time
  Duration unknown{};                   // sum of their unknown times
  std::uint64_t missing_snapshots = 0;  // tasks that still ran at the end, without a snapshot

  [[nodiscard]] bool clean() const { return gaps.empty() && integrity.clean(); }
};

class Replay {
 public:
  struct Options {
    bool calls = true;    // system calls have probes (--detail full)
    CallClasses classes;  // of the observed machine
    // All gaps that are known beforehand. They may include those in the stream itself.
    std::vector<ReplayGap> gaps;
    // Called with each task that has exited, in the order of the exits. The reference is valid during the call.
    std::function<void(const RebuiltTask&)> on_ended;
    // Takes what the ledgers are summed up from. It must outlive the replay.
    SliceListener* listener = nullptr;
  };

  explicit Replay(Options options);
  Replay(Replay&&) noexcept;
  Replay& operator=(Replay&&) noexcept;
  ~Replay();

  // Takes any record of a capture, and ignores those that do not concern a ledger. decode() has checked its array
  // indices; all other fields may be corrupt.
  void on_record(const Record& record);
  // Takes a gap at this position of the stream that was not known beforehand.
  void on_gap(const ReplayGap& gap);

  // Returns the tasks that still run, sorted by id and closed at `end`, which is the end of the window or of a capture
  // that is cut off. Pass their snapshots before. Afterwards, only the functions below may be called.
  std::vector<RebuiltTask> living(Instant end);

  // The number of tasks in memory: those that still run, and for each CPU one that waits for its final ledger.
  [[nodiscard]] std::size_t held() const;
  // The latencies of all tasks, returned or not. nullopt: not recorded.
  [[nodiscard]] std::optional<Histogram> histogram(tc_histogram_id id) const;
  [[nodiscard]] const ReplayIntegrity& integrity() const;
  // The quality of the records of all tasks that were returned.
  [[nodiscard]] RecordCheck check() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace taskcost
