// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>

#include "support/figures_of.h"
#include "support/report_builder.h"
#include "verdict/diff/diff.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using test::AccountBuilder;
using test::compared;
using test::ReportBuilder;
using testing::Contains;
using testing::Field;
using testing::IsEmpty;

// A shell that waits for a program that sleeps.
Report sleeping(Duration sleep, Duration work = 2ms) {
  ReportBuilder builder;
  builder
      .process(10, "sh", TaskOrigin::fork, 0ms,
               AccountBuilder().runs(TC_ACTIVITY_USER, 1ms).blocks(TC_ACTIVITY_WAIT, sleep + work, TC_WAIT_CHILD))
      .process(11, "sleep", TaskOrigin::vfork, 1ms,
               AccountBuilder().runs(TC_ACTIVITY_USER, work).blocks(TC_ACTIVITY_SLEEP, sleep, TC_WAIT_TIMER));
  return builder.build();
}

double difference_in(const Difference& difference, Topic topic, const char* item, const char* aspect) {
  const Change* const change = difference.find(topic, item, aspect);
  return change == nullptr || !change->difference() ? std::numeric_limits<double>::quiet_NaN() : *change->difference();
}

TEST(Difference, OwnTimeLeavesOutWaitsForChildren) {
  const Difference difference = compared(sleeping(50ms), sleeping(200ms));
  EXPECT_EQ(difference_in(difference, Topic::window, "all", "own_ns"), 150e6);
  EXPECT_EQ(difference_in(difference, Topic::window, "all", "lifetime_ns"), 300e6);
  EXPECT_EQ(difference_in(difference, Topic::window, "wall", "wall_ns"), 150e6);
  ASSERT_FALSE(difference.pieces.empty());
  EXPECT_EQ(difference.pieces.front().key, "timer");
  EXPECT_EQ(difference.pieces.front().difference(), 150e6);
  EXPECT_EQ(difference.pieces.back().key, "child") << "waits for children come last";
  EXPECT_TRUE(difference.pieces.back().again);
}

TEST(Difference, AWaitForAnUnobservedChildIsOwnTime) {
  const auto alone = [](Duration wait) {
    return ReportBuilder()
        .process(10, "sh", TaskOrigin::attached, 0ms, AccountBuilder().blocks(TC_ACTIVITY_WAIT, wait, TC_WAIT_CHILD))
        .build();
  };
  const Difference difference = compared(alone(10ms), alone(30ms));
  EXPECT_EQ(difference.pieces.front().key, "child");
  EXPECT_FALSE(difference.pieces.front().again);
  EXPECT_EQ(difference_in(difference, Topic::window, "all", "own_ns"), 20e6);
}

TEST(Difference, PiecesAddUpToOwnTime) {
  const Difference difference = compared(test::full_report(), sleeping(200ms));
  double sum_a = 0;
  double sum_b = 0;
  for (const Piece& piece : difference.pieces) {
    sum_a += piece.again ? 0 : piece.a;
    sum_b += piece.again ? 0 : piece.b;
  }
  const Change* const own = difference.find(Topic::window, "all", "own_ns");
  ASSERT_NE(own, nullptr);
  EXPECT_NEAR(sum_a, own->a.value, 1);
  EXPECT_NEAR(sum_b, own->b.value, 1);
}

TEST(Difference, ProcessesAreMatchedByName) {
  ReportBuilder before;
  before.process(1, "cc", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 10ms))
      .process(2, "cc", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 20ms))
      .process(3, "as", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms))
      .aggregated("cc", 3, AccountBuilder().runs(TC_ACTIVITY_USER, 30ms));
  ReportBuilder after;
  after.process(1, "cc", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 80ms))
      .process(2, "ld", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_FILE, 7ms));
  const Difference difference = compared(before.build(), after.build());
  ASSERT_EQ(difference.processes.size(), 3);
  EXPECT_EQ(difference.processes[0].comm, "cc");
  EXPECT_EQ(difference.processes[0].a->count, 5);
  EXPECT_EQ(difference.processes[0].own_a, 60e6);
  EXPECT_EQ(difference.processes[0].own_b, 80e6);
  EXPECT_EQ(difference.processes[1].comm, "ld");
  EXPECT_FALSE(difference.processes[1].a) << "new";
  EXPECT_EQ(difference.processes[1].mostly->key, "file");
  EXPECT_FALSE(difference.processes[2].b) << "gone";
}

TEST(Difference, AQuantityThatOneReportLacksHasNoDifference) {
  Report a = sleeping(50ms);
  Report b = sleeping(50ms);
  a.session.totals.counters[TC_COUNTER_MIGRATIONS] = std::nullopt;
  b.session.totals.counters[TC_COUNTER_MIGRATIONS] = 7;
  const Difference difference = compared(a, b);
  const Change* const change = difference.find(Topic::counter, "migrations", "count");
  ASSERT_NE(change, nullptr);
  EXPECT_EQ(change->a.state, Quantity::State::not_measured);
  EXPECT_EQ(change->b.value, 7);
  EXPECT_FALSE(change->difference() || change->ratio());
}

TEST(Difference, ARatioFromNothingIsNone) {
  const Difference difference = compared(sleeping(0ms), sleeping(5ms));
  const Change* const change = difference.find(Topic::wait, "timer", "blocked_ns");
  ASSERT_NE(change, nullptr);
  EXPECT_EQ(change->difference(), 5e6);
  EXPECT_FALSE(change->ratio());
}

TEST(Difference, ListsMismatches) {
  Report a = test::full_report();
  Report b = a;
  b.host.kernel = "6.12.0";
  b.target.command = "./bakery --cooks 4";
  b.evidence[0].kind = EvidenceKind::bound;
  b.evidence.pop_back();
  b.session.losses.counts[TC_LOSS_DROPPED_EVENTS] = 12;
  b.session.totals.counters[TC_COUNTER_SYSCALLS] = std::nullopt;
  b.session.calls_seen = false;
  const Difference difference = compared(a, b);
  const auto mismatch = [](const char* subject, const char* in_a, const char* in_b) {
    return Contains(AllOf(Field(&Mismatch::subject, subject), Field(&Mismatch::a, in_a), Field(&Mismatch::b, in_b)));
  };
  EXPECT_THAT(difference.mismatches, mismatch("kernel", "6.1.0-18-amd64", "6.12.0"));
  EXPECT_THAT(difference.mismatches, mismatch("command", "./bakery --cooks 3", "./bakery --cooks 4"));
  EXPECT_THAT(difference.mismatches, mismatch("creation_phases", "exact", "bound"));
  EXPECT_THAT(difference.mismatches, mismatch("tlb_flushes", "unavailable", ""));
  EXPECT_THAT(difference.mismatches, mismatch("dropped_events", "0", "12"));
  EXPECT_THAT(difference.mismatches, mismatch("detail level", "full", "switches"));
  EXPECT_THAT(compared(sleeping(1ms), sleeping(2ms)).mismatches, IsEmpty());
}

TEST(Difference, WithoutActivitiesInOneRunningTimeIsOnePiece) {
  Report b = sleeping(50ms, 9ms);
  b.session.totals.counters[TC_COUNTER_SYSCALLS] = std::nullopt;
  b.session.calls_seen = false;
  const Difference difference = compared(sleeping(50ms, 2ms), b);
  EXPECT_EQ(difference.pieces.front().kind, Piece::Kind::running);
  EXPECT_EQ(difference.pieces.front().key, "");
  EXPECT_EQ(difference.pieces.front().difference(), 7e6);
}

TEST(Difference, AnIntervalOfARatioHoldsBothEnds) {
  Change change;
  change.a = {Quantity::State::measured, 100, Interval{90, 110}, Unit::ns};
  change.b = {Quantity::State::measured, 200, Interval{180, 220}, Unit::ns};
  EXPECT_EQ(change.ratio(), 2);
  EXPECT_DOUBLE_EQ(change.ratio_interval()->low, 180.0 / 110);
  EXPECT_DOUBLE_EQ(change.ratio_interval()->high, 220.0 / 90);
  change.a.interval = Interval{0, 110};
  EXPECT_EQ(change.ratio_interval()->high, std::numeric_limits<double>::infinity());
  change.b.interval.reset();
  EXPECT_FALSE(change.ratio_interval());
}

Report judged(const char* id, Ruling ruling, double ratio, Interval interval) {
  Report report;
  report.target.mode = TargetMode::verify;
  Verdict verdict;
  verdict.id = id;
  verdict.ruling = ruling;
  verdict.ratio = ratio;
  verdict.interval = interval;
  report.claims = {verdict};
  return report;
}

TEST(Difference, ClaimsAreMatchedById) {
  const Difference alike = compared(judged("x", Ruling::confirmed, 2, {1.8, 2.2}),  //
                                    judged("x", Ruling::confirmed, 2.3, {2.1, 2.5}));
  ASSERT_EQ(alike.claims.size(), 1);
  EXPECT_FALSE(alike.claims[0].verdict_changed() || alike.claims[0].ratio_moved());

  const Difference moved = compared(judged("x", Ruling::confirmed, 2, {1.8, 2.2}),  //
                                    judged("x", Ruling::refuted, 0.5, {0.4, 0.6}));
  EXPECT_TRUE(moved.claims[0].verdict_changed() && moved.claims[0].ratio_moved());

  const Difference others = compared(judged("x", Ruling::confirmed, 2, {1.8, 2.2}),  //
                                     judged("y", Ruling::confirmed, 2, {1.8, 2.2}));
  ASSERT_EQ(others.claims.size(), 2);
  EXPECT_FALSE(others.claims[0].b || others.claims[1].a);
  EXPECT_FALSE(others.claims[0].verdict_changed());
}

// ---- Costs ---------------------------------------------------------------------------------------------------------

CostCheck::Outcome outcome_of(const Difference& difference, double percent, const char* aspect) {
  const auto checks = check_costs(difference, percent);
  if (!checks) {
    ADD_FAILURE() << to_line(checks.error());
    return {};
  }
  for (const CostCheck& check : *checks) {
    if (check.change.name.aspect == aspect) {
      return check.outcome;
    }
  }
  ADD_FAILURE() << aspect << " is not checked";
  return {};
}

TEST(Costs, WallTimeAndCpuTimeAreChecked) {
  using Outcome = CostCheck::Outcome;
  const Difference slower = compared(sleeping(50ms), sleeping(100ms));
  EXPECT_EQ(outcome_of(slower, 10, "wall_ns"), Outcome::above);
  EXPECT_EQ(outcome_of(slower, 10, "running_ns"), Outcome::within);
  EXPECT_EQ(outcome_of(slower, 500, "wall_ns"), Outcome::within);
  const Difference busier = compared(sleeping(50ms, 2ms), sleeping(50ms, 4ms));
  EXPECT_EQ(outcome_of(busier, 50, "running_ns"), Outcome::above);
  EXPECT_EQ(outcome_of(compared(sleeping(100ms), sleeping(50ms)), 0, "wall_ns"), Outcome::within);
}

TEST(Costs, AChosenWindowIsNoCost) {
  Report b = sleeping(100ms);
  b.window_end = WindowEnd::duration;
  const auto checks = check_costs(compared(sleeping(50ms), b), 10);
  ASSERT_TRUE(checks);
  ASSERT_EQ(checks->size(), 1);
  EXPECT_EQ(checks->front().change.name.aspect, "running_ns");
}

TEST(Costs, AMissingCostIsListedAndDoesNotFail) {
  ReportFigures a = test::figures_of(sleeping(50ms));
  ReportFigures b = test::figures_of(sleeping(50ms));
  b.quantities.erase({Topic::window, "all", "running_ns"});
  EXPECT_EQ(outcome_of(diff_reports(a, b), 10, "running_ns"), CostCheck::Outcome::not_measured);
}

TEST(Costs, WithoutWallTimeTheCheckFails) {
  ReportFigures a = test::figures_of(sleeping(50ms));
  ReportFigures b = test::figures_of(sleeping(50ms));
  b.quantities.erase({Topic::window, "wall", "wall_ns"});
  const auto checks = check_costs(diff_reports(a, b), 10);
  ASSERT_FALSE(checks);
  EXPECT_EQ(checks.error().why, "B has no wall time");
}

Report swept(double y, Interval interval) {
  Report report;
  report.target.mode = TargetMode::verify;
  report.sweeps.push_back({"creation",
                           "c",
                           "Creation",
                           "size",
                           Unit::mebibytes,
                           "copy",
                           Unit::ns,
                           false,
                           {{"fork", {{64, y, interval, 5}}, std::nullopt, std::nullopt}}});
  return report;
}

TEST(Costs, TheWholeIntervalHasToBeAboveTheLimit) {
  using Outcome = CostCheck::Outcome;
  const Report a = swept(100, {90, 110});
  EXPECT_EQ(outcome_of(compared(a, swept(130, {110, 150})), 10, "size 64 MiB"), Outcome::within);
  EXPECT_EQ(outcome_of(compared(a, swept(130, {122, 150})), 10, "size 64 MiB"), Outcome::above);
  EXPECT_FALSE(check_costs(compared(a, sleeping(50ms)), 10)) << "nothing that both have";
}

}  // namespace
}  // namespace taskcost
