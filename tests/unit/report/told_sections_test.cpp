// SPDX-License-Identifier: Apache-2.0
//
// What a report says of its window, its records and its observer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "report/sections/sections.h"
#include "support/report_builder.h"
#include "support/section_queries.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
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

std::string tail_of(const Report& report) { return test::items_of<sections::Line>(sections::head(report)).at(0).tail; }

TEST(HeadSection, SaysWhyTheWindowEnded) {
  Report report;
  report.target.command = "x";
  for (const auto& [end, text] :
       {std::pair(WindowEnd::signal, "stopped by a signal"), std::pair(WindowEnd::cut, "the capture is cut off"),
        std::pair(WindowEnd::went_on, "the recording went on"), std::pair(WindowEnd::timeout, "timed out"),
        std::pair(WindowEnd::target_exited, "all ended")}) {
    report.window_end = end;
    EXPECT_THAT(tail_of(report), ::testing::EndsWith(std::string(", ") + text));
  }
  report.part = {1ms, 2ms, 3ms, {}, ""};
  EXPECT_THAT(tail_of(report), HasSubstr("the part ends there"));
  report.part->to = 3ms;
  EXPECT_THAT(tail_of(report), HasSubstr("all ended")) << "the part has the end of the capture";
}

TEST(HeadSection, NamesWhatIsObserved) {
  const auto name = [](const Report& report) {
    return test::items_of<sections::Line>(sections::head(report)).at(0).cells.at(0).text;
  };
  Report report;
  EXPECT_EQ(name(report), "observed tasks");
  report.target.pid = 7;
  EXPECT_EQ(name(report), "process 7");
  report.target.command = "make -j4";
  EXPECT_EQ(name(report), "make -j4");
}

TEST(HeadSection, NamesThePartOfACapture) {
  Report report;
  report.part = {1ms, 2ms, 3s, {}, ""};
  EXPECT_THAT(test::first_said(sections::head(report)),
              StartsWith("A part of the capture: from 1.00 ms to 2.00 ms of 3.00 s. Its figures"));
  report.part->pids = {7};
  EXPECT_THAT(test::first_said(sections::head(report)), HasSubstr("of 3.00 s, process 7. "));
  report.part->pids = {7, 8};
  report.part->comm = "cc*";
  EXPECT_THAT(test::first_said(sections::head(report)), HasSubstr("of 3.00 s, processes 7, 8, tasks named cc*. "));
}

TEST(HeadSection, SaysWhyAFlightRecorderWrote) {
  Report report;
  report.kept = KeptPart{KeptWhy::signal, Instant(10s), Instant(70s), Instant(100s), "", std::nullopt, ""};
  const auto text = [&report] { return test::first_said(sections::head(report)); };
  EXPECT_THAT(text(), StartsWith("The last 30.0 s of a recording of 90.0 s, written on SIGUSR1. "));
  report.kept->why = KeptWhy::end;
  EXPECT_THAT(text(), HasSubstr("written at its end. "));
  report.kept->why = KeptWhy::trigger;
  report.kept->trigger = "run_queue_p99 > 10ms";
  report.kept->value_text = "12.0 ms";
  EXPECT_THAT(text(), HasSubstr("written because of 'run_queue_p99 > 10ms': 12.0 ms. "));
}

TEST(CriticalPathSection, NamesEachPartAndItsShare) {
  Report report;
  EXPECT_THAT(sections::critical_path(report, false).blocks, IsEmpty()) << "it was not recorded";
  CriticalPath path;
  path.start = Instant(1s);
  path.end = path.start + 100ms;
  path.wakeups = 1;
  path.parts = {{"cook", TC_CONDITION_RUNNING, std::nullopt, 50ms},
                {"", TC_CONDITION_BLOCKED, TC_WAIT_PIPE, 25ms},
                {"cook", TC_CONDITION_BLOCKED, std::nullopt, 15ms},
                {"oven", TC_CONDITION_PREEMPTED, std::nullopt, 6ms},
                {"oven", std::nullopt, std::nullopt, 4ms}};
  report.critical_path = path;
  const sections::Section section = sections::critical_path(report, false);
  EXPECT_THAT(test::first_said(section), AllOf(HasSubstr("From the last exit 100 ms back"), HasSubstr("(1 wakeup)")));
  const auto blocked = [](tc_wait wait) { return "blocked: " + std::string(text_of(wait)); };
  EXPECT_THAT(rows_of(section), ElementsAre(Texts{"cook", "on a CPU", "50.0 ms", "50.0%"},
                                            Texts{"[unknown]", blocked(TC_WAIT_PIPE), "25.0 ms", "25.0%"},
                                            Texts{"cook", blocked(TC_WAIT_OTHER), "15.0 ms", "15.0%"},
                                            Texts{"oven", "preempted: waiting for a CPU", "6.00 ms", "6.0%"},
                                            Texts{"oven", "unknown: events were lost", "4.00 ms", "4.0%"}));
  report.critical_path->parts.resize(40, path.parts.front());
  EXPECT_THAT(rows_of(sections::critical_path(report, false)), SizeIs(12));
  EXPECT_THAT(rows_of(sections::critical_path(report, true)), SizeIs(40));
}

TEST(TimelineSection, SaysWhatIsNotDrawn) {
  Timeline timeline;
  EXPECT_THAT(said(sections::timeline(timeline)), ElementsAre(HasSubstr("Times are since the start of the window.")));
  timeline.rows.resize(3);
  timeline.grain = 20us;
  timeline.region_names = {"knead"};
  timeline.lane_tasks = 1;
  timeline.undrawn_tasks = 2;
  EXPECT_THAT(said(sections::timeline(timeline)),
              ElementsAre(HasSubstr("since the start"), HasSubstr("shorter than 20.0 µs are merged"),
                          "Regions that a task marked stand above it.",
                          StartsWith("The 3 tasks that ran for the longest time have lines of their own. 1 other task"),
                          StartsWith("No line was free for 2 tasks. ")));
  timeline.left_out_regions = 1'200;
  EXPECT_THAT(said(sections::timeline(timeline)), Contains(HasSubstr(" The 1,200 shortest ones are left out.")));
}

TEST(LossesSection, RecordsThatContradictEachOtherAreWarnings) {
  Report report;
  RecordCheck& records = report.records.emplace();
  records.integrity.events = 12'345;
  const auto texts = [&report] { return said(sections::records(report, false)); };
  EXPECT_THAT(texts(), ElementsAre(StartsWith("12,345 records, 0 switches")));
  records.missing_snapshots = 4;
  records.integrity.impossible_switches = 1;
  records.integrity.backward_times = 2;
  records.integrity.missing_new_tasks = 3;
  records.integrity.repeated_new_tasks = 4;
  records.integrity.impossible_corrections = 5;
  records.integrity.invalid_cpus = 6'000;
  EXPECT_THAT(texts(),
              ElementsAre(StartsWith("12,345 records"), StartsWith("! 1 events of a task that had no CPU"),
                          "! 2 events older than the one before them", StartsWith("! 3 events of tasks whose creation"),
                          StartsWith("! 4 new-task events"), StartsWith("! 5 corrections"),
                          "! 6,000 events with an invalid CPU number", StartsWith("! 4 tasks that lived at the end")));
  report.window_end = WindowEnd::cut;
  EXPECT_THAT(texts(), Not(Contains(HasSubstr("lived at the end")))) << "a capture that was cut off has none";
  EXPECT_THAT(sections::records(Report(), false).blocks, IsEmpty());
}

TEST(LossesSection, TheUnknownTimeIsWhereTheAccountsComeFrom) {
  Report report;
  RecordCheck& records = report.records.emplace();
  records.touched_tasks = 1;
  records.unknown = 3ms;
  const auto last = [&report] { return said(sections::losses(report, false)).back(); };
  EXPECT_THAT(last(), AllOf(HasSubstr("3.00 ms of the lifetimes of 1 task. "), HasSubstr("kernel's ledgers")));
  report.window_end = WindowEnd::cut;
  EXPECT_THAT(last(), HasSubstr("alive at the end lack it"));
  report.part.emplace();
  EXPECT_THAT(last(), HasSubstr("It is in no account."));
}

TEST(LossesSection, ManyGapsAreCounted) {
  Report report = full_report();
  std::vector<ReplayGap>& gaps = report.records.value().gaps;
  gaps.resize(40, gaps.at(1));
  EXPECT_THAT(rows_of(sections::losses(report, false)), SizeIs(10));
  EXPECT_THAT(rows_of(sections::losses(report, true)), SizeIs(40));
  EXPECT_THAT(row_of(sections::losses(report, false), "any time"),
              ElementsAre("any time", "-", "not counted", "every CPU", "the file is damaged there"));
}

TEST(LossesSection, WhatChangesNoFigureIsShownOnRequest) {
  Report report;
  EXPECT_THAT(said(sections::losses(report, false)), ElementsAre("losses: none"));
  report.session.losses.skipped_probes = 3;
  report.session.losses.missed_switches = 2;
  EXPECT_THAT(said(sections::losses(report, true)),
              AllOf(Contains(StartsWith("! 3 probe runs that the kernel skipped")),
                    Contains(StartsWith("! 2 switches that the kernel counted"))));
}

TEST(ObserverSection, SaysWhatOfItsCostIsKnown) {
  Report report;
  Observer& observer = report.observer;
  const auto cost = [&report] { return test::first_said(sections::observer(report, false)); };
  EXPECT_EQ(
      cost(),
      "Transitions not counted (cost of one: not measured): share of the observed tasks' time on CPUs not measured");
  observer.transitions = 1000;
  observer.per_transition = 200ns;
  observer.share_of_cpu = 0.04;
  EXPECT_EQ(cost(), "1000 transitions of 200 ns each: 4.0% or more of the observed tasks' time on CPUs");
  observer.per_transition_cold = 600ns;
  observer.share_of_cpu_cold = 0.12;
  observer.stack_time = 2ms;
  observer.userspace_cpu = 3ms;
  observer.attach_time = 350ms;
  EXPECT_EQ(cost(),
            "1000 transitions of 200 ns (caches warm) to 600 ns (cold) each; 2.00 ms taking stacks: 4.0% to 12.0% of "
            "the observed tasks' time on CPUs; 3.00 ms CPU of taskcost itself; attached in 350 ms");
  EXPECT_THAT(said(sections::observer(report, false)), Contains(StartsWith("An estimate, from a call")));
  observer.share_of_cpu_cold = 0.01;
  EXPECT_THAT(said(sections::observer(report, false)), Not(Contains(StartsWith("An estimate")))) << "it is small";
  report.part.emplace();
  EXPECT_EQ(cost(), "It was measured for the capture as a whole, not for parts of it.");
}

TEST(ObserverSection, MeasuredOverheadHasItsIntervalOrNothing) {
  Report report;
  report.observer.measured = {9, {2e9, 2.1e9, 1.05, Interval{1.04, 1.06}}, {1e9, 1.1e9, std::nullopt, std::nullopt}};
  EXPECT_THAT(
      said(sections::observer(report, false)),
      Contains("Measured in 9 rounds, with and without probes: wall time +5.0 % [+4.0..+6.0], 2.10 s instead of "
               "2.00 s; CPU time not measured"));
}

TEST(ObserverSection, ProbesHaveTheirRunTimesIfTheyWereMeasured) {
  Report report;
  report.observer.probes = {{"on_switch", std::nullopt, std::nullopt}, {"on_fault", std::nullopt, std::nullopt}};
  EXPECT_THAT(said(sections::observer(report, false)), Contains("2 probes; run times not measured"));
  report.observer.probes = {{"on_switch", 10, 100us}, {"on_fault", 0, 0ns}, {"on_exit", 2, 300us}};
  const auto rows = rows_of(sections::observer(report, false));
  EXPECT_THAT(rows, ElementsAre(Texts{"on_exit", "2", "300 µs", "150 µs"},
                                Texts{"on_switch", "10", "100 µs", "10.0 µs"}, Texts{"on_fault", "0", "0", "-"}));
  report.observer.probes.resize(20, {"more", 1, 1us});
  EXPECT_THAT(rows_of(sections::observer(report, false)), SizeIs(8));
}

TEST(ObserverSection, ASuspendIsInNoFigure) {
  Report report;
  constexpr std::uint64_t second = 1'000'000'000;
  report.clocks = {ClockAnchor{100 * second, 1'700'000'000 * second, 200 * second},
                   ClockAnchor{101 * second, 1'700'000'601 * second, 801 * second}};
  report.session.start = Instant(100s);
  report.session.end = Instant(101s);
  EXPECT_THAT(said(sections::observer(report, false)),
              AllOf(Contains("From 2023-11-14 22:13:20 UTC to 2023-11-14 22:23:21 UTC"),
                    Contains(HasSubstr("suspended for 600 s of that time"))));
}

TEST(ObserverSection, AVirtualMachineSaysWhoseTimeIsTaken) {
  Report report = full_report();
  EXPECT_THAT(said(sections::observer(report, false)), Contains(HasSubstr("This kernel does not report steal time.")));
  report.stolen = 12ms;
  EXPECT_THAT(said(sections::observer(report, false)),
              Contains(HasSubstr("The kernel reports 12.0 ms of steal time meanwhile.")));
  report.host.virtualization = "none";
  EXPECT_THAT(said(sections::observer(report, false)), Not(Contains(HasSubstr("steal time"))));
}

TEST(CheckupSections, SayIfProgramsCanBeObserved) {
  Checkup checkup;
  checkup.host = {"6.1.0", "x86_64", 1, "none"};
  const auto head = [&checkup] { return said(test::section_of(sections::of(checkup), "head")); };
  EXPECT_THAT(head(), ElementsAre("Linux 6.1.0, x86_64, 1 CPU", "Programs can be observed here."));
  checkup.obstacle = Error{"cannot load probes", "CAP_BPF is missing", "run it with sudo"};
  EXPECT_THAT(head(),
              ElementsAre("Linux 6.1.0, x86_64, 1 CPU", "cannot load probes: CAP_BPF is missing (run it with sudo)"));
}

}  // namespace
}  // namespace taskcost
