// SPDX-License-Identifier: Apache-2.0
//
// What users of perf, strace, top and timeout expect of a command line, from the outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "support/expect.h"
#include "support/schema.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;

// script(1) of util-linux gives the tool a terminal.
std::string on_a_terminal(const std::string& arguments) {
  return run({"/usr/bin/script", "-qec", taskcost_binary() + " " + arguments, "/dev/null"}).out;
}

TEST(Habits, HelpOfACommand) {
  EXPECT_EQ(run(tool({"help", "top"})).out, run(tool({"top", "--help"})).out);
  EXPECT_EQ(run(tool({"help"})).out, run(tool({"--help"})).out);
  EXPECT_EQ(run(tool({"-V"})).out, run(tool({"--version"})).out);
  const Finished unknown = run(tool({"help", "dance"}));
  EXPECT_EQ(unknown.exit_code(), 2);
  EXPECT_THAT(unknown.out, IsEmpty());
  EXPECT_EQ(lines_of(unknown.err).size(), 1) << unknown.err;
}

TEST(Habits, DoctorsFormatIsAnOption) {
  const Finished finished = run(tool({"doctor", "--format", "json"}));
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_EQ(schema_complaints(run(tool({"--json-schema", "doctor"})).out, Json::parse(finished.out)), "");
  EXPECT_EQ(run(tool({"doctor", "--json"})).out, finished.out);
}

TEST(Habits, ColorIsAlwaysOrNever) {
  SpawnOptions no_color;
  no_color.environment["NO_COLOR"] = "1";
  for (const Words& arguments : {Words{"doctor"}, {"run", "true"}}) {
    const auto with = [&arguments](const char* when) {
      Words words = arguments;
      words.insert(words.begin() + 1, {"--color", when});
      return tool(words);
    };
    const Finished always = run(with("always"), no_color);
    EXPECT_THAT(always.out + always.err, HasSubstr("\x1b["));
    const Finished automatic = run(with("auto"));
    EXPECT_THAT(automatic.out + automatic.err, Not(HasSubstr("\x1b[")));
  }
  EXPECT_THAT(on_a_terminal("doctor --color never"), Not(HasSubstr("\x1b[")));
}

TEST(Habits, RecordAndReportShareADefaultFile) {
  const TemporaryDirectory directory;
  SpawnOptions there;
  there.directory = directory.path();
  const Finished missing = run(tool({"report"}), there);
  EXPECT_EQ(missing.exit_code(), 1);
  EXPECT_EQ(lines_of(missing.err).size(), 1) << missing.err;
  EXPECT_THAT(missing.err, AllOf(HasSubstr("'taskcost.tcap'"), HasSubstr("taskcost record")));

  const Finished recorded = run(tool({"record", "--", "sh", "-c", "exit 3"}), there);
  EXPECT_EQ(recorded.exit_code(), 3) << recorded.describe();
  EXPECT_THAT(recorded.err, HasSubstr(" in taskcost.tcap"));
  EXPECT_THAT(run(tool({"report"}), there).out, HasSubstr("exit 3"));
  // It is overwritten, as a file of -o is.
  EXPECT_EQ(run(tool({"record", "-q", "--", "sh", "-c", "exit 4"}), there).exit_code(), 4);
  EXPECT_THAT(run(tool({"report"}), there).out, HasSubstr("exit 4"));
}

TEST(Habits, ReportReadsStandardInput) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("x.tcap");
  const std::string json = directory.file("x.json");
  ASSERT_EQ(run(tool({"record", "-q", "-o", capture, "-o", json, "--", "true"})).exit_code(), 0);
  const std::string text = run(tool({"report", capture})).out;
  const auto shell = [&](const std::string& redirected, const SpawnOptions& spawn = {}) {
    return run({"sh", "-c", redirected, "sh", taskcost_binary(), capture, json}, spawn);
  };
  for (const char* redirected : {R"("$1" report - <"$2")", R"(cat "$2" | "$1" report -)",
                                 R"({ head -c 3 "$2"; sleep 0.1; tail -c +4 "$2"; } | "$1" report -)"}) {
    SCOPED_TRACE(redirected);
    const Finished finished = shell(redirected);
    EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
    EXPECT_EQ(finished.out, text);
  }
  for (const char* redirected : {R"("$1" report - --format json <"$3")", R"(cat "$3" | "$1" report - --format json)"}) {
    EXPECT_EQ(shell(redirected).out, read_file(json)) << redirected;
  }
  EXPECT_EQ(shell(R"(cat "$2" | "$1" report - --audit)").exit_code(), 0);
  EXPECT_EQ(shell(R"(cat "$2" | "$1" diff - "$2")").exit_code(), 0);

  // An endless stream that is neither ends at once.
  for (const char* redirected :
       {R"(yes | "$1" report -)", R"("$1" report - </dev/zero)", R"("$1" report - </dev/null)"}) {
    const Finished finished = shell(redirected);
    EXPECT_EQ(finished.exit_code(), 1) << redirected;
    EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.err;
  }
}

TEST(Habits, AFullDiskForStandardInputIsSaid) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("x.tcap");
  ASSERT_EQ(run(tool({"record", "-q", "-o", capture, "--", "sh", "-c", "for i in 1 2 3 4 5 6 7 8; do /bin/true; done"}))
                .exit_code(),
            0);
  ASSERT_GT(std::filesystem::file_size(capture), 4096);
  const Finished finished = run({"unshare", "-m", "sh", "-c",
                                 R"(mount -t tmpfs -o size=4k none /mnt && cat "$2" | TMPDIR=/mnt "$1" report -)", "sh",
                                 taskcost_binary(), capture});
  EXPECT_EQ(finished.exit_code(), 1) << finished.describe();
  EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.err;
  EXPECT_THAT(finished.err, AllOf(HasSubstr("No space left"), HasSubstr("TMPDIR")));
}

// The program `steady` has three threads, and a child now and then. It ends on SIGTERM.
class HabitsOfTargets : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(target_.wait_for_output("ready")); }
  [[nodiscard]] std::string pid() const { return std::to_string(target_.pid()); }

  // The target in one refresh of top; null if it is missing.
  [[nodiscard]] Json target_in(const Json& refresh) const {
    for (const Json& process : refresh.at("processes")) {
      if (process.at("tgid") == target_.pid()) {
        return process;
      }
    }
    return {};
  }

  Subprocess target_{{program("steady"), "2"}};
};

TEST_F(HabitsOfTargets, AttachTakesAPid) {
  const Finished finished = run(tool({"attach", pid(), "-d", "0.2", "--format", "json"}));
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(finished.err, MatchesRegex("taskcost: tracing [34] tasks, Ctrl-C to stop\n"));
  const Report report(Json::parse(finished.out));
  EXPECT_NE(report.find(target_.pid()), nullptr);
  EXPECT_THAT(run(tool({"attach", "-q", pid(), "-d", "0.1", "--format", "none"})).err, IsEmpty());
}

TEST_F(HabitsOfTargets, TopIsAStreamOfLines) {
  Subprocess top(tool({"top", "-p", pid(), "-d", "0.2", "--format", "ndjson"}));
  // Each line is there as soon as its refresh.
  ASSERT_TRUE(top.wait_for_output("}\n"));
  EXPECT_FALSE(top.ended());
  std::this_thread::sleep_for(500ms);
  top.send(SIGINT);
  const Finished finished = top.wait();
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(finished.err, IsEmpty());
  const std::vector<std::string> lines = lines_of(finished.out);
  EXPECT_GE(lines.size(), 3U);
  const std::string schema = run(tool({"--json-schema", "top"})).out;
  std::int64_t last = 0;
  for (const std::string& line : lines) {
    const Json refresh = Json::parse(line, nullptr, false);
    ASSERT_FALSE(refresh.is_discarded()) << line;
    EXPECT_EQ(schema_complaints(schema, refresh), "");
    // The intervals follow one another without a gap.
    const auto end = refresh.at("at_ns").get<std::int64_t>();
    if (last != 0) {
      EXPECT_EQ(end - refresh.at("interval_ns").get<std::int64_t>(), last);
    }
    last = end;
    EXPECT_FALSE(target_in(refresh).is_null());
  }
}

TEST_F(HabitsOfTargets, TopEndsAfterItsRefreshes) {
  const Finished stream = run(tool({"top", "-p", pid(), "-d", "0.1", "-n", "3", "--format", "ndjson"}));
  EXPECT_EQ(stream.exit_code(), 0) << stream.describe();
  EXPECT_EQ(lines_of(stream.out).size(), 3U);
  SpawnOptions terminal;
  terminal.environment["TERM"] = "xterm";
  const Finished live = run(
      {"/usr/bin/script", "-qec", taskcost_binary() + " top -p " + pid() + " -d 0.1 -n 3", "/dev/null"}, terminal, 30s);
  EXPECT_FALSE(live.timed_out);
  EXPECT_THAT(live.out, HasSubstr("steady"));
}

// A stream ends with its target.
TEST_F(HabitsOfTargets, TopEndsWithItsTarget) {
  Subprocess top(tool({"top", "-p", pid(), "-d", "0.1", "--format", "ndjson"}));
  ASSERT_TRUE(top.wait_for_output("}\n"));
  target_.send(SIGTERM);
  target_.wait();
  const Finished finished = top.wait(20s);
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  bool exited = false;
  for (const std::string& line : lines_of(finished.out)) {
    const Json process = target_in(Json::parse(line));
    exited = exited || (!process.is_null() && process.at("exited").get<bool>());
  }
  EXPECT_TRUE(exited) << finished.out;
}

TEST_F(HabitsOfTargets, OnATerminalALineSaysWhatIsTraced) {
  EXPECT_THAT(on_a_terminal("top --once -d 0.1 -p " + pid()),
              ContainsRegex("^taskcost: tracing [34] tasks, Ctrl-C to stop\r\n"));
  EXPECT_THAT(on_a_terminal("top -q --once -d 0.1 -p " + pid()), Not(HasSubstr("tracing")));
}

// timeout(1) of coreutils is the model.
TEST(HabitsOfTimeout, TheCommandGetsSigterm) {
  const Observed observed = observe({"sleep", "30"}, {"--timeout", "0.3"});
  EXPECT_EQ(observed.finished.exit_code(), run({"timeout", "0.1", "sleep", "30"}).exit_code());
  ASSERT_TRUE(observed.report);
  expect_sound(*observed.report);
  EXPECT_EQ((*observed.report)["window"].at("exit"), "timeout");
  EXPECT_EQ((*observed.report)["target"].at("exit_signal"), SIGTERM);
  const auto wall = (*observed.report)["window"].at("wall_ns").get<double>();
  EXPECT_GE(wall, 0.3e9);
  EXPECT_LT(wall, 5e9);
  const Finished text = run(tool({"run", "--timeout", "0.1", "--", "sleep", "30"}));
  EXPECT_THAT(text.err, HasSubstr("timed out: killed by SIGTERM"));
}

TEST(HabitsOfTimeout, ACommandThatIgnoresSigtermIsKilled) {
  const Observed observed = observe({"sh", "-c", "trap '' TERM; while :; do sleep 0.05; done"}, {"--timeout", "0.3"});
  EXPECT_EQ(observed.finished.exit_code(), 124);
  ASSERT_TRUE(observed.report);
  EXPECT_EQ((*observed.report)["target"].at("exit_signal"), SIGKILL);
  EXPECT_GE((*observed.report)["window"].at("wall_ns").get<double>(), 5.3e9);
}

TEST(HabitsOfTimeout, AStoppedCommandEnds) {
  const Observed observed = observe({"sh", "-c", "kill -STOP $$"}, {"--timeout", "0.3"});
  EXPECT_EQ(observed.finished.exit_code(), 124);
  ASSERT_TRUE(observed.report);
  EXPECT_EQ((*observed.report)["target"].at("exit_signal"), SIGTERM);
}

TEST(HabitsOfTimeout, ACommandThatEndsInTimeIsAsWithout) {
  const Observed observed = observe({"sh", "-c", "exit 3"}, {"--timeout", "20"});
  EXPECT_EQ(observed.finished.exit_code(), 3);
  ASSERT_TRUE(observed.report);
  EXPECT_EQ((*observed.report)["window"].at("exit"), "target-exited");
}

TEST(HabitsOfTimeout, ACaptureKeepsWhatEndedIt) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("x.tcap");
  EXPECT_EQ(run(tool({"record", "-q", "--timeout", "0.2", "-o", capture, "--", "sleep", "30"})).exit_code(), 124);
  EXPECT_THAT(run(tool({"report", capture})).out, HasSubstr("timed out: killed by SIGTERM"));
}

const char* const daemon_of_a_second = "setsid sh -c 'sleep 1; exit 7' >/dev/null 2>&1 & exit 5";

TEST(HabitsOfDaemons, AreObservedToTheirEnd) {
  const Observed followed = observe({"sh", "-c", daemon_of_a_second}, {"--follow-daemons"});
  EXPECT_EQ(followed.finished.exit_code(), 5) << "the status is the command's";
  ASSERT_TRUE(followed.report);
  expect_sound(*followed.report);
  EXPECT_GE((*followed.report)["window"].at("wall_ns").get<double>(), 1e9);
  EXPECT_EQ((*followed.report)["window"].at("exit"), "target-exited");
  bool daemon = false;
  for (const Json& process : followed.report->processes()) {
    EXPECT_FALSE(process.at("open_at_end").get<bool>()) << process.at("command");
    daemon = daemon || process.at("exit_code") == 7;
  }
  EXPECT_TRUE(daemon);
  const Observed without = observe({"sh", "-c", daemon_of_a_second});
  ASSERT_TRUE(without.report);
  EXPECT_LT((*without.report)["window"].at("wall_ns").get<double>(), 1e9);
}

TEST(HabitsOfDaemons, AreLeftOnCtrlC) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("r.json");
  Subprocess tool_of({taskcost_binary(), "run", "--follow-daemons", "-o", file, "--", "sh", "-c",
                      "setsid sleep 20 >/dev/null 2>&1 & echo ready; exit 5"});
  ASSERT_TRUE(tool_of.wait_for_output("ready"));
  EXPECT_FALSE(tool_of.ended(500ms));
  const std::string zombies = run({"ps", "-o", "comm=", "--ppid", std::to_string(tool_of.pid())}).out;
  EXPECT_THAT(zombies, Not(HasSubstr("defunct"))) << "the command is reaped at its end";
  tool_of.send(SIGINT);
  const Finished finished = tool_of.wait(20s);
  EXPECT_EQ(finished.exit_code(), 5) << finished.describe();
  const auto report = read_report(file);
  ASSERT_TRUE(report);
  EXPECT_EQ((*report)["window"].at("exit"), "signal");
  EXPECT_EQ((*report)["target"].at("exit_code"), 5);
  const auto sleeps = report->with_command("sleep 20");
  ASSERT_EQ(sleeps.size(), 1U);
  EXPECT_TRUE(sleeps.front()->at("open_at_end").get<bool>()) << "it is not ended";
  kill(sleeps.front()->at("tgid").get<pid_t>(), SIGKILL);
}

}  // namespace
}  // namespace taskcost::test
