// SPDX-License-Identifier: Apache-2.0
//
// What was lost in a window: the probes count from when they were loaded.
#pragma once

#include <cstdint>
#include <vector>

#include "collector/probes.h"
#include "taskcost/account.h"
#include "taskcost/report.h"

namespace taskcost {

class WindowLosses {
 public:
  // `stacks` are taken. `probes` must outlive this.
  WindowLosses(const Probes& probes, bool stacks) : probes_(probes), stacks_(stacks) {}

  // What was lost until now is no loss of the next window.
  void forget_the_past();
  // Nor is what the kernel skips from now on one of this window: while a call on one of our tables has lost its CPU, a
  // preemptible kernel skips the programs of the tasks that run there.
  void close_window();
  // Tables of the window that could not be read to their end.
  void set_unread_tables(std::uint64_t count) { unread_tables_ = count; }

  [[nodiscard]] Losses so_far() const;
  // Of the loaded programs. Skipped runs are those of the window.
  [[nodiscard]] std::vector<ProbeCost> costs(bool with_statistics) const;

 private:
  [[nodiscard]] std::vector<std::uint64_t> skipped_until_now() const;  // by program

  const Probes& probes_;
  bool stacks_;
  PerLoss<std::uint64_t> counts_before_{};
  std::vector<std::uint64_t> skipped_before_;
  std::vector<std::uint64_t> skipped_at_end_;  // empty while the window is open
  std::uint64_t unread_tables_ = 0;
};

}  // namespace taskcost
