// SPDX-License-Identifier: Apache-2.0
//
// The options that choose what the text of a report shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/parsed_options.h"

namespace taskcost {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Extent = ReportView::Extent;

OutputOptions run(std::vector<std::string> options) {
  options.emplace_back("true");
  return test::parsed_as<RunCommand>(test::after("run", options)).observe;
}

OutputOptions attach(std::vector<std::string> options) {
  options.insert(options.end(), {"-p", "1"});
  return test::parsed_as<AttachCommand>(test::after("attach", options)).observe;
}

TEST(ViewOptions, ATerminalGetsWhatMattersUnlessAllIsAskedFor) {
  EXPECT_EQ(run({}).view, ReportView({.extent = Extent::main, .summary_last = true}));
  EXPECT_EQ(run({"-v"}).view, ReportView({.extent = Extent::all, .summary_last = true}));
  EXPECT_EQ(run({"--brief"}).view.extent, Extent::summary);
  EXPECT_EQ(test::parsed_as<ReportCommand>({"report", "x.tcap", "--brief"}).view.extent, Extent::summary);
  EXPECT_EQ(test::parsed_as<WorkloadCommand>({"workload", "--brief", "create"}).observe.view.extent, Extent::summary);
}

TEST(ViewOptions, BesideAFileThereIsOnlyTheSummary) {
  EXPECT_EQ(attach({"-o", "r.json"}).view.extent, Extent::summary);
  EXPECT_EQ(attach({"-o", "r.json"}).format, OutputFormat::text);
  EXPECT_EQ(attach({"-o", "r.json", "-v"}).view.extent, Extent::summary);
  EXPECT_EQ(attach({"-o", "r.json", "--format", "text"}).view.extent, Extent::main);
  // The standard error of a launched command gets it if it is a terminal, which the parser does not know.
  EXPECT_EQ(run({"-o", "r.json"}).format, std::nullopt);
  EXPECT_TRUE(run({"-o", "r.json"}).summary_on_terminal);
  EXPECT_FALSE(run({"-o", "r.json", "--format", "none"}).summary_on_terminal);
  EXPECT_FALSE(run({"-o", "-"}).summary_on_terminal);
  EXPECT_EQ(run({"-o", "r.json", "--brief"}).format, OutputFormat::text) << "it was asked for";
  EXPECT_FALSE(test::parsed_as<RunCommand>({"record", "-o", "x.tcap", "--", "true"}).observe.summary_on_terminal);
}

TEST(ViewOptions, ChooseRowsAndOrder) {
  EXPECT_EQ(run({}).view.sort, ReportOrder::busy);
  EXPECT_EQ(run({"--sort", "faults"}).view.sort, ReportOrder::faults);
  EXPECT_EQ(run({"--sort=lifetime"}).view.sort, ReportOrder::lifetime);
  EXPECT_EQ(run({"--top", "50"}).view.top, 50);
  EXPECT_TRUE(run({"--idle"}).view.idle);
  EXPECT_THAT(test::refusal_of({"run", "--sort", "age", "true"}),
              AllOf(HasSubstr("--sort"), HasSubstr("'age'"),
                    HasSubstr("busy, cpu, blocked, wait, faults, switches or lifetime")));
  EXPECT_THAT(test::refusal_of({"run", "--top", "0", "true"}), HasSubstr("use 1 to"));
}

TEST(ViewOptions, ThatContradictAreRefused) {
  EXPECT_THAT(test::refusal_of({"run", "--brief", "-v", "true"}), HasSubstr("--brief and --verbose"));
  EXPECT_THAT(test::refusal_of({"attach", "-a", "--brief", "--format", "json"}), HasSubstr("--format json"));
  EXPECT_THAT(test::refusal_of({"run", "--repeat", "3", "--brief", "true"}), HasSubstr("--repeat with --brief"));
  EXPECT_THAT(test::refusal_of({"run", "--repeat", "3", "--sort", "cpu", "true"}), HasSubstr("--repeat with --brief"));
  EXPECT_EQ(run({"--repeat", "3", "-v"}).view.extent, Extent::all);
  EXPECT_THAT(test::refusal_of({"verify", "--brief"}), HasSubstr("--brief")) << "its report has no summary";
}

}  // namespace
}  // namespace taskcost
