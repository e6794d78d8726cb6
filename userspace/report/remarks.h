// SPDX-License-Identifier: Apache-2.0
//
// Explains next to a figure what it lacks, and why: one sentence for each loss that occurred, and for a difference from
// the kernel's own accounting.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "verdict/report.h"

namespace taskcost {

struct Remark {
  std::string about;    // JSON path of the figure: "losses.missed_ledgers", "totals.task_stats.cpu_ns"
  std::string text;     // one or more sentences
  bool matters = true;  // the figure is noticeably wrong because of it
};

std::vector<Remark> remarks_of(const Report& report);
// nullptr: there is no remark about it.
const Remark* remark_about(const std::vector<Remark>& remarks, std::string_view about);

}  // namespace taskcost
