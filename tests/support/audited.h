// SPDX-License-Identifier: Apache-2.0
//
// Audits a script of 100 us.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>
#include <vector>

#include "support/replayed.h"
#include "trace/auditor.h"

namespace taskcost::test {

using LedgerChange = std::function<void(tc_ledger&)>;

// Returns the ledger that the probes would have kept, with a change.
inline tc_ledger kernel_ledger_of(const Script& recorded, std::uint64_t id, const LedgerChange& change) {
  const Replayed replayed = replay(recorded, std::chrono::microseconds(100));
  tc_ledger ledger = replayed[id].ledger;
  for (std::size_t i = 0; i < std::min<std::size_t>(replayed[id].edges.size(), TC_OWN_EDGES); ++i) {
    ledger.edges[i] = replayed[id].edges[i];
  }
  for (std::size_t i = 0; i < replayed[id].flows.size(); ++i) {
    ledger.flows[i] = replayed[id].flows[i];
  }
  change(ledger);
  return ledger;
}

inline Audit audit_of(const Script& recorded, std::vector<ReplayGap> gaps = {}) {
  Auditor auditor;
  Replay::Options options;
  options.classes = test_classes();
  options.gaps = std::move(gaps);
  options.on_ended = [&](const RebuiltTask& task) { auditor.on_task(task); };
  Replay replayer(std::move(options));
  for (const Record& record : recorded.records()) {
    replayer.on_record(record);
    auditor.on_record(record);
  }
  for (const RebuiltTask& task : replayer.living(Instant(std::chrono::microseconds(100)))) {
    auditor.on_task(task);
  }
  return auditor.finish(replayer, Instant(std::chrono::microseconds(10)));
}

}  // namespace taskcost::test
