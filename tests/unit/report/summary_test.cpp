// SPDX-License-Identifier: Apache-2.0
//
// The sentences of the summary, and the order of the sections around it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>

#include "report/render.h"
#include "report/sections/sections.h"
#include "support/columns.h"
#include "support/fixture_waits.h"
#include "support/hostile_names.h"
#include "support/report_builder.h"
#include "support/section_queries.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using test::AccountBuilder;
using test::add_edge;
using test::ReportBuilder;
using test::row_of;
using test::task_waker;
using test::task_with;
using test::Texts;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Extent = ReportView::Extent;

// The sentences below the table, without the observer's.
Texts costs_of(const Report& report, const ReportView& view = {}) {
  Texts costs;
  for (const sections::Line& line : test::items_of<sections::Line>(sections::summary(report, view))) {
    if (line.cells.size() == 1) {
      costs.push_back(line.cells[0].text);
    }
  }
  return costs;
}

std::string text_of(const Report& report, const TextOptions& options) {
  std::ostringstream out;
  render_text(report, out, options);
  return out.str();
}

std::size_t lines_in(const std::string& text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

Report one_process(const AccountBuilder& account, std::uint32_t tasks = 1) {
  ReportBuilder builder;
  for (std::uint32_t i = 0; i < tasks; ++i) {
    builder.process(10 + i, "sort", TaskOrigin::fork, 0ms, account);
  }
  return builder.build();
}

TEST(SummarySection, TellsWhereTheTimeWent) {
  const Report report = one_process(AccountBuilder()
                                        .runs(TC_ACTIVITY_USER, 500ms)
                                        .runs(TC_ACTIVITY_FILE, 200ms, 40)
                                        .runs(TC_ACTIVITY_PAGE_FAULT, 100ms, 300)
                                        .is_preempted(TC_ACTIVITY_USER, 100ms)
                                        .queues(TC_ACTIVITY_FILE, 20ms)
                                        .blocks(TC_ACTIVITY_FILE, 50ms, TC_WAIT_DISK)
                                        .blocks(TC_ACTIVITY_SLEEP, 30ms, TC_WAIT_TIMER));
  const sections::Section section = sections::summary(report);
  EXPECT_EQ(section.title, "Summary: 0.80 CPUs utilized (800 ms of CPU time in 1.00 s)");
  EXPECT_THAT(row_of(section, "running user code"), ElementsAre("running user code", "500 ms", "50.0%", "sort 500 ms"));
  EXPECT_THAT(row_of(section, "running in the kernel"),
              ElementsAre(testing::_, "300 ms", "30.0%", "file 200 ms, page fault 100 ms"));
  EXPECT_THAT(row_of(section, "waiting for a CPU"), ElementsAre(testing::_, "120 ms", "12.0%", "preempted 100 ms"));
  EXPECT_THAT(row_of(section, "blocked, on the way at least"),
              ElementsAre(testing::_, "50.0 ms", "5.0%", "disk 50.0 ms"));
  EXPECT_THAT(row_of(section, "blocked, idle at most"), ElementsAre(testing::_, "30.0 ms", "3.0%", "timer 30.0 ms"));
  EXPECT_THAT(costs_of(report), ElementsAre("   500 ms  sort in user code: 62% of CPU time",
                                            "   200 ms  sort in kernel (file): 25% of CPU time, 40 times",
                                            "   120 ms  sort waits for a CPU, 83% preempted: 0.15 x CPU time"));
}

TEST(SummarySection, SeveralProcessesOfOneNameAreOne) {
  const Report report =
      one_process(AccountBuilder().runs(TC_ACTIVITY_USER, 500ms).queues(TC_ACTIVITY_USER, 100ms), 1200);
  EXPECT_THAT(costs_of(report), ElementsAre("    600 s  sort x 1,200 in user code: 100% of CPU time",
                                            "    120 s  sort x 1,200 wait for a CPU: 0.20 x CPU time"));
}

TEST(SummarySection, TellsWhatWaitedMostForACpu) {
  ReportBuilder builder;
  builder.process(10, "sort", TaskOrigin::fork, 0ms, AccountBuilder().is_preempted(TC_ACTIVITY_USER, 600ms));
  builder.process(20, "seq", TaskOrigin::fork, 0ms,
                  AccountBuilder().is_preempted(TC_ACTIVITY_USER, 400ms).runs(TC_ACTIVITY_USER, 500ms));
  EXPECT_THAT(costs_of(builder.build()),
              Contains("   1.00 s  tasks (60% sort) wait for a CPU, 100% preempted: 2.00 x CPU time"));
}

TEST(SummarySection, NamesTheWakerOfMostOfAWait) {
  Report report = one_process(AccountBuilder().blocks(TC_ACTIVITY_FUTEX, 1s, TC_WAIT_FUTEX_SHARED), 2);
  Session& session = report.session;
  add_edge(session, task_waker(session, 11), 10, TC_WAIT_FUTEX_SHARED, 5, 910ms, {{"futex", 5}});
  add_edge(session, task_waker(session, 10), 11, TC_WAIT_FUTEX_SHARED, 5, 910ms, {{"futex", 5}});
  EXPECT_THAT(costs_of(report), ElementsAre("   1.82 s  sort x 2 wait for a shared futex, 100% woken by sort"));
}

TEST(SummarySection, SaysHowManyWaitsIfTheWakerSaysNothing) {
  Report report = one_process(AccountBuilder().blocks(TC_ACTIVITY_FILE, 1s, TC_WAIT_DISK));
  EXPECT_THAT(costs_of(report), ElementsAre("   1.00 s  sort waits for the disk, 1 wait"));
  report.session.processes[0].tasks[0].account->waits[TC_WAIT_DISK].count = 10;
  EXPECT_THAT(costs_of(report), ElementsAre("   1.00 s  sort waits for the disk, 10 waits of 100 ms"));
  report.session.processes[0].tasks[0].account->waits[TC_WAIT_DISK].open = 1;
  EXPECT_THAT(costs_of(report), ElementsAre("   1.00 s  sort waits for the disk, 10 waits"))
      << "a mean over a wait that the window cut would be none";
}

TEST(SummarySection, ShowsIdleWaitsOnRequest) {
  Report report = one_process(AccountBuilder().runs(TC_ACTIVITY_USER, 1ms).blocks(TC_ACTIVITY_POLL, 1s, TC_WAIT_EPOLL));
  add_edge(report.session, {Waker::Kind::unobserved, 0, 99}, 10, TC_WAIT_EPOLL, 1, 1s);
  EXPECT_THAT(costs_of(report), ElementsAre("  1.00 ms  sort in user code: 100% of CPU time"));
  EXPECT_THAT(costs_of(report, {.idle = true}),
              ElementsAre("   1.00 s  idle: sort waits for epoll, 100% woken by a task that is not observed",
                          "  1.00 ms  sort in user code: 100% of CPU time"));
}

TEST(SummarySection, TellsTheCpuTimeOfAUnitOfWork) {
  Report report = one_process(AccountBuilder().runs(TC_ACTIVITY_USER, 300ms).runs(TC_ACTIVITY_SOCKET, 700ms));
  report.per = UnitsOfWork{5000, std::nullopt};
  EXPECT_THAT(sections::summary(report).title, HasSubstr("(1.00 s of CPU time in 1.00 s, 200 µs per unit)"));
  report.per = UnitsOfWork{0, TC_COUNTER_SHOOTDOWNS_SENT};
  report.session.totals.counters[TC_COUNTER_SHOOTDOWNS_SENT].reset();
  EXPECT_THAT(sections::summary(report).title, HasSubstr("(1.00 s of CPU time in 1.00 s)")) << "nothing was counted";
}

TEST(SummarySection, HasTheNamesOfTheKeyOfGroups) {
  ReportBuilder builder;
  builder.process(10, "git", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 300ms));
  builder.process(20, "git", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 700ms));
  Report report = builder.build();
  report.session.processes[0].command = "git clone";
  report.session.processes[1].command = "/usr/lib/git-core/git index-pack --stdin --fix-thin";
  EXPECT_THAT(costs_of(report), ElementsAre("   1.00 s  git x 2 in user code: 100% of CPU time"));
  report.group_by = GroupBy::cmdline;
  EXPECT_THAT(costs_of(report), ElementsAre("   700 ms  git index-pack --stdin… in user code: 70% of CPU time",
                                            "   300 ms  git clone in user code: 30% of CPU time"));
  EXPECT_THAT(row_of(sections::summary(report), "running user code").back(), "git index-pack --stdin… 700 ms");
}

TEST(SummarySection, SmallCostsAreLeftOutBesideLargeOnes) {
  const AccountBuilder account = AccountBuilder().runs(TC_ACTIVITY_USER, 1s).runs(TC_ACTIVITY_EXEC, 5ms);
  EXPECT_THAT(costs_of(one_process(account)), ElementsAre("   1.00 s  sort in user code: 100% of CPU time"));
}

// Two names of the greatest length and both parts do not fit.
TEST(SummarySection, LeavesOutAsManyPartsAsItMust) {
  const std::string name(15, 'n');
  ReportBuilder builder;
  builder.process(10, name, TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms));
  for (std::uint32_t i = 0; i < 2; ++i) {
    builder.thread(20 + i, std::string(14, 't') + std::to_string(i), 0ms,
                   AccountBuilder().is_preempted(TC_ACTIVITY_USER, 600ms));
  }
  builder.process(30, "other", TaskOrigin::fork, 0ms, AccountBuilder().is_preempted(TC_ACTIVITY_USER, 100ms));
  Report report = builder.build();
  const std::uint64_t waiter = task_with(report.session, 20).id;
  report.session.ran_instead = {{{waiter, RanInstead::Kind::unobserved, 0, std::string(15, 'u'), 1, 900ms}}};
  const Texts costs = costs_of(report);
  EXPECT_THAT(costs, Contains("   1.30 s  tasks (92% " + name + "/" + std::string(14, 't') + "*) wait for a CPU"));
  EXPECT_THAT(costs, Not(Contains(HasSubstr("…"))));
}

TEST(SummarySection, OfNothingSaysSo) {
  const sections::Section section = sections::summary({});
  EXPECT_EQ(section.title, "Summary");
  EXPECT_EQ(test::first_said(section), "no task was observed");
}

TEST(SummarySection, WithoutCpuTimeHasNoShareOfIt) {
  const Report report = one_process(AccountBuilder().is_preempted(TC_ACTIVITY_USER, 1s));
  EXPECT_EQ(sections::summary(report).title, "Summary: 0.00 CPUs utilized (0 of CPU time in 1.00 s)");
  EXPECT_THAT(costs_of(report), ElementsAre("   1.00 s  sort waits for a CPU, 100% preempted"));
}

TEST(SummarySection, WithoutProbesOnCallsDoesNotTellUserCode) {
  const Report report = test::without_calls(one_process(AccountBuilder().runs(TC_ACTIVITY_USER, 1s)));
  const sections::Section section = sections::summary(report);
  EXPECT_THAT(row_of(section, "running"), Contains("1.00 s"));
  EXPECT_THAT(row_of(section, "running in the kernel"), IsEmpty());
  EXPECT_THAT(costs_of(report), ElementsAre("   1.00 s  sort on CPUs: 100% of CPU time"));
}

TEST(SummarySection, HasTheObserversCostAndLossesThatMatter) {
  const auto faint = [](const Report& report) {
    Texts texts;
    for (const sections::Line& line : test::items_of<sections::Line>(sections::summary(report))) {
      if (line.cells.size() == 2) {
        texts.push_back(line.cells[1].text);
      }
    }
    return texts;
  };
  Report report = one_process(AccountBuilder().runs(TC_ACTIVITY_USER, 1s));
  EXPECT_THAT(faint(report), ElementsAre("The share of observing in the CPU time is not measured."));
  report.observer.share_of_cpu = 0.006;
  EXPECT_THAT(faint(report), ElementsAre("Observing took 0.6% or more of the CPU time."));
  report.observer.share_of_cpu_cold = 0.017;
  EXPECT_THAT(faint(report), ElementsAre("Observing took 0.6% to 1.7% of the CPU time."));
  report.session.losses.counts[TC_LOSS_LEAKED_SLOTS] = 1;
  EXPECT_THAT(faint(report), ElementsAre("Observing took 0.6% to 1.7% of the CPU time.")) << "no figure has them";
  report.session.losses.counts[TC_LOSS_MISSED_EDGES] = 1;
  EXPECT_THAT(faint(report), Contains(HasSubstr("see Losses")));
  report.observer.measured = {12, {}, {1e9, 1.1e9, 1.1, Interval{1.08, 1.12}}};
  EXPECT_THAT(faint(report), Contains("Observing changed the CPU time by +10.0%, as measured."));
}

// A server whose names are as long and as hostile as they can be.
Report hostile() {
  ReportBuilder builder;
  for (std::uint32_t i = 0; i < 3; ++i) {
    const std::string& name = test::hostile_names[i % test::hostile_names.size()];
    builder.process(10 + i, name + std::string(100, 'n'), TaskOrigin::fork, 0ms,
                    AccountBuilder()
                        .runs(TC_ACTIVITY_USER, 123'456s)
                        .is_preempted(TC_ACTIVITY_USER, 99'999s)
                        .counts(TC_COUNTER_THROTTLED_NS, 50'000'000'000'000)
                        .blocks(TC_ACTIVITY_FUTEX, 999'999s, TC_WAIT_FUTEX_SHARED));
    builder.thread(20 + i, name + "\033[2J-12", 0ms,
                   AccountBuilder().runs(TC_ACTIVITY_PAGE_FAULT, 999'999s, ~0ULL >> 8));
  }
  Report report = builder.build();
  add_edge(report.session, task_waker(report.session, 11), 10, TC_WAIT_FUTEX_SHARED, 1, 999'999s);
  report.session.cpu_quotas = {{5, "/" + std::string(300, 'q'), 20ms, 100ms, 7, 300ms}};
  report.session.interrupts = {{{TC_INTERRUPT_NET_RX, 1000, 900'000s}, {TC_INTERRUPT_HANDLER, 1000, 900'000s}}};
  report.session.totals.cells[TC_ACTIVITY_USER][TC_CONDITION_RUNNING] = 1'000'000s;
  report.target.command = std::string(500, 'c');
  report.session.losses.counts.fill(1);
  return report;
}

TEST(Brief, FitsFifteenLines) {
  for (const Report& report :
       {test::full_report(), test::shell_script(), test::report_with_waits(), hostile(), Report()}) {
    const std::string text = text_of(report, {.view = {.extent = Extent::summary}});
    EXPECT_LE(lines_in(text), 15U) << text;
    EXPECT_TRUE(test::is_harmless(text));
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      EXPECT_LE(test::columns_of(line), 80) << line;
    }
  }
}

TEST(Views, PutTheAnswerFirstInFilesAndLastOnTerminals) {
  const Report report = test::full_report();
  const auto ids = [&report](const ReportView& view) { return test::ids_of(sections::of(report, false, view)); };
  const Texts file = ids({});
  EXPECT_THAT(Texts(file.begin(), file.begin() + 3), ElementsAre("head", "summary", "processes"));
  EXPECT_THAT(ids({.extent = Extent::summary}), ElementsAre("head", "summary"));
  const Texts all = ids({.summary_last = true});
  EXPECT_EQ(all.size(), file.size());
  EXPECT_THAT(Texts(all.end() - 2, all.end()), ElementsAre("head", "summary"));
}

TEST(Views, TheTerminalHasWhatMatters) {
  Report report = test::shell_script();
  const auto ids = [&report] {
    return test::ids_of(sections::of(report, false, {.extent = Extent::main, .summary_last = true}));
  };
  EXPECT_THAT(ids(), ElementsAre("groups", "processes", "accounts", "waits", "more", "head", "summary"));
  report.session.losses.counts[TC_LOSS_MISSED_EDGES] = 1;
  EXPECT_THAT(ids(), Contains("losses"));
  EXPECT_LE(lines_in(text_of(report, {.view = {.extent = Extent::main, .summary_last = true}})), 60U);
}

TEST(Views, OfManyTasksStayShort) {
  ReportBuilder builder;
  for (std::uint32_t i = 0; i < 10; ++i) {
    builder.process(1000 * (i + 1), "server" + std::to_string(i), TaskOrigin::fork, 0ms,
                    AccountBuilder().runs(TC_ACTIVITY_USER, 1ms * (i + 1)));
    for (std::uint32_t j = 1; j < 30; ++j) {
      builder.thread(1000 * (i + 1) + j, fmt::format("worker-{}", j), 0ms,
                     AccountBuilder().runs(TC_ACTIVITY_USER, 1ms * j).blocks(TC_ACTIVITY_POLL, 1s, TC_WAIT_EPOLL));
    }
  }
  EXPECT_LE(lines_in(text_of(builder.build(), {.view = {.extent = Extent::main, .summary_last = true}})), 100U);
}

// Three processes: one that lived long, one that ran, and one that was blocked for the disk.
Report three() {
  ReportBuilder builder;
  builder.process(1, "old", TaskOrigin::fork, 0ms, AccountBuilder().blocks(TC_ACTIVITY_POLL, 10s, TC_WAIT_EPOLL));
  builder.process(2, "runs", TaskOrigin::fork, 0ms,
                  AccountBuilder().runs(TC_ACTIVITY_USER, 20ms).counts(TC_COUNTER_FAULTS_MINOR, 9));
  builder.process(3, "disk", TaskOrigin::fork, 0ms,
                  AccountBuilder()
                      .runs(TC_ACTIVITY_USER, 1ms)
                      .queues(TC_ACTIVITY_FILE, 5ms)
                      .blocks(TC_ACTIVITY_FILE, 1s, TC_WAIT_DISK)
                      .counts(TC_COUNTER_VOLUNTARY_SWITCHES, 9));
  return builder.build();
}

TEST(Sort, OrdersProcessesAndAccounts) {
  const Session session = three().session;
  const auto names = [&session](ReportOrder order) {
    Texts first_cells;
    for (const Texts& row : test::rows_of(sections::processes(session, false, {.sort = order}))) {
      first_cells.push_back(row.front());
    }
    return first_cells;
  };
  EXPECT_THAT(names(ReportOrder::busy), ElementsAre("disk", "runs", "old"));
  EXPECT_THAT(names(ReportOrder::cpu), ElementsAre("runs", "disk", "old"));
  EXPECT_THAT(names(ReportOrder::blocked), ElementsAre("old", "disk", "runs"));
  EXPECT_THAT(names(ReportOrder::lifetime), ElementsAre("old", "disk", "runs"));
  EXPECT_THAT(names(ReportOrder::wait).front(), "disk");
  EXPECT_THAT(names(ReportOrder::faults).front(), "runs");
  EXPECT_THAT(names(ReportOrder::switches).front(), "disk");
  EXPECT_THAT(test::titles_of(sections::accounts(session, false)).front(), HasSubstr("disk (3)"));
}

TEST(Sort, KeepsChildrenWithTheirParents) {
  ReportBuilder builder;
  builder.process(1, "quiet", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 5ms));
  builder.process(2, "parent", TaskOrigin::fork, 0ms, AccountBuilder());
  builder.process(3, "busy", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 9ms)).child_of(2);
  Texts names;
  for (const Texts& row : test::rows_of(sections::processes(builder.build().session, false))) {
    names.push_back(row.front());
  }
  EXPECT_THAT(names, ElementsAre("parent", "busy", "quiet"));
}

TEST(Top, CutsEveryTableOfTasksAndWaits) {
  const Report report = test::report_with_waits();
  const ReportView view{.top = 1};
  EXPECT_EQ(test::rows_of(sections::processes(report.session, false, view)).size(), 1U);
  EXPECT_EQ(test::rows_of(sections::waits(report, true, view)).size(), 5U) << "a cause, an edge, a chain of three";
  EXPECT_THAT(test::said(sections::processes(report.session, false, view)), Contains(HasSubstr("2 more processes")));
  const ReportView many{.top = 1000};
  EXPECT_EQ(test::rows_of(sections::processes(report.session, false, many)).size(), 3U);
}

}  // namespace
}  // namespace taskcost
