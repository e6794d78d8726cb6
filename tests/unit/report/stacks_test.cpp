// SPDX-License-Identifier: Apache-2.0
//
// Compares the stacks in the formats of other tools with text written by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "report/render.h"
#include "support/fixture_stacks.h"
#include "support/section_queries.h"

namespace taskcost::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;

std::string folded(const Report& report, StackWeight weight) {
  std::ostringstream out;
  render_folded(report, weight, out);
  return out.str();
}

json speedscope(const Report& report) {
  std::ostringstream out;
  render_speedscope(report, out);
  return json::parse(out.str());
}

json report_json(const Report& report) {
  std::ostringstream out;
  render_json(report, out);
  return json::parse(out.str());
}

TEST(StacksSection, HasTheHeaviestOfEachKind) {
  const sections::Section section = sections::stacks(report_with_stacks(), false);
  EXPECT_THAT(first_said(section), AllOf(HasSubstr("2302 events, 13.1% of them ("), HasSubstr("7 more without")));
  const auto tables = items_of<sections::Table>(section);
  ASSERT_EQ(tables.size(), 2);
  EXPECT_EQ(tables[0].columns[0].title, "wait");
  EXPECT_THAT(texts_of(tables[0].rows[0].cells), ElementsAre("bakery: a pipe", "240 ms", "72.7%", "2000"));
  EXPECT_EQ(tables[0].rows[0].cells[1].value, 240e6);
  EXPECT_THAT(said(section), IsSupersetOf({"pipe_read <- ksys_read", "read <- main <- _start",
                                           "Dough::knead(int) <- dough.so (unlinked)+0x1234 <- [cut]"}));
}

TEST(StacksSection, SaysWhyStacksAreCutAndWhatTheTablesTake) {
  const auto all_said = [](const Report& report) {
    std::string text;
    for (const std::string& line : said(sections::stacks(report, false))) {
      text += line;
    }
    return text;
  };
  Report report = report_with_stacks();
  EXPECT_THAT(all_said(report), HasSubstr("thread: code without unwind information and without frame pointer ("));
  EXPECT_THAT(all_said(report), HasSubstr("tables of 3 files, 400 KiB of kernel memory; 1 file without"));
  report.stacks->tables->no_room = 2;
  EXPECT_THAT(all_said(report), HasSubstr("2 tables found no room, raise --unwind-memory"));
  EXPECT_THAT(all_said(report), HasSubstr("No table of /opt/dough.so (no .eh_frame), and of 2 files more."));
  report.stacks->cut_events = 0;
  EXPECT_THAT(all_said(report), HasSubstr("2302 events, each back to the entry"));
}

TEST(StacksSection, IsThereOnRequest) {
  Report report = full_report();
  EXPECT_THAT(sections::stacks(report, false).blocks, IsEmpty());
  report.stacks.emplace();
  EXPECT_THAT(said(sections::stacks(report, false)), ElementsAre("no event that stacks are collected of"));
}

TEST(StacksSection, HasThemAllWhenVerbose) {
  Report report = report_with_stacks();
  for (int i = 0; i < 5; ++i) {
    report.stacks->stacks.push_back(
        waiting(1, TC_WAIT_PIPE, 1, 1ms, {user_frame("baker" + std::to_string(i)), user_frame("read")}));
  }
  EXPECT_THAT(said(sections::stacks(report, false)), Contains("and 4 more (--verbose)"));
  EXPECT_THAT(said(sections::stacks(report, true)), Contains("read <- baker4"));
}

TEST(StacksSection, AFunctionThatCallsItselfStandsOnce) {
  Report report = report_with_stacks();
  report.stacks->stacks = {waiting(1, TC_WAIT_PIPE, 1, 1ms,
                                   {user_frame("main"), user_frame("walk"), user_frame("walk"), user_frame("walk")})};
  EXPECT_THAT(said(sections::stacks(report, false)), Contains("walk (3x) <- main"));
}

TEST(Folded, ByTime) {
  EXPECT_EQ(folded(report_with_stacks(), StackWeight::time),
            "bakery;wait: a pipe;_start;main;read;ksys_read_[k];pipe_read_[k] 240000000\n"
            "bakery;wait: a child to end;_start;main;waitpid;kernel_wait4_[k] 90000000\n");
}

TEST(Folded, ByCount) {
  EXPECT_EQ(folded(report_with_stacks(), StackWeight::count),
            "bakery;wait: a pipe;_start;main;read;ksys_read_[k];pipe_read_[k] 2000\n"
            "bakery;wait: a child to end;_start;main;waitpid;kernel_wait4_[k] 1\n");
}

TEST(Folded, HasRunningAndWaiting) {
  EXPECT_EQ(folded(report_with_samples(), StackWeight::time),
            "bakery;on CPU;_start;main;knead 300000000\n"
            "bakery;wait: a pipe;_start;main;read 200000000\n"
            "bakery;on CPU;_start;main;read;pipe_read_[k] 100000000\n"
            "bakery;run queue;_start;main;read 50000000\n");
}

TEST(Folded, DifferenceHasBothWeightsAndTheLargestChangeFirst) {
  const Report a = report_with_samples();
  Report b = a;
  b.stacks->stacks[0].time = 310ms;
  b.stacks->stacks[1].runnable = 0ms;
  std::ostringstream out;
  render_folded_difference(a, b, out);
  EXPECT_EQ(out.str(),
            "bakery;run queue;_start;main;read 50000000 0\n"
            "bakery;on CPU;_start;main;knead 300000000 310000000\n"
            "bakery;on CPU;_start;main;read;pipe_read_[k] 100000000 100000000\n"
            "bakery;wait: a pipe;_start;main;read 200000000 200000000\n");
}

TEST(Folded, ByThreadTheFirstFrameIsItsName) {
  Report report = report_with_samples();
  report.group_by = GroupBy::thread;
  EXPECT_THAT(folded(report, StackWeight::time), HasSubstr("oven-*;on CPU;_start;main;knead 300000000\n"));
}

TEST(Folded, EqualLinesAreOneAndEmptyOnesNone) {
  Report report = full_report();
  report.stacks.emplace();
  report.stacks->stacks = {waiting(1, TC_WAIT_PIPE, 1, 5ns, {user_frame("main")}),
                           waiting(1, TC_WAIT_PIPE, 2, 6ns, {user_frame("main", "/another")}),
                           waiting(1, TC_WAIT_POLL, 1, 0ns, {user_frame("main")})};
  EXPECT_EQ(folded(report, StackWeight::time), "bakery;wait: a pipe;main 11\n");
}

TEST(Folded, AGroupIsTheFirstFrame) {
  Report report = report_with_stacks();
  report.group_by = GroupBy::cmdline;
  report.stacks->stacks.back().kind = StackKind::involuntary_switch;
  EXPECT_THAT(folded(report, StackWeight::time), HasSubstr("helper --flag;involuntary switch;"));
  for (Process& process : report.session.processes) {
    process.uid = 0;
    process.user = "ro;ot";
  }
  report.group_by = GroupBy::user;
  EXPECT_THAT(folded(report, StackWeight::time), HasSubstr("ro:ot;wait: a pipe;"));
  EXPECT_EQ(speedscope(report).at("shared").at("frames").at(0).at("name"), "ro;ot");
}

TEST(Folded, HostileNamesStayInTheirFrame) {
  Report report = full_report();
  report.session.processes[0].comm = "a;b\nc";
  report.stacks.emplace();
  report.stacks->stacks = {waiting(1, TC_WAIT_PIPE, 1, 5ns,
                                   {user_frame("x;y 12\nz;w 99"),
                                    {"", "/tmp/\x1b[31m\xff", 16, Frame::Mark::replaced, false},
                                    {"", "", 0, Frame::Mark::unknown, false},
                                    {"", "[kernel]", 0, Frame::Mark::none, true}}),
                           waiting(4711, TC_WAIT_PIPE, 1, 5ns, {})};
  EXPECT_EQ(folded(report, StackWeight::time),
            "[unknown];wait: a pipe 5\n"
            "a:b\\nc;wait: a pipe;x:y 12\\nz:w 99;\\x1b[31m\\xff (replaced)+0x10;[unknown];[kernel]_[k] 5\n");
}

TEST(Folded, NothingWithoutStacks) { EXPECT_EQ(folded(full_report(), StackWeight::time), ""); }

TEST(Speedscope, IsTheFileThatItOpens) {
  EXPECT_EQ(speedscope(report_with_stacks()), json::parse(R"json({
    "$schema": "https://www.speedscope.app/file-format-schema.json",
    "exporter": "taskcost 0.1.0",
    "name": "./bakery --cooks 3",
    "activeProfileIndex": 0,
    "shared": {"frames": [
      {"name": "bakery"}, {"name": "wait: a pipe"}, {"name": "_start", "file": "/usr/bin/bakery"},
      {"name": "main", "file": "/usr/bin/bakery"}, {"name": "read", "file": "/usr/lib/libc.so.6"},
      {"name": "ksys_read", "file": "[kernel]"}, {"name": "pipe_read", "file": "[kernel]"},
      {"name": "wait: a child to end"}, {"name": "waitpid", "file": "/usr/lib/libc.so.6"},
      {"name": "kernel_wait4", "file": "[kernel]"}, {"name": "helper"}, {"name": "fault"}, {"name": "[cut]"},
      {"name": "dough.so (unlinked)+0x1234", "file": "/opt/dough.so"},
      {"name": "Dough::knead(int)", "file": "/usr/bin/bakery"}
    ]},
    "profiles": [
      {"type": "sampled", "name": "running and waiting", "unit": "nanoseconds", "startValue": 0, "endValue": 330000000,
       "samples": [[0, 1, 2, 3, 4, 5, 6], [0, 7, 2, 3, 8, 9]],
       "weights": [240000000, 90000000]},
      {"type": "sampled", "name": "faults", "unit": "nanoseconds", "startValue": 0, "endValue": 250000,
       "samples": [[10, 11, 12, 13, 14]],
       "weights": [250000]},
      {"type": "sampled", "name": "count", "unit": "none", "startValue": 0, "endValue": 2302,
       "samples": [[0, 1, 2, 3, 4, 5, 6], [0, 7, 2, 3, 8, 9], [10, 11, 12, 13, 14]],
       "weights": [2000, 1, 301]}
    ]
  })json"));
}

TEST(Speedscope, IsCompleteWithoutStacksAndWithHostileNames) {
  EXPECT_EQ(speedscope(full_report()).at("profiles").at(0).at("samples"), json::array());
  Report report = full_report();
  report.stacks.emplace();
  report.stacks->stacks = {waiting(1, TC_WAIT_PIPE, 1, 5ns, {user_frame("\"]}\n\xff\x1b", std::string("/a\0b", 4))})};
  EXPECT_EQ(speedscope(report).at("shared").at("frames").at(2).at("name"), "\"]}\n\xef\xbf\xbd\x1b");
}

TEST(JsonStacks, HoldsEveryFrame) {
  const json stacks = report_json(report_with_stacks()).at("stacks");
  EXPECT_EQ(stacks.at("events"), 2302);
  EXPECT_EQ(stacks.at("cut_events"), 301);
  EXPECT_EQ(stacks.at("lost_events"), 7);
  EXPECT_EQ(stacks.at("time_ns"), 330'250'000);
  EXPECT_EQ(stacks.at("cut_ns"), 250'000);
  EXPECT_EQ(stacks.at("ends"), json::parse(R"json({"complete": {"count": 2001, "time_ns": 330000000},
                                                   "no_table": {"count": 301, "time_ns": 250000}})json"));
  EXPECT_EQ(stacks.at("unwind_tables").at("files"), 3);
  EXPECT_EQ(stacks.at("unwind_tables").at("bytes"), 409'600);
  EXPECT_EQ(stacks.at("unwind_tables").at("failures"),
            json::parse(R"json([{"file": "/opt/dough.so", "why": "no .eh_frame"}])json"));
  EXPECT_EQ(stacks.at("stacks").size(), 3U);
  EXPECT_EQ(stacks.at("stacks")[0].at("wait"), "pipe");
  EXPECT_EQ(stacks.at("stacks")[2], json::parse(R"json({
    "process": 2, "thread": "", "kind": "fault", "wait": null, "cut": true, "end": "no_table", "count": 301,
    "time_ns": 250000, "runnable_ns": 0,
    "frames": [
      {"function": null, "module": "/opt/dough.so", "offset": 4660, "mark": "unlinked", "kernel": false},
      {"function": "Dough::knead(int)", "module": "/usr/bin/bakery", "offset": 0, "mark": null, "kernel": false}
    ]
  })json"));
}

TEST(JsonStacks, HasTheSamplesAndWhatTheyStandFor) {
  const json stacks = report_json(report_with_samples()).at("stacks");
  EXPECT_EQ(stacks.at("samples"), json::parse(R"({"frequency_hz": 99, "count": 40, "cpu_ns": 400000000})"));
  EXPECT_EQ(stacks.at("stacks")[0].at("kind"), "on CPU");
  EXPECT_EQ(stacks.at("stacks")[0].at("thread"), "oven-*");
  EXPECT_EQ(stacks.at("stacks")[1].at("runnable_ns"), 50'000'000);
  EXPECT_EQ(stacks.at("build_ids")[0], json::parse(R"({"file": "/usr/bin/bakery", "build_id": "00ff"})"));
}

TEST(WakerStacks, StandWithTheWaitsThatTheyEnded) {
  Report report = report_with_samples();
  NamedStack waker = waiting(2, TC_WAIT_OTHER, 3, 90ms, {user_frame("main"), user_frame("ring"), kernel_frame("wake")});
  waker.kind = StackKind::on_cpu;
  report.stacks->wakers = {
      {waiting(1, TC_WAIT_PIPE, 3, 90ms, {user_frame("main"), user_frame("read"), kernel_frame("pipe_read")}), waker}};
  std::ostringstream out;
  render_waker_stacks(report, out);
  EXPECT_EQ(out.str(), "bakery;wait: a pipe;main;read;pipe_read_[k];--;wake_[k];ring;main;helper 90000000\n");
  const sections::Section section = sections::stacks(report, false);
  const auto tables = items_of<sections::Table>(section);
  EXPECT_THAT(texts_of(tables.back().rows[0].cells), ElementsAre("bakery: a pipe, by helper", "90.0 ms", "3"));
  EXPECT_THAT(said(section), IsSupersetOf({"waits: read <- main", "wakes: ring <- main"}));
  const json pair = report_json(report).at("stacks").at("wakers")[0];
  EXPECT_EQ(pair.at("sleeper").at("wait"), "pipe");
  EXPECT_EQ(pair.at("waker").at("process"), 2);
  EXPECT_EQ(pair.at("waker").at("time_ns"), 90'000'000);
}

TEST(StackSamples, ShareTheCpuTime) {
  const StackSamples samples{.frequency = 99, .count = 3, .cpu_time = 10ns};
  EXPECT_EQ(samples.time_of(3), 10ns);
  EXPECT_EQ(samples.time_of(2), 6ns);
  EXPECT_EQ(StackSamples{}.time_of(1), 0ns);
}

TEST(StacksSection, SaysWhatSamplesStandFor) {
  Report report = report_with_samples();
  std::string text;
  for (const std::string& line : said(sections::stacks(report, false))) {
    text += line;
  }
  EXPECT_THAT(text, HasSubstr("On CPU: 40 samples at 99 per second on each CPU; each stands for 10.0 ms"));
  EXPECT_EQ(items_of<sections::Table>(sections::stacks(report, false))[0].columns[0].title, "on CPU");
  report.stacks->samples->count = 0;
  EXPECT_THAT(said(sections::stacks(report, false)), Contains(HasSubstr("No sample of a running task")));
}

TEST(JsonStacks, IsNullWithoutStacks) { EXPECT_EQ(report_json(full_report()).at("stacks"), nullptr); }

}  // namespace
}  // namespace taskcost::test
