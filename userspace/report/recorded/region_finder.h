// SPDX-License-Identifier: Apache-2.0
//
// Finds the longest of the regions that a filter admits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "account/account.h"
#include "base/result.h"
#include "report/recorded/recording.h"
#include "taskcost/events.h"
#include "trace/part.h"

namespace taskcost {

class RegionFinder {
 public:
  static constexpr std::size_t most_regions = 1000;  // kept; those beyond are only counted

  // Regions that end outside of the span are left out. Both arguments must outlive it.
  RegionFinder(const RegionFilter& filter, const TraceSpan& span) : filter_(&filter), span_(&span) {}

  void on(const tc_region& region);
  // Returns them with their tasks, which must be among `processes`. `task_number` returns the Task::id for a ledger id.
  // Error: no region has such a name.
  [[nodiscard]] Result<FoundRegions> take(const std::vector<Process>& processes,
                                          const std::function<std::uint64_t(std::uint64_t)>& task_number) const;

 private:
  static constexpr std::size_t most_names = 8;

  const RegionFilter* filter_;
  const TraceSpan* span_;
  std::uint64_t named_ = 0;  // regions with such a name
  std::uint64_t admitted_ = 0;
  Duration longest_{};
  std::vector<tc_region> kept_;        // a heap, the shortest first
  std::set<std::string> other_names_;  // some of the names that the filter does not admit; hostile
};

}  // namespace taskcost
