// SPDX-License-Identifier: Apache-2.0
#include "cli/options/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>

#include "support/parsed_options.h"

namespace taskcost {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(Options, RunTakesTheCommandAfterTheDoubleDash) {
  const auto run =
      test::parsed_as<RunCommand>({"run", "-o", "a.json", "--output=b.txt", "--", "ls", "-l", "--", "--help"});
  EXPECT_THAT(run.command, ElementsAre("ls", "-l", "--", "--help"));
  ASSERT_EQ(run.observe.outputs.size(), 2);
  EXPECT_EQ(run.observe.outputs[0].path, "a.json");
  EXPECT_EQ(run.observe.outputs[0].format, OutputFormat::json);
  EXPECT_EQ(run.observe.outputs[1].path, "b.txt");
  EXPECT_EQ(run.observe.outputs[1].format, OutputFormat::text);
}

TEST(Options, RunTakesTheCommandFromTheFirstWord) {
  const auto run =
      test::parsed_as<RunCommand>({"run", "-q", "--user", "daemon", "sh", "-c", "true", "--", "-v", "attach"});
  EXPECT_THAT(run.command, ElementsAre("sh", "-c", "true", "--", "-v", "attach"));
  EXPECT_TRUE(run.observe.quiet);
  EXPECT_FALSE(run.observe.verbose);
  EXPECT_EQ(run.user, "daemon");
}

TEST(Options, ACommandMayHaveTheNameOfASubcommand) {
  EXPECT_THAT(test::parsed_as<RunCommand>({"run", "attach", "-p", "1"}).command, ElementsAre("attach", "-p", "1"));
  EXPECT_THAT(test::parsed_as<RunCommand>({"run", "--", "--odd"}).command, ElementsAre("--odd"));
}

TEST(Options, Defaults) {
  const auto run = test::parsed_as<RunCommand>({"run", "true"});
  EXPECT_THAT(run.observe.outputs, IsEmpty());
  EXPECT_EQ(run.observe.format, OutputFormat::text);
  EXPECT_FALSE(run.observe.max_tasks);
  EXPECT_EQ(run.observe.color, std::nullopt);
  EXPECT_FALSE(run.observe.quiet || run.observe.verbose || run.observe.probe_stats);
  EXPECT_EQ(run.user, std::nullopt);
}

TEST(Options, SharedOptions) {
  const auto observe = test::parsed_as<RunCommand>(
                           {"run", "--format", "json", "-qv", "--no-color", "--probe-stats", "--max-tasks=7", "true"})
                           .observe;
  EXPECT_EQ(observe.format, OutputFormat::json);
  EXPECT_EQ(observe.color, false);
  EXPECT_EQ(observe.max_tasks, 7);
  EXPECT_TRUE(observe.quiet && observe.verbose && observe.probe_stats);
  EXPECT_EQ(test::parsed_as<RunCommand>({"run", "--format=none", "true"}).observe.format, std::nullopt);
  EXPECT_EQ(test::parsed_as<RunCommand>({"run", "--format=none", "--format=text", "true"}).observe.format,
            OutputFormat::text);
}

// Standard output belongs to the launched command.
TEST(Options, TheReportOfALaunchedCommandGoesToStandardError) {
  const auto run = [](std::vector<std::string> words) {
    words.insert(words.begin(), "run");
    words.emplace_back("true");
    return test::parsed_as<RunCommand>(words).observe;
  };
  EXPECT_EQ(run({}).stream, ReportStream::standard_error);
  EXPECT_EQ(run({}).format, OutputFormat::text);
  // The command writes to standard error too: with a file, nothing else goes there.
  EXPECT_EQ(run({"-o", "r.json"}).format, std::nullopt);
  EXPECT_EQ(run({"-o", "r.json", "--format", "text"}).format, OutputFormat::text);
  EXPECT_EQ(run({"-o", "r.json", "--format", "text"}).stream, ReportStream::standard_error);
  const auto both = run({"-o", "-", "-o", "r.json"});
  EXPECT_EQ(both.stream, ReportStream::standard_output);
  EXPECT_EQ(both.format, OutputFormat::text);
  EXPECT_EQ(both.outputs.size(), 1U);
  EXPECT_EQ(run({"-o", "-", "--format", "json"}).format, OutputFormat::json);
  EXPECT_THAT(test::refused({"run", "-o", "-", "--format", "none", "true"}).what, HasSubstr("--format none"));
}

TEST(Options, TheReportOfRepeatedRunsGoesToStandardError) {
  const auto run = [](std::vector<std::string> words) {
    words.insert(words.begin(), {"run", "--repeat", "2"});
    words.emplace_back("true");
    return test::parsed_as<RunCommand>(words).observe;
  };
  EXPECT_EQ(run({}).stream, ReportStream::standard_error);
  EXPECT_EQ(run({"-o", "r.md"}).format, std::nullopt);
  EXPECT_EQ(run({"-o", "-"}).stream, ReportStream::standard_output);
  EXPECT_EQ(run({"-o", "-", "--format", "json"}).format, OutputFormat::json);
}

TEST(Options, WithoutACommandTheReportGoesToStandardOutput) {
  const auto attach = test::parsed_as<AttachCommand>({"attach", "-p", "1", "-o", "r.json"}).observe;
  EXPECT_EQ(attach.stream, ReportStream::standard_output);
  EXPECT_EQ(attach.format, OutputFormat::text);
  EXPECT_EQ(test::parsed_as<VerifyCommand>({"verify", "-o", "-"}).observe.stream, ReportStream::standard_output);
  EXPECT_THAT(test::parsed_as<ReportCommand>({"report", "a.tcap", "-o", "-"}).outputs, IsEmpty());
  EXPECT_THAT(test::parsed_as<DiffCommand>({"diff", "a", "b", "-o", "-"}).outputs, IsEmpty());
  EXPECT_THAT(test::parsed_as<EstimateCommand>({"estimate", "a", "-o", "-"}).outputs, IsEmpty());
  EXPECT_EQ(test::refused({"diff", "a", "b", "-o", "-", "--format", "none"}).kind, ErrorKind::usage);
}

TEST(Options, OverheadIsMeasuredOnRequest) {
  EXPECT_FALSE(test::parsed_as<RunCommand>({"run", "true"}).measure_overhead);
  const auto run = test::parsed_as<RunCommand>({"run", "--measure-overhead", "--repeat", "9", "--stacks", "true"});
  EXPECT_TRUE(run.measure_overhead);
  EXPECT_EQ(run.repeat, 9U);
  EXPECT_TRUE(run.observe.stacks) << "the overhead of these probes is measured";
  EXPECT_EQ(test::refused({"run", "--measure-overhead", "-o", "x.tcap", "true"}).kind, ErrorKind::usage);
}

TEST(Options, RecordWritesNoReportByDefault) {
  const auto command = test::parsed_as<RunCommand>({"record", "-o", "x.tcap", "--", "true"}).observe;
  EXPECT_EQ(command.format, std::nullopt);
  const auto asked = test::parsed_as<RunCommand>({"record", "-o", "x.tcap", "--format", "text", "--", "true"}).observe;
  EXPECT_EQ(asked.stream, ReportStream::standard_error);
  EXPECT_EQ(asked.format, OutputFormat::text);
  const auto target = test::parsed_as<AttachCommand>({"record", "-o", "x.tcap", "-o", "-", "-p", "1"}).observe;
  EXPECT_EQ(target.stream, ReportStream::standard_output);
  EXPECT_EQ(target.format, OutputFormat::text);
}

TEST(Options, AttachToProcesses) {
  const auto attach =
      test::parsed_as<AttachCommand>({"attach", "-p", "12,7", "--pid=12", "-p99", "-d", "2.5", "-o", "r.json"});
  EXPECT_EQ(attach.target.kind, Target::Kind::processes);
  EXPECT_THAT(attach.target.ids, ElementsAre(12, 7, 99));
  EXPECT_EQ(attach.duration, std::chrono::milliseconds(2500));
  EXPECT_EQ(attach.observe.outputs.size(), 1);
}

TEST(Options, DescendantsAreObservedByDefault) {
  EXPECT_TRUE(test::parsed_as<AttachCommand>({"attach", "-p", "1"}).target.children);
  EXPECT_FALSE(test::parsed_as<AttachCommand>({"attach", "-p", "1", "--no-children"}).target.children);
  EXPECT_FALSE(test::parsed_as<TopCommand>({"top", "-p", "1", "--no-children"}).target.children);
  for (const std::vector<std::string>& words : {std::vector<std::string>{"attach", "--no-children"},
                                                {"attach", "-a", "--no-children"},
                                                {"attach", "-t", "1", "--no-children"},
                                                {"top", "--no-children"}}) {
    EXPECT_EQ(test::refused(words).why, "--no-children requires --pid");
  }
}

TEST(Options, AttachToTasks) {
  const auto attach = test::parsed_as<AttachCommand>({"attach", "-t", "5,6"});
  EXPECT_EQ(attach.target.kind, Target::Kind::tasks);
  EXPECT_THAT(attach.target.ids, ElementsAre(5, 6));
  EXPECT_EQ(attach.duration, std::nullopt);
}

TEST(Options, DurationsAreAnyPositiveNumber) {
  const auto duration = [](const std::string& text) {
    return test::parsed_as<AttachCommand>({"attach", "-p", "1", "--duration", text}).duration;
  };
  EXPECT_EQ(duration("1e9"), std::chrono::seconds(1'000'000'000));
  EXPECT_EQ(duration("1e-12"), std::chrono::nanoseconds(1));
  EXPECT_EQ(duration(".25"), std::chrono::milliseconds(250));
}

TEST(Options, BadDurations) {
  for (const char* text : {"x", "", "5s", "nan", "inf", "0", "-5", "1e10", "1,5", " 1"}) {
    const Error error = test::refused({"attach", "-p", "1", "-d", text});
    EXPECT_THAT(error.what, HasSubstr("--duration")) << text;
    EXPECT_THAT(error.what, HasSubstr("'" + std::string(text) + "'"));
  }
  EXPECT_EQ(test::refused({"attach", "-p", "1", "-d", "x"}).why, "not a number");
  EXPECT_EQ(test::refused({"attach", "-p", "1", "-d", "0"}).why, "out of range");
}

TEST(Options, BadIds) {
  for (const char* text : {"x", "", "0", "-1", "1,", ",1", "1 2", "1.5", "0x10", "4194304", "99999999999999999999"}) {
    EXPECT_THAT(test::refused({"attach", "-p", text}).what, HasSubstr("'--pid'")) << text;
    EXPECT_THAT(test::refused({"attach", "-t", text}).what, HasSubstr("'--tid'")) << text;
  }
  EXPECT_EQ(test::refused({"attach", "-p", "12,x3"}).why, "'x3' is not a PID or TID");
}

TEST(Options, AttachNeedsOneKindOfTarget) {
  EXPECT_THAT(test::refused({"attach", "-d", "1"}).what, HasSubstr("no target"));
  EXPECT_EQ(test::refused({"attach", "-p", "1", "-t", "2"}).why, "--pid excludes --tid");
}

TEST(Options, Doctor) {
  EXPECT_FALSE(test::parsed_as<DoctorCommand>({"doctor"}).json);
  EXPECT_TRUE(test::parsed_as<DoctorCommand>({"doctor", "--json"}).json);
  EXPECT_EQ(test::parsed_as<DoctorCommand>({"doctor", "--no-color"}).color, false);
}

TEST(Options, Verify) {
  const auto all = test::parsed_as<VerifyCommand>({"verify"});
  EXPECT_THAT(all.claims, IsEmpty());
  EXPECT_FALSE(all.thorough || all.list);
  const auto some =
      test::parsed_as<VerifyCommand>({"verify", "--claim", "a.b", "--claim=c", "--thorough", "--list", "-o", "v.json"});
  EXPECT_THAT(some.claims, ElementsAre("a.b", "c"));
  EXPECT_TRUE(some.thorough && some.list);
  EXPECT_EQ(some.observe.outputs.size(), 1);
}

TEST(Options, WorkloadPassesUnknownOptionsOn) {
  const auto workload = test::parsed_as<WorkloadCommand>(
      {"workload", "-q", "create", "--as", "thread", "-o", "w.json", "-n5", "--", "-v"});
  EXPECT_EQ(workload.name, "create");
  EXPECT_THAT(workload.arguments, ElementsAre("--as", "thread", "-n5", "-v"));
  EXPECT_TRUE(workload.observe.quiet);
  EXPECT_FALSE(workload.observe.verbose);
  EXPECT_EQ(workload.observe.outputs.size(), 1);
}

TEST(Options, WorkloadNeedsItsNameFirst) {
  EXPECT_THAT(test::refused({"workload"}).what, HasSubstr("no workload"));
  EXPECT_THAT(test::refused({"workload", "--as", "thread", "create"}).what, HasSubstr("unknown option '--as'"));
}

TEST(Options, UnknownOptionsSuggestTheNearest) {
  const Error typo = test::refused({"run", "--ouptut=a.json", "--", "ls"});
  EXPECT_EQ(typo.what, "unknown option '--ouptut'");
  EXPECT_EQ(typo.hint, "did you mean '--output'? try 'taskcost run --help'");
  EXPECT_EQ(test::refused({"attach", "-p", "1", "--gibberish"}).hint, "try 'taskcost attach --help'");
  EXPECT_THAT(test::refused({"doctor", "--jsno"}).hint, HasSubstr("'--json'"));
  EXPECT_THAT(test::refused({"run", "-z", "ls"}).what, HasSubstr("'-z'"));
  EXPECT_THAT(test::refused({"--verison"}).hint, HasSubstr("'--version'"));
}

TEST(Options, UnknownCommandsSuggestTheNearest) {
  EXPECT_THAT(test::refused({"atach"}).hint, HasSubstr("'attach'"));
  EXPECT_EQ(test::refused({"dance"}).hint, "try 'taskcost --help'");
  EXPECT_THAT(test::refused({}).what, HasSubstr("no command"));
}

TEST(Options, MissingValues) {
  for (const char* option : {"--pid", "--duration", "--output", "--format"}) {
    const Error error = test::refused({"attach", option});
    EXPECT_EQ(error.what, "option '" + std::string(option) + "'");
    EXPECT_THAT(error.why, HasSubstr("missing"));
  }
  EXPECT_EQ(test::refused({"attach", "-d"}).what, "option '--duration'");
}

TEST(Options, AttachTakesOneTargetOfEveryKind) {
  EXPECT_EQ(test::parsed_as<AttachCommand>({"attach", "-a"}).target.kind, Target::Kind::machine);
  const auto cgroup = test::parsed_as<AttachCommand>({"attach", "--cgroup", "/sys/fs/cgroup/x"}).target;
  EXPECT_EQ(cgroup.kind, Target::Kind::cgroup);
  EXPECT_EQ(cgroup.cgroup, "/sys/fs/cgroup/x");
  const auto name = test::parsed_as<AttachCommand>({"attach", "--comm", "postgres*"}).target;
  EXPECT_EQ(name.kind, Target::Kind::name);
  EXPECT_EQ(name.name, "postgres*");
  EXPECT_EQ(test::refused({"attach", "-a", "-p", "1"}).why, "--pid excludes --all");
  EXPECT_EQ(test::refused({"attach", "--comm", "a", "--cgroup", "b"}).why, "--cgroup excludes --comm");
  EXPECT_THAT(test::refused({"attach", "--comm", "a", "--comm", "b"}).why, HasSubstr("more than once"));
  EXPECT_EQ(test::refused({"attach", "--cgroup", ""}).kind, ErrorKind::usage);
  EXPECT_THAT(test::refused({"attach"}).why, HasSubstr("--cgroup"));
}

TEST(Options, DetailAndStacks) {
  EXPECT_EQ(test::parsed_as<RunCommand>({"run", "--detail", "switches", "ls"}).observe.detail, Detail::switches);
  EXPECT_EQ(test::refused({"run", "--detail", "some", "ls"}).kind, ErrorKind::usage);
  const auto run = test::parsed_as<RunCommand>({"run", "--stacks", "-o", "a.folded", "-o", "a.speedscope.json", "ls"});
  EXPECT_TRUE(run.observe.stacks);
  EXPECT_EQ(run.observe.outputs.at(0).format, OutputFormat::folded);
  EXPECT_EQ(run.observe.outputs.at(1).format, OutputFormat::speedscope);
  EXPECT_THAT(test::refused({"run", "-o", "a.folded", "ls"}).hint, HasSubstr("--stacks"));
}

TEST(Options, Samples) {
  EXPECT_EQ(test::parsed_as<RunCommand>({"run", "--stacks", "ls"}).observe.sample_hz, std::nullopt);
  EXPECT_EQ(test::parsed_as<RunCommand>({"run", "--stacks", "--sample", "0", "ls"}).observe.sample_hz, 0U);
  EXPECT_EQ(test::parsed_as<RunCommand>({"run", "--stacks", "--sample", "999", "ls"}).observe.sample_hz, 999U);
  EXPECT_THAT(test::refused({"run", "--sample", "99", "ls"}).hint, HasSubstr("--stacks"));
  EXPECT_EQ(test::refused({"run", "--stacks", "--sample", "10001", "ls"}).kind, ErrorKind::usage);
  EXPECT_EQ(test::refused({"run", "--stacks", "--sample", "-1", "ls"}).kind, ErrorKind::usage);
  const auto run = test::parsed_as<RunCommand>({"run", "--stacks", "-o", "a.pb.gz", "ls"});
  EXPECT_EQ(run.observe.outputs.at(0).format, OutputFormat::pprof);
}

TEST(Options, MemoryOfUnwindTables) {
  EXPECT_EQ(test::parsed_as<RunCommand>({"run", "--stacks", "ls"}).observe.unwind_mib, std::nullopt);
  EXPECT_EQ(test::parsed_as<RunCommand>({"run", "--stacks", "--unwind-memory", "0", "ls"}).observe.unwind_mib, 0U);
  EXPECT_EQ(test::parsed_as<RunCommand>({"run", "--stacks", "--unwind-memory", "128", "ls"}).observe.unwind_mib, 128U);
  EXPECT_THAT(test::refused({"run", "--unwind-memory", "128", "ls"}).hint, HasSubstr("--stacks"));
  EXPECT_EQ(test::refused({"run", "--stacks", "--unwind-memory", "all", "ls"}).kind, ErrorKind::usage);
  EXPECT_EQ(test::refused({"run", "--stacks", "--unwind-memory", "4097", "ls"}).kind, ErrorKind::usage);
  EXPECT_THAT(test::refused({"run", "--stacks", "--unwind-memory", "9999999999", "ls"}).hint,
              HasSubstr("use 0, for frame pointers alone, to 4096"));
}

TEST(Options, TopObservesTheMachineByDefault) {
  const auto top =
      test::parsed_as<TopCommand>({"top", "--once", "--interval", "0.5", "--format", "json", "--sort", "faults"});
  EXPECT_EQ(top.target.kind, Target::Kind::machine);
  EXPECT_EQ(top.interval, std::chrono::milliseconds(500));
  EXPECT_EQ(top.format, TopCommand::Format::json);
  EXPECT_EQ(top.sort, "faults");
  EXPECT_EQ(test::parsed_as<TopCommand>({"top", "-p", "7"}).target.kind, Target::Kind::processes);
  EXPECT_EQ(test::refused({"top", "--interval", "0"}).kind, ErrorKind::usage);
  EXPECT_EQ(test::refused({"top", "--threads", "--tree"}).why, "--threads excludes --tree");
}

TEST(Options, GroupsHaveAKey) {
  EXPECT_EQ(test::parsed_as<RunCommand>({"run", "ls"}).observe.group_by, std::nullopt);
  EXPECT_EQ(test::parsed_as<RunCommand>({"run", "--by", "cmdline", "ls"}).observe.group_by, GroupBy::cmdline);
  EXPECT_EQ(test::parsed_as<AttachCommand>({"attach", "-a", "--by", "user"}).observe.group_by, GroupBy::user);
  EXPECT_EQ(test::parsed_as<ReportCommand>({"report", "a.tcap", "--by=tree"}).group_by, GroupBy::tree);
  EXPECT_EQ(test::parsed_as<TopCommand>({"top", "--by", "cgroup"}).group_by, GroupBy::cgroup);
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"run", "--by", "pid", "ls"}, {"top", "--by", ""}, {"report", "a", "--by", "\n"}}) {
    const Error error = test::refused(command);
    EXPECT_EQ(error.kind, ErrorKind::usage);
    EXPECT_THAT(error.hint, HasSubstr("comm, cmdline, thread, tree, user or cgroup"));
  }
  EXPECT_THAT(test::refused({"run", "--repeat", "3", "--by", "comm", "ls"}).what, HasSubstr("--by"));
  EXPECT_EQ(test::refused({"report", "a.tcap", "--audit", "--by", "comm"}).what, "--audit with --by");
  EXPECT_EQ(test::refused({"top", "--tree", "--by", "comm"}).kind, ErrorKind::usage);
}

TEST(Options, BadSharedValues) {
  EXPECT_THAT(test::refused({"run", "-o", "r.pdf", "ls"}).hint,
              HasSubstr(".html, .json, .txt, .folded, .wakers.folded, .speedscope.json, .pb.gz, .tcap, .pftrace, .csv "
                        "or .ndjson, or -"));
  EXPECT_THAT(test::refused({"run", "-o", "", "ls"}).what, HasSubstr("''"));
  EXPECT_EQ(test::refused({"run", "-o", ".json", "ls"}).why, "unknown file type");
  EXPECT_THAT(test::refused({"verify", "-o", "v.tcap"}).why, HasSubstr("does not write"));
  EXPECT_THAT(test::refused({"run", "--format", "csv", "ls"}).hint, HasSubstr("text, json or none"));
  for (const char* text : {"0", "-1", "x", "1.5", "1048577"}) {
    EXPECT_THAT(test::refused({"run", "--max-tasks", text, "ls"}).what, HasSubstr("'--max-tasks'")) << text;
  }
  EXPECT_THAT(test::refused({"run", "--quiet=maybe", "ls"}).what, HasSubstr("wrong options"));
}

TEST(Options, RunNeedsACommand) {
  EXPECT_THAT(test::refused({"run"}).what, HasSubstr("no command"));
  EXPECT_THAT(test::refused({"run", "-q", "--"}).hint, HasSubstr("taskcost run -- ls -l"));
}

TEST(Options, StrayArguments) {
  EXPECT_THAT(test::refused({"top", "-p", "1", "2"}).what, HasSubstr("'2'"));
  EXPECT_THAT(test::refused({"doctor", "now"}).what, HasSubstr("'now'"));
  EXPECT_THAT(test::refused({"verify", "--", "x"}).what, HasSubstr("unexpected"));
}

TEST(Options, ErrorsEscapeControlBytes) {
  EXPECT_THAT(test::refused({"run", "--\x1b[31m\n", "ls"}).what, HasSubstr(R"('--\x1b[31m\x0a')"));
}

TEST(Options, TextRequests) {
  EXPECT_EQ(test::parsed_as<PrintText>({"--version"}).text, "taskcost " TASKCOST_VERSION "\n");
  EXPECT_EQ(test::parsed_as<PrintSchema>({"--json-schema"}).name, "report");
  EXPECT_EQ(test::parsed_as<PrintSchema>({"--json-schema", "top"}).name, "top");
  EXPECT_THAT(test::refused({"--json-schema", "nothing"}).what, HasSubstr("'nothing'"));
  EXPECT_THAT(test::parsed_as<PrintText>({"--help"}).text, HasSubstr("attach"));
  EXPECT_THAT(test::parsed_as<PrintText>({"run", "-h", "ls"}).text, HasSubstr("taskcost run [OPTIONS] [--] COMMAND"));
}

class Help : public ::testing::TestWithParam<const char*> {};

TEST_P(Help, FitsEightyColumns) {
  std::vector<std::string> arguments{"--help"};
  if (*GetParam() != '\0') {
    arguments.insert(arguments.begin(), GetParam());
  }
  const std::string help = test::parsed_as<PrintText>(arguments).text;
  EXPECT_THAT(help, EndsWith("\n"));
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80) << line;
  }
}

INSTANTIATE_TEST_SUITE_P(Commands, Help,
                         ::testing::Values("", "run", "compare", "attach", "record", "report", "top", "verify", "diff",
                                           "estimate", "export", "doctor", "workload", "help"));

TEST(Options, TheRingBufferIsAPowerOfTwo) {
  EXPECT_EQ(test::parsed_as<RunCommand>({"run", "--buffer", "64", "ls"}).observe.buffer_mib, 64U);
  EXPECT_THAT(test::refusal_of({"run", "--buffer", "48", "ls"}),
              HasSubstr("not a power of two (use 32, 64, 128, ...)"));
  EXPECT_THAT(test::refusal_of({"run", "--buffer", "x", "ls"}), HasSubstr("not a whole number"));
}

TEST(Options, ACaptureIsWrittenOnce) {
  EXPECT_EQ(test::parsed_as<RunCommand>({"run", "-o", "a.tcap", "ls"}).observe.capture, "a.tcap");
  EXPECT_THAT(test::refusal_of({"run", "-o", "a.tcap", "-o", "b.tcap", "ls"}), HasSubstr("name one .tcap file"));
}

TEST(Options, RecordTakesATargetOrACommand) {
  EXPECT_THAT(test::refusal_of({"record", "-p", "1", "ls"}), HasSubstr("a target and a command"));
  EXPECT_THAT(test::refusal_of({"record"}), HasSubstr("nothing to record"));
  EXPECT_THAT(test::refusal_of({"record", "-o", "a.tcap"}), HasSubstr("'taskcost record -- ls -l'"));
  EXPECT_THAT(test::refused({"record", "--gibberish", "ls"}).what, HasSubstr("'--gibberish'"));
}

TEST(Options, ASchemaIsNamedByItsDocument) {
  EXPECT_EQ(test::parsed_as<PrintSchema>({"--json-schema"}).name, "report");
  for (const std::string_view name : schema_names) {
    EXPECT_EQ(test::parsed_as<PrintSchema>({"--json-schema", std::string(name)}).name, name);
  }
  EXPECT_THAT(test::refusal_of({"--json-schema", "verify"}), HasSubstr("no schema 'verify'"));
  EXPECT_THAT(test::refusal_of({"--json-schema", "diff", "top"}), HasSubstr("unexpected argument 'diff'"));
  EXPECT_THAT(test::refused({"--json-schema", "--gibberish"}).what, HasSubstr("'--gibberish'"));
}

}  // namespace
}  // namespace taskcost
