// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>

#include "report/sections/family.h"
#include "report/sections/json.h"
#include "support/report_builder.h"
#include "support/section_queries.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using test::AccountBuilder;
using test::first_said;
using test::full_report;
using test::ids_of;
using test::ReportBuilder;
using test::row_of;
using test::rows_of;
using test::said;
using test::Texts;
using test::texts_of;
using test::titles_of;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

TEST(Cells, HaveAFigureOrWordsForItsAbsence) {
  EXPECT_EQ(sections::Cell(std::optional<std::uint64_t>()).text, "not measured");
  EXPECT_EQ(sections::Cell(std::optional<std::uint64_t>()).unit, std::nullopt);
  EXPECT_EQ(sections::Cell(std::optional<std::uint64_t>(0)).text, "0");
  EXPECT_EQ(sections::mean(0ns, 0).text, "-");
  EXPECT_EQ(sections::mean(10ns, 4).text, "2.50 ns");
  EXPECT_EQ(sections::mean(10ns, 4).value, 2.5);
  EXPECT_EQ(sections::share(1, 4).value, 0.25);
}

TEST(Sections, OfVerifySpeakOfClaimsFirst) {
  Report report = full_report();
  const Texts run = ids_of(sections::of(report, false));
  EXPECT_EQ(run.front(), "head");
  EXPECT_EQ(run.back(), "comparisons");
  EXPECT_THAT(run, Not(Contains("stacks"))) << "they were not requested";
  report.target.mode = TargetMode::verify;
  const auto page = sections::of(report, false);
  const Texts verify = ids_of(page);
  EXPECT_THAT(Texts(verify.begin(), verify.begin() + 2), ElementsAre("head", "claims"));
  EXPECT_EQ(verify.back(), "observer");
  const auto head = test::items_of<sections::Line>(page.front());
  EXPECT_THAT(test::texts_of(head.at(0).cells),
              ElementsAre("taskcost verify", HasSubstr("2 claims, 1 confirmed, 1 not measurable")));
}

TEST(Sections, OfClaimsAloneHaveNoSession) {
  Report report;
  report.target.mode = TargetMode::verify;
  EXPECT_THAT(ids_of(sections::of(report, false)), ElementsAre("head", "losses", "observer"));
}

TEST(Observer, ListsEachFigureOfItsCostIfVerbose) {
  const Report report = full_report();
  const auto verbose = said(sections::observer(report, true));
  EXPECT_THAT(verbose, Contains("350 ms       Time from loading the programs to the first window."));
  EXPECT_THAT(verbose, Contains(AllOf(StartsWith("1.7%"), HasSubstr("The same with cold caches"))));
  EXPECT_THAT(said(sections::observer(report, false)), Not(Contains(HasSubstr("Time from loading"))));
  EXPECT_THAT(said(sections::observer({}, true)), Contains(StartsWith("not measured Time from loading")));
}

TEST(Head, SaysHowItEnded) {
  Report report;
  report.target.command = "x";
  const auto tail = [&report] { return test::items_of<sections::Line>(sections::head(report)).at(0).tail; };
  EXPECT_THAT(tail(), HasSubstr("all ended"));
  report.target.exit_code = 3;
  EXPECT_THAT(tail(), HasSubstr("exit 3"));
  report.target.exit_code.reset();
  report.target.exit_signal = 11;
  EXPECT_THAT(tail(), HasSubstr("killed by SIGSEGV"));
  report.window_end = WindowEnd::duration;
  EXPECT_THAT(tail(), HasSubstr("until the duration elapsed"));
  report.window_end = WindowEnd::timeout;
  EXPECT_THAT(tail(), HasSubstr("timed out: killed by SIGSEGV"));
  report.window_end = WindowEnd::failure;
  EXPECT_THAT(tail(), HasSubstr("could not wait any longer"));
}

TEST(ProcessesSection, LookAlikesAreOneRowUnlessAllIsAskedFor) {
  const Session session = test::shell_script().session;
  const sections::Section brief = sections::processes(session, false);
  EXPECT_THAT(rows_of(brief), SizeIs(3));
  EXPECT_THAT(row_of(brief, "299 x true"), ElementsAre("299 x true", "", "fork", "1.00 ms ", "299 ms", "1", "exit 0"));
  EXPECT_EQ(row_of(brief, "true").back(), "exit 1");
  EXPECT_EQ(test::items_of<sections::Table>(brief).at(0).rows.back().depth, 1);
  EXPECT_THAT(titles_of(sections::accounts(session, false)), Contains("299 x true: sum of 299 tasks, exit 0"));
  EXPECT_THAT(rows_of(sections::processes(session, true)), SizeIs(301));
  EXPECT_THAT(titles_of(sections::accounts(session, true)), SizeIs(301));
}

TEST(ProcessesSection, CommandLinesTellProcessesOfOneNameApart) {
  ReportBuilder builder;
  for (const char* command : {"/usr/lib/git-core/git index-pack --stdin",
                              "git pack-objects -q --all --and more words than a table has room for", ""}) {
    builder.process(10, "git", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms)).exits(0);
    builder.report().session.processes.back().command = command;
  }
  builder.process(20, "sh", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms)).exits(0);
  Texts names;
  for (const Texts& row : rows_of(sections::processes(builder.build().session, false))) {
    names.push_back(row.front());
  }
  EXPECT_THAT(names, ElementsAre("git index-pack --stdin",
                                 "git pack-objects -q --all --and more words than a table has…", "git", "sh"));
}

TEST(GroupsSection, ComparesManyProcessesByName) {
  Report report = test::shell_script();
  const sections::Section section = sections::groups(report, false);
  EXPECT_EQ(section.title, "By program");
  EXPECT_EQ(test::items_of<sections::Table>(section).at(0).columns.front().title, "comm");
  EXPECT_THAT(row_of(section, "sh"), ElementsAre("sh", "1", "1", "900 ms", "900 ms", "0", "0", "0", "0", "0"));
  EXPECT_THAT(row_of(section, "true"), ElementsAre("true", "300", "300", "300 ms", "300 ms", "0", "0", "0", "0", "0"));
  EXPECT_THAT(sections::groups(full_report(), false).blocks, IsEmpty()) << "two processes are told at a glance";
  report.group_by = GroupBy::tree;
  EXPECT_THAT(said(sections::groups(report, false)), Contains("and 289 more (--verbose)"));
  EXPECT_THAT(rows_of(sections::groups(report, true)), SizeIs(301));
  report.group_by = GroupBy::user;
  EXPECT_THAT(rows_of(sections::groups(report, false)), SizeIs(1)) << "--by was given";
  report.group_by = GroupBy::cmdline;
  EXPECT_THAT(row_of(sections::groups(report, false), "sh --flag"), ElementsAre("sh --flag", "1", "900 ms", "0", "0"));
}

TEST(WaitsSection, ManyPairsAreSumsOfGroups) {
  Report report = test::shell_script();
  const auto& processes = report.session.processes;
  const Waker shell{Waker::Kind::task, processes[0].tasks[0].id, processes[0].tasks[0].tid};
  for (std::size_t i = 1; i <= 20; ++i) {
    const Task& task = processes[i].tasks[0];
    report.session.edges.push_back({shell, task.id, task.tid, TC_WAIT_PIPE, 2, 5ms, 3ms, {{"write", 2}}, 10});
  }
  report.session.edges.push_back(
      {{Waker::Kind::unobserved, 0, 99, "kubelet"}, 1, 100, TC_WAIT_PIPE, 1, 1ms, 1ms, {}, std::nullopt});
  const sections::Section brief = sections::waits(report, false);
  ASSERT_EQ(brief.blocks.size(), 2);
  EXPECT_EQ(brief.blocks[1].title, "Who woke whom, by program");
  EXPECT_THAT(texts_of(std::get<sections::Table>(brief.blocks[1].items[0]).rows[0].cells),
              ElementsAre("sh", "true", "pipe", "40", "100 ms", "200 B", "write"));
  EXPECT_THAT(texts_of(std::get<sections::Table>(brief.blocks[1].items[0]).rows[1].cells),
              ElementsAre("kubelet, not observed", "sh", "pipe", "1", "1.00 ms", "-", ""));
  const sections::Section verbose = sections::waits(report, true);
  ASSERT_EQ(verbose.blocks.size(), 3);
  EXPECT_THAT(std::get<sections::Table>(verbose.blocks[2].items[0]).rows, SizeIs(21));
  EXPECT_THAT(texts_of(std::get<sections::Table>(verbose.blocks[2].items[0]).rows[20].cells),
              Contains("kubelet (99), not observed"));
}

TEST(ProcessesSection, OpenEndsAreMarkedAndExplainedOnlyThen) {
  ReportBuilder builder;
  builder.process(1, "daemon", TaskOrigin::attached, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 2ms))
      .lived_before()
      .lives_on();
  const sections::Section open = sections::processes(builder.build().session, false);
  EXPECT_EQ(row_of(open, "daemon").at(3), "<2.00 ms>");
  EXPECT_THAT(said(open), ElementsAre(StartsWith("< lived before")));
  EXPECT_THAT(said(sections::processes(test::shell_script().session, false)), Each(Not(StartsWith("< lived before"))));
}

TEST(Accounts, SayHowMuchTheyLeftOut) {
  ReportBuilder builder;
  for (std::uint32_t i = 0; i < 60; ++i) {
    builder.process(100 + i, fmt::format("program{}", i), TaskOrigin::attached, 0ms,
                    AccountBuilder().runs(TC_ACTIVITY_USER, 1ms * (i + 1)));
  }
  for (std::uint32_t i = 0; i < 30; ++i) {
    builder.thread(500 + i, fmt::format("worker{}", i), 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms * (i + 1)));
  }
  const Session session = builder.build().session;
  EXPECT_THAT(said(sections::processes(session, false)),
              Contains("... and 20 more processes, see --verbose or the JSON"));
  const sections::Section accounts = sections::accounts(session, false);
  EXPECT_THAT(said(accounts), Contains("... and 54 more accounts, see --verbose or the JSON"));
  EXPECT_THAT(said(accounts), Contains("... and 11 more tasks, see --verbose or the JSON"));
  EXPECT_THAT(titles_of(accounts), Contains(StartsWith("program59 (159)")));
  EXPECT_THAT(titles_of(accounts), Not(Contains(StartsWith("program3 (103)"))));
}

TEST(Accounts, OneThatDoesNotCloseIsMarked) {
  ReportBuilder builder;
  builder.process(1, "a", TaskOrigin::attached, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 98ms).lost(2ms));
  EXPECT_THAT(row_of(sections::accounts(builder.build().session, false), "residual"),
              ElementsAre("residual", "", "", "", "", "+2.00 ms", "!+2.00%"));
  EXPECT_THAT(rows_of(sections::accounts(test::shell_script().session, false)), Each(Each(Not(HasSubstr("!")))));
}

TEST(Sections, NotMeasuredIsNeverZero) {
  ReportBuilder builder;
  AccountBuilder life;
  for (int i = 0; i < TC_NR_COUNTERS; ++i) {
    life.cannot_count(static_cast<tc_counter>(i));
  }
  builder.process(1, "a", TaskOrigin::attached, 0ms,
                  life.runs(TC_ACTIVITY_USER, 1ms).queues(TC_ACTIVITY_USER, 1ms).blocks(TC_ACTIVITY_FILE, 1ms));
  builder.thread(2, "b", 0ms, life);
  Report report = builder.build();
  report.session.totals.task_stats.reset();
  const Session& session = report.session;
  for (const sections::Section& section : {sections::switches(session), sections::faults(session)}) {
    EXPECT_THAT(rows_of(section), SizeIs(testing::Ge(7U)));
    EXPECT_THAT(rows_of(section), Each(ElementsAre(testing::_, "not measured", "")));
  }
  EXPECT_THAT(said(sections::creations(session)), Contains("page tables  not measured"));
  EXPECT_THAT(first_said(sections::kernel_accounting(report)), HasSubstr("a task exited before its task stats"));
  const Texts task = row_of(sections::accounts(session, false), "2");
  EXPECT_EQ(task.at(6), "n/a");
  EXPECT_EQ(task.at(7), "n/a");
}

TEST(LifetimePrices, NeedProbesOnCalls) {
  ReportBuilder builder;
  builder.process(1, "a", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms));
  Session session = builder.build().session;
  session.lifecycle_costs[TC_CREATION_FORK].count = 1;
  EXPECT_THAT(rows_of(sections::lifetime_prices(session)), SizeIs(1));
  session.calls_seen = false;
  EXPECT_THAT(sections::lifetime_prices(session).blocks, IsEmpty());
}

TEST(Losses, AreOneLineEachOrNone) {
  Report report = full_report();
  report.session.losses.counts[TC_LOSS_UNRESOLVED_FAULTS] = 30;
  EXPECT_THAT(said(sections::losses(report, false)), Contains("! 30 page faults that the kernel resolved unseen"));
  report.session.losses = {};
  report.records.reset();
  EXPECT_THAT(said(sections::losses(report, false)), ElementsAre("losses: none"));
}

TEST(Losses, OfRecordsAreLossesToo) {
  Report report = full_report();
  report.session.losses = {};
  const sections::Section losses = sections::losses(report, false);
  EXPECT_EQ(losses.title, "Losses");
  EXPECT_THAT(rows_of(losses), Not(IsEmpty()));
  report.records->gaps.clear();
  EXPECT_EQ(first_said(sections::losses(report, false)), "losses: none");
}

TEST(Latencies, AreDrawnInPowersOfTwo) {
  ReportBuilder builder;
  builder.process(1, "a", TaskOrigin::attached, 0ms, AccountBuilder());
  builder.latency("run_queue", {0ns, 1ns, 9ns, 10ns, 15ns, 16ns}).latency("zombie", {1us});
  const Session session = builder.build().session;
  const sections::Section latencies = sections::latencies(session, false);
  EXPECT_THAT(titles_of(latencies), ElementsAre("", "run-queue wait")) << "the others are for --verbose";
  EXPECT_THAT(titles_of(sections::latencies(session, true)), SizeIs(3));
  using Bucket = std::array<std::uint64_t, 3>;
  std::vector<Bucket> buckets;
  const auto distributions = test::items_of<sections::Distribution>(latencies);
  for (const auto& [from, to, count] : distributions.at(0).buckets) {
    buckets.push_back({from, to, count});
  }
  EXPECT_THAT(buckets,
              ElementsAre(Bucket{0, 1, 2}, Bucket{2, 3, 0}, Bucket{4, 7, 0}, Bucket{8, 15, 3}, Bucket{16, 31, 1}));
}

TEST(Family, EveryProcessAppearsOnceWhateverTheParentsSay) {
  ReportBuilder builder;
  for (std::uint32_t i = 1; i <= 20'000; ++i) {
    builder.process(i, "fork", TaskOrigin::fork, 0ms, AccountBuilder());
  }
  auto& processes = builder.report().session.processes;
  for (std::size_t i = 1; i < 19'000; ++i) {
    processes[i].parent = i;  // a chain
  }
  processes[19'000].parent = 19'002;  // a cycle
  processes[19'001].parent = 19'001;
  processes[19'002].parent = 19'003;   // it is its own parent
  processes[19'003].parent = 777'777;  // no such process
  for (const bool grouped : {false, true}) {
    const Session& session = builder.report().session;
    std::size_t seen = 0;
    for (const sections::FamilyMember& member :
         sections::family_of(session, grouped, sections::Order(session, ReportOrder::busy))) {
      seen += member.processes.size();
    }
    EXPECT_EQ(seen, session.processes.size());
  }
}

TEST(SectionJson, HasTheFiguresAndTheWordsForThem) {
  sections::Table table({sections::left("what"), "time"});
  table.row({{"a\033", sections::Tone::strong}, 1500ns}, 2);
  table.note("a note", 4, sections::Tone::faint);
  sections::Section section("any", "Title");
  section.item("why: ", "so");
  section.add(std::move(table));
  section.block("drawn").id = "picture";
  section.blocks.back().items.emplace_back(sections::Distribution{{{0, 1, 7}}});
  section.add(sections::Line{{"head"}, "tail"});
  std::ostringstream out;
  {
    JsonWriter json(out);
    json.object([&] { sections::write_json(json, "sections", {section, sections::Section("empty")}); });
  }
  EXPECT_EQ(nlohmann::json::parse(out.str()), nlohmann::json::parse(R"({"sections": [
    {"id": "any", "title": "Title", "blocks": [
      {"items": [
        {"kind": "paragraph", "label": "why: ", "text": "so"},
        {"kind": "table", "columns": [{"title": "what", "align": "left"}, {"title": "time", "align": "right"}],
         "rows": [{"depth": 2, "cells": [{"text": "a\u001b", "tone": "strong"},
                                         {"text": "1.50 µs", "value": 1500.0, "unit": "ns"}],
                   "notes": [{"kind": "paragraph", "text": "a note", "tone": "faint", "indent": 2}]}]}]},
      {"id": "picture", "title": "drawn", "items": [
        {"kind": "distribution", "unit": "ns", "buckets": [[0, 1, 7]]},
        {"kind": "line", "cells": [{"text": "head"}], "tail": "tail"}]}]},
    {"id": "empty", "blocks": []}]})"));
}

// The list of contents of the page marks sections with a warning.
TEST(Evidence, WarnsOnlyOfWhatNoOptionGives) {
  const auto warns = [](const Evidence& evidence) {
    const auto items = test::items_of<sections::Paragraph>(sections::evidence({evidence}));
    return std::ranges::any_of(items, [](const auto& item) { return item.tone == sections::Tone::warning; });
  };
  EXPECT_FALSE(warns({"kernel_memory", "", EvidenceKind::unavailable, "off by default", "use --kernel-memory", true}));
  EXPECT_TRUE(
      warns({"kernel_locks", "", EvidenceKind::unavailable, "this kernel has no tracepoint", "use Linux 5.19"}));
  EXPECT_TRUE(warns({"tlb", "", EvidenceKind::unavailable, "this kernel does not call it", ""}));
  EXPECT_FALSE(warns({"creation_phases", "task_newtask", EvidenceKind::exact, "", ""}));
}

}  // namespace
}  // namespace taskcost
