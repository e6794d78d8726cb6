// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>

#include "report/render.h"
#include "report/text/page.h"
#include "support/columns.h"
#include "support/golden.h"
#include "support/hostile_names.h"
#include "support/report_builder.h"

namespace taskcost {
namespace {

using test::columns_of;
using namespace std::chrono_literals;
using test::AccountBuilder;
using test::full_report;
using test::ReportBuilder;
using testing::AllOf;
using testing::HasSubstr;

std::string text_report(const Report& report, const TextOptions& options = {}) {
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

const std::string& hostile_name(std::size_t i) { return test::hostile_names[i % test::hostile_names.size()]; }

Report hostile_report() {
  ReportBuilder builder;
  for (std::size_t i = 0; i < test::hostile_names.size(); ++i) {
    const auto tgid = static_cast<std::uint32_t>(4'000'000'000U + i);
    builder.process(tgid, hostile_name(i), TaskOrigin::clone_vm, 0ms,
                    AccountBuilder()
                        .runs(TC_ACTIVITY_CREATE, 999'999s, ~0ULL >> 8)
                        .is_preempted(TC_ACTIVITY_OTHER, 123'456us)
                        .blocks(TC_ACTIVITY_POLL, 123'456s)
                        .lost(-12'345s)
                        .counts(TC_COUNTER_VOLUNTARY_SWITCHES, ~0ULL >> 8)
                        .transfers(TC_CHANNEL_UNIX_SOCKET, 1'000'000'000'000, 1ULL << 60, 1ULL << 60)
                        .creates(TC_CREATION_CLONE_VM, 1'000'000'000, 9ms));
    builder.thread(tgid, hostile_name(i + 1), 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ns))
        .lived_before()
        .lives_on();
    if (i > 0) {
      builder.child_of(tgid - 1);
    }
    builder.aggregated(hostile_name(i), 1'000'000, AccountBuilder());
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

TEST(Text, AFullReportIsWrittenAsBefore) { test::expect_golden("report.txt", text_report(full_report())); }

TEST(Text, AVerifyReportIsWrittenAsBefore) {
  Report report;
  report.target.mode = TargetMode::verify;
  report.tool_version = "0.1.0";
  report.host = {"6.1.0-18-amd64", "x86_64", 2, "none"};
  test::add_evidence(report);
  test::add_judgement(report);
  test::expect_golden("verify.txt", text_report(report));
}

TEST(Text, StaysWithinTheWidth) {
  for (const unsigned width : {80U, 81U, 100U, 200U}) {
    for (const bool verbose : {false, true}) {
      const TextOptions options{width, false, verbose};
      expect_within(text_report(full_report(), options), static_cast<int>(width));
      expect_within(text_report(hostile_report(), options), static_cast<int>(width));
      expect_within(text_report(test::shell_script(), options), static_cast<int>(width));
      expect_within(text_report(Report(), options), static_cast<int>(width));
    }
  }
}

TEST(Text, NothingHostileReachesTheTerminal) {
  const std::string text = text_report(hostile_report(), {80, false, true});
  EXPECT_TRUE(test::is_harmless(text));
  EXPECT_THAT(text, AllOf(HasSubstr("\\x1b]0;owned\\x07"), HasSubstr("\\u202egnp.exe")));
}

TEST(Text, IsColoredOnlyOnRequest) {
  EXPECT_EQ(text_report(full_report()).find('\033'), std::string::npos);
  const std::string colored = text_report(full_report(), {80, true, false});
  std::string plain;
  for (std::size_t i = 0; i < colored.size(); ++i) {
    if (colored[i] == '\033') {
      i = colored.find('m', i);
    } else {
      plain += colored[i];
    }
  }
  EXPECT_NE(plain.size(), colored.size());
  EXPECT_EQ(plain, text_report(full_report()));
}

std::string painted(const sections::Section& section, const TextOptions& options = {}) {
  std::ostringstream out;
  paint_text({section}, out, options);
  return out.str();
}

TEST(TextPage, ATableIsAlignedAndATreeIndented) {
  sections::Table table({sections::left("name"), "count"});
  table.row({"sh", 1});
  table.row({"true", 20}, 1);
  table.note("a note", 4);
  table.row({"deep", 300}, 12);
  sections::Section section("any", "Title");
  section.add(std::move(table));
  EXPECT_EQ(painted(section),
            "Title\n"
            "  name                           count\n"
            "  sh                                 1\n"
            "    true                            20\n"
            "    a note\n"
            "                      (12) deep    300\n");
}

TEST(TextPage, ANarrowPageCutsOnlyWhatMayBeCut) {
  sections::Table table({sections::left("name", 10), "figure"});
  table.row({std::string(70, 'n'), std::string(60, '7')});
  sections::Section section("any");
  section.add(std::move(table));
  EXPECT_THAT(painted(section), HasSubstr("\n  " + std::string(16, 'n') + "… " + std::string(60, '7') + "\n"));
}

TEST(TextPage, AWrappedTableLosesNothing) {
  sections::Table table({sections::left("name", 10), sections::left("what", 8), "figure"});
  table.wraps = true;
  table.row({"a long name of several words", std::string(20, 'w'), std::string(60, '7')});
  table.row({"x", "y", 3});
  sections::Section section("any");
  section.add(std::move(table));
  EXPECT_EQ(painted(section), "  name       what     " + std::string(54, ' ') + "figure\n" + "  a long     wwwwwwww " +
                                  std::string(60, '7') + "\n" +
                                  "  name of    wwwwwwww\n"
                                  "  several    wwww\n"
                                  "  words\n"
                                  "  x          y        " +
                                  std::string(59, ' ') + "3\n");
}

TEST(TextPage, ColumnsThatDoNotFitStandBelow) {
  sections::Table table({sections::left(""), "a", "b", "c"});
  table.row({"x", 1, 2, 3});
  table.at_once = 2;
  sections::Section section("any");
  section.add(std::move(table));
  EXPECT_EQ(painted(section), "     a  b\n  x  1  2\n\n     c\n  x  3\n");
}

TEST(TextPage, ALabelStandsOnceAndALongHeadIsCut) {
  sections::Section section("any");
  section.item("why: ", std::string(60, 'a') + " " + std::string(60, 'b'));
  section.add(sections::Line{{std::string(100, 'c')}, "5 tasks"});
  section.add(sections::Line{{std::string(100, 'd')}, std::string(70, 't')});
  EXPECT_EQ(painted(section), "  why: " + std::string(60, 'a') + "\n       " + std::string(60, 'b') + "\n" +
                                  std::string(70, 'c') + "…: 5 tasks\n" + std::string(79, 'd') + "…\n  " +
                                  std::string(70, 't') + "\n");
}

TEST(TextPage, ADistributionIsDrawn) {
  sections::Section section("any");
  section.block("a latency").items.emplace_back(sections::Distribution{{{0, 1, 2}, {2, 3, 0}, {4, 7, 3}}});
  EXPECT_THAT(painted(section), AllOf(HasSubstr("  a latency\n     nsecs"),
                                      HasSubstr("         0 -> 1          : 2        |**************************   "),
                                      HasSubstr("         2 -> 3          : 0        |   "),
                                      HasSubstr("|****************************************|")));
}

}  // namespace
}  // namespace taskcost
