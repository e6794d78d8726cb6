// SPDX-License-Identifier: Apache-2.0
//
// What a figure lacks, and why, said where the figure stands: one sentence for each loss that occurred, and for a
// difference from the kernel's own accounting.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "taskcost/report.h"

namespace taskcost {

struct Remark {
  std::string about;    // the place of the figure in JSON: "losses.missed_ledgers", "totals.books.cpu_ns"
  std::string text;     // sentences
  bool matters = true;  // a figure is noticeably different for it
};

std::vector<Remark> remarks_of(const Report& report);
// nullptr: nothing is to be said.
const Remark* remark_about(const std::vector<Remark>& remarks, std::string_view about);

}  // namespace taskcost
