// SPDX-License-Identifier: Apache-2.0
//
// One task's way through its events: each tells where the task was until then, and where it is now.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "account/gaps.h"
#include "taskcost/abi.h"
#include "taskcost/events.h"

namespace taskcost {

// A stay. Raw: rows, numbers and ids are those of the kernel side.
struct Stretch {
  static constexpr std::uint8_t unknown = TC_NR_CONDITIONS;  // a condition
  static constexpr std::uint32_t none = UINT32_MAX;          // no system call, no CPU

  std::uint64_t start_ns = 0;
  std::uint64_t end_ns = 0;
  std::uint64_t waker = 0;  // TC_WAKER_*, when `ended`
  std::uint32_t waker_from = TC_FROM_NOWHERE;
  std::uint32_t call = none;  // number of the system call, with TC_FROM_COMPAT
  std::uint32_t cpu = none;
  std::uint8_t row = TC_ACTIVITY_USER;
  std::uint8_t condition = unknown;
  std::uint8_t wait = TC_WAIT_OTHER;  // when blocked
  bool ended = false;                 // blocked, until a wake-up
};

class TaskTrack {
 public:
  struct Mark {
    enum class Kind : std::uint8_t { birth, exec, exit } kind;
    std::uint64_t at_ns;
    std::string comm;
  };

  // `gaps` must outlive it.
  TaskTrack(const Gaps& gaps, const tc_birth& birth);
  // One whose birth was lost.
  TaskTrack(const Gaps& gaps, std::uint64_t first_seen_ns) : gaps_(&gaps), since_ns_(first_seen_ns) {}

  // `calls`: system calls have probes.
  void leave_cpu(const tc_switch& event, bool calls);
  void get_cpu(const tc_switch& event, bool calls);
  void on_call(const tc_call& call);
  void on_fault(const tc_fault& fault);
  void on_step(const tc_step& step);
  void on_exec(const tc_exec& exec);
  void on_end(const tc_ledger& ledger);
  void on_snapshot(const tc_ledger& ledger);

  // Ends the open stay of a task that has not ended.
  void close(std::uint64_t end_ns);

  [[nodiscard]] std::uint32_t tid() const { return tid_; }
  [[nodiscard]] std::size_t size() const { return stretches_.size() + marks_.size(); }
  [[nodiscard]] std::vector<Stretch>& stretches() { return stretches_; }
  [[nodiscard]] const std::vector<Mark>& marks() const { return marks_; }

 private:
  // A stay up to `until_ns`; `like` says what it is.
  void stay(std::uint64_t until_ns, Stretch like);
  void stay_unknown(std::uint64_t until_ns);
  // Whether lost events touch the time until then; what they make unknown of it is behind the task already.
  bool lose_until(std::uint64_t at_ns, std::uint64_t woken_ns = 0);
  [[nodiscard]] Stretch running(std::uint8_t row, std::uint32_t call) const;
  [[nodiscard]] Stretch waiting() const;
  // On a CPU until `at_ns`: in user code until `entered_ns`, if that is later than the last event, and then in `row`.
  void run(std::uint64_t entered_ns, std::uint8_t row, std::uint32_t call, std::uint64_t at_ns);
  void wait_until(std::uint64_t at_ns, std::uint64_t woken_ns, std::uint64_t waker, std::uint32_t waker_from);
  void wait_in_its_place(std::uint64_t at_ns, std::uint64_t woken_ns, std::uint64_t waker, std::uint32_t waker_from);
  void settle_call(std::uint8_t row, std::uint64_t entered_ns, std::uint32_t call);
  void settle_fault(std::uint8_t row, std::uint64_t begun_ns);
  void correct(std::uint64_t ns, std::uint8_t condition);
  void leave_found_row();

  const Gaps* gaps_;
  std::vector<Stretch> stretches_;
  std::vector<Mark> marks_;
  std::uint64_t since_ns_ = 0;
  std::uint64_t woken_ns_ = 0;  // by a snapshot, or before a switch that was not seen; 0: not
  std::uint64_t waker_ = 0;
  std::uint32_t waker_from_ = TC_FROM_NOWHERE;
  std::uint32_t tid_ = 0;
  std::uint32_t cpu_ = Stretch::none;
  std::uint32_t call_ = Stretch::none;
  // The first stretches that are still in these rows; beyond the last one when there are none.
  std::size_t pending_call_ = SIZE_MAX;
  std::size_t pending_fault_ = SIZE_MAX;
  std::uint8_t row_ = TC_ACTIVITY_USER;
  std::uint8_t condition_ = TC_CONDITION_RUNNING;
  std::uint8_t wait_ = TC_WAIT_OTHER;
  bool found_ = false;  // row_ is what its registers tell, until it gets a CPU
  bool birth_seen_ = false;
  bool ended_ = false;
  bool seen_at_end_ = false;
};

}  // namespace taskcost
