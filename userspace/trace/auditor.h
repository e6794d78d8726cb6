// SPDX-License-Identifier: Apache-2.0
//
// Makes an Audit of the tasks that a replay returns.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "account/account.h"
#include "capture/record.h"
#include "trace/audit.h"
#include "trace/audit_quantities.h"
#include "trace/rebuilt_task.h"
#include "trace/replay.h"

namespace taskcost {

class Auditor {
 public:
  // Takes each task that the replay returns.
  void on_task(const RebuiltTask& task);
  // Takes edges and flows that did not fit a ledger, and the histograms. It ignores other records.
  void on_record(const Record& record);
  // REQUIRES: `replay` has returned all its tasks. The auditor must not be used afterwards.
  Audit finish(const Replay& replay, Instant start);

 private:
  struct Sums {
    std::uint64_t kernel = 0;
    std::uint64_t replayed = 0;
  };
  struct Beyond {
    BeyondLedger replayed;
    BeyondLedger kernel;
  };

  void compare(const RebuiltTask& task);
  void note_beyond(const tc_ledger& kernel, const RebuiltTask& task);
  void note_differences(const Audit::Name& task, std::vector<AuditRow> rows);
  void add_not_comparable(const RebuiltTask& task);
  void compare_beyond();
  void compare_latencies(const Replay& replay);
  static std::uint64_t misplaced(const Histogram& a, const Histogram& b);
  void add_latency(const AuditRow& row);

  Audit audit_;
  std::map<AuditQuantity, Sums> totals_;
  std::unordered_map<std::uint64_t, Beyond> beyond_;  // by ledger id; only tasks with edges or flows that did not fit
  std::unordered_set<std::uint64_t> not_compared_;
  std::map<tc_histogram_id, Histogram> latencies_;
};

}  // namespace taskcost
