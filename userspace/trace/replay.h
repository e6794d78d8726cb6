// SPDX-License-Identifier: Apache-2.0
//
// Replay: the second ledger. It rebuilds the ledger of each task from recorded events (events.h) alone, independently
// of the ledger that the probes kept: its times are sums of the tracker's slices (trace/task_tracker.h), its counts
// those of the events. Where both agree to the nanosecond, each confirms the other (auditor.h).
//
// Records are passed in the order of the ring. A task is returned when it has exited, so that only running tasks take
// memory. An interval that a gap may affect (trace/gaps.h) is in no cell; its time is added to `unknown`.
//
// A gap may follow later events of other CPUs in the stream. Replay is exact if all gaps are passed before the first
// record. A late gap marks the tasks that already had later events (touched_afterwards).
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
#include <unordered_map>
#include <vector>

#include "account/account.h"
#include "capture/record.h"
#include "trace/call_classes.h"
#include "trace/gaps.h"
#include "trace/part.h"
#include "trace/rebuilt_task.h"
#include "trace/record_check.h"
#include "trace/replay_task.h"
#include "trace/slice.h"

namespace taskcost {

class Replay {
 public:
  struct Options {
    bool calls = true;    // system calls have probes (--detail full)
    CallClasses classes;  // of the observed machine
    // All gaps that are known beforehand. They may include those in the stream itself.
    std::vector<ReplayGap> gaps;
    // Called with each task that has exited, in the order of the exits. The reference is valid during the call.
    std::function<void(const RebuiltTask&)> on_ended;
    // Also gets every slice. It must outlive the replay.
    SliceListener* listener = nullptr;
    // The ledgers have only what lies in this span, and one whose task lives on is a snapshot (end_ns is 0). nullopt:
    // all of the recording; the ledger of each task is closed.
    std::optional<TraceSpan> span{};
  };

  explicit Replay(Options options);
  // Tasks point to totals_.
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  // Takes any record of a capture, and ignores those that do not concern a ledger. decode() has checked its array
  // indices; all other fields may be corrupt.
  void on_record(const Record& record);
  // Takes a gap at this position of the stream that was not known beforehand.
  void on_gap(const ReplayGap& gap);

  // Returns the tasks that still run, sorted by id and closed at `end`, which is the end of the window or of a capture
  // that is cut off. REQUIRES: every snapshot was passed. Only the functions below may follow.
  std::vector<RebuiltTask> living(Instant end);

  // The tasks in memory, sorted by id. The pointers are valid until the next record.
  [[nodiscard]] std::vector<const ReplayTask*> tasks() const;
  [[nodiscard]] const Gaps& gaps() const { return totals_.trace.gaps; }
  void merge_gaps() { totals_.trace.gaps.merge_per_cpu(); }

  // The number of tasks in memory: those that still run, and for each CPU one that waits for its final ledger.
  [[nodiscard]] std::size_t held() const { return tasks_.size(); }
  // The latencies of all tasks, returned or not. nullopt: not recorded.
  [[nodiscard]] std::optional<Histogram> histogram(tc_histogram_id id) const;
  [[nodiscard]] const ReplayIntegrity& integrity() const { return totals_.integrity; }
  // The quality of the records of all tasks that were returned.
  [[nodiscard]] RecordCheck check() const;

 private:
  struct Cpu {
    bool known = false;  // the fields below are valid
    std::uint64_t task = 0;
    std::uint32_t tid = 0;
    std::uint64_t switched_ns = 0;
    std::uint64_t ended = 0;  // the task that exited here, until its final ledger comes
  };

  // nullptr if number >= TC_MAX_CPUS (corrupt capture).
  Cpu* cpu_of(std::uint32_t number);
  ReplayTask* find(std::uint64_t id);
  // The task of an event at `at_ns`; nullptr if the event has no observed task.
  ReplayTask* task_of(std::uint64_t id, std::uint64_t at_ns);
  void count_unknown(const RebuiltTask& task);
  void return_task(std::uint64_t id);
  // A CPU on which a task ended switches again: the final ledger of that task was lost.
  void forget_ended(Cpu& cpu);
  void check_switch(const Cpu& cpu, const tc_switch& event);
  // A task runs on that CPU, although no switch to it was seen.
  void found_on(std::uint32_t number, std::uint64_t id, std::uint32_t tid, std::uint64_t at_ns);

  void on(const tc_switch& event);
  void on(const tc_task_new& new_task);
  void on(const tc_call& call);
  void on(const tc_transfer& transfer);
  void on(const tc_passage& passage);
  void on(const tc_fault& fault);
  void on_published(const tc_event& event);
  void on(const tc_event& event);
  void on(const tc_exec& exec);
  void on(const tc_ledger& kernel);
  void add(const ReplayGap& gap);
  void on(const tc_gap& gap) { add(to_gap(gap)); }
  // These records do not concern a ledger, or they are part of the one that the probes kept.
  void on(const tc_reap& /*reap*/) {}
  void on(const tc_cpu_slice& /*cpu_slice*/) {}
  void on(const tc_edge_record& /*edge*/) {}
  void on(const tc_flow_record& /*flow*/) {}
  void on(const tc_histogram_record& /*histogram*/) {}
  void on(const tc_syscalls_record& /*syscalls*/) {}
  void on(const tc_ran_record& /*ran*/) {}
  void on(const tc_quota_record& /*quota*/) {}
  void on(const tc_interrupts_record& /*interrupts*/) {}
  void on(const tc_lock_record& /*lock*/) {}
  void on(const tc_wait_object_record& /*waits*/) {}
  void on(const tc_region& /*region*/) {}
  void on(const tc_regions_record& /*regions*/) {}
  void on(const tc_command& /*command*/) {}
  void on(const tc_rename& rename);
  void on(const tc_task_state& state);

  ReplayTotals totals_;
  std::function<void(const RebuiltTask&)> on_ended_;
  std::unordered_map<std::uint64_t, std::unique_ptr<ReplayTask>> tasks_;
  std::vector<Cpu> cpus_;
  std::size_t unknown_tasks_ = 0;
  std::uint64_t touched_tasks_ = 0;
  Duration unknown_{};
  std::uint64_t missing_snapshots_ = 0;
};

}  // namespace taskcost
