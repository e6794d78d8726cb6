// SPDX-License-Identifier: Apache-2.0
//
// A report with a timeline that is built from transitions.
#pragma once

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>
#include <vector>

#include "support/report_builder.h"
#include "support/transitions.h"
#include "trace/replay.h"
#include "trace/timeline_builder.h"

namespace taskcost::test {

// Returns the timeline that a replay of `records` builds; the window is from 0 to `wall`.
inline Timeline timeline_from(const std::vector<Record>& records, Duration wall, TimelineBuilder& builder,
                              const TimelineBuilder::Names& names, Replay::Options options = {}) {
  std::ranges::copy(gaps_in(records), std::back_inserter(options.gaps));
  options.classes = test_classes();
  options.listener = &builder;
  Replay replay(std::move(options));
  for (const Record& record : records) {
    replay.on_record(record);
    if (const auto* region = std::get_if<tc_region>(&record)) {
      builder.on_region(*region);
    }
  }
  replay.living(Instant(wall));
  return builder.take(Instant(), Instant(wall), names);
}

inline Timeline timeline_from(const std::vector<Record>& records, Duration wall,
                              const TimelineBuilder::Limits& limits = {}) {
  TimelineBuilder builder({}, limits);
  return timeline_from(records, wall, builder,
                       {[](std::uint64_t ledger) { return ledger; },
                        [](std::uint32_t number, bool) { return wanted_number(number) == 0 ? "read" : "write"; }});
}

// It takes 10 ms: the baker (task 1) writes to the waiter (task 3) through a pipe. The oven (task 2) is a thread of the
// baker; its CPU loses events from 6 to 7 ms.
inline std::vector<Record> fixture_records() {
  constexpr std::uint64_t ms = 1'000'000;
  const auto asleep = snapshot(3, 4 * ms, TC_ACTIVITY_FUTEX, TC_CONDITION_BLOCKED);
  asleep->wait = TC_WAIT_FUTEX_SHARED;
  return {adopted(1, 0, TC_ACTIVITY_USER, TC_CONDITION_RUNNING),
          adopted(3, 0, TC_ACTIVITY_PIPE, TC_CONDITION_BLOCKED, TC_WAIT_PIPE),
          born(2, ms / 2, 1),
          event_of(TC_EV_PUBLISHED, 2, ms / 2 + 50'000, 1, 1),
          comes(ms, {2}, 1),
          called(2, 0, ms + 100'000, TC_ACTIVITY_CREATE, 1),
          called(1, 2 * ms - 200'000, 2 * ms, TC_ACTIVITY_PIPE, 1),
          leaves(2 * ms + 500'000, {1, TC_CONDITION_PREEMPTED}),
          comes(2 * ms + 500'000, {3, 2 * ms - 100'000, 1, 1}),
          called(3, 0, 2 * ms + 600'000, TC_ACTIVITY_PIPE, 0),
          execed(3, 3 * ms - 100'000, 3 * ms, "guest"),
          called(3, 3 * ms - 100'000, 3 * ms + 100'000, TC_ACTIVITY_EXEC, 1),
          leaves(4 * ms, {3, TC_CONDITION_BLOCKED, TC_ACTIVITY_FUTEX, TC_WAIT_FUTEX_SHARED, 4 * ms - 100'000, 1}),
          comes(4 * ms, {1}),
          leaves(5 * ms, {2, TC_CONDITION_BLOCKED, TC_ACTIVITY_SLEEP, TC_WAIT_TIMER, 5 * ms - 100'000, 1}, 1),
          lost(6 * ms, 7 * ms, 1),
          comes(8 * ms, {2, 8 * ms - 100'000, TC_WAKER_TIMER}, 1),
          event_of(TC_EV_EXIT, 2, 9 * ms, 9 * ms - 100'000, TC_ACTIVITY_OTHER),
          leaves_for_good(9 * ms + 300'000, 2, 1),
          leaves(9 * ms + 500'000, {1, TC_CONDITION_PREEMPTED}),
          *snapshot(1, 9 * ms + 500'000, TC_ACTIVITY_USER, TC_CONDITION_PREEMPTED),
          *asleep};
}

inline Report report_with_timeline(const std::vector<Record>& more = {}) {
  ReportBuilder builder;
  builder.process(10, "baker", TaskOrigin::attached, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 7ms))
      .thread(11, "oven", 1ms, AccountBuilder().runs(TC_ACTIVITY_USER, 4ms))
      .process(20, "waiter", TaskOrigin::attached, 0ms, AccountBuilder().blocks(TC_ACTIVITY_PIPE, 2ms, TC_WAIT_PIPE));
  Report report = builder.build();
  report.target.exit_code = 0;
  std::vector<Record> records = fixture_records();
  records.insert(records.end(), more.begin(), more.end());
  report.timeline = timeline_from(records, 10ms);
  return report;
}

}  // namespace taskcost::test
