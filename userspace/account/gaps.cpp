// SPDX-License-Identifier: Apache-2.0
#include "account/gaps.h"

#include <algorithm>
#include <utility>

namespace taskcost {
namespace {

struct Range {
  std::uint64_t from_ns;
  std::uint64_t to_ns;
};

using Stretches = std::vector<Stretch>;

bool was_elsewhere(const Stretches& stretches, std::size_t first, std::size_t last, const Gaps::Gap& gap) {
  if (!gap.cpu || stretches[first].start_ns >= gap.first_ns || stretches[last].end_ns <= gap.last_ns) {
    return false;
  }
  for (std::size_t i = first; i <= last; ++i) {
    const Stretch& stretch = stretches[i];
    if (stretch.condition != TC_CONDITION_RUNNING || stretch.cpu == Stretch::none || stretch.cpu == *gap.cpu ||
        (i > first && stretches[i - 1].end_ns != stretch.start_ns)) {
      return false;
    }
  }
  return true;
}

bool may_have_run(const Stretch& stretch) {
  return stretch.condition == TC_CONDITION_RUNNING || stretch.condition == Stretch::unknown;
}

// From the task's last event before the gap to its next one after it, where it may have run.
std::optional<Range> touched(const Stretches& stretches, const Gaps::Gap& gap) {
  const auto ends_before = [](const Stretch& stretch, std::uint64_t ns) { return stretch.end_ns < ns; };
  const auto begin = std::lower_bound(stretches.begin(), stretches.end(), gap.first_ns, ends_before);
  const auto beyond = std::upper_bound(stretches.begin(), stretches.end(), gap.last_ns,
                                       [](std::uint64_t ns, const Stretch& stretch) { return ns < stretch.start_ns; });
  if (begin >= beyond) {
    return std::nullopt;
  }
  auto first = static_cast<std::size_t>(begin - stretches.begin());
  auto last = static_cast<std::size_t>(beyond - stretches.begin()) - 1;
  if (was_elsewhere(stretches, first, last, gap)) {
    return std::nullopt;
  }
  Range range{std::max(gap.first_ns, stretches[first].start_ns), std::min(gap.last_ns, stretches[last].end_ns)};
  if (may_have_run(stretches[first])) {
    while (first > 0 && !stretches[first].firm) {
      --first;
    }
    range.from_ns = stretches[first].start_ns;
  }
  if (may_have_run(stretches[last])) {
    while (last + 1 < stretches.size() && !stretches[last + 1].firm) {
      ++last;
    }
    range.to_ns = stretches[last].end_ns;
  }
  return range;
}

std::vector<Range> merged(std::vector<Range> ranges) {
  std::ranges::sort(ranges, {}, &Range::from_ns);
  std::vector<Range> apart;
  for (const Range& range : ranges) {
    if (!apart.empty() && range.from_ns <= apart.back().to_ns) {
      apart.back().to_ns = std::max(apart.back().to_ns, range.to_ns);
    } else {
      apart.push_back(range);
    }
  }
  return apart;
}

// The parts of `stretch` that lie outside of the ranges from `next` on, which is left at the first one that can concern
// what follows.
void keep_outside(Stretch stretch, const std::vector<Range>& ranges, std::size_t& next, Stretches& kept) {
  while (next < ranges.size() && ranges[next].to_ns <= stretch.start_ns) {
    ++next;
  }
  for (std::size_t i = next; i < ranges.size() && ranges[i].from_ns < stretch.end_ns; ++i) {
    if (ranges[i].from_ns > stretch.start_ns) {
      Stretch before = stretch;
      before.end_ns = ranges[i].from_ns;
      // Nobody knows that the wait that was ended later is this one.
      before.ended = false;
      kept.push_back(before);
    }
    stretch.start_ns = std::min(ranges[i].to_ns, stretch.end_ns);
  }
  if (stretch.start_ns < stretch.end_ns) {
    kept.push_back(stretch);
  }
}

}  // namespace

void Gaps::add(const Gap& gap) {
  if (gaps_.size() >= limit) {
    const auto same =
        std::find_if(gaps_.rbegin(), gaps_.rend(), [&gap](const Gap& each) { return each.cpu == gap.cpu; });
    Gap& grown = same == gaps_.rend() ? gaps_.back() : *same;
    grown = {std::min(grown.first_ns, gap.first_ns), std::max(grown.last_ns, gap.last_ns),
             same == gaps_.rend() ? std::nullopt : gap.cpu};
    return;
  }
  gaps_.push_back({gap.first_ns, std::max(gap.first_ns, gap.last_ns), gap.cpu});
}

std::uint64_t Gaps::first_after(std::uint64_t since_ns) const {
  std::uint64_t first = UINT64_MAX;
  for (const Gap& gap : gaps_) {
    if (gap.last_ns >= since_ns) {
      first = std::min(first, gap.first_ns);
    }
  }
  return first;
}

void Gaps::cover(std::vector<Stretch>& stretches) const {
  std::vector<Range> ranges;
  for (const Gap& gap : gaps_) {
    if (const auto range = touched(stretches, gap); range && range->from_ns < range->to_ns) {
      ranges.push_back(*range);
    }
  }
  if (ranges.empty()) {
    return;
  }
  ranges = merged(std::move(ranges));
  Stretches kept;
  kept.reserve(stretches.size() + ranges.size());
  std::size_t next = 0;
  for (const Stretch& stretch : stretches) {
    keep_outside(stretch, ranges, next, kept);
  }
  for (const Range& range : ranges) {
    Stretch unknown;
    unknown.start_ns = range.from_ns;
    unknown.end_ns = range.to_ns;
    kept.push_back(unknown);
  }
  std::ranges::stable_sort(kept, {}, &Stretch::start_ns);
  stretches = std::move(kept);
}

}  // namespace taskcost
