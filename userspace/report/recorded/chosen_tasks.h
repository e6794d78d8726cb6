// SPDX-License-Identifier: Apache-2.0
//
// The tasks of a part of a capture: which of the rebuilt ledgers belong to it, and errors that say what there is.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "account/session_builder.h"
#include "base/result.h"
#include "report/recorded/recording.h"
#include "trace/part.h"
#include "trace/rebuilt_task.h"

namespace taskcost {

// The span of a part within a capture from `start` to `end`. A bound that the part leaves open, or that is the end of
// the capture, does not cut. Error: it is not inside of the capture, or empty.
Result<TraceSpan> span_of(const CapturePart& part, Instant start, Instant end);

class ChosenTasks {
 public:
  // `part` and `builder` must outlive it.
  ChosenTasks(const CapturePart& part, SessionBuilder& builder) : part_(&part), builder_(&builder) {}

  // Passes the ledger to the builder if the task lives in the span and is chosen.
  void on_task(const RebuiltTask& task);
  // Error: no task is chosen, or a process that was named has none.
  [[nodiscard]] Status check() const;
  // The tasks that are chosen. Call it once, after the last task.
  [[nodiscard]] std::shared_ptr<const TracePart::Tasks> take() { return std::move(chosen_); }

 private:
  [[nodiscard]] bool chooses(const tc_ledger& ledger) const;

  const CapturePart* part_;
  SessionBuilder* builder_;
  std::shared_ptr<TracePart::Tasks> chosen_ = std::make_shared<TracePart::Tasks>();
  std::map<std::uint32_t, std::string> processes_;           // the name of each process in the span, by tgid; hostile
  std::map<std::string, std::uint64_t, std::less<>> comms_;  // the number of tasks by name
};

// Passes the task and its wakeups and transfers to the builder.
void add_rebuilt(SessionBuilder& builder, const RebuiltTask& task);

}  // namespace taskcost
