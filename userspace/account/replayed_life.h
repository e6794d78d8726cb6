// SPDX-License-Identifier: Apache-2.0
//
// One task in the second book: where its last event left it, and what it has done so far. Its verbs are the events;
// each closes the interval that was open and says where the task is now.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include "account/gaps.h"
#include "taskcost/replay.h"

namespace taskcost {

// What all tasks of a replay have in common.
struct ReplayBooks {
  bool calls = true;
  Gaps gaps;
  std::array<Histogram, TC_NR_HISTOGRAMS> histograms{};
  ReplayIntegrity integrity;
};

class ReplayedLife {
 public:
  // Of a task whose birth is not known (yet); its first event is at `first_ns`. `books` must outlive it.
  ReplayedLife(ReplayBooks& books, std::uint64_t id, std::uint64_t first_ns);

  void born(const tc_birth& birth);
  // A second birth of an adopted task says how it was left; false where it is none.
  bool corrected(const tc_birth& birth);
  // The birth of a task that had events before.
  void born_late(const tc_birth& birth);
  void created(tc_creation kind, std::uint64_t copy_ns);
  void got_worker() { count(TC_COUNTER_CHILDREN_WORKERS); }
  void published(std::uint64_t at_ns);
  // Its newest child is published.
  void published_child(tc_creation kind, std::uint64_t newtask_ns, std::uint64_t at_ns);

  void left_cpu(const tc_switch& event);  // as prev
  void got_cpu(const tc_switch& event);   // as next
  void returned(const tc_call& call);
  void transferred(const tc_transfer& transfer);
  void passed_through(const tc_passage& passage);
  void faulted(const tc_fault& fault);
  void executed(const tc_exec& exec);
  void stepped(const tc_step& step);  // any but `published`
  // A gap became known that lies before what is booked already.
  void passed(const ReplayGap& gap);

  // The kernel's final ledger, or its snapshot.
  void told_by_kernel(const tc_ledger& ledger);
  // Its last switch is lost: the final ledger says when it was.
  void ended_unseen();
  // The window is over.
  void close(std::uint64_t end_ns);

  [[nodiscard]] bool ended() const { return task_.ended; }
  [[nodiscard]] const tc_ledger& ledger() const { return task_.ledger; }
  // Adopted while it ran, and not switched since.
  [[nodiscard]] bool found_on_cpu() const { return found_on_cpu_; }
  [[nodiscard]] bool beginning_unknown() const { return task_.beginning_unknown; }
  // The task, complete; the life is spent.
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

  static bool is_activity(std::size_t row);

  // Time.
  [[nodiscard]] std::uint64_t in_order(std::uint64_t at_ns);
  [[nodiscard]] Gaps::Touch touched_until(std::uint64_t at_ns, std::uint64_t woken_ns = 0) const;
  void lose_until(std::uint64_t at_ns, const Gaps::Touch& touch);
  // Whether no gap touched the interval.
  bool ran_until(std::uint64_t at_ns, std::uint64_t entered_ns, std::size_t row);
  // When it was ready to run; nullopt if a gap touched the interval.
  std::optional<std::uint64_t> waited_until(std::uint64_t at_ns, std::uint64_t woken_ns, std::uint64_t waker,
                                            std::uint32_t from);
  void must_run(std::uint64_t at_ns);
  void runs();
  void book_running(std::size_t row, std::uint64_t ns);
  void book_wait(std::uint64_t blocked_ns, std::uint64_t waker, std::uint32_t from);
  void book_preemption(std::uint64_t ns);
  void shorten_wait(std::uint64_t ns);
  __u64& cell(std::size_t row, std::size_t condition);
  void count(tc_counter counter, std::uint64_t by = 1) { task_.ledger.counters[counter] += by; }
  void count_if_any(std::uint8_t counter);

  // Calls.
  [[nodiscard]] std::uint64_t seen_entry(std::uint64_t entered_ns) const;
  void learn_call(std::uint64_t entered_ns, std::size_t row);
  void settle_call(std::size_t row);
  void book_flow(std::uint64_t object, std::uint64_t link, std::uint8_t bits, std::uint64_t bytes_in,
                 std::uint64_t bytes_out);
  void end_creation(tc_creation kind, std::uint64_t at_ns);
  void end_exec(const tc_call& call);
  [[nodiscard]] std::size_t row_of_pending_call() const;

  // Faults.
  void begin_fault(const tc_fault& fault);
  void end_fault(const tc_fault& fault);
  void join(std::size_t pending, std::size_t row);
  void give_up_fault(std::uint64_t at_ns);

  void prepared_exec(const tc_step& step);
  void began_exit(const tc_step& step);
  void found_running(const tc_step& step);
  void correct(const tc_step& step);
  void close_running(std::uint64_t end_ns);
  void settle_pending_rows();

  RebuiltTask task_;  // first: its ledger is aligned to a page
  ReplayBooks* books_;
  std::unordered_map<EdgeKey, tc_edge_sums, HashEdgeKey> edges_;
  std::unordered_map<std::uint64_t, tc_flow_sums> flows_;  // by object
  std::pair<const EdgeKey, tc_edge_sums>* last_edge_ = nullptr;
  std::pair<const std::uint64_t, tc_flow_sums>* last_flow_ = nullptr;

  std::uint64_t unknown_ns_ = 0;
  std::uint64_t call_running_ns_ = 0;  // in the current call, outside of faults
  bool entry_counted_ = true;          // of the row of the current call
  bool cpu_known_ = false;
  bool start_lost_ = false;  // it was on a CPU before its first switch-in that was seen
  bool found_on_cpu_ = false;
  struct {
    std::uint64_t at_ns = 0;
    std::uint64_t waker = 0;
    std::uint32_t from = TC_FROM_NOWHERE;
  } woken_;  // told before a switch-in that was not seen
};

}  // namespace taskcost
