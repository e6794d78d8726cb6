// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>

#include "report/text_family.h"
#include "support/columns.h"
#include "support/golden.h"
#include "support/hostile_names.h"
#include "support/report_builder.h"

namespace taskcost {
namespace {

using test::columns_of;
using namespace std::chrono_literals;
using test::full_report;
using test::Life;
using test::ReportBuilder;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string rendered(const Report& report, const TextOptions& options = {}) {
  std::ostringstream out;
  render_text(report, out, options);
  return out.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

void expect_within(const std::string& text, int width) {
  for (const std::string& line : lines_of(text)) {
    const int columns = columns_of(line);
    EXPECT_GE(columns, 0) << "not printable: " << line;
    EXPECT_LE(columns, width) << line;
    EXPECT_FALSE(line.ends_with(' ')) << "trailing space: " << line;
  }
}

std::size_t position(const std::string& text, const std::string& part) {
  const std::size_t at = text.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  return at;
}

// A shell script of 300 commands, one of which fails.
Report shell_script() {
  ReportBuilder builder;
  builder.process(100, "sh", How::attached, 0ms, Life().runs(TC_ACTIVITY_USER, 900ms)).exits(0);
  for (std::uint32_t i = 0; i < 300; ++i) {
    builder.process(200 + i, "true", How::fork, 3ms * i, Life().runs(TC_ACTIVITY_USER, 1ms))
        .child_of(100)
        .exits(i == 7 ? 1 : 0);
  }
  return builder.build();
}

const std::string& hostile_name(std::size_t i) { return test::hostile_names[i % test::hostile_names.size()]; }

Report hostile_report() {
  ReportBuilder builder;
  for (std::size_t i = 0; i < test::hostile_names.size(); ++i) {
    const auto tgid = static_cast<std::uint32_t>(4'000'000'000U + i);
    builder.process(tgid, hostile_name(i), How::clone_vm, 0ms,
                    Life()
                        .runs(TC_ACTIVITY_CREATE, 999'999s, ~0ULL >> 8)
                        .is_preempted(TC_ACTIVITY_OTHER, 123'456us)
                        .blocks(TC_ACTIVITY_POLL, 123'456s)
                        .lost(-12'345s)
                        .counts(TC_COUNTER_VOLUNTARY_SWITCHES, ~0ULL >> 8)
                        .talks(TC_CHANNEL_UNIX_SOCKET, 1'000'000'000'000, 1ULL << 60, 1ULL << 60)
                        .creates(TC_CREATION_CLONE_VM, 1'000'000'000, 9ms));
    builder.thread(tgid, hostile_name(i + 1), 0ms, Life().runs(TC_ACTIVITY_USER, 1ns)).lived_before().lives_on();
    if (i > 0) {
      builder.child_of(tgid - 1);
    }
    builder.folded(hostile_name(i), 1'000'000, Life());
  }
  builder.latency("run_queue", {0ns, 1ns, 40h, 2s}).latency("\033[2J" + std::string(200, 'k'), {1us});
  Report report = builder.build();
  test::add_evidence(report);
  test::add_judgement(report);
  report.target.command = std::string(5000, 'c') + "\033[2J\n\u202e";
  for (Evidence& evidence : report.evidence) {
    evidence.why += std::string(200, 'w') + "\033[2J";
    evidence.figure += std::string(100, 'f');
  }
  report.comparisons[0].left_label = std::string(90, 'l');
  report.comparisons[0].lines[0].name = std::string(90, 'n');
  report.claims[0].id = std::string(90, 'i');
  report.observer.probes[0].name = std::string(200, 'p') + "\x9b";
  report.session.losses.counts.fill(~0ULL);
  report.host.name = "lab\033[2J" + std::string(100, 'h');
  return report;
}

TEST(Text, AFullReportIsWrittenAsBefore) { test::expect_golden("report.txt", rendered(full_report())); }

TEST(Text, AVerifyReportIsWrittenAsBefore) {
  Report report;
  report.target.mode = TargetMode::verify;
  report.tool_version = "0.1.0";
  report.host = {"6.1.0-18-amd64", "x86_64", 2, "none"};
  test::add_evidence(report);
  test::add_judgement(report);
  test::expect_golden("verify.txt", rendered(report));
}

TEST(Text, StaysWithinTheWidth) {
  for (const unsigned width : {80U, 81U, 100U, 200U}) {
    for (const bool verbose : {false, true}) {
      const TextOptions options{width, false, verbose};
      expect_within(rendered(full_report(), options), static_cast<int>(width));
      expect_within(rendered(hostile_report(), options), static_cast<int>(width));
      expect_within(rendered(shell_script(), options), static_cast<int>(width));
      expect_within(rendered(Report(), options), static_cast<int>(width));
    }
  }
}

TEST(Text, NothingHostileReachesTheTerminal) {
  const std::string text = rendered(hostile_report(), {80, false, true});
  EXPECT_TRUE(test::is_harmless(text));
  EXPECT_THAT(text, AllOf(HasSubstr("\\x1b]0;owned\\x07"), HasSubstr("\\u202egnp.exe")));
}

TEST(Text, IsColouredOnlyOnRequest) {
  EXPECT_EQ(rendered(full_report()).find('\033'), std::string::npos);
  const std::string coloured = rendered(full_report(), {80, true, false});
  std::string plain;
  for (std::size_t i = 0; i < coloured.size(); ++i) {
    if (coloured[i] == '\033') {
      i = coloured.find('m', i);
    } else {
      plain += coloured[i];
    }
  }
  EXPECT_NE(plain.size(), coloured.size());
  EXPECT_EQ(plain, rendered(full_report()));
}

TEST(Text, VerifySpeaksOfClaimsFirst) {
  Report report = full_report();
  const std::string run = rendered(report);
  EXPECT_GT(position(run, "\nClaims\n"), position(run, "\nLosses\n"));
  report.target.mode = TargetMode::verify;
  const std::string verify = rendered(report);
  EXPECT_LT(position(verify, "\nClaims\n"), position(verify, "\nSide by side"));
  EXPECT_LT(position(verify, "\nSide by side"), position(verify, "\nProcesses\n"));
  EXPECT_THAT(lines_of(verify).front(), HasSubstr("2 claims, 1 confirmed, 1 not measurable"));
}

TEST(Text, AShellScriptStaysReadable) {
  const std::string text = rendered(shell_script());
  EXPECT_LT(lines_of(text).size(), 120U);
  EXPECT_THAT(text, AllOf(HasSubstr("  299 x true"), HasSubstr("exit 1"), HasSubstr("299 x true: sum of 299 tasks")));
  const std::string verbose = rendered(shell_script(), {80, false, true});
  EXPECT_THAT(verbose, AllOf(HasSubstr("true (499)"), Not(HasSubstr("more"))));
}

TEST(Text, SaysHowMuchItLeftOut) {
  ReportBuilder builder;
  for (std::uint32_t i = 0; i < 60; ++i) {
    builder.process(100 + i, fmt::format("program{}", i), How::attached, 0ms,
                    Life().runs(TC_ACTIVITY_USER, 1ms * (i + 1)));
  }
  for (std::uint32_t i = 0; i < 30; ++i) {
    builder.thread(500 + i, fmt::format("worker{}", i), 0ms, Life().runs(TC_ACTIVITY_USER, 1ms * (i + 1)));
  }
  const std::string text = rendered(builder.build());
  EXPECT_THAT(text, AllOf(HasSubstr("... and 20 more processes, see --verbose"),
                          HasSubstr("... and 54 accounts that lived shorter, see --verbose"),
                          HasSubstr("... and 11 tasks that lived shorter, see --verbose")));
  EXPECT_THAT(text, AllOf(HasSubstr("program59 (159)"), Not(HasSubstr("program3 (103)"))));
}

TEST(Text, NotMeasuredIsNeverZero) {
  ReportBuilder builder;
  Life life;
  for (int i = 0; i < TC_NR_COUNTERS; ++i) {
    life.cannot_count(static_cast<tc_counter>(i));
  }
  builder.process(1, "a", How::attached, 0ms,
                  life.runs(TC_ACTIVITY_USER, 1ms).queues(TC_ACTIVITY_USER, 1ms).blocks(TC_ACTIVITY_FILE, 1ms));
  builder.thread(2, "b", 0ms, life);
  Report report = builder.build();
  report.session.totals.books.reset();
  const std::string text = rendered(report);
  for (const char* name : {"voluntary switches", "switches to another address space", "migrations",
                           "TLB flushes on switch", "TLB shootdowns received", "minor faults", "page tables"}) {
    const std::size_t at = position(text, fmt::format("  {}", name));
    EXPECT_THAT(text.substr(at, text.find('\n', at) - at), HasSubstr("not measured"));
  }
  EXPECT_THAT(text, HasSubstr("a task vanished before its books"));
  const std::string tasks = text.substr(position(text, "tid  task"));
  EXPECT_THAT(tasks.substr(0, tasks.find("\n\n")), AllOf(HasSubstr("n/a"), Not(HasSubstr("  0  "))));
}

TEST(Text, WithoutProbesOnCallsALifeHasNoPrice) {
  ReportBuilder builder;
  builder.process(1, "a", How::fork, 0ms, Life().runs(TC_ACTIVITY_USER, 1ms));
  Report report = builder.build();
  report.session.prices[TC_CREATION_FORK].count = 1;
  EXPECT_THAT(rendered(report), HasSubstr("Price of a life"));
  report.session.calls_seen = false;
  EXPECT_THAT(rendered(report), Not(HasSubstr("Price of a life")));
}

TEST(Text, MarksAnAccountThatDoesNotClose) {
  ReportBuilder builder;
  builder.process(1, "a", How::attached, 0ms, Life().runs(TC_ACTIVITY_USER, 98ms).lost(2ms));
  EXPECT_THAT(rendered(builder.build()), HasSubstr("+2.00 ms  !+2.00%"));
  EXPECT_THAT(rendered(shell_script()), Not(HasSubstr("!")));
}

TEST(Text, MarksOpenEndsAndExplainsThemOnlyThen) {
  ReportBuilder builder;
  builder.process(1, "daemon", How::attached, 0ms, Life().runs(TC_ACTIVITY_USER, 2ms)).lived_before().lives_on();
  EXPECT_THAT(rendered(builder.build()), AllOf(HasSubstr("<2.00 ms>"), HasSubstr("< lived before")));
  EXPECT_THAT(rendered(shell_script()), Not(HasSubstr("< lived before")));
}

TEST(Text, LossesAreOneLineEachOrNone) {
  Report report = full_report();
  report.session.losses.counts[TC_LOSS_UNRESOLVED_FAULTS] = 30;
  EXPECT_THAT(rendered(report), HasSubstr("  ! 30 page faults that the kernel resolved unseen\n"));
  report.session.losses = {};
  report.records.reset();
  EXPECT_THAT(rendered(report), AllOf(HasSubstr("losses: none"), Not(HasSubstr("  ! "))));
}

TEST(Text, LostRecordsAreALossToo) {
  Report report = full_report();
  report.session.losses = {};
  EXPECT_THAT(rendered(report), AllOf(Not(HasSubstr("losses: none")), HasSubstr("\nLosses\n   lost at")));
  report.records->gaps.clear();
  EXPECT_THAT(rendered(report), HasSubstr("losses: none"));
}

TEST(Text, HistogramRowsArePowersOfTwo) {
  ReportBuilder builder;
  builder.process(1, "a", How::attached, 0ms, Life());
  builder.latency("run_queue", {0ns, 1ns, 9ns, 10ns, 15ns, 16ns});
  const std::string text = rendered(builder.build());
  EXPECT_THAT(text, HasSubstr("         0 -> 1          : 2        |**"));
  EXPECT_THAT(text, HasSubstr("         2 -> 3          : 0        |  "));
  EXPECT_THAT(text, HasSubstr("         8 -> 15         : 3        |****************************************|"));
  EXPECT_THAT(text, HasSubstr("        16 -> 31         : 1        |*************   "));
}

TEST(Text, SaysHowItEnded) {
  Report report;
  report.target.command = "x";
  const auto head = [&report] { return lines_of(rendered(report)).front(); };
  EXPECT_THAT(head(), HasSubstr("all ended"));
  report.target.exit_code = 3;
  EXPECT_THAT(head(), HasSubstr("exit 3"));
  report.target.exit_code.reset();
  report.target.exit_signal = 11;
  EXPECT_THAT(head(), HasSubstr("killed by SIGSEGV"));
  report.window_end = WindowEnd::duration;
  EXPECT_THAT(head(), HasSubstr("until the duration was over"));
  report.window_end = WindowEnd::failure;
  EXPECT_THAT(head(), HasSubstr("could not wait any longer"));
}

TEST(Family, EveryProcessAppearsOnceWhateverTheParentsSay) {
  ReportBuilder builder;
  for (std::uint32_t i = 1; i <= 20'000; ++i) {
    builder.process(i, "fork", How::fork, 0ms, Life());
  }
  auto& processes = builder.report().session.processes;
  for (std::size_t i = 1; i < 19'000; ++i) {
    processes[i].parent = i;  // a chain
  }
  processes[19'000].parent = 19'002;  // a ring
  processes[19'001].parent = 19'001;
  processes[19'002].parent = 19'003;   // its own parent
  processes[19'003].parent = 777'777;  // nobody
  for (const bool grouped : {false, true}) {
    const Session& session = builder.report().session;
    std::size_t seen = 0;
    for (const FamilyMember& member : family_of(session, grouped)) {
      seen += member.processes.size();
    }
    EXPECT_EQ(seen, session.processes.size());
  }
  expect_within(rendered(builder.build()), 80);
}

}  // namespace
}  // namespace taskcost
