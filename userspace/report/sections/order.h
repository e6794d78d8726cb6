// SPDX-License-Identifier: Apache-2.0
//
// The order of tasks and processes in tables, by --sort.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "account/account.h"
#include "report/render.h"

namespace taskcost::sections {

class Order {
 public:
  Order(const Session& session, ReportOrder key);

  // The figure that decides, in ns or as a count; of processes, the sum over their tasks. A figure that was not
  // measured is 0.
  [[nodiscard]] double figure(const Task& task) const;
  [[nodiscard]] double figure(const Process& process) const;
  [[nodiscard]] double figure(const std::vector<const Process*>& processes) const;

 private:
  ReportOrder key_;
  std::unordered_map<std::uint64_t, Duration> busy_;  // by Task::id; only for ReportOrder::busy
};

}  // namespace taskcost::sections
