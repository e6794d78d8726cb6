// SPDX-License-Identifier: Apache-2.0
#include "trace/critical_path.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "trace/task_tracker.h"

namespace taskcost {
namespace {

// Two tasks may each seem to have woken the other at one instant.
constexpr int most_jumps_at_once = 16;

constexpr std::uint8_t unknown = TC_NR_CONDITIONS;

// By program, function, condition and cause.
using Sums = std::map<std::tuple<std::string, std::string, std::uint8_t, std::uint8_t>, Duration>;

std::vector<CriticalPath::FunctionPart> longest_first(const Sums& sums) {
  std::vector<CriticalPath::FunctionPart> parts;
  for (const auto& [key, time] : sums) {
    const auto& [comm, function, condition, wait] = key;
    if (time == Duration::zero()) {
      continue;
    }
    CriticalPath::FunctionPart& part = parts.emplace_back();
    part.comm = comm;
    part.function = function;
    part.time = time;
    if (condition != unknown) {
      part.condition = static_cast<tc_condition>(condition);
    }
    if (condition == TC_CONDITION_BLOCKED) {
      part.wait = static_cast<tc_wait>(wait);
    }
  }
  std::ranges::stable_sort(parts, std::ranges::greater(), &CriticalPath::Part::time);
  return parts;
}

}  // namespace

void CriticalPathBuilder::add(Track& track, std::uint64_t start_ns, std::uint64_t end_ns, const Stretch& stretch) {
  start_ns = std::max(start_ns, span_.from_ns);
  end_ns = std::min(end_ns, span_.to_ns);
  std::vector<Stretch>& all = track.stretches;
  // Only time before a late birth comes out of order: it stays unknown.
  if (start_ns >= end_ns || start_ns < track.end_ns) {
    return;
  }
  const bool continues = !all.empty() && track.end_ns == start_ns && all.back().condition == stretch.condition &&
                         stretch.condition != TC_CONDITION_BLOCKED;
  if (!continues) {
    if (!all.empty() && track.end_ns < start_ns) {
      all.push_back({track.end_ns, 0, 0, unknown, TC_WAIT_OTHER});
      ++held_;
    }
    all.push_back({start_ns, stretch.waker, stretch.stack, stretch.condition, stretch.wait});
    ++held_;
  } else {
    all.back().stack = stretch.stack;
  }
  track.end_ns = end_ns;
}

void CriticalPathBuilder::on_slice(const TaskTracker& task, const Slice& slice) {
  if (next_ != nullptr) {
    next_->on_slice(task, slice);
  }
  if (held_ > limit_) {
    tracks_.clear();
    return;
  }
  Track& track = tracks_[task.id()];
  const std::uint64_t stack = track.stack;
  const bool is_unknown = slice.quality == Slice::Quality::unknown;
  if (is_unknown) {
    add(track, slice.start_ns, slice.end_ns, {0, 0, 0, unknown, TC_WAIT_OTHER});
  } else if (slice.condition == TC_CONDITION_BLOCKED) {
    add(track, slice.start_ns, slice.ready_ns,
        {0, slice.woken ? slice.waker : 0, stack, TC_CONDITION_BLOCKED, slice.wait});
    add(track, slice.ready_ns, slice.end_ns, {0, 0, stack, TC_CONDITION_RUNNABLE, TC_WAIT_OTHER});
  } else {
    add(track, slice.start_ns, slice.end_ns, {0, 0, stack, slice.condition, TC_WAIT_OTHER});
  }
  if (is_unknown || slice.condition != TC_CONDITION_RUNNING) {
    track.stack = 0;
  }
}

void CriticalPathBuilder::on_stack(std::uint64_t task, std::uint64_t key) {
  if (held_ > limit_) {
    return;
  }
  Track& track = tracks_[task];
  track.stack = key;
  if (!track.stretches.empty() && track.stretches.back().condition == TC_CONDITION_RUNNING) {
    track.stretches.back().stack = key;
  }
}

void CriticalPathBuilder::on_settled(const TaskTracker& task, const Settled& settled) {
  if (next_ != nullptr) {
    next_->on_settled(task, settled);
  }
}

// The task got its CPU earlier than it was found there: the wait before its current run is that much shorter.
void CriticalPathBuilder::on_corrected(const TaskTracker& task, const tc_event& event) {
  if (next_ != nullptr) {
    next_->on_corrected(task, event);
  }
  std::vector<Stretch>& all = tracks_[task.id()].stretches;
  for (std::size_t i = all.size(); i > 1; --i) {
    if (all[i - 1].condition == TC_CONDITION_RUNNING && all[i - 2].condition == task.corrected_condition()) {
      all[i - 1].start_ns -= std::min<std::uint64_t>(event.value, all[i - 1].start_ns - all[i - 2].start_ns);
      return;
    }
  }
}

void CriticalPathBuilder::on_mark(const TaskTracker& task, const TaskMark& mark) {
  if (next_ != nullptr) {
    next_->on_mark(task, mark);
  }
  if (mark.kind == TaskMark::Kind::exit && span_.contains(mark.at_ns) && mark.at_ns >= last_exit_ns_) {
    last_exit_ns_ = mark.at_ns;
    last_ = task.id();
  }
}

void CriticalPathBuilder::on_call_entered(std::uint8_t row) {
  if (next_ != nullptr) {
    next_->on_call_entered(row);
  }
}

void CriticalPathBuilder::on_fault_begun(std::uint8_t bits) {
  if (next_ != nullptr) {
    next_->on_fault_begun(bits);
  }
}

std::optional<CriticalPath> CriticalPathBuilder::take(const NameOf& name, const NameOf& function) const {
  if (last_ == 0 || held_ > limit_) {
    return std::nullopt;
  }
  // Time by task, stack, condition and cause.
  std::map<std::tuple<std::uint64_t, std::uint64_t, std::uint8_t, std::uint8_t>, std::uint64_t> times;
  CriticalPath path;
  path.end = instant(last_exit_ns_);
  std::uint64_t task = last_;
  std::uint64_t at_ns = last_exit_ns_;
  int jumps = 0;
  for (;;) {
    const auto track = tracks_.find(task);
    if (track == tracks_.end()) {
      break;
    }
    const std::vector<Stretch>& all = track->second.stretches;
    const auto after = std::ranges::partition_point(all, [&](const Stretch& each) { return each.start_ns < at_ns; });
    if (after == all.begin()) {
      break;
    }
    const Stretch& stretch = *(after - 1);
    const std::uint64_t end_ns = after == all.end() ? track->second.end_ns : after->start_ns;
    const bool woken = stretch.condition == TC_CONDITION_BLOCKED && at_ns == end_ns && stretch.waker != task &&
                       tracks_.contains(stretch.waker);
    if (woken && jumps < most_jumps_at_once) {
      task = stretch.waker;
      ++jumps;
      ++path.wakeups;
      continue;
    }
    jumps = 0;
    // A waker may have no record as late as its wakeup: that time is unknown.
    const std::uint64_t known_ns = std::min(at_ns, end_ns);
    times[{task, 0, unknown, TC_WAIT_OTHER}] += at_ns - known_ns;
    times[{task, stretch.stack, stretch.condition, stretch.wait}] += known_ns - stretch.start_ns;
    at_ns = stretch.start_ns;
  }
  path.start = instant(at_ns);

  Sums by_program;
  Sums by_function;
  for (const auto& [key, ns] : times) {
    const auto& [id, stack, condition, wait] = key;
    const std::string comm = name(id);
    by_program[{comm, "", condition, wait}] += nanoseconds(ns);
    if (function) {
      by_function[{comm, stack == 0 ? "" : function(stack), condition, wait}] += nanoseconds(ns);
    }
  }
  for (CriticalPath::FunctionPart& part : longest_first(by_program)) {
    path.parts.push_back(std::move(part));
  }
  if (function) {
    path.functions = longest_first(by_function);
  }
  return path;
}

}  // namespace taskcost
