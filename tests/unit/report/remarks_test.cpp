// SPDX-License-Identifier: Apache-2.0
#include "report/remarks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/report_builder.h"
#include "support/section_queries.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using test::AccountBuilder;
using test::ReportBuilder;
using test::said;
using test::Texts;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Texts losses_of(const Report& report, bool verbose = false) { return said(sections::losses(report, verbose)); }

// A program with this number of faults, its CPU time by the ledger, and its CPU time by the kernel.
Report program(std::uint64_t faults, Duration running, Duration of_kernel, std::uint64_t switches = 100) {
  ReportBuilder builder;
  builder.process(1, "program", TaskOrigin::fork, 0ms,
                  AccountBuilder()
                      .runs(TC_ACTIVITY_USER, running)
                      .counts(TC_COUNTER_FAULTS_MINOR, faults)
                      .counts(TC_COUNTER_VOLUNTARY_SWITCHES, switches));
  Report report = builder.build();
  report.session.totals.task_stats->cpu_time = of_kernel;
  return report;
}

TEST(Remarks, NothingIsSaidWhereNothingIsAmiss) {
  EXPECT_THAT(remarks_of(program(1000, 1s, 1s)), IsEmpty());
  EXPECT_THAT(remarks_of(program(1000, 1s, 1015ms)), IsEmpty()) << "1.5 %";
  EXPECT_THAT(remarks_of(program(1000, 10us, 15us)), IsEmpty()) << "5 us";
  EXPECT_THAT(remarks_of(Report()), IsEmpty());
}

TEST(Remarks, EveryLossSaysWhatItMeans) {
  Report report = program(1000, 1s, 1s);
  for (std::size_t loss = 0; loss < TC_NR_LOSSES; ++loss) {
    report.session.losses = {};
    report.session.losses.counts[loss] = 1'000'000;
    const auto remarks = remarks_of(report);
    ASSERT_EQ(remarks.size(), 1U) << key_of(static_cast<tc_loss>(loss));
    EXPECT_EQ(remarks[0].about, std::string("losses.") + key_of(static_cast<tc_loss>(loss)));
    EXPECT_GT(remarks[0].text.size(), 20U);
  }
  report.session.losses = {};
  report.session.losses.skipped_probes = 1;
  report.session.losses.missed_switches = 1;
  EXPECT_EQ(remarks_of(report).size(), 2U);
}

TEST(Remarks, OfRefusedTasksTheWayOutIsNamed) {
  Report report = program(1000, 1s, 1s);
  report.session.losses.counts[TC_LOSS_MISSED_LEDGERS] = 31;
  EXPECT_THAT(losses_of(report), ElementsAre(StartsWith("! 31 tasks without a ledger"),
                                             HasSubstr("are in no other figure. Raise --max-tasks.")));
}

// Three of a thousand faults change no figure noticeably.
TEST(Remarks, WhatDoesNotMatterIsNotShownUnasked) {
  Report report = program(1000, 1s, 1s);
  report.session.losses.counts[TC_LOSS_UNRESOLVED_FAULTS] = 3;
  ASSERT_EQ(remarks_of(report).size(), 1U);
  EXPECT_FALSE(remarks_of(report)[0].matters);
  EXPECT_THAT(losses_of(report), ElementsAre(StartsWith("losses: none that affect a figure")));
  EXPECT_THAT(losses_of(report, true),
              ElementsAre("! 3 page faults that the kernel resolved unseen",
                          StartsWith("0.3% of 1,000 page faults: they are counted, and their time is part of")));
  report.session.losses.counts[TC_LOSS_UNRESOLVED_FAULTS] = 30;
  EXPECT_TRUE(remarks_of(report)[0].matters);
  EXPECT_THAT(losses_of(report), Contains("! 30 page faults that the kernel resolved unseen"));
}

TEST(Remarks, ADifferenceFromTheKernelsCpuTimeHasItsReason) {
  const Report less = program(1000, 880ms, 1140ms, 20'000);
  const auto remarks = remarks_of(less);
  const Remark* const remark = remark_about(remarks, "totals.task_stats.cpu_ns");
  ASSERT_NE(remark, nullptr);
  EXPECT_THAT(remark->text, AllOf(HasSubstr("stands still between a wake-up and the switch"),
                                  HasSubstr("a task has a CPU for 44.0 µs at a time")));
  EXPECT_THAT(said(sections::kernel_accounting(less)),
              Contains(StartsWith("CPU time: The kernel's clock for this stands still")));
  const Report more = program(1000, 1140ms, 1s);
  EXPECT_THAT(said(sections::kernel_accounting(more)),
              Contains(AllOf(StartsWith("CPU time: Interrupts, and time that a hypervisor takes away"),
                             HasSubstr("virtualized (kvm)"))));
}

}  // namespace
}  // namespace taskcost
