// SPDX-License-Identifier: Apache-2.0
#include "trace/gaps.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "base/monotonic_clock.h"

namespace taskcost {
namespace {

std::uint64_t ns_of(Instant instant) { return static_cast<std::uint64_t>(instant.time_since_epoch().count()); }

// Timestamps from a corrupt capture are arbitrary: saturate.
Instant instant_of(std::uint64_t ns) {
  return instant(std::min<std::uint64_t>(ns, std::numeric_limits<Duration::rep>::max()));
}

auto order_of(const ReplayGap& gap) { return std::tie(gap.first, gap.last, gap.cpu); }

bool is_before(const ReplayGap& a, const ReplayGap& b) { return order_of(a) < order_of(b); }

}  // namespace

ReplayGap to_gap(const tc_gap& gap) {
  return {instant_of(gap.first_ns), instant_of(gap.last_ns), std::uint64_t{gap.count}, std::uint32_t{gap.cpu},
          ReplayGap::Why::ring_full};
}

ReplayGap to_gap(const Interruption& interruption) {
  const TimeRange range = range_of(interruption);
  const bool dropped = interruption.why == Interruption::Why::dropped;
  ReplayGap gap{instant_of(range.first_ns), instant_of(range.last_ns), std::nullopt, std::nullopt,
                dropped ? ReplayGap::Why::disk_slow : ReplayGap::Why::damaged};
  if (interruption.span) {
    gap.lost = interruption.span->records;
  }
  return gap;
}

const char* key_of(ReplayGap::Why why) {
  switch (why) {
    case ReplayGap::Why::ring_full:
      return "ring_full";
    case ReplayGap::Why::disk_slow:
      return "disk_slow";
    case ReplayGap::Why::damaged:
      break;
  }
  return "damaged";
}

Gaps::Gaps(std::vector<ReplayGap> gaps) : gaps_(std::move(gaps)) {
  std::ranges::sort(gaps_, is_before);
  update_ends(0);
}

bool Gaps::add(const ReplayGap& gap) {
  const auto at = std::ranges::lower_bound(gaps_, gap, is_before);
  if (at != gaps_.end() && order_of(*at) == order_of(gap)) {
    return false;
  }
  const auto index = static_cast<std::size_t>(at - gaps_.begin());
  gaps_.insert(at, gap);
  update_ends(index);
  return true;
}

void Gaps::merge_per_cpu() {
  std::map<std::optional<std::uint32_t>, ReplayGap> merged;
  for (const ReplayGap& gap : gaps_) {
    const auto [entry, is_new] = merged.try_emplace(gap.cpu, gap);
    if (!is_new) {
      ReplayGap& all = entry->second;
      all.last = std::max(all.last, gap.last);
      all.lost = all.lost && gap.lost ? std::optional(*all.lost + *gap.lost) : std::nullopt;
    }
  }
  gaps_.clear();
  for (const auto& [cpu, gap] : merged) {
    gaps_.push_back(gap);
  }
  std::ranges::sort(gaps_, is_before);
  update_ends(0);
}

void Gaps::update_ends(std::size_t from) {
  ends_ns_.resize(gaps_.size());
  for (std::size_t i = from; i < gaps_.size(); ++i) {
    ends_ns_[i] = std::max(ns_of(gaps_[i].last), i > 0 ? ends_ns_[i - 1] : 0);
  }
}

// A task does not run between its wakeup and its next switch-in: if the wakeup came before the first loss, the gap does
// not touch it. A task that waited for a CPU certainly waited until the first loss. For any other task, its last event
// says nothing about the time after it.
Gaps::Touch Gaps::judge(const Stay& stay) const {
  const bool runs = stay.condition == TC_CONDITION_RUNNING;
  Touch touch = search(stay.from_ns, stay.to_ns, runs ? stay.cpu : std::nullopt);
  if (!touch || (!runs && stay.woken_ns != 0 && stay.woken_ns < touch.from_ns)) {
    return {};
  }
  const bool waits_for_cpu = stay.condition == TC_CONDITION_PREEMPTED || stay.condition == TC_CONDITION_RUNNABLE;
  touch.from_ns = waits_for_cpu ? std::max(touch.from_ns, stay.from_ns) : stay.from_ns;
  return touch;
}

Gaps::Touch Gaps::search(std::uint64_t from_ns, std::uint64_t to_ns, std::optional<std::uint32_t> cpu) const {
  Touch touch;
  const auto behind =
      std::ranges::partition_point(gaps_, [&](const ReplayGap& gap) { return ns_of(gap.first) < to_ns; });
  for (auto i = static_cast<std::size_t>(behind - gaps_.begin()); i-- > 0 && ends_ns_[i] > from_ns;) {
    const ReplayGap& gap = gaps_[i];
    if (ns_of(gap.last) > from_ns && (!cpu || !gap.cpu || *gap.cpu == *cpu)) {
      ++touch.gaps;
      touch.from_ns = ns_of(gap.first);
    }
  }
  return touch;
}

}  // namespace taskcost
