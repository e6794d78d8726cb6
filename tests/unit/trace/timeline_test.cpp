// SPDX-License-Identifier: Apache-2.0
#include "trace/timeline_builder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "support/fixture_timeline.h"
#include "support/marked_regions.h"

namespace taskcost::test {
namespace {

using std::chrono::nanoseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Records = std::vector<Record>;
constexpr std::uint64_t window_ns = 1000;

Instant at(std::uint64_t ns) { return Instant(nanoseconds(ns)); }

// The id of a ledger is also the id of its task in the session; ledgers from 100 on are not kept.
TimelineBuilder::Names names() {
  return {[](std::uint64_t ledger) { return ledger < 100 ? ledger : 0; },
          [](std::uint32_t number, bool) { return "call" + std::to_string(wanted_number(number)); }};
}

Timeline timeline_of(const Records& records, Replay::Options options = {}) {
  TimelineBuilder builder;
  return timeline_from(records, nanoseconds(window_ns), builder, names(), std::move(options));
}

std::string text_of(const Timeline::Facts& facts) {
  if (!facts.condition) {
    return "unknown";
  }
  std::string text = std::string(key_of(*facts.condition)) + " " + key_of(facts.activity);
  text += facts.call.empty() ? "" : " " + facts.call;
  text += facts.cpu ? " @" + std::to_string(*facts.cpu) : "";
  text += facts.wait ? std::string(" for ") + key_of(*facts.wait) : "";
  if (facts.waker) {
    text += std::string(" by ") + to_string(facts.waker->kind);
    text += facts.waker->task != 0 ? " " + std::to_string(facts.waker->task) : "";
    text += facts.call_site.empty() ? "" : " " + facts.call_site;
  }
  return text;
}

// Returns the row of the task as lines like "100-200 running user".
std::vector<std::string> row(const Timeline& timeline, std::uint64_t task) {
  std::vector<std::string> lines;
  for (const Timeline::Row& each : timeline.rows) {
    for (const Timeline::Interval& interval : each.intervals) {
      if (each.task == task) {
        lines.push_back(std::to_string(interval.start.time_since_epoch().count()) + "-" +
                        std::to_string(interval.end.time_since_epoch().count()) + " " +
                        text_of(timeline.facts[interval.facts]));
      }
    }
  }
  return lines;
}

std::vector<std::string> row(const Records& records, std::uint64_t task = 1) { return row(timeline_of(records), task); }

const Record user_on_0 = adopted(1, 0, TC_ACTIVITY_USER, TC_CONDITION_RUNNING);

TEST(Timeline, ACallIsKnownFromItsReturn) {
  EXPECT_THAT(row({user_on_0, called(1, 100, 150, TC_ACTIVITY_FILE, 7)}),
              ElementsAre("0-100 running user @0", "100-150 running file call7 @0", "150-1000 running user @0"));
}

TEST(Timeline, ASleepEndsWithItsWakeUp) {
  EXPECT_THAT(
      row({user_on_0, leaves(200, {1, TC_CONDITION_BLOCKED, TC_ACTIVITY_FUTEX, TC_WAIT_FUTEX_PRIVATE, 150, 9}),
           comes(400, {1, 350, 2, 11}, 3), called(1, 150, 500, TC_ACTIVITY_FUTEX, 9)}),
      ElementsAre("0-150 running user @0", "150-200 running futex call9 @0",
                  "200-350 blocked futex call9 for futex_private by task 2 call11", "350-400 runnable futex call9",
                  "400-500 running futex call9 @3", "500-1000 running user @3"));
}

TEST(Timeline, APreemptedTaskWaitsForItsCpu) {
  EXPECT_THAT(row({user_on_0, leaves(200, {1, TC_CONDITION_PREEMPTED}), comes(300, {1})}),
              ElementsAre("0-200 running user @0", "200-300 preempted user", "300-1000 running user @0"));
}

TEST(Timeline, WakersThatAreNoKeptTasks) {
  const auto woken_by = [](std::uint64_t waker) {
    return row({adopted(1, 0, TC_ACTIVITY_POLL, TC_CONDITION_BLOCKED, TC_WAIT_EPOLL), comes(500, {1, 500, waker, 11})})
        .front();
  };
  EXPECT_EQ(woken_by(TC_WAKER_TIMER), "0-500 blocked poll call0 for epoll by timer");
  EXPECT_EQ(woken_by(TC_WAKER_INTERRUPT), "0-500 blocked poll call0 for epoll by interrupt");
  EXPECT_EQ(woken_by(TC_WAKER_UNOBSERVED | 7), "0-500 blocked poll call0 for epoll by unobserved");
  EXPECT_EQ(woken_by(200), "0-500 blocked poll call0 for epoll by task call11");
}

TEST(Timeline, AFaultInsideACallGivesItBack) {
  EXPECT_THAT(
      row({user_on_0, faulted(1, 200, 260, TC_FAULT_MINOR, TC_ACTIVITY_MEMORY, 150, 5),
           called(1, 150, 300, TC_ACTIVITY_MEMORY, 5)}),
      ElementsAre("0-150 running user @0", "150-200 running memory call5 @0", "200-260 running page_fault call5 @0",
                  "260-300 running memory call5 @0", "300-1000 running user @0"));
}

TEST(Timeline, AFaultThatSleepsHasTwoEvents) {
  const auto sleeping = [](tc_fault_outcome outcome) {
    return row({user_on_0, faulted(1, 200, 200, TC_FAULT_BEGUN),
                leaves(220, {1, TC_CONDITION_BLOCKED, TC_ROW_FAULT_PENDING, TC_WAIT_DISK}),
                comes(400, {1, 390, TC_WAKER_INTERRUPT}), faulted(1, 200, 450, outcome)});
  };
  EXPECT_THAT(sleeping(TC_FAULT_MAJOR),
              ElementsAre("0-200 running user @0", "200-220 running page_fault @0",
                          "220-390 blocked page_fault for disk by interrupt", "390-400 runnable page_fault",
                          "400-450 running page_fault @0", "450-1000 running user @0"));
  EXPECT_EQ(sleeping(TC_FAULT_UNRESOLVED)[2], "220-390 blocked user for disk by interrupt")
      << "what is never resolved belongs to what it interrupted";
}

TEST(Timeline, ACallOnADescriptorIsNamedWhenItReturns) {
  EXPECT_THAT(row({user_on_0, leaves(200, {1, TC_CONDITION_BLOCKED, TC_ROW_CALL_PENDING, TC_WAIT_PIPE, 150, 3}),
                   comes(400, {1, 400, 2, 11}), called(1, 150, 420, TC_ACTIVITY_PIPE, 3)}),
              ElementsAre("0-150 running user @0", "150-200 running pipe call3 @0",
                          "200-400 blocked pipe call3 for pipe by task 2 call11", "400-420 running pipe call3 @0",
                          "420-1000 running user @0"));
}

TEST(Timeline, ATaskFromCreationToExit) {
  const Timeline timeline = timeline_of(
      {user_on_0, born(2, 100, 1), event_of(TC_EV_PUBLISHED, 2, 140, 1, 56), comes(160, {2}, 1),
       called(2, 0, 170, TC_ACTIVITY_CREATE, 56), execed(2, 200, 300, "</script>"),
       called(2, 200, 310, TC_ACTIVITY_EXEC, 59), event_of(TC_EV_EXIT, 2, 400, 390, TC_ACTIVITY_OTHER),
       leaves(410, {2, TC_CONDITION_PREEMPTED, TC_ACTIVITY_EXIT}, 1), comes(430, {2}, 1), leaves_for_good(450, 2)});
  EXPECT_THAT(row(timeline, 2),
              ElementsAre("100-140 blocked create for creation by task 1 call56", "140-160 runnable create",
                          "160-170 running create call56 @1", "170-200 running user @1",
                          "200-310 running exec call59 @1", "310-390 running user @1", "390-400 running other @1",
                          "400-410 running exit @1", "410-430 preempted exit", "430-450 unknown"))
      << "it left CPU 0, but had come to CPU 1";
  ASSERT_THAT(timeline.rows, SizeIs(2));
  const auto& marks = timeline.rows[1].marks;
  ASSERT_THAT(marks, SizeIs(3));
  EXPECT_EQ(marks[0].kind, Timeline::MarkKind::new_task);
  EXPECT_EQ(marks[1].kind, Timeline::MarkKind::exec);
  EXPECT_EQ(marks[1].comm, "</script>");
  EXPECT_EQ(marks[2].kind, Timeline::MarkKind::exit);
  EXPECT_EQ(marks[2].at, at(450));
}

TEST(Timeline, ACorrectedWaitEndsEarlier) {
  EXPECT_THAT(row({user_on_0, leaves(100, {1, TC_CONDITION_BLOCKED, TC_ACTIVITY_SLEEP, TC_WAIT_TIMER, 90, 1}),
                   event_of(TC_EV_FOUND_RUNNING, 1, 500, 0, 2), called(1, 90, 510, TC_ACTIVITY_SLEEP, 1),
                   leaves(600, {1, TC_CONDITION_PREEMPTED}, 2), event_of(TC_EV_CORRECTED, 1, 600, 50)}),
              ElementsAre("0-90 running user @0", "90-100 running sleep call1 @0",
                          "100-450 blocked sleep call1 for timer by unknown", "450-510 running sleep call1 @2",
                          "510-600 running user @2", "600-1000 preempted user"));
}

TEST(Timeline, AWakeUpBeforeAnUnseenSwitchEndsTheWait) {
  EXPECT_THAT(row({user_on_0, leaves(100, {1, TC_CONDITION_BLOCKED, TC_ACTIVITY_SLEEP, TC_WAIT_TIMER, 90, 1}),
                   event_of(TC_EV_WOKEN, 1, 450, TC_WAKER_TIMER), event_of(TC_EV_FOUND_RUNNING, 1, 500, 0, 2)}),
              ElementsAre("0-90 running user @0", "90-100 running sleep call1 @0",
                          "100-450 blocked sleep call1 for timer by timer", "450-500 runnable sleep call1",
                          "500-1000 running sleep call1 @2"));
}

TEST(Timeline, ASnapshotShowsWhereTheWindowClosed) {
  const auto in_call = snapshot(1, 700, TC_ROW_CALL_PENDING, TC_CONDITION_RUNNING);
  in_call->entered_ns = 700;
  in_call->syscall = call_in(TC_ROW_CALL_PENDING, 3);
  EXPECT_THAT(row({user_on_0, *in_call}), ElementsAre("0-700 running user @0", "700-1000 running file call3 @0"));

  const auto woken = snapshot(1, 200, TC_ACTIVITY_SLEEP, TC_CONDITION_BLOCKED);
  woken->woken_ns = 900;
  woken->waker = TC_WAKER_TIMER;
  woken->waking = TC_WAKING_TIMER;
  EXPECT_THAT(
      row({user_on_0, leaves(200, {1, TC_CONDITION_BLOCKED, TC_ACTIVITY_SLEEP, TC_WAIT_TIMER, 190, 1}), *woken}),
      ElementsAre("0-190 running user @0", "190-200 running sleep call1 @0",
                  "200-900 blocked sleep call1 for timer by timer", "900-1000 runnable sleep call1"));
}

TEST(Timeline, OnlyTheWindowAndKeptTasks) {
  const Timeline timeline =
      timeline_of({adopted(1, 0, TC_ACTIVITY_USER, TC_CONDITION_RUNNING),
                   adopted(100, 0, TC_ACTIVITY_USER, TC_CONDITION_RUNNING), leaves(2000, {1, TC_CONDITION_PREEMPTED})});
  EXPECT_THAT(timeline.rows, SizeIs(1));
  EXPECT_THAT(row(timeline, 1), ElementsAre("0-1000 running user @0"));
}

// The tests below are about lost events.

const Record waiting_for_timer = adopted(3, 0, TC_ACTIVITY_SLEEP, TC_CONDITION_BLOCKED, TC_WAIT_TIMER);

TEST(TimelineGaps, TouchAllButWhoWasElsewhere) {
  const auto second = snapshot(2, 470, TC_ACTIVITY_USER, TC_CONDITION_RUNNING);
  second->cpu = 1;
  const Timeline timeline = timeline_of(
      {user_on_0, adopted(2, 0, TC_ACTIVITY_USER, TC_CONDITION_RUNNING, TC_WAIT_OTHER, 1), waiting_for_timer,
       called(1, 100, 150, TC_ACTIVITY_FILE, 7), called(2, 100, 150, TC_ACTIVITY_FILE, 7),
       called(2, 450, 470, TC_ACTIVITY_FILE, 7), lost(400, 500, 0), called(1, 600, 700, TC_ACTIVITY_FILE, 7),
       comes(800, {3, 790, TC_WAKER_TIMER}), *snapshot(1, 700, TC_ACTIVITY_USER, TC_CONDITION_RUNNING), *second});
  EXPECT_THAT(row(timeline, 1), ElementsAre("0-100 running user @0", "100-150 running file call7 @0", "150-700 unknown",
                                            "700-1000 running user @0"))
      << "from its last event before to its next one after";
  EXPECT_THAT(row(timeline, 2), SizeIs(5)) << "on CPU 1 all the while";
  EXPECT_THAT(row(timeline, 3), ElementsAre("0-800 unknown", "800-1000 running sleep call0 @0"))
      << "it can have run and gone to sleep again, wherever it was";
}

TEST(TimelineGaps, AWakeUpFromBeforeProvesThatTheTaskWaitedOn) {
  EXPECT_THAT(row({waiting_for_timer, lost(400, 500, 0), comes(800, {3, 390, TC_WAKER_TIMER})}, 3),
              ElementsAre("0-390 blocked sleep call0 for timer by timer", "390-800 runnable sleep call0",
                          "800-1000 running sleep call0 @0"));
}

TEST(TimelineGaps, APreemptedTaskWaitedUntilTheFirstLostEvent) {
  EXPECT_THAT(
      row({user_on_0, leaves(200, {1, TC_CONDITION_PREEMPTED}), lost(400, 500, 1), comes(800, {1})}),
      ElementsAre("0-200 running user @0", "200-400 preempted user", "400-800 unknown", "800-1000 running user @0"));
}

// The snapshot shows since when the task waits: it has not run since then.
TEST(TimelineGaps, ASnapshotProvesAWait) {
  const auto asleep = snapshot(3, 0, TC_ACTIVITY_SLEEP, TC_CONDITION_BLOCKED);
  asleep->wait = TC_WAIT_TIMER;
  EXPECT_THAT(row({waiting_for_timer, lost(400, 500, 0), *asleep}, 3),
              ElementsAre("0-1000 blocked sleep call0 for timer"));
  asleep->since_ns = 600;
  EXPECT_THAT(row({waiting_for_timer, lost(400, 500, 0), *asleep}, 3),
              ElementsAre("0-600 unknown", "600-1000 blocked sleep for timer"));
}

TEST(TimelineGaps, AFaultWhoseEndWasLostIsUnknown) {
  EXPECT_THAT(row({user_on_0, faulted(1, 200, 200, TC_FAULT_BEGUN),
                   leaves(220, {1, TC_CONDITION_BLOCKED, TC_ROW_FAULT_PENDING, TC_WAIT_DISK}), lost(300, 400, 0),
                   comes(500, {1, 490, TC_WAKER_INTERRUPT}), faulted(1, 600, 650, TC_FAULT_MINOR)}),
              ElementsAre("0-200 running user @0", "200-500 unknown", "500-600 running user @0",
                          "600-650 running page_fault @0", "650-1000 running user @0"));
}

Timeline around(const Interruption& interruption) {
  Replay::Options options;
  options.gaps = {to_gap(interruption)};
  return timeline_of({adopted(2, 0, TC_ACTIVITY_USER, TC_CONDITION_RUNNING, TC_WAIT_OTHER, 1),
                      called(2, 300, 310, TC_ACTIVITY_FILE, 7), called(2, 500, 510, TC_ACTIVITY_FILE, 7)},
                     options);
}

TEST(TimelineGaps, AnInterruptionTouchesEverybody) {
  EXPECT_THAT(row(around({Interruption::Why::dropped, CaptureSpan{350, 400, 1}}), 2),
              ElementsAre("0-300 running user @1", "300-310 running file call7 @1", "310-510 unknown",
                          "510-1000 running user @1"));
}

TEST(TimelineGaps, AnInterruptionThatCanBeAnywhereLeavesNothingKnown) {
  EXPECT_THAT(row(around({Interruption::Why::damaged, std::nullopt}), 2), ElementsAre("0-1000 unknown"));
}

TEST(TimelineGaps, ContradictionsAreUnknown) {
  EXPECT_THAT(row({user_on_0, leaves(200, {1, TC_CONDITION_PREEMPTED}), called(1, 0, 300, TC_ACTIVITY_FILE, 7)}),
              ElementsAre("0-200 running user @0", "200-300 unknown", "300-1000 running user"))
      << "its switch-in was lost";
  EXPECT_THAT(row({user_on_0, comes(300, {1, 250})}), ElementsAre("0-300 unknown", "300-1000 running user @0"))
      << "its switch-out was lost";
  EXPECT_THAT(row({user_on_0, leaves(200, {1, TC_CONDITION_BLOCKED, TC_ROW_CALL_PENDING, TC_WAIT_PIPE, 150, 3}),
                   comes(300, {1, 300, TC_WAKER_TIMER}), called(1, 400, 410, TC_ACTIVITY_PIPE, 3)}),
              ElementsAre("0-150 running user @0", "150-400 unknown", "400-410 running pipe call3 @0",
                          "410-1000 running user @0"))
      << "the return of a call was lost, so its file is not known";
}

TEST(TimelineGaps, ALostCreationAndALostEnd) {
  auto end = std::make_unique<tc_ledger>();
  end->record = {TC_RECORD_LEDGER, sizeof(tc_ledger)};
  end->id = 1;
  end->start_ns = 50;
  end->end_ns = 400;
  const Timeline timeline =
      timeline_of({called(1, 100, 150, TC_ACTIVITY_FILE, 7), called(1, 200, 210, TC_ACTIVITY_FILE, 7), *end});
  EXPECT_THAT(row(timeline, 1),
              ElementsAre("50-150 unknown", "150-200 running user", "200-210 running file call7", "210-400 unknown"));
  EXPECT_THAT(timeline.rows[0].marks, SizeIs(1));
}

TEST(TimelineGaps, WhoIsNotSeenAfterOneIsUnknownFromThereOn) {
  const Records records = {user_on_0, leaves(200, {1, TC_CONDITION_PREEMPTED}), lost(600, 700, 0)};
  EXPECT_THAT(row(records), ElementsAre("0-200 running user @0", "200-600 preempted user", "600-1000 unknown"));
}

// The times of a row by condition, and its lifetime: merging loses none.
PerCondition<Duration> times_of(const Timeline& timeline, const Timeline::Row& row) {
  PerCondition<Duration> times{};
  for (const Timeline::Interval& interval : row.intervals) {
    if (!interval.is_merged) {
      times[*timeline.facts[interval.facts].condition] += interval.end - interval.start;
      continue;
    }
    Duration sum{};
    for (std::size_t condition = 0; condition < times.size(); ++condition) {
      times[condition] += timeline.shares[interval.facts].times[condition];
      sum += timeline.shares[interval.facts].times[condition];
    }
    EXPECT_EQ(sum, interval.end - interval.start);
  }
  return times;
}

TEST(TimelineLimits, ShortIntervalsAreMergedAndLongOnesStay) {
  TimelineBuilder builder({}, {.intervals = 50, .pixels = 20});
  Replay::Options options;
  options.listener = &builder;
  Replay replay(std::move(options));
  replay.on_record(user_on_0);
  std::size_t most = 0;
  for (std::uint64_t i = 1; i < 1000; ++i) {
    const std::uint64_t at = i < 500 ? 10 * i : 10 * i + 5000;  // one long interval among short ones
    replay.on_record(leaves(at, {1, TC_CONDITION_PREEMPTED}));
    replay.on_record(comes(at + 4, {1}));
    most = std::max(most, builder.held());
  }
  EXPECT_LT(most, 200U);
  const Timeline timeline = builder.take(at(0), at(14'994), names());
  ASSERT_THAT(timeline.rows, SizeIs(1));
  const Timeline::Row& row = timeline.rows[0];
  EXPECT_GT(timeline.grain, Duration::zero());
  EXPECT_LT(row.intervals.size(), 60U);
  const auto long_one = std::ranges::find_if(
      row.intervals, [](const Timeline::Interval& each) { return each.end - each.start > Duration(4000); });
  ASSERT_NE(long_one, row.intervals.end());
  EXPECT_FALSE(long_one->is_merged);
  const auto times = times_of(timeline, row);
  EXPECT_EQ(times[TC_CONDITION_PREEMPTED], Duration(999 * 4));
  EXPECT_EQ(times[TC_CONDITION_RUNNING] + times[TC_CONDITION_PREEMPTED], Duration(14'994));
  for (std::size_t i = 1; i < row.intervals.size(); ++i) {
    EXPECT_EQ(row.intervals[i].start, row.intervals[i - 1].end);
  }
}

// Tasks 2 to 9 live one after the other, and task 1 for all of the time.
TEST(TimelineLimits, ShortLivedTasksShareLanes) {
  Records records = {user_on_0};
  for (std::uint64_t i = 2; i < 10; ++i) {
    records.push_back(born(i, 100 * i, 1));
    records.push_back(comes(100 * i + 10, {i}, 1));
    records.push_back(leaves_for_good(100 * i + 50, i, 1));
  }
  TimelineBuilder builder({}, {.rows = 1, .lanes = 1, .pixels = 10});
  const Timeline timeline = timeline_from(records, nanoseconds(1000), builder, names());
  ASSERT_THAT(timeline.rows, SizeIs(1));
  EXPECT_EQ(timeline.rows[0].task, 1U);
  ASSERT_THAT(timeline.lanes, SizeIs(1));
  EXPECT_EQ(timeline.lane_tasks, 8U);
  EXPECT_EQ(timeline.undrawn_tasks, 0U);
  Duration running{};
  std::uint64_t tasks = 0;
  for (const Timeline::Crowd& crowd : timeline.lanes[0]) {
    running += crowd.shares.times[TC_CONDITION_RUNNING];
    tasks += crowd.tasks;
  }
  EXPECT_EQ(tasks, 8U);
  EXPECT_EQ(running, Duration(8 * 40));
}

TEST(TimelineLimits, IntervalsOfOneKindShareTheirFacts) {
  Records records = {user_on_0};
  for (std::uint64_t i = 1; i < 50; ++i) {
    records.push_back(called(1, 10 * i, 10 * i + 5, TC_ACTIVITY_FILE, 7));
  }
  const Timeline timeline = timeline_of(records);
  EXPECT_THAT(timeline.facts, SizeIs(2));
  EXPECT_EQ(timeline.grain, Duration::zero());
}

TEST(Timeline, HasTheRegionsOfEachRow) {
  std::vector<Record> records{adopted(1, 0, TC_ACTIVITY_USER, TC_CONDITION_RUNNING)};
  for (std::uint64_t i = 0; i < 6; ++i) {
    tc_region region = region_record(1, i % 2 == 0 ? "even" : "odd", 100 * i, 100 * i + 10 * (i + 1));
    region.how = i == 5 ? TC_REGION_NOT_ENDED : TC_REGION_ENDED;
    records.emplace_back(region);
  }
  records.emplace_back(region_record(7, "of no task", 0, 100));
  const auto regions_within = [&](const TraceSpan& span, std::size_t most) {
    TimelineBuilder::Limits limits;
    limits.regions = most;
    TimelineBuilder builder(span, limits);
    const Timeline timeline = timeline_from(records, nanoseconds(window_ns), builder, names());
    std::vector<std::string> regions;
    for (const Timeline::Region& each : timeline.rows.at(0).regions) {
      regions.push_back(fmt::format("{} {}-{}{}", timeline.region_names.at(each.name), (each.start - Instant()).count(),
                                    (each.end - Instant()).count(), each.ended ? "" : " not ended"));
    }
    regions.push_back(fmt::format("{} left out", timeline.left_out_regions));
    return regions;
  };
  EXPECT_THAT(regions_within({}, 100), ElementsAre("even 0-10", "odd 100-120", "even 200-230", "odd 300-340",
                                                   "even 400-450", "odd 500-560 not ended", "0 left out"));
  EXPECT_THAT(regions_within({210, 420}, 100),
              ElementsAre("even 210-230", "odd 300-340", "even 400-420", "0 left out"));
  EXPECT_THAT(regions_within({}, 3), ElementsAre("even 400-450", "odd 500-560 not ended", "4 left out"))
      << "the longest one is of no task";
}

}  // namespace
}  // namespace taskcost::test
