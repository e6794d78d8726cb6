// SPDX-License-Identifier: Apache-2.0
// Tests what ran while tasks waited, from the sums of the kernel side to groups and sections.
#include "account/ran_instead.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>

#include "account/groups.h"
#include "account/summary.h"
#include "base/escape.h"
#include "report/sections/sections.h"
#include "support/fixture_waits.h"
#include "support/report_builder.h"
#include "support/section_queries.h"

namespace taskcost::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

tc_ran_key key(std::uint64_t waiter, std::uint64_t who, const char* comm = "") {
  tc_ran_key made{};
  made.waiter = waiter;
  made.who = who;
  std::memcpy(made.comm, comm, std::min(std::strlen(comm), sizeof made.comm));
  return made;
}

// Ledgers 101 and 102 are of the tasks 1 and 2; no other is kept.
std::uint64_t task_number(std::uint64_t ledger) { return ledger == 101 || ledger == 102 ? ledger - 100 : 0; }

TEST(RanInstead, IsNotMeasuredUntilTheKernelSideSaysSo) {
  RanInsteadTable table(100);
  EXPECT_EQ(table.take(task_number), std::nullopt);
  table.add({}, {});
  const auto rows = table.take(task_number);
  ASSERT_TRUE(rows);
  EXPECT_THAT(*rows, IsEmpty());
}

TEST(RanInstead, IsSummedUpByWaiterAndName) {
  RanInsteadTable table(100);
  table.add(key(101, 102), {3, 3'000});
  table.add(key(101, 102), {1, 500});
  table.add(key(101, TC_RAN_PROGRAM, "stress"), {1, 9'000});
  table.add(key(101, TC_RAN_KERNEL, "kworker/0:1"), {2, 20});
  table.add(key(101, TC_RAN_IDLE), {5, 100});
  table.add(key(102, 101), {1, 4'000});
  const auto rows = *table.take(task_number);
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[0].comm, "stress");
  EXPECT_EQ(rows[0].kind, RanInstead::Kind::unobserved);
  EXPECT_EQ(rows[1].waiter, 2U);
  EXPECT_EQ(rows[1].task, 1U);
  EXPECT_EQ(rows[2].waiter, 1U);
  EXPECT_EQ(rows[2].task, 2U);
  EXPECT_EQ(rows[2].turns, 4U);
  EXPECT_EQ(rows[2].time, Duration(3'500));
  EXPECT_EQ(rows[3].kind, RanInstead::Kind::idle);
  EXPECT_EQ(rows[4].kind, RanInstead::Kind::kernel_thread);
  EXPECT_EQ(rows[4].comm, "kworker/0:1");
}

TEST(RanInstead, OfTasksThatAreNotKeptIsOneSum) {
  RanInsteadTable table(100);
  table.add(key(7, 8), {1, 10});
  table.add(key(9, 10), {1, 20});
  const auto rows = *table.take(task_number);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].waiter, 0U);
  EXPECT_EQ(rows[0].turns, 2U);
}

TEST(RanInstead, BeyondTheLimitHasNoWaiter) {
  RanInsteadTable table(1);
  table.add(key(101, 102), {1, 10});
  table.add(key(102, 101), {1, 30});
  table.add(key(101, 102), {1, 10});
  const auto rows = *table.take(task_number);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].waiter, 0U);
  EXPECT_EQ(rows[0].time, Duration(30));
  EXPECT_EQ(rows[1].waiter, 1U);
  EXPECT_EQ(rows[1].time, Duration(20));
}

// sort (10) and cc1 (20, 21) want one CPU.
Report busy_cpu() {
  ReportBuilder builder;
  builder.process(10, "sort", TaskOrigin::fork, 0ms,
                  AccountBuilder().runs(TC_ACTIVITY_USER, 100ms).is_preempted(TC_ACTIVITY_USER, 400ms));
  builder.process(20, "cc1", TaskOrigin::fork, 0ms,
                  AccountBuilder()
                      .runs(TC_ACTIVITY_USER, 200ms)
                      .is_preempted(TC_ACTIVITY_USER, 90ms)
                      .counts(TC_COUNTER_THROTTLED, 2)
                      .counts(TC_COUNTER_THROTTLED_NS, 40'000'000));
  builder.process(21, "cc1", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 200ms));
  Report report = builder.build();
  const auto id = [&](std::uint32_t tid) { return task_with(report.session, tid).id; };
  using Kind = RanInstead::Kind;
  report.session.ran_instead = {{{id(10), Kind::task, id(20), "", 4, 200ms},
                                 {id(10), Kind::task, id(21), "", 3, 150ms},
                                 {id(20), Kind::unobserved, 0, "stress-ng-1", 2, 30ms},
                                 {id(20), Kind::unobserved, 0, "stress-ng-2", 1, 10ms},
                                 {id(10), Kind::kernel_thread, 0, "kworker/0:1", 1, 9ms},
                                 {id(10), Kind::idle, 0, "", 1, 1ms}}};
  return report;
}

TEST(RanInstead, IsGroupedOnBothSides) {
  const auto rows = ran_instead_by_group(busy_cpu().session, GroupBy::comm);
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].waiter, "sort");
  EXPECT_EQ(rows[0].ran, "cc1");
  EXPECT_EQ(rows[0].turns, 7U);
  EXPECT_EQ(rows[0].time, 350ms);
  EXPECT_EQ(rows[1].waiter, "cc1");
  EXPECT_EQ(rows[1].ran, "stress-ng-*");
  EXPECT_EQ(rows[1].time, 40ms);
  EXPECT_EQ(rows[2].ran, "kworker/0:1") << "it is the only one";
  EXPECT_EQ(rows[3].ran, std::nullopt);
  EXPECT_THAT(ran_instead_by_group(Session(), GroupBy::comm), IsEmpty());
}

Texts row(const sections::Table& table, std::size_t at) {
  Texts texts;
  for (const sections::Cell& cell : table.rows.at(at).cells) {
    texts.push_back(cell.text);
  }
  return texts;
}

TEST(QueueSection, AddsUpToTheTimeThatTasksWaited) {
  const sections::Section section = sections::queue(busy_cpu(), true);
  EXPECT_EQ(section.title, "Waiting for a CPU, by program");
  const auto tables = items_of<sections::Table>(section);
  ASSERT_EQ(tables.size(), 1U);
  const sections::Table& table = tables[0];
  ASSERT_EQ(table.rows.size(), 7U);
  EXPECT_THAT(row(table, 0), ElementsAre("sort", "cc1", "350 ms", "71.4%", "7"));
  EXPECT_THAT(row(table, 1), ElementsAre("cc1", "stress-ng-*, not observed", "40.0 ms", "8.2%", "3"));
  EXPECT_THAT(row(table, 2), ElementsAre("sort", "not told apart", "40.0 ms", "8.2%", ""));
  EXPECT_THAT(row(table, 3), ElementsAre("cc1", "the CPU quota of its cgroup", "40.0 ms", "8.2%", ""));
  EXPECT_THAT(row(table, 5), ElementsAre("sort", "kworker/0:1 (kernel)", "9.00 ms", "1.8%", "1"));
  EXPECT_THAT(row(table, 6), ElementsAre("sort", "nothing, the CPU was idle", "1.00 ms", "0.2%", "1"));
  double sum = 0;
  for (const sections::Row& each : table.rows) {
    sum += each.cells.at(2).value;
  }
  EXPECT_EQ(sum, 490e6);
}

TEST(QueueSection, IsEmptyIfNothingWasMeasuredOrNoTaskWaited) {
  Report report = busy_cpu();
  report.session.ran_instead.reset();
  EXPECT_THAT(sections::queue(report, true).blocks, IsEmpty());
  Report idle = shell_script();
  idle.session.ran_instead.emplace();
  EXPECT_THAT(sections::queue(idle, true).blocks, IsEmpty());
}

TEST(QueueSection, IsOnTheTerminalIfTasksWaitedMuch) {
  Report report = busy_cpu();
  ReportView view;
  view.extent = ReportView::Extent::main;
  EXPECT_FALSE(sections::queue(report, false, view).blocks.empty());
  report.session.totals.cells[TC_ACTIVITY_USER][TC_CONDITION_RUNNING] = 100s;
  EXPECT_THAT(sections::queue(report, false, view).blocks, IsEmpty());
}

const Cost& queue_cost(const Summary& summary) {
  return *std::ranges::find(summary.costs, Cost::Kind::queue, &Cost::kind);
}

TEST(RanInstead, SummaryNamesWhatRanMost) {
  const Summary summary = summary_of(busy_cpu().session);
  EXPECT_EQ(summary.throttled, 40ms);
  const Cost& cost = queue_cost(summary);
  EXPECT_EQ(cost.time, 490ms);
  EXPECT_EQ(cost.throttled, 40ms);
  EXPECT_EQ(cost.ran, RanInstead::Kind::task);
  EXPECT_EQ(cost.ran_process, "cc1");
  EXPECT_EQ(cost.ran_time, 350ms);
}

std::string queue_sentence(const Report& report) {
  for (const sections::Line& line : items_of<sections::Line>(sections::summary(report))) {
    if (line.cells.at(0).text.find("for a CPU") != std::string::npos) {
      return line.cells[0].text;
    }
  }
  return "";
}

TEST(RanInstead, SummarySaysWhatRanMost) {
  Report report = busy_cpu();
  EXPECT_EQ(queue_sentence(report), "   490 ms  tasks (82% sort) wait for a CPU, 71% while cc1 ran, 100% preempted");
  EXPECT_THAT(row_of(sections::summary(report), "waiting for a CPU"),
              ElementsAre("waiting for a CPU", "490 ms", "49.5%", "preempted 450 ms"));

  auto& rows = *report.session.ran_instead;
  rows[0].kind = rows[1].kind = RanInstead::Kind::unobserved;
  rows[0].task = rows[1].task = 0;
  rows[0].comm = rows[1].comm = "yes";
  EXPECT_THAT(queue_sentence(report), HasSubstr("71% while yes (not observed) ran"));
  rows[0].comm = rows[1].comm = "cc1plus";
  EXPECT_THAT(queue_sentence(report), HasSubstr("71% while cc1plus (not observed) ran"));
  rows[1].comm = "cc2plus";
  EXPECT_THAT(queue_sentence(report), HasSubstr("41% while cc1plus (not observed) ran")) << "they are two programs";
  rows[0].comm = "work-1";
  rows[1].comm = "work-2";
  EXPECT_THAT(queue_sentence(report), HasSubstr("71% while work-* (not observed) ran"));
  rows[0].kind = rows[1].kind = RanInstead::Kind::idle;
  EXPECT_THAT(queue_sentence(report), HasSubstr("72% until an idle CPU woke up"));
  rows.clear();
  EXPECT_THAT(queue_sentence(report), HasSubstr("preempted: 0.98 x CPU time"));
}

// Both are 350 ms.
TEST(RanInstead, SummaryNamesTheKernelThreadThatRanMost) {
  Report report = busy_cpu();
  auto& rows = *report.session.ran_instead;
  for (std::size_t i = 0; i < 2; ++i) {
    rows[i].kind = RanInstead::Kind::kernel_thread;
    rows[i].task = 0;
    rows[i].comm = "ksoftirqd/3";
  }
  EXPECT_THAT(queue_sentence(report), HasSubstr("71% while ksoftirqd/3 ran"));
  rows[1].comm = "kworker/3:1";
  EXPECT_THAT(queue_sentence(report), HasSubstr("41% while ksoftirqd/3 ran")) << "more than half of 359 ms";
  rows.push_back(rows[1]);
  rows.back().comm = "kcompactd0";
  EXPECT_THAT(queue_sentence(report), HasSubstr("104% while kernel threads ran")) << "none has more than half";
}

TEST(RanInstead, SummaryNamesKernelThreadsThatAreObserved) {
  ReportBuilder builder;
  builder.process(10, "sort", TaskOrigin::fork, 0ms, AccountBuilder().is_preempted(TC_ACTIVITY_USER, 400ms));
  builder.kernel_thread(2, "ksoftirqd/3", AccountBuilder().runs(TC_ACTIVITY_KERNEL, 300ms));
  Report report = builder.build();
  const auto id = [&](std::uint32_t tid) { return task_with(report.session, tid).id; };
  report.session.ran_instead = {{{id(10), RanInstead::Kind::task, id(2), "", 1, 300ms}}};
  EXPECT_THAT(queue_sentence(report), HasSubstr("75% while ksoftirqd/3 ran"));
}

Texts lines_of(const Report& report) {
  Texts texts;
  for (const sections::Line& line : items_of<sections::Line>(sections::summary(report))) {
    texts.push_back(line.cells.at(0).text);
  }
  return texts;
}

Report throttled() {
  ReportBuilder builder;
  builder.process(10, "nginx", TaskOrigin::fork, 0ms,
                  AccountBuilder()
                      .runs(TC_ACTIVITY_USER, 100ms)
                      .is_preempted(TC_ACTIVITY_USER, 400ms)
                      .counts(TC_COUNTER_THROTTLED_NS, 300'000'000));
  Report report = builder.build();
  report.session.cpu_quotas = {{5, "/lab", 20ms, 100ms, 7, 300ms}};
  return report;
}

TEST(RanInstead, SummarySaysWhichQuotaThrottled) {
  Report report = throttled();
  const std::string line = "           throttled 300 ms by cgroup /lab, limit 20.0 ms per 100 ms";
  EXPECT_THAT(lines_of(report), testing::Contains(line));
  auto& quotas = report.session.cpu_quotas;
  quotas.push_back({6, "/other", 1ms, 10ms, 1, 1ms});
  EXPECT_THAT(lines_of(report), testing::Contains(line + ", +1 cgroup"));
  quotas[0].cgroup = "/user.slice/" + std::string(200, 'x');
  for (const std::string& text : lines_of(report)) {
    EXPECT_LE(TerminalText(text).width(), 80U);
  }
  EXPECT_THAT(lines_of(report), testing::Contains(testing::AllOf(HasSubstr("throttled 300 ms by cgroup xxx"),
                                                                 HasSubstr("…, limit 20.0 ms per 100 ms"))));
  quotas = {{0, "", std::nullopt, std::nullopt, 9, 300ms}};
  EXPECT_THAT(lines_of(report), testing::Contains("           throttled 300 ms by other cgroups"));
  report.session.processes[0].tasks[0].account->counters[TC_COUNTER_THROTTLED_NS] = 3'000'000;
  EXPECT_THAT(lines_of(report), testing::Not(testing::Contains(HasSubstr("throttled")))) << "it is no large cost";
}

TEST(Interrupts, AreInTheSummaryIfTheyTookMuch) {
  Report report = throttled();
  report.session.cpu_quotas.clear();
  const auto line = testing::Contains(HasSubstr("of the CPU time"));
  EXPECT_THAT(lines_of(report), testing::Not(line));
  report.session.interrupts = {{{TC_INTERRUPT_NET_RX, 1000, 18ms}, {TC_INTERRUPT_TIMER, 10, 1ms}}};
  EXPECT_THAT(lines_of(report), testing::Contains("  19.0 ms  of the CPU time in softirqs: 19%, NET_RX 18.0 ms"));
  report.session.interrupts->push_back({TC_INTERRUPT_HANDLER, 5, 6ms});
  EXPECT_THAT(lines_of(report), testing::Contains("  25.0 ms  of the CPU time in interrupts: 25%, NET_RX 18.0 ms, "
                                                  "handlers 6.00 ms"));
  report.session.interrupts = {{{TC_INTERRUPT_NET_RX, 1000, 9ms}}};
  EXPECT_THAT(lines_of(report), testing::Not(line)) << "less than a tenth of either";
}

TEST(RanInstead, SummarySaysThatAQuotaTookTheCpu) {
  ReportBuilder builder;
  builder.process(10, "sort", TaskOrigin::fork, 0ms,
                  AccountBuilder()
                      .runs(TC_ACTIVITY_USER, 100ms)
                      .is_preempted(TC_ACTIVITY_USER, 400ms)
                      .counts(TC_COUNTER_THROTTLED_NS, 300'000'000));
  const Report report = builder.build();
  EXPECT_EQ(queue_sentence(report), "   400 ms  sort waits for a CPU, 75% by a CPU quota, 100% preempted");
  EXPECT_THAT(row_of(sections::summary(report), "waiting for a CPU"),
              ElementsAre(testing::_, "400 ms", "80.0%", "throttled 300 ms"));
}

}  // namespace
}  // namespace taskcost::test
