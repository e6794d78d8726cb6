// SPDX-License-Identifier: Apache-2.0
//
// One task in the second ledger: its times are sums of the tracker's slices, its counts are those of the events. An
// event goes to the tracker first, so that the sums contain all time before it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "trace/part.h"
#include "trace/rebuilt_task.h"
#include "trace/record_check.h"
#include "trace/task_tracker.h"

namespace taskcost {

// The state that all tasks of a replay share.
struct ReplayTotals {
  TraceContext trace;
  SliceListener* listener = nullptr;  // gets the slices in addition to the ledgers
  std::array<Histogram, TC_NR_HISTOGRAMS> histograms{};
  ReplayIntegrity integrity;
  TraceSpan span;        // slices are cut to it, and events outside of it count nowhere
  bool is_part = false;  // ledgers of living tasks are those of a snapshot
};

class ReplayTask : private SliceListener {
 public:
  // Creates a task whose creation is not known (yet); its first event is at `first_ns`. `totals` must outlive it.
  ReplayTask(ReplayTotals& totals, std::uint64_t id, std::uint64_t first_ns);

  void on_new_task(const tc_task_new& new_task);
  // Returns true if it is the second tc_task_new of an adopted task.
  bool on_correction(const tc_task_new& new_task) { return tracker_.on_correction(new_task); }
  // Takes the tc_task_new of a task that already has events.
  void on_late_new_task(const tc_task_new& new_task);
  // It created this task.
  void on_child(const ReplayTask& child, const tc_task_new& new_task);
  // sched_wakeup_new published its newest child.
  void on_published_child(tc_creation kind, std::uint64_t newtask_ns, std::uint64_t at_ns);

  void on_switch_out(const tc_switch& event);
  void on_switch_in(const tc_switch& event);
  void on_call(const tc_call& call);
  void on_transfer(const tc_transfer& transfer);
  void on_passage(const tc_passage& passage);
  void on_fault(const tc_fault& fault);
  void on_exec(const tc_exec& exec);
  void on_rename(const tc_rename& rename);
  void on_event(const tc_event& event);
  // Takes a gap that lies before time that is already in a cell.
  void on_late_gap(const ReplayGap& gap);
  // Takes the final ledger of the probes, or their snapshot.
  void on_kernel_ledger(const tc_ledger& ledger);
  // Closes the task at the end of the window.
  void close(std::uint64_t end_ns);
  // What later events need to know, where a capture begins in the middle.
  void save(tc_task_state& state) const;
  void restore(const tc_task_state& state);

  [[nodiscard]] const TaskTracker& tracker() const { return tracker_; }
  [[nodiscard]] const tc_ledger& ledger() const { return task_.ledger; }
  [[nodiscard]] bool beginning_unknown() const { return task_.beginning_unknown; }
  // Returns the complete task. This object must not be used afterwards.
  RebuiltTask take();

 private:
  struct EdgeKey {
    std::uint64_t waker;
    std::uint32_t wait;
    std::uint32_t from;

    bool operator==(const EdgeKey&) const = default;
  };
  struct HashEdgeKey {
    std::size_t operator()(const EdgeKey& key) const;
  };

  void on_slice(const TaskTracker& task, const Slice& slice) override;
  void on_settled(const TaskTracker& task, const Settled& settled) override;
  void on_corrected(const TaskTracker& task, const tc_event& event) override;
  void on_mark(const TaskTracker& task, const TaskMark& mark) override;
  void on_call_entered(std::uint8_t row) override;
  void on_fault_begun(std::uint8_t bits) override;

  // The interval that the end of the span cuts off, as a snapshot of the kernel's ledger has it.
  struct OpenInterval {
    std::uint64_t since_ns = 0;
    std::uint8_t row = TC_ACTIVITY_USER;
    std::uint8_t condition = TC_CONDITION_RUNNING;
    std::uint8_t wait = TC_WAIT_OTHER;
  };

  void set_identity(const tc_task_new& new_task);
  // The events that follow are those of that time.
  void begin(std::uint64_t at_ns) { in_span_ = totals_->span.contains(at_ns); }
  [[nodiscard]] bool is_cut(const Slice& slice) const;
  [[nodiscard]] std::uint8_t channel_of(const tc_call& call) const;
  void add_known(const Slice& slice);
  void add_wait(const Slice& slice);
  void add_preemption(const Slice& slice);
  void add_edge(const Slice& slice);
  void correct(const tc_event& event, std::size_t row, std::size_t condition);
  void cut_to_span();
  void add_flow(std::uint64_t object, std::uint64_t link, std::uint8_t bits, std::uint64_t bytes_in,
                std::uint64_t bytes_out);
  void shorten_wait(std::uint64_t ns);
  void end_creation(tc_creation kind, std::uint64_t at_ns);
  void end_exec(const tc_call& call);
  void begin_exit(const tc_event& event);
  void count_resolved_fault(const tc_fault& fault);
  __u64& cell(std::size_t row, std::size_t condition);
  void enter(std::size_t activity) { task_.ledger.entries[activity] += in_span_ ? 1 : 0; }
  void count(tc_counter counter, std::uint64_t by = 1) { task_.ledger.counters[counter] += in_span_ ? by : 0; }

  RebuiltTask task_;  // first, because its ledger is aligned to a page
  ReplayTotals* totals_;
  TaskTracker tracker_;
  std::unordered_map<EdgeKey, tc_edge_sums, HashEdgeKey> edges_;
  std::unordered_map<std::uint64_t, tc_flow_sums> flows_;  // by object
  std::pair<const EdgeKey, tc_edge_sums>* last_edge_ = nullptr;
  std::pair<const std::uint64_t, tc_flow_sums>* last_flow_ = nullptr;

  std::uint64_t unknown_ns_ = 0;
  std::uint64_t call_running_ns_ = 0;  // running time of the current call, without its faults
  std::uint64_t seen_ns_ = 0;          // time of task_newtask, or of the adoption
  std::uint64_t found_ns_ = 0;         // the end of the last wait whose switch-in was not seen
  std::uint64_t closing_ns_ = 0;       // the end of the recording, once the task is closed there
  std::optional<OpenInterval> open_;   // none: the state at the end of the span is unknown, or there is no span
  bool in_span_ = true;                // the current event is in the span
  bool entry_counted_ = true;          // the row of the current call has its entry
  bool start_lost_ = false;            // it was on a CPU before its first observed switch-in
};

}  // namespace taskcost
