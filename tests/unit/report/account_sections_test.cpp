// SPDX-License-Identifier: Apache-2.0
//
// What accounts, groups and tables of calls say beside their figures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "report/sections/sections.h"
#include "support/fixture_stacks.h"
#include "support/rendered.h"
#include "support/report_builder.h"
#include "support/section_queries.h"
#include "verdict/claim_table.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using test::AccountBuilder;
using test::full_report;
using test::ReportBuilder;
using test::row_of;
using test::rows_of;
using test::said;
using test::Texts;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

TEST(AccountsSection, SaysWhatHidesInUserCodeAndPreemption) {
  ReportBuilder builder;
  builder.process(10, "cook", TaskOrigin::fork, 0ms,
                  AccountBuilder()
                      .runs(TC_ACTIVITY_USER, 1ms)
                      .counts(TC_COUNTER_SYSCALLS_ENTRY_UNSEEN, 1)
                      .counts(TC_COUNTER_THROTTLED_NS, 2'000'000)
                      .counts(TC_COUNTER_THROTTLED, 3)
                      .counts(TC_COUNTER_YIELDED_NS, 5000)
                      .counts(TC_COUNTER_YIELDS, 1)
                      .counts(TC_COUNTER_SOFTIRQ_NS, 90'000)
                      .counts(TC_COUNTER_IRQ_NS, 1000));
  EXPECT_THAT(said(sections::accounts(builder.build().session, false)),
              ElementsAre("user code contains 1 system call that seccomp or a tracer refused on their way in.",
                          "preempted: 2.00 ms of it by the CPU quota of the cgroup (3 times).",
                          "preempted: 5.00 µs of it after sched_yield (1 time).",
                          "running: 90.0 µs of it in softirqs, 1.00 µs in interrupt handlers."));
  ReportBuilder quiet;
  quiet.process(10, "cook", TaskOrigin::fork, 0ms,
                AccountBuilder().runs(TC_ACTIVITY_USER, 1s).counts(TC_COUNTER_SOFTIRQ_NS, 90'000));
  EXPECT_THAT(said(sections::accounts(quiet.build().session, false)), IsEmpty()) << "too little to be noticed";
}

TEST(AccountsSection, SaysOnRequestWhatAProcessIs) {
  ReportBuilder builder;
  builder.process(10, "cook", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms))
      .inside(2, 2)
      .exits(0)
      .dies_of(9);
  Process& process = builder.report().session.processes.back();
  Task& task = process.tasks.front();
  task.shares.emplace();
  task.shares->fill(false);
  process.reap = 4us;
  const auto facts = [&builder] { return said(sections::accounts(builder.build().session, true)); };
  EXPECT_THAT(facts(), AllOf(Contains("cook --flag"), Contains("pid 2 in its own pid namespace"),
                             Contains("zombie for 30.0 µs, reaped in 4.00 µs"),
                             Contains(StartsWith("shares with its creator: nothing; its own: "))));
  task.shares->fill(true);
  EXPECT_THAT(facts(), Contains(AllOf(StartsWith("shares with its creator: "), HasSubstr("; its own: nothing"))));
  process.fatal.emplace();
  process.fatal->number = 9;
  process.fatal->target = task.id;
  EXPECT_THAT(facts(), Contains("ended by SIGKILL to cook (10)"));
  process.fatal->target = 999;
  EXPECT_THAT(facts(), Contains("ended by SIGKILL")) << "the task is not kept";
  builder.thread(11, "oven", 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms));
  builder.report().session.processes.back().tasks.back().shares.emplace();
  EXPECT_THAT(facts(), AllOf(Contains("tid 2 in its own pid namespace"), Contains(StartsWith("shares with"))))
      << "those of each task";
}

TEST(KernelThreadsSection, HasTheBusiestAndTheSum) {
  ReportBuilder builder;
  EXPECT_THAT(sections::kernel_threads(builder.build().session, false).blocks, IsEmpty());
  for (std::uint32_t i = 1; i <= 12; ++i) {
    builder.kernel_thread(i, "kworker",
                          AccountBuilder().runs(TC_ACTIVITY_OTHER, 1ms * i).counts(TC_COUNTER_VOLUNTARY_SWITCHES, i));
  }
  const Session session = builder.build().session;
  const sections::Section brief = sections::kernel_threads(session, false);
  EXPECT_EQ(brief.title, "Kernel threads (12)");
  ASSERT_THAT(rows_of(brief), SizeIs(11));
  EXPECT_THAT(rows_of(brief).front(), ElementsAre("kworker (12)", "12.0 ms", "0", "12"));
  EXPECT_THAT(row_of(brief, "all"), ElementsAre("all", "78.0 ms", "0", "78"));
  EXPECT_THAT(rows_of(sections::kernel_threads(session, true)), SizeIs(13));
}

TEST(GroupsSection, TasksStandBelowTheirProcessOnThePage) {
  Report report = full_report();
  report.group_by = GroupBy::comm;
  sections::Section groups = sections::groups(report, true, {.folds = true});
  Texts names;
  std::vector<std::size_t> depths;
  for (const sections::Table& table : test::items_of<sections::Table>(groups)) {
    for (const sections::Row& row : table.rows) {
      names.push_back(row.cells.front().text);
      depths.push_back(row.depth);
    }
  }
  EXPECT_THAT(names, AllOf(Contains("helper"), Contains("oven (4713)"), Contains("mixer (4714)")));
  EXPECT_THAT(depths, AllOf(Contains(0U), Contains(1U)));
}

TEST(SyscallsSection, HasAColumnOfProgramsIfThereAreSeveral) {
  Report report = full_report();
  Session& session = report.session;
  session.syscalls.reset();
  EXPECT_THAT(sections::syscalls(session, false).blocks, IsEmpty()) << "not measured";
  session.syscalls.emplace();
  EXPECT_THAT(said(sections::syscalls(session, false)), ElementsAre("no system call returned"));
  Syscalls read;
  read.program = "cook";
  read.name = "read";
  read.count = 12;
  read.errors = {{"EAGAIN", 2}};
  read.timed = 12;
  read.total = 3ms;
  read.running = 1ms;
  read.p50 = 200us;
  read.p99 = 700us;
  session.syscalls->push_back(read);
  const Texts alone = row_of(sections::syscalls(session, false), "read");
  EXPECT_THAT(alone, ElementsAre("read", "12", "2", "1.00 ms", "3.00 ms", "200 µs", "700 µs", testing::_));
  session.syscalls->push_back(read);
  session.syscalls->back().program = "";
  session.syscalls->back().errors.clear();
  const sections::Section both = sections::syscalls(session, true);
  EXPECT_THAT(rows_of(both), SizeIs(2));
  EXPECT_THAT(row_of(both, "others"), Contains("read")) << "programs beyond the limit";
  EXPECT_THAT(said(both), AllOf(Contains(HasSubstr("EAGAIN")), Contains(StartsWith("elapsed: "))));
}

TEST(RingSection, AnOperationMayHaveNoName) {
  Report report = full_report();
  report.session.ring_operations->front().name = "";
  EXPECT_THAT(row_of(sections::ring_operations(report.session, false), "without a request"), Not(IsEmpty()));
  report.session.ring_operations->front().name = "IORING_OP_READ";
  EXPECT_THAT(row_of(sections::ring_operations(report.session, false), "READ"), Not(IsEmpty()));
}

TEST(ClaimList, HasTheRuleOfEachClaim) {
  std::vector<Claim> claims;
  for (const ClaimRow& row : claim_table()) {
    claims.push_back(row.claim);
  }
  const sections::Section list = sections::of(claims);
  EXPECT_THAT(test::titles_of(list), SizeIs(claims.size()));
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const Claim& claim = claims[i];
    sections::Section one("one");
    one.blocks = {list.blocks.at(i)};
    EXPECT_EQ(test::titles_of(one).front(), claim.id);
    EXPECT_THAT(said(one), AllOf(Contains(claim.statement), Contains("workload  " + claim.workload),
                                 Contains("evidence  " + claim.evidence)))
        << claim.id;
    EXPECT_THAT(said(one), Contains(StartsWith(claim.structural ? "rule      exact" : "rule      confirmed when")))
        << claim.id;
    EXPECT_EQ(testing::Value(said(one), Contains(StartsWith("condition "))), claim.condition != Condition::none);
  }
}

// The data of a script of the page.
nlohmann::json page_data(const Report& report, const std::string& id = "report") {
  const std::string html = test::html_of(report);
  const std::string begin = "<script id=\"" + id + "\" type=\"application/json\">\n";
  const std::size_t from = html.find(begin) + begin.size();
  return nlohmann::json::parse(html.substr(from, html.find("</script>", from) - from));
}

// Sums stay as they were: the lighter stacks of a process become one for each cause.
TEST(HtmlPage, StacksBeyondALimitAreSummedUp) {
  Report report = full_report();
  report.stacks = test::fixture_stacks();
  constexpr std::size_t many = 1500;
  std::vector<Frame> deep(100, test::user_frame("f"));
  report.stacks->stacks.clear();
  for (std::size_t i = 0; i < many; ++i) {
    report.stacks->stacks.push_back(test::waiting(1 + i % 2, TC_WAIT_PIPE, 2, 3us, deep));
  }
  const auto data = page_data(report, "stacks");
  const auto& stacks = data.at("stacks");
  EXPECT_EQ(data.at("frames").size(), 2U) << "f, and that of other stacks";
  ASSERT_EQ(stacks.size(), 1002U) << "100,000 frames, and one stack of the others for each process";
  std::uint64_t count = 0;
  std::uint64_t time = 0;
  for (const auto& stack : stacks) {
    count += stack.at("count").get<std::uint64_t>();
    time += stack.at("time_ns").get<std::uint64_t>();
  }
  EXPECT_EQ(count, 2 * many);
  EXPECT_EQ(time, 3000 * many);
  EXPECT_EQ(stacks.back().at("frames").size(), 1U);
  EXPECT_THAT(test::html_of(report), HasSubstr("1000 heaviest stacks of 1500"));
}

// Without a timeline the page has the tasks that were on a CPU the longest.
TEST(HtmlPage, OfManyTasksHasTheBusiest) {
  ReportBuilder builder;
  builder.process(1, "cook", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms));
  for (std::uint32_t i = 1; i <= 2100; ++i) {
    builder.thread(1 + i, "oven", 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1us * i));
  }
  const auto data = page_data(builder.build());
  ASSERT_EQ(data.at("processes").size(), 1U);
  const auto& tasks = data.at("processes")[0].at("tasks");
  ASSERT_EQ(tasks.size(), 500U);
  for (const auto& task : tasks) {
    EXPECT_GT(task.at("tid").get<unsigned>(), 1600U);
  }
  EXPECT_EQ(data.at("task_count"), 2101);
}

}  // namespace
}  // namespace taskcost
