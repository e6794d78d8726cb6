// SPDX-License-Identifier: Apache-2.0
//
// Counts the losses of a window. The counters of the probes start when they are loaded.
#pragma once

#include <cstdint>
#include <vector>

#include "account/account.h"
#include "account/observation.h"
#include "collector/probes.h"

namespace taskcost {

class WindowLosses {
 public:
  // `stacks`: the probes take stacks. `probes` must outlive this.
  WindowLosses(const Probes& probes, bool stacks) : probes_(probes), stacks_(stacks) {}

  // Excludes all losses so far from the next window.
  void reset_baseline();
  // Takes a snapshot of recursion_misses: our own bpf() calls on the maps can be preempted later, and then the kernel
  // skips the programs of other tasks on that CPU.
  void close_window();
  // Sets how many tables could not be read completely.
  void set_unread_tables(std::uint64_t count) { unread_tables_ = count; }

  [[nodiscard]] Losses so_far() const;
  // The costs of the loaded programs, with the skipped runs of this window.
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
