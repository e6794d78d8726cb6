// SPDX-License-Identifier: Apache-2.0
#include "report/recorded/region_finder.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "account/region_table.h"
#include "base/monotonic_clock.h"

namespace taskcost {
namespace {

std::uint64_t time_of_region(const tc_region& region) { return elapsed(region.begun_ns, region.at_ns); }

bool is_longer(const tc_region& one, const tc_region& other) { return time_of_region(one) > time_of_region(other); }

FoundRegion found(const tc_region& region) {
  FoundRegion result;
  result.name = region_name(region.name);
  result.start = instant(region.begun_ns);
  result.time = nanoseconds(time_of_region(region));
  result.ended = region.how == TC_REGION_ENDED;
  result.depth = region.depth;
  result.user = nanoseconds(region.user_ns);
  result.calls = nanoseconds(region.calls_ns);
  result.faults = nanoseconds(region.faults_ns);
  result.preempted = nanoseconds(region.preempted_ns);
  result.runnable = nanoseconds(region.runnable_ns);
  result.blocked = nanoseconds(region.blocked_ns);
  if (region.blocked_ns > 0) {
    result.wait = static_cast<tc_wait>(region.wait);
  }
  return result;
}

}  // namespace

void RegionFinder::on(const tc_region& region) {
  if (!span_->contains(region.at_ns)) {
    return;
  }
  const std::string name = region_name(region.name);
  if (fnmatch(filter_->name.c_str(), name.c_str(), 0) != 0) {
    if (other_names_.size() < most_names) {
      other_names_.insert(name);
    }
    return;
  }
  ++named_;
  const Duration time = nanoseconds(time_of_region(region));
  longest_ = std::max(longest_, time);
  if (filter_->longer_than && time <= *filter_->longer_than) {
    return;
  }
  ++admitted_;
  if (kept_.size() == most_regions) {
    if (!is_longer(region, kept_.front())) {
      return;
    }
    std::ranges::pop_heap(kept_, is_longer);
    kept_.pop_back();
  }
  kept_.push_back(region);
  std::ranges::push_heap(kept_, is_longer);
}

Result<FoundRegions> RegionFinder::take(const std::vector<Process>& processes,
                                        const std::function<std::uint64_t(std::uint64_t)>& task_number) const {
  if (named_ == 0) {
    std::string names;
    for (const std::string& name : other_names_) {
      names += fmt::format("{}'{}'", names.empty() ? "" : ", ", name);
    }
    return Error{fmt::format("no region '{}'", filter_->name),
                 names.empty() ? "no marked region has ended there" : "others have ended there",
                 names.empty() ? "programs mark regions as docs/regions.md says" : "name one of " + names};
  }
  std::unordered_map<std::uint64_t, const Task*> tasks;
  for (const Process& process : processes) {
    for (const Task& task : process.tasks) {
      tasks.emplace(task.id, &task);
    }
  }
  std::vector<tc_region> sorted = kept_;
  std::ranges::stable_sort(sorted, is_longer);
  FoundRegions result{filter_->name, filter_->longer_than, admitted_, longest_, {}};
  for (const tc_region& region : sorted) {
    FoundRegion& each = result.regions.emplace_back(found(region));
    each.task = task_number(region.id);
    if (const auto task = tasks.find(each.task); task != tasks.end()) {
      each.tid = task->second->tid;
      each.comm = task->second->comm;
    }
  }
  return result;
}

}  // namespace taskcost
