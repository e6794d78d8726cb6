// SPDX-License-Identifier: Apache-2.0
//
// What users of perf, strace, top and timeout type by habit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "support/parsed_options.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Words = std::vector<std::string>;

std::string text_of(const Words& words) { return test::parsed_as<PrintText>(words).text; }

TEST(UsualOptions, VersionHasAShortName) { EXPECT_EQ(text_of({"-V"}), text_of({"--version"})); }

TEST(UsualOptions, HelpDescribesACommand) {
  EXPECT_EQ(text_of({"help"}), text_of({"--help"}));
  EXPECT_EQ(text_of({"help", "--help"}), text_of({"--help"}));
  EXPECT_EQ(text_of({"help", "help"}), text_of({"--help"}));
  EXPECT_EQ(text_of({"help", "run"}), text_of({"run", "--help"}));
  EXPECT_EQ(text_of({"help", "compare"}), text_of({"compare", "--help"}));
  EXPECT_THAT(text_of({"--help"}), HasSubstr("\n  help      describe a command\n"));
  EXPECT_EQ(test::refused({"help", "recrod"}).what, "unknown command 'recrod'");
  EXPECT_THAT(test::refused({"help", "recrod"}).hint, HasSubstr("'record'"));
  EXPECT_THAT(test::refused({"help", "run", "top"}).what, HasSubstr("'top'"));
}

TEST(UsualOptions, AttachTakesPidsAsArguments) {
  const auto target = [](Words words) {
    words.insert(words.begin(), "attach");
    return test::parsed_as<AttachCommand>(words).target;
  };
  EXPECT_EQ(target({"4711"}).kind, Target::Kind::processes);
  EXPECT_THAT(target({"4711"}).ids, ElementsAre(4711));
  EXPECT_THAT(target({"1,2", "-d", "3", "2", "5"}).ids, ElementsAre(1, 2, 5));
  EXPECT_THAT(target({"-p", "7", "8"}).ids, ElementsAre(7, 8));
  EXPECT_FALSE(target({"--no-children", "7"}).children);
  EXPECT_EQ(test::refused({"attach", "7", "x"}).why, "'x' is not a PID or TID");
  EXPECT_EQ(test::refused({"attach", "7", "-a"}).why, "--pid excludes --all");
  EXPECT_EQ(test::refused({"attach", "7", "-t", "8"}).why, "--pid excludes --tid");
  EXPECT_THAT(test::refused({"attach", "7", "--gibberish"}).what, HasSubstr("'--gibberish'"));
  // Elsewhere an argument is something else.
  EXPECT_THAT(test::refused({"top", "7"}).what, HasSubstr("'7'"));
  EXPECT_THAT(test::parsed_as<RunCommand>({"record", "7"}).command, ElementsAre("7"));
}

TEST(UsualOptions, TopHasTheDelayAndTheCountOfProcps) {
  const auto top = test::parsed_as<TopCommand>({"top", "-d", "0.5", "-n", "3"});
  EXPECT_EQ(top.interval, 500ms);
  EXPECT_EQ(top.refreshes, 3U);
  EXPECT_EQ(test::parsed_as<TopCommand>({"top", "--delay=1", "--iterations=9"}).refreshes, 9U);
  EXPECT_EQ(test::parsed_as<TopCommand>({"top"}).refreshes, std::nullopt);
  EXPECT_THAT(test::refused({"top", "-n", "0"}).what, HasSubstr("'--iterations'"));
  EXPECT_THAT(test::refused({"top", "-d", "x"}).what, HasSubstr("'--interval'"));
  EXPECT_EQ(test::refused({"top", "--once", "-n", "2"}).why, "--iterations excludes --once");
}

TEST(UsualOptions, TopIsAStreamOfLines) {
  const auto top = test::parsed_as<TopCommand>({"top", "--format", "ndjson", "-n", "2", "-q"});
  EXPECT_EQ(top.format, TopCommand::Format::ndjson);
  EXPECT_FALSE(top.once);
  EXPECT_TRUE(top.quiet);
  EXPECT_THAT(test::refused({"top", "--format", "json"}).hint, HasSubstr("--format ndjson"));
}

TEST(UsualOptions, RecordAndReportShareADefaultFile) {
  const auto record = test::parsed_as<RunCommand>({"record", "ls", "-l"});
  EXPECT_EQ(record.observe.capture, "taskcost.tcap");
  EXPECT_EQ(record.observe.format, std::nullopt);
  EXPECT_THAT(record.command, ElementsAre("ls", "-l"));
  EXPECT_EQ(test::parsed_as<AttachCommand>({"record", "-p", "1"}).observe.capture, "taskcost.tcap");
  EXPECT_EQ(test::parsed_as<RunCommand>({"record", "-o", "r.json", "ls"}).observe.capture, "taskcost.tcap");
  EXPECT_EQ(test::parsed_as<RunCommand>({"record", "-o", "x.tcap", "ls"}).observe.capture, "x.tcap");
  // Events in another form need no capture that is kept.
  EXPECT_EQ(test::parsed_as<RunCommand>({"record", "-o", "x.pftrace", "ls"}).observe.capture, std::nullopt);
  EXPECT_EQ(test::parsed_as<RunCommand>({"record", "-o", "r.html", "ls"}).observe.capture, std::nullopt);
  EXPECT_EQ(test::parsed_as<RunCommand>({"run", "ls"}).observe.capture, std::nullopt);

  EXPECT_EQ(test::parsed_as<ReportCommand>({"report"}).file, "taskcost.tcap");
  EXPECT_EQ(test::parsed_as<ReportCommand>({"report", "-"}).file, "-");
  EXPECT_THAT(test::refused({"report", "a", "b"}).what, HasSubstr("more than one file"));
}

TEST(UsualOptions, DoctorTakesAFormat) {
  EXPECT_TRUE(test::parsed_as<DoctorCommand>({"doctor", "--format", "json"}).json);
  EXPECT_FALSE(test::parsed_as<DoctorCommand>({"doctor", "--format", "text"}).json);
  EXPECT_THAT(test::refused({"doctor", "--format", "html"}).hint, HasSubstr("text or json"));
}

TEST(UsualOptions, EveryCommandThatPrintsTextTakesColor) {
  const auto expect_color = [](const char* when, std::optional<bool> color) {
    const auto with = [when](Words words) {
      words.insert(words.begin() + 1, {"--color", when});
      return words;
    };
    EXPECT_EQ(test::parsed_as<RunCommand>(with({"run", "ls"})).observe.color, color);
    EXPECT_EQ(test::parsed_as<RunCommand>(with({"record", "ls"})).observe.color, color);
    EXPECT_EQ(test::parsed_as<AttachCommand>(with({"attach", "1"})).observe.color, color);
    EXPECT_EQ(test::parsed_as<WorkloadCommand>(with({"workload", "create"})).observe.color, color);
    EXPECT_EQ(test::parsed_as<VerifyCommand>(with({"verify"})).observe.color, color);
    EXPECT_EQ(test::parsed_as<CompareCommand>(with({"compare", "a", "b"})).observe.color, color);
    EXPECT_EQ(test::parsed_as<ReportCommand>(with({"report"})).color, color);
    EXPECT_EQ(test::parsed_as<DiffCommand>(with({"diff", "a", "b"})).color, color);
    EXPECT_EQ(test::parsed_as<EstimateCommand>(with({"estimate", "a"})).color, color);
    EXPECT_EQ(test::parsed_as<DoctorCommand>(with({"doctor"})).color, color);
    EXPECT_EQ(test::parsed_as<TopCommand>(with({"top"})).color, color);
  };
  expect_color("auto", std::nullopt);
  expect_color("always", true);
  expect_color("never", false);
  EXPECT_EQ(test::parsed_as<TopCommand>({"top", "--no-color"}).color, false);
  EXPECT_THAT(test::refused({"diff", "a", "b", "--color", "blue"}).hint, HasSubstr("auto, always or never"));
}

TEST(UsualOptions, RunHasATimeout) {
  EXPECT_EQ(test::parsed_as<RunCommand>({"run", "--timeout", "1.5", "ls"}).limits.timeout, 1500ms);
  EXPECT_EQ(test::parsed_as<RunCommand>({"record", "--timeout", "2", "ls"}).limits.timeout, 2s);
  EXPECT_EQ(test::parsed_as<RunCommand>({"run", "ls"}).limits.timeout, std::nullopt);
  EXPECT_THAT(test::refused({"run", "--timeout", "0", "ls"}).what, HasSubstr("'--timeout'"));
  for (const char* option : {"--repeat=2", "--measure-overhead"}) {
    EXPECT_THAT(test::refused({"run", "--timeout", "1", option, "ls"}).hint, HasSubstr("drop"));
    EXPECT_THAT(test::refused({"run", "--follow-daemons", option, "ls"}).hint, HasSubstr("drop"));
  }
}

TEST(UsualOptions, RunFollowsDaemonsOnRequest) {
  EXPECT_TRUE(test::parsed_as<RunCommand>({"run", "--follow-daemons", "ls"}).limits.follow_daemons);
  EXPECT_FALSE(test::parsed_as<RunCommand>({"run", "ls"}).limits.follow_daemons);
}

// An option that would have no effect is refused.
TEST(UsualOptions, RecordTakesTheOptionsOfItsKindOfTarget) {
  for (const Words& option : {Words{"--timeout", "1"}, {"--follow-daemons"}, {"--user", "daemon"}}) {
    Words words{"record", "-p", "1"};
    words.insert(words.end(), option.begin(), option.end());
    EXPECT_THAT(test::refused(words).why, HasSubstr("no command is launched")) << option.front();
  }
  EXPECT_THAT(test::refused({"record", "-d", "1", "ls"}).hint, HasSubstr("--timeout"));
}

TEST(UsualOptions, UnitsOfWorkAreANumberOrACounter) {
  EXPECT_EQ(test::parsed_as<RunCommand>({"run", "--per", "1e4", "ls"}).observe.per.value().number, 10'000);
  EXPECT_EQ(test::parsed_as<ReportCommand>({"report", "--per-count", "syscalls"}).per.value().counter,
            TC_COUNTER_SYSCALLS);
  for (const char* bad : {"0", "-1", "many", "nan", "1e16", ""}) {
    EXPECT_THAT(test::refusal_of({"run", "--per", bad, "ls"}), HasSubstr("--per")) << bad;
  }
  EXPECT_EQ(test::parsed_as<ReportCommand>({"report", "--per-region", "parse"}).per.value().region, "parse");
  EXPECT_THAT(test::refusal_of({"run", "--per-region", "", "ls"}), HasSubstr("--per-region"));
  EXPECT_THAT(test::refusal_of({"run", "--per", "1", "--per-region", "parse", "ls"}), HasSubstr("--per"));
  EXPECT_THAT(test::refusal_of({"run", "--per-count", "sycalls", "ls"}), HasSubstr("do you mean syscalls?"));
  EXPECT_THAT(test::refusal_of({"run", "--per-count", "?", "ls"}), HasSubstr("totals.counters"));
  EXPECT_THAT(test::refusal_of({"run", "--per", "1", "--per-count", "syscalls", "ls"}), HasSubstr("--per"));
  EXPECT_THAT(test::refusal_of({"run", "--repeat", "3", "--per", "1", "ls"}), HasSubstr("--repeat"));
}

class CommonBlock : public ::testing::TestWithParam<const char*> {};

// The names in the last block of options, in their order.
std::vector<std::string> common_names(const std::string& help) {
  const std::string title = "\nCommon options:\n";
  const std::size_t start = help.find(title);
  EXPECT_NE(start, std::string::npos) << help;
  std::vector<std::string> names;
  std::istringstream lines(help.substr(start + title.size()));
  for (std::string line; std::getline(lines, line) && !line.empty();) {
    if (line.starts_with("  -")) {
      names.push_back(line.substr(2, line.find_first_of(", ", 2) - 2));
    }
  }
  return names;
}

TEST_P(CommonBlock, HasTheSameTitleAndOrderEverywhere) {
  const std::vector<std::string> order{"-o",          "--format",     "--json",     "--brief", "-v",     "--per",
                                       "--per-count", "--per-region", "--by",       "--top",   "--sort", "--idle",
                                       "-q",          "--color",      "--no-color", "-h"};
  const std::vector<std::string> names = common_names(text_of({GetParam(), "--help"}));
  std::size_t place = 0;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(order, name);
    ASSERT_NE(found, order.end()) << name;
    EXPECT_GE(static_cast<std::size_t>(found - order.begin()), place) << name;
    place = static_cast<std::size_t>(found - order.begin());
  }
  EXPECT_THAT(names, ::testing::IsSupersetOf({"--format", "--color", "-h"}));
}

INSTANTIATE_TEST_SUITE_P(Commands, CommonBlock,
                         ::testing::Values("run", "compare", "attach", "record", "report", "top", "verify", "diff",
                                           "estimate", "doctor", "workload"));

TEST(UsualOptions, CommonOptionsFollowTheCommandsOwn) {
  const std::string help = text_of({"run", "--help"});
  EXPECT_LT(help.find("\nOptions:\n"), help.find("\nCommon options:\n"));
  EXPECT_LT(help.find("--follow-daemons"), help.find("\nCommon options:\n"));
  EXPECT_THAT(common_names(text_of({"--help"})), ElementsAre("-V", "-h"));
}

}  // namespace
}  // namespace taskcost
