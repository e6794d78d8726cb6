// SPDX-License-Identifier: Apache-2.0
#include "trace/timeline_builder.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "account/ledger.h"
#include "account/region_table.h"
#include "trace/task_tracker.h"

namespace taskcost {
namespace {

std::uint64_t since_boot(Instant at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); }

Timeline::MarkKind kind_of(TaskMark::Kind kind) {
  switch (kind) {
    case TaskMark::Kind::new_task:
      return Timeline::MarkKind::new_task;
    case TaskMark::Kind::exec:
      return Timeline::MarkKind::exec;
    case TaskMark::Kind::exit:
      break;
  }
  return Timeline::MarkKind::exit;
}

// A fault that the end of the window cuts off counts as a fault; the class of a call that is pending then is unknown.
tc_activity activity_of(std::uint8_t row) {
  switch (row) {
    case TC_ROW_FAULT_PENDING:
      return TC_ACTIVITY_PAGE_FAULT;
    case TC_ROW_CALL_PENDING:
      return TC_ACTIVITY_OTHER;
    default:
      return static_cast<tc_activity>(row);
  }
}

}  // namespace

TimelineBuilder::RawFacts TimelineBuilder::facts_of(const Slice& slice) {
  RawFacts facts;
  if (slice.quality == Slice::Quality::known) {
    facts.condition = slice.condition;
    facts.row = slice.row;
    facts.wait = slice.wait;
    facts.call = slice.syscall;
    facts.cpu = slice.cpu;
  }
  return facts;
}

Timeline::Facts TimelineBuilder::named(const RawFacts& raw, const TaskNumbers& numbers,
                                       const SyscallName& syscall_name) {
  Timeline::Facts facts;
  if (raw.condition == RawFacts::unknown) {
    return facts;
  }
  facts.condition = static_cast<tc_condition>(raw.condition);
  facts.activity = activity_of(raw.row);
  if (raw.call != Slice::none) {
    const bool compat = (raw.call & TC_FROM_COMPAT) != 0;
    facts.call = call_named(raw.call & ~std::uint32_t{TC_FROM_COMPAT}, compat, syscall_name);
  }
  if (raw.cpu != Slice::none) {
    facts.cpu = raw.cpu;
  }
  if (facts.condition == TC_CONDITION_BLOCKED) {
    facts.wait = static_cast<tc_wait>(raw.wait);
    if (raw.ended) {
      facts.waker = waker_of(raw.waker, numbers);
      if (facts.waker->kind == Waker::Kind::task) {
        facts.call_site = call_site_name(raw.waker_from, syscall_name);
      }
    }
  }
  return facts;
}

std::size_t TimelineBuilder::number_of(const RawFacts& raw) {
  const auto [entry, made] = numbers_.try_emplace(raw, facts_.size());
  if (made) {
    facts_.push_back(raw);
  }
  return entry->second;
}

TimelineBuilder::Track& TimelineBuilder::track_of(const TaskTracker& task) {
  Track& track = tracks_[task.id()];
  track.tid = task.tid();
  return track;
}

void TimelineBuilder::add(Track& track, std::uint64_t start_ns, std::uint64_t end_ns, const RawFacts& raw) {
  start_ns = std::max(start_ns, span_.from_ns);
  end_ns = std::min(end_ns, span_.to_ns);
  if (start_ns >= end_ns) {
    return;
  }
  first_ns_ = std::min(first_ns_, start_ns);
  last_ns_ = std::max(last_ns_, end_ns);
  std::vector<Stretch>& stretches = track.stretches;
  const std::size_t number = number_of(raw);
  if (!stretches.empty() && start_ns < stretches.back().start_ns) {
    // Only time before a late tc_task_new comes out of order.
    stretches.insert(stretches.begin(), {start_ns, end_ns, number});
    track.pending_call += track.pending_call == nothing_pending ? 0 : 1;
    track.pending_fault += track.pending_fault == nothing_pending ? 0 : 1;
  } else if (!stretches.empty() && stretches.back().end_ns == start_ns && stretches.back().facts == number &&
             !raw.ended) {
    stretches.back().end_ns = end_ns;
    return;
  } else {
    if (raw.row == TC_ROW_CALL_PENDING) {
      track.pending_call = std::min(track.pending_call, stretches.size());
    } else if (raw.row == TC_ROW_FAULT_PENDING) {
      track.pending_fault = std::min(track.pending_fault, stretches.size());
    }
    stretches.push_back({start_ns, end_ns, number});
  }
  ++entries_;
}

void TimelineBuilder::settle(Track& track, const Settled& settled) {
  const bool is_call = settled.pending == TC_ROW_CALL_PENDING;
  const std::size_t first = std::exchange(is_call ? track.pending_call : track.pending_fault, nothing_pending);
  for (std::size_t i = first; i < track.stretches.size(); ++i) {
    RawFacts raw = facts_[track.stretches[i].facts];  // what follows a pending stretch is never merged
    if (raw.row != settled.pending) {
      continue;
    }
    if (settled.row) {
      raw.row = *settled.row;
      raw.call = settled.syscall == Slice::none ? raw.call : settled.syscall;
      track.pending_call = raw.row == TC_ROW_CALL_PENDING ? std::min(track.pending_call, i) : track.pending_call;
    } else {
      raw = {};
    }
    track.stretches[i].facts = number_of(raw);
  }
}

void TimelineBuilder::add_shares(Timeline::Shares& sum, const Stretch& stretch) const {
  if ((stretch.facts & merged) != 0) {
    const Timeline::Shares& shares = shares_[stretch.facts & ~merged];
    for (std::size_t condition = 0; condition < TC_NR_CONDITIONS; ++condition) {
      sum.times[condition] += shares.times[condition];
    }
    sum.unknown += shares.unknown;
    return;
  }
  const std::uint8_t condition = facts_[stretch.facts].condition;
  (condition == RawFacts::unknown ? sum.unknown : sum.times[condition]) +=
      nanoseconds(stretch.end_ns - stretch.start_ns);
}

// Merges a stretch that is shorter than the grain with the one before it, until both together reach the grain. So a
// task has at most two stretches for each grain of its life. Those that on_settled() has yet to name stay.
void TimelineBuilder::merge_short(Track& track, std::vector<Timeline::Shares>& shares) const {
  const std::size_t settled = std::min({track.pending_call, track.pending_fault, track.stretches.size()});
  const auto is_short = [this](const Stretch& stretch) { return stretch.end_ns - stretch.start_ns < grain_ns_; };
  std::vector<Stretch> kept;
  bool last_is_new = false;  // the last one has its shares in `shares`
  for (std::size_t i = 0; i < track.stretches.size(); ++i) {
    const Stretch& next = track.stretches[i];
    const bool joins =
        i < settled && !kept.empty() && kept.back().end_ns == next.start_ns && is_short(kept.back()) && is_short(next);
    if (!joins) {
      kept.push_back(next);
      last_is_new = (next.facts & merged) != 0;
      if (last_is_new) {
        shares.push_back(shares_[next.facts & ~merged]);
        kept.back().facts = merged | (shares.size() - 1);
      }
      continue;
    }
    Stretch& last = kept.back();
    if (!last_is_new) {
      Timeline::Shares sum;
      add_shares(sum, last);
      shares.push_back(sum);
      last_is_new = true;
    }
    add_shares(shares.back(), next);
    last = {last.start_ns, next.end_ns, merged | (shares.size() - 1)};
  }
  const std::size_t fewer = track.stretches.size() - kept.size();
  for (std::size_t* const pending : {&track.pending_call, &track.pending_fault}) {
    *pending -= *pending == nothing_pending ? 0 : fewer;
  }
  kept.shrink_to_fit();
  track.stretches = std::move(kept);
}

void TimelineBuilder::merge_short() {
  std::vector<Timeline::Shares> shares;
  entries_ = 0;
  for (auto& [ledger, track] : tracks_) {
    merge_short(track, shares);
    entries_ += track.stretches.size();
  }
  shares_ = std::move(shares);
}

// The grain stays below the width of a pixel, so with many tasks more intervals than that remain.
void TimelineBuilder::merge_to(std::size_t most) {
  const std::uint64_t length = last_ns_ - first_ns_;
  const std::uint64_t pixel = std::max<std::uint64_t>(length / limits_.pixels, 1);
  grain_ns_ = std::max<std::uint64_t>({grain_ns_, length >> 20U, 1});
  merge_short();
  while (entries_ > most && grain_ns_ < pixel) {
    grain_ns_ *= 2;
    merge_short();
  }
  merge_at_ = std::max(limits_.intervals, 2 * entries_);
}

void TimelineBuilder::merge_if_full() {
  if (entries_ > std::max(limits_.intervals, merge_at_)) {
    merge_to(limits_.intervals / 2);
  }
}

Timeline::Row TimelineBuilder::row_of(std::uint64_t task, const Track& track, Timeline& timeline,
                                      const std::function<std::size_t(std::size_t)>& number) const {
  Timeline::Row row;
  row.task = task;
  row.intervals.reserve(track.stretches.size());
  for (const Stretch& stretch : track.stretches) {
    const std::uint64_t from = std::max(stretch.start_ns, since_boot(timeline.start));
    const std::uint64_t to = std::min(stretch.end_ns, since_boot(timeline.end));
    if (from >= to) {
      continue;
    }
    if ((stretch.facts & merged) != 0) {
      row.intervals.push_back({instant(from), instant(to), timeline.shares.size(), true});
      timeline.shares.push_back(shares_[stretch.facts & ~merged]);
      continue;
    }
    const std::size_t index = number(stretch.facts);
    if (!row.intervals.empty() && !row.intervals.back().is_merged && row.intervals.back().facts == index &&
        row.intervals.back().end == instant(from) && facts_[stretch.facts].condition == RawFacts::unknown) {
      row.intervals.back().end = instant(to);
    } else {
      row.intervals.push_back({instant(from), instant(to), index});
    }
  }
  std::ranges::copy_if(track.marks, std::back_inserter(row.marks), [&](const Timeline::Mark& mark) {
    return mark.at >= timeline.start && mark.at <= timeline.end;
  });
  return row;
}

// A wait gives two intervals: blocked, then runnable.
void TimelineBuilder::on_slice(const TaskTracker& task, const Slice& slice) {
  Track& track = track_of(task);
  RawFacts facts = facts_of(slice);
  if (facts.condition == TC_CONDITION_BLOCKED) {
    RawFacts asleep = facts;
    asleep.ended = slice.end != Slice::End::window || slice.woken;
    asleep.waker = slice.waker;
    asleep.waker_from = slice.waker_from;
    add(track, slice.start_ns, slice.ready_ns, asleep);
    facts.condition = TC_CONDITION_RUNNABLE;
    facts.wait = TC_WAIT_OTHER;
    add(track, slice.ready_ns, slice.end_ns, facts);
  } else {
    add(track, slice.start_ns, slice.end_ns, facts);
  }
  merge_if_full();
}

void TimelineBuilder::on_settled(const TaskTracker& task, const Settled& settled) { settle(track_of(task), settled); }

// The task got its CPU earlier than it was found running there: the last wait ends by that much earlier.
void TimelineBuilder::on_corrected(const TaskTracker& task, const tc_event& event) {
  std::vector<Stretch>& stretches = track_of(task).stretches;
  const auto condition = [this](const Stretch& stretch) {
    return (stretch.facts & merged) != 0 ? RawFacts::unknown : facts_[stretch.facts].condition;
  };
  for (std::size_t i = stretches.size(); i > 1; --i) {
    Stretch& wait = stretches[i - 2];
    Stretch& run = stretches[i - 1];
    if (condition(wait) == task.corrected_condition() && condition(run) == TC_CONDITION_RUNNING &&
        wait.end_ns == run.start_ns) {
      wait.end_ns -= std::min<std::uint64_t>(event.value, wait.end_ns - wait.start_ns);
      run.start_ns = wait.end_ns;
      return;
    }
  }
}

void TimelineBuilder::on_mark(const TaskTracker& task, const TaskMark& mark) {
  if (!span_.contains(mark.at_ns)) {
    return;
  }
  track_of(task).marks.push_back({kind_of(mark.kind), instant(mark.at_ns), std::string(mark.comm)});
}

// A name for which there is no room is left out.
void TimelineBuilder::on_region(const tc_region& region) {
  const std::uint64_t start_ns = std::max<std::uint64_t>(region.begun_ns, span_.from_ns);
  const std::uint64_t end_ns = std::min<std::uint64_t>(region.at_ns, span_.to_ns);
  if (start_ns >= end_ns) {
    return;
  }
  std::string name = region_name(region.name);
  if (region_names_.size() >= TC_MAX_REGIONS && !region_names_.contains(name)) {
    name.clear();
  }
  const std::size_t number = region_names_.try_emplace(std::move(name), region_names_.size()).first->second;
  regions_.push_back({region.id, start_ns, end_ns, number, region.depth, region.how == TC_REGION_ENDED});
  if (regions_.size() >= 2 * limits_.regions) {
    leave_out_short_regions();
  }
}

void TimelineBuilder::leave_out_short_regions() {
  if (regions_.size() <= limits_.regions) {
    return;
  }
  const auto kept = regions_.begin() + static_cast<std::ptrdiff_t>(limits_.regions);
  std::ranges::nth_element(regions_, kept, std::ranges::greater(),
                           [](const MarkedPart& region) { return region.end_ns - region.start_ns; });
  left_out_regions_ += static_cast<std::uint64_t>(regions_.end() - kept);
  regions_.erase(kept, regions_.end());
}

void TimelineBuilder::fill_regions(Timeline& timeline, const std::function<std::uint64_t(std::uint64_t)>& task) {
  leave_out_short_regions();
  timeline.left_out_regions = left_out_regions_;
  timeline.region_names.resize(region_names_.size());
  for (const auto& [name, number] : region_names_) {
    timeline.region_names[number] = name;
  }
  for (const MarkedPart& region : regions_) {
    const std::uint64_t id = task(region.ledger);
    const auto row = std::ranges::lower_bound(timeline.rows, id, {}, &Timeline::Row::task);
    const Instant start = std::max(instant(region.start_ns), timeline.start);
    const Instant end = std::min(instant(region.end_ns), timeline.end);
    if (row != timeline.rows.end() && row->task == id && start < end) {
      row->regions.push_back({start, end, region.name, region.depth, region.ended});
    }
  }
  for (Timeline::Row& row : timeline.rows) {
    std::ranges::sort(row.regions, {}, [](const Timeline::Region& each) { return std::pair(each.start, each.depth); });
  }
}

Timeline TimelineBuilder::take(Instant start, Instant end, const Names& names) {
  if (grain_ns_ != 0) {
    merge_to(limits_.intervals / 2);
  }
  Timeline timeline;
  timeline.start = start;
  timeline.end = end;
  timeline.grain = nanoseconds(grain_ns_);
  const auto tid_of = [this](std::uint64_t ledger) {
    const auto found = tracks_.find(ledger);
    return found == tracks_.end() ? 0 : found->second.tid;
  };
  const TaskNumbers numbers{names.task, tid_of};
  std::vector<std::optional<std::size_t>> indices(facts_.size());
  const auto index_of = [&](std::size_t number) {
    if (!indices[number]) {
      indices[number] = timeline.facts.size();
      timeline.facts.push_back(named(facts_[number], numbers, names.syscall));
    }
    return *indices[number];
  };
  std::vector<Drawn> drawn;
  for (const auto& [ledger, track] : tracks_) {
    if (const std::uint64_t task = names.task(ledger); task != 0) {
      drawn.push_back({task, &track, {}});
      for (const Stretch& stretch : track.stretches) {
        add_shares(drawn.back().shares, stretch);
      }
    }
  }
  // The busiest tasks get a row.
  const auto running = [](const Drawn& task) { return task.shares.times[TC_CONDITION_RUNNING]; };
  std::ranges::sort(drawn, [&](const Drawn& a, const Drawn& b) {
    return std::tuple(running(b), a.task) < std::tuple(running(a), b.task);
  });
  const std::size_t rows = std::min(drawn.size(), limits_.rows);
  for (std::size_t i = 0; i < rows; ++i) {
    timeline.rows.push_back(row_of(drawn[i].task, *drawn[i].track, timeline, index_of));
  }
  std::ranges::sort(timeline.rows, {}, &Timeline::Row::task);
  fill_regions(timeline, names.task);
  drawn.erase(drawn.begin(), drawn.begin() + static_cast<std::ptrdiff_t>(rows));
  fill_lanes(timeline, std::move(drawn));
  return timeline;
}

// Each task goes to the first lane that is free when it begins.
void TimelineBuilder::fill_lanes(Timeline& timeline, std::vector<Drawn> tasks) const {
  std::erase_if(tasks, [](const Drawn& task) { return task.track->stretches.empty(); });
  const auto start_of = [](const Drawn& task) { return task.track->stretches.front().start_ns; };
  std::ranges::sort(tasks, [&](const Drawn& a, const Drawn& b) {
    return std::tuple(start_of(a), a.task) < std::tuple(start_of(b), b.task);
  });
  const Duration pixel = (timeline.end - timeline.start) / static_cast<Duration::rep>(limits_.pixels);
  for (const Drawn& task : tasks) {
    const Timeline::Crowd one{std::max(instant(start_of(task)), timeline.start),
                              std::min(instant(task.track->stretches.back().end_ns), timeline.end), 1, task.task,
                              task.shares};
    if (one.start >= one.end) {
      continue;
    }
    auto lane = std::ranges::find_if(timeline.lanes, [&](const auto& each) { return each.back().end <= one.start; });
    if (lane == timeline.lanes.end()) {
      if (timeline.lanes.size() == limits_.lanes) {
        ++timeline.undrawn_tasks;
        continue;
      }
      lane = timeline.lanes.emplace(timeline.lanes.end());
    }
    ++timeline.lane_tasks;
    if (!lane->empty() && one.end - lane->back().start <= pixel) {
      Timeline::Crowd& last = lane->back();
      last.end = one.end;
      last.tasks += one.tasks;
      for (std::size_t condition = 0; condition < TC_NR_CONDITIONS; ++condition) {
        last.shares.times[condition] += one.shares.times[condition];
      }
      last.shares.unknown += one.shares.unknown;
    } else {
      lane->push_back(one);
    }
  }
}

}  // namespace taskcost
