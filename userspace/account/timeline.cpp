// SPDX-License-Identifier: Apache-2.0
#include "taskcost/timeline.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>

#include "account/gaps.h"
#include "account/ledger.h"
#include "account/task_track.h"
#include "account/wakers.h"

namespace taskcost {
namespace {

struct Window {
  std::uint64_t start_ns;
  std::uint64_t end_ns;
};

std::uint64_t since_boot(Instant at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); }

Timeline::MarkKind kind_of(TaskTrack::Mark::Kind kind) {
  switch (kind) {
    case TaskTrack::Mark::Kind::birth:
      return Timeline::MarkKind::birth;
    case TaskTrack::Mark::Kind::exec:
      return Timeline::MarkKind::exec;
    case TaskTrack::Mark::Kind::exit:
      break;
  }
  return Timeline::MarkKind::exit;
}

// Gives each set of facts its number.
class FactTable {
 public:
  FactTable(TaskNumbers numbers, SyscallName syscall_name)
      : numbers_(std::move(numbers)), syscall_name_(std::move(syscall_name)) {}

  std::size_t number_of(const Stretch& stretch) {
    const bool unknown = stretch.condition >= TC_NR_CONDITIONS || stretch.row >= TC_NR_ACTIVITIES;
    const Key key = unknown ? key_of(Stretch{}) : key_of(stretch);
    const auto [entry, made] = indices_.try_emplace(key, facts_.size());
    if (made) {
      facts_.push_back(unknown ? Timeline::Facts{} : told(stretch));
    }
    return entry->second;
  }
  std::vector<Timeline::Facts> take() { return std::move(facts_); }

 private:
  using Key = std::tuple<std::uint8_t, std::uint8_t, std::uint8_t, bool, std::uint32_t, std::uint32_t, std::uint64_t,
                         std::uint32_t>;
  static Key key_of(const Stretch& of) {
    return {of.condition, of.row, of.wait, of.ended, of.call, of.cpu, of.waker, of.waker_from};
  }

  Timeline::Facts told(const Stretch& stretch) const {
    Timeline::Facts facts;
    facts.condition = static_cast<tc_condition>(stretch.condition);
    facts.activity = static_cast<tc_activity>(stretch.row);
    if (stretch.call != Stretch::none) {
      const bool compat = (stretch.call & TC_FROM_COMPAT) != 0;
      facts.call = call_named(stretch.call & ~std::uint32_t{TC_FROM_COMPAT}, compat, syscall_name_);
    }
    if (facts.condition == TC_CONDITION_RUNNING && stretch.cpu != Stretch::none) {
      facts.cpu = stretch.cpu;
    }
    if (facts.condition == TC_CONDITION_BLOCKED) {
      facts.wait = static_cast<tc_wait>(stretch.wait);
      if (stretch.ended) {
        facts.waker = waker_of(stretch.waker, numbers_);
        if (facts.waker->kind == Waker::Kind::task) {
          facts.place = place_named(stretch.waker_from, syscall_name_);
        }
      }
    }
    return facts;
  }

  TaskNumbers numbers_;
  SyscallName syscall_name_;
  std::map<Key, std::size_t> indices_;
  std::vector<Timeline::Facts> facts_;
};

Timeline::Row row_of(std::uint64_t task, TaskTrack& track, const Window& window, FactTable& facts) {
  Timeline::Row row;
  row.task = task;
  row.intervals.reserve(track.stretches().size());
  for (const Stretch& stretch : track.stretches()) {
    const std::uint64_t from = std::max(stretch.start_ns, window.start_ns);
    const std::uint64_t to = std::min(stretch.end_ns, window.end_ns);
    if (from >= to) {
      continue;
    }
    const std::size_t number = facts.number_of(stretch);
    if (!row.intervals.empty() && row.intervals.back().facts == number && row.intervals.back().end == instant(from) &&
        stretch.condition == Stretch::unknown) {
      row.intervals.back().end = instant(to);
    } else {
      row.intervals.push_back({instant(from), instant(to), number});
    }
  }
  for (const TaskTrack::Mark& mark : track.marks()) {
    if (mark.at_ns >= window.start_ns && mark.at_ns <= window.end_ns) {
      row.marks.push_back({kind_of(mark.kind), instant(mark.at_ns), mark.comm});
    }
  }
  return row;
}

}  // namespace

const char* to_string(Timeline::MarkKind kind) {
  switch (kind) {
    case Timeline::MarkKind::birth:
      return "birth";
    case Timeline::MarkKind::exec:
      return "exec";
    case Timeline::MarkKind::exit:
      return "exit";
  }
  return "unknown";
}

struct TimelineBuilder::State {
  explicit State(Options&& wanted) : limit(wanted.limit), calls(wanted.calls), gaps(std::move(wanted.gaps)) {}

  void on(const tc_birth& birth) {
    if (birth.id != 0) {
      const auto [entry, made] = tracks.try_emplace(birth.id, gaps, birth);
      entries += made ? 1 + entry->second.size() : 0;
    }
  }
  void on(const tc_switch& event) {
    with(event.prev, event.at_ns, [&](TaskTrack& track) { track.leave_cpu(event, calls); });
    with(event.next, event.at_ns, [&](TaskTrack& track) { track.get_cpu(event, calls); });
  }
  void on(const tc_call& call) {
    with(call.id, call.at_ns, [&](TaskTrack& track) { track.on_call(call); });
  }
  void on(const tc_transfer& transfer) { on(transfer.call); }
  void on(const tc_fault& fault) {
    with(fault.id, fault.at_ns, [&](TaskTrack& track) { track.on_fault(fault); });
  }
  void on(const tc_step& step) {
    with(step.id, step.at_ns, [&](TaskTrack& track) { track.on_step(step); });
  }
  void on(const tc_exec& exec) {
    with(exec.id, exec.at_ns, [&](TaskTrack& track) { track.on_exec(exec); });
  }
  void on(const tc_ledger& ledger) {
    if (ledger.end_ns != 0) {
      with(ledger.id, ledger.end_ns, [&](TaskTrack& track) { track.on_end(ledger); });
    } else {
      with(ledger.id, ledger.since_ns, [&](TaskTrack& track) { track.on_snapshot(ledger); });
    }
  }
  // Known beforehand; sums, and what the report has without a timeline.
  void on(const tc_gap&) {}
  void on(const tc_passage&) {}
  void on(const tc_reap&) {}
  void on(const tc_stint&) {}
  void on(const tc_edge_record&) {}
  void on(const tc_flow_record&) {}
  void on(const tc_histogram_record&) {}
  void on(const tc_command&) {}
  void on(const tc_rename&) {}

  template <typename Tell>
  void with(std::uint64_t ledger, std::uint64_t at_ns, Tell&& tell) {
    if (ledger == 0) {
      return;
    }
    const auto [entry, made] = tracks.try_emplace(ledger, gaps, at_ns);
    TaskTrack& track = entry->second;
    const std::size_t before = made ? 0 : track.size() + 1;
    tell(track);
    entries += track.size() + 1 - before;
  }

  void give_up() {
    left_out = true;
    entries = 0;
    tracks.clear();
  }

  [[nodiscard]] bool is_full() const { return entries > limit; }

  std::size_t limit;
  bool calls;
  Gaps gaps;
  std::unordered_map<std::uint64_t, TaskTrack> tracks;  // by ledger
  std::size_t entries = 0;                              // intervals, marks and tasks
  bool left_out = false;
};

TimelineBuilder::TimelineBuilder(Options options) : state_(std::make_unique<State>(std::move(options))) {}
TimelineBuilder::TimelineBuilder(TimelineBuilder&&) noexcept = default;
TimelineBuilder& TimelineBuilder::operator=(TimelineBuilder&&) noexcept = default;
TimelineBuilder::~TimelineBuilder() = default;

void TimelineBuilder::on_record(const Record& record) {
  State& state = *state_;
  if (state.left_out) {
    return;
  }
  std::visit([&state](const auto& each) { state.on(each); }, record);
  if (state.is_full()) {
    state.give_up();
  }
}

std::size_t TimelineBuilder::held() const { return state_->entries; }

Timeline TimelineBuilder::take(Instant start, Instant end, const Names& names) {
  State& state = *state_;
  Timeline timeline;
  timeline.start = start;
  timeline.end = end;
  timeline.limit = state.limit;
  const Window window{since_boot(start), since_boot(end)};
  const auto tid_of = [&state](std::uint64_t ledger) {
    const auto found = state.tracks.find(ledger);
    return found == state.tracks.end() ? 0 : found->second.tid();
  };
  FactTable facts({names.task, tid_of}, names.syscall);
  std::size_t taken = 0;
  for (auto& [ledger, track] : state.tracks) {
    const std::uint64_t task = names.task(ledger);
    if (task == 0) {
      continue;
    }
    track.close(window.end_ns);
    Timeline::Row row = row_of(task, track, window, facts);
    track.stretches() = {};
    taken += row.intervals.size() + row.marks.size();
    if (taken > timeline.limit) {
      state.give_up();
      break;
    }
    timeline.rows.push_back(std::move(row));
  }
  timeline.left_out = state.left_out;
  if (timeline.left_out) {
    timeline.rows.clear();
    return timeline;
  }
  timeline.facts = facts.take();
  std::ranges::sort(timeline.rows, {}, &Timeline::Row::task);
  return timeline;
}

}  // namespace taskcost
