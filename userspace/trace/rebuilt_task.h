// SPDX-License-Identifier: Apache-2.0
//
// A task as the replay returns it: the second ledger, and how far it can be trusted.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "account/account.h"
#include "taskcost/abi.h"

namespace taskcost {

struct RebuiltTask {
  // Times, counts, waits and identity; its members `edges` and `flows` are empty. Pending rows are resolved as in the
  // kernel side's ledger, except that of a fault which the end of the window cut off.
  tc_ledger ledger{};
  std::vector<tc_edge> edges;  // sorted by key
  std::vector<tc_flow> flows;  // sorted by key
  // The ledger that the probes kept: the final one, or the snapshot after the window. nullptr if it was lost.
  std::unique_ptr<tc_ledger> kernel;

  bool ended = false;   // true: its final switch-out was seen; false: the end of the window closed it
  bool in_span = true;  // false: it lived only before or only after Replay::Options::span
  // The part of its lifetime that is in no cell, because events were lost.
  Duration unknown{};
  std::uint64_t affecting_gaps = 0;  // number of gaps that affected it; its counts lack the events in them
  // True if the records lack its tc_task_new: the time before its first event is not known.
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
  [[nodiscard]] bool comparable() const {
    return kernel != nullptr && unknown == Duration::zero() && affecting_gaps == 0 && !beginning_unknown &&
           !position_unknown && !touched_afterwards;
  }
};

}  // namespace taskcost
