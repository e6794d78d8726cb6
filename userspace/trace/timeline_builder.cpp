// SPDX-License-Identifier: Apache-2.0
#include "trace/timeline_builder.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "account/ledger.h"
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
  const auto [entry, made] = tracks_.try_emplace(task.id());
  entries_ += made ? 1 : 0;
  entry->second.tid = task.tid();
  return entry->second;
}

void TimelineBuilder::add(Track& track, std::uint64_t start_ns, std::uint64_t end_ns, const RawFacts& raw) {
  if (start_ns >= end_ns) {
    return;
  }
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
    RawFacts raw = facts_[track.stretches[i].facts];
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

void TimelineBuilder::give_up_if_full() {
  if (entries_ <= limit_) {
    return;
  }
  left_out_ = true;
  entries_ = 0;
  tracks_.clear();
  numbers_.clear();
  facts_.clear();
}

Timeline::Row TimelineBuilder::row_of(std::uint64_t task, const Track& track, const Timeline& timeline,
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
    const std::size_t index = number(stretch.facts);
    if (!row.intervals.empty() && row.intervals.back().facts == index && row.intervals.back().end == instant(from) &&
        facts_[stretch.facts].condition == RawFacts::unknown) {
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
  if (left_out_) {
    return;
  }
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
  give_up_if_full();
}

void TimelineBuilder::on_settled(const TaskTracker& task, const Settled& settled) {
  if (!left_out_) {
    settle(track_of(task), settled);
  }
}

// The task got its CPU earlier than it was found running there: the last wait ends by that much earlier.
void TimelineBuilder::on_corrected(const TaskTracker& task, const tc_event& event) {
  if (left_out_) {
    return;
  }
  std::vector<Stretch>& stretches = track_of(task).stretches;
  const auto condition = [this](const Stretch& stretch) { return facts_[stretch.facts].condition; };
  for (std::size_t i = stretches.size(); i > 1; --i) {
    Stretch& wait = stretches[i - 2];
    Stretch& run = stretches[i - 1];
    if (condition(wait) == (event.arg & 0xffU) && condition(run) == TC_CONDITION_RUNNING &&
        wait.end_ns == run.start_ns) {
      wait.end_ns -= std::min<std::uint64_t>(event.value, wait.end_ns - wait.start_ns);
      run.start_ns = wait.end_ns;
      return;
    }
  }
}

void TimelineBuilder::on_mark(const TaskTracker& task, const TaskMark& mark) {
  if (left_out_) {
    return;
  }
  track_of(task).marks.push_back({kind_of(mark.kind), instant(mark.at_ns), std::string(mark.comm)});
  ++entries_;
  give_up_if_full();
}

Timeline TimelineBuilder::take(Instant start, Instant end, const Names& names) {
  Timeline timeline;
  timeline.start = start;
  timeline.end = end;
  timeline.limit = limit_;
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
  for (const auto& [ledger, track] : tracks_) {
    if (const std::uint64_t task = names.task(ledger); task != 0) {
      timeline.rows.push_back(row_of(task, track, timeline, index_of));
    }
  }
  timeline.left_out = left_out_;
  std::ranges::sort(timeline.rows, {}, &Timeline::Row::task);
  return timeline;
}

}  // namespace taskcost
