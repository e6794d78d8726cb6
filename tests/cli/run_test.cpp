// SPDX-License-Identifier: Apache-2.0
//
// `run` from the command's side: it must not notice that it is observed.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <fstream>
#include <string>

#include "support/expect.h"
#include "support/sudo.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

Finished quiet_run(const Words& command, const SpawnOptions& spawn = {}, const Words& options = {}) {
  Words words{taskcost_binary(), "run", "--quiet", "--format", "none"};
  words.insert(words.end(), options.begin(), options.end());
  words.emplace_back("--");
  words.insert(words.end(), command.begin(), command.end());
  return run(words, spawn);
}

TEST(Run, PassesTheExitStatusThrough) {
  EXPECT_EQ(quiet_run({"true"}).exit_code(), 0);
  EXPECT_EQ(quiet_run({"false"}).exit_code(), 1);
  EXPECT_EQ(quiet_run({"sh", "-c", "exit 42"}).exit_code(), 42);
  EXPECT_EQ(quiet_run({"sh", "-c", "exit 255"}).exit_code(), 255);
}

TEST(Run, ASignalGivesTheStatusOfAShell) {
  EXPECT_EQ(quiet_run({"sh", "-c", "kill -TERM $$"}).exit_code(), 128 + SIGTERM);
  EXPECT_EQ(quiet_run({"sh", "-c", "kill -KILL $$"}).exit_code(), 128 + SIGKILL);
  EXPECT_EQ(quiet_run({program("signal_death"), std::to_string(SIGSEGV)}).exit_code(), 128 + SIGSEGV);
}

TEST(Run, AReportSaysHowTheCommandEnded) {
  const Observed exited = observe({"sh", "-c", "exit 3"});
  expect_ran(exited, 3);
  ASSERT_TRUE(exited.report);
  EXPECT_EQ((*exited.report)["target"].at("exit_code"), 3);
  EXPECT_TRUE((*exited.report)["target"].at("exit_signal").is_null());
  EXPECT_EQ((*exited.report)["window"].at("exit"), "target-exited");
  const Observed killed = observe({"sh", "-c", "kill -TERM $$"});
  expect_ran(killed, 128 + SIGTERM);
  ASSERT_TRUE(killed.report);
  EXPECT_TRUE((*killed.report)["target"].at("exit_code").is_null());
  EXPECT_EQ((*killed.report)["target"].at("exit_signal"), SIGTERM);
}

TEST(Run, ACommandThatDoesNotExist) {
  for (const char* command : {"no-such-command-anywhere", "/no/such/file"}) {
    const Finished finished = quiet_run({command});
    EXPECT_EQ(finished.exit_code(), 127) << finished.describe();
    EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr(command));
    EXPECT_THAT(finished.out, IsEmpty());
  }
}

TEST(Run, ACommandThatIsNotExecutable) {
  const TemporaryDirectory directory;
  std::ofstream(directory.file("data")) << "no program\n";
  for (const std::string& command : {directory.file("data"), directory.path()}) {
    const Finished finished = quiet_run({command});
    EXPECT_EQ(finished.exit_code(), 126) << finished.describe();
    EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.err;
  }
}

TEST(Run, PassesTheStreamsThrough) {
  SpawnOptions spawn;
  spawn.input = "one\ntwo\n";
  const Finished finished = quiet_run({"sh", "-c", "cat; echo three >&2"}, spawn);
  EXPECT_EQ(finished.out, "one\ntwo\n");
  EXPECT_EQ(finished.err, "three\n");
}

TEST(Run, PassesArgumentsAndDirectoryThrough) {
  SpawnOptions spawn;
  spawn.directory = "/usr/share";
  const Finished finished = quiet_run({"sh", "-c", "pwd; printf '<%s>' \"$@\"", "sh", "-v", "--", "a b", ""}, spawn);
  EXPECT_EQ(finished.out, "/usr/share\n<-v><--><a b><>");
}

TEST(Run, ObservesFromTheFirstInstruction) {
  const Observed observed = observe({"/bin/true"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  expect_sound(*observed.report);
  ASSERT_EQ(observed.report->task_count(), 1);
  const Json& process = observed.report->processes()[0];
  EXPECT_EQ(counter(process, "execs"), 1);
  EXPECT_EQ(process.at("command"), "/bin/true");
  EXPECT_EQ(process.at("open_at_start"), false);
}

const char* const kWhoAmI =
    "id -u; id -g; id -G; echo $HOME $USER $LOGNAME; grep -E '^(Uid|Gid|CapEff)' /proc/self/status";

// The identity of that user according to the kernel and the user database, without the tool.
std::string known_of(const std::string& name) {
  const std::string id = "/usr/bin/id ";
  return run({"sh", "-c",
              id + "-u " + name + "; " + id + "-g " + name + "; " + id + "-G " + name + "; getent passwd " + name +
                  " | awk -F: '{print $6, $1, $1; printf \"Uid:\\t%s\\t%s\\t%s\\t%s\\n\", $3,$3,$3,$3; " +
                  "printf \"Gid:\\t%s\\t%s\\t%s\\t%s\\n\", $4,$4,$4,$4; print \"CapEff:\\t0000000000000000\"}'"})
      .out;
}

// Debian's `backup` has no supplementary groups; a user with some is preferred, if there is one.
std::string some_user() {
  const Finished found =
      run({"sh", "-c", "getent group | awk -F: '$4 != \"\" {split($4, m, \",\"); print m[1]; exit}'"});
  const std::string name = found.out.substr(0, found.out.find('\n'));
  return name.empty() || name == "root" ? "backup" : name;
}

TEST(Run, UnderSudoTheCommandIsTheCallers) {
  const std::string name = some_user();
  const passwd* user = getpwnam(name.c_str());  // NOLINT(concurrency-mt-unsafe)
  ASSERT_NE(user, nullptr);
  const SpawnOptions spawn = as_sudo_by(*user);
  EXPECT_EQ(quiet_run({"sh", "-c", kWhoAmI}, spawn).out, known_of(name));
  // The observation works nevertheless.
  const Observed observed = observe({"true"}, {}, spawn);
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  expect_sound(*observed.report);
}

TEST(Run, UserNamesTheOneToBecome) {
  EXPECT_EQ(quiet_run({"sh", "-c", kWhoAmI}, {}, {"--user", "daemon"}).out, known_of("daemon"));
}

TEST(Run, UserOverridesTheOneWhoCalledSudo) {
  const passwd* user = getpwnam("daemon");  // NOLINT(concurrency-mt-unsafe)
  ASSERT_NE(user, nullptr);
  EXPECT_EQ(quiet_run({"id", "-un"}, as_sudo_by(*user), {"--user", "backup"}).out, "backup\n");
  EXPECT_EQ(quiet_run({"id", "-un"}, as_sudo_by(*user), {"--user", "root"}).out, "root\n");
}

TEST(Run, AnUnknownUserIsAnError) {
  const Finished finished = quiet_run({"true"}, {}, {"--user", "no-such-user"});
  EXPECT_NE(finished.exit_code(), 0);
  EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("no-such-user"));
}

TEST(Run, JsonOnAStream) {
  const auto expect_report = [](const std::string& text) {
    const Json report = Json::parse(text, nullptr, false);
    ASSERT_FALSE(report.is_discarded()) << text.substr(0, 400);
    EXPECT_EQ(report.at("schema"), "taskcost.report/2");
  };
  const Finished on_error = run({taskcost_binary(), "run", "--quiet", "--format=json", "--", "true"});
  EXPECT_EQ(on_error.exit_code(), 0) << on_error.describe();
  EXPECT_THAT(on_error.out, IsEmpty());
  expect_report(on_error.err);
  const Finished on_output = run({taskcost_binary(), "run", "--quiet", "--format=json", "-o", "-", "--", "true"});
  EXPECT_EQ(on_output.exit_code(), 0) << on_output.describe();
  EXPECT_THAT(on_output.err, IsEmpty());
  expect_report(on_output.out);
}

// The expected values come from the system itself.
TEST(RunClocks, AReportSaysWhoseAndWhenItIs) {
  const auto now_ns = [](clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
  };
  const std::int64_t realtime_before = now_ns(CLOCK_REALTIME);
  const std::int64_t boottime_before = now_ns(CLOCK_BOOTTIME);
  const TemporaryDirectory directory;
  const Finished finished = run({taskcost_binary(), "record", "-q", "-o", directory.file("x.tcap"), "-o",
                                 directory.file("r.json"), "--", "sleep", "0.2"});
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  const Json& window = (*report)["window"];
  EXPECT_GT(window.at("start_realtime_ns"), realtime_before);
  EXPECT_LT(window.at("end_realtime_ns"), now_ns(CLOCK_REALTIME));
  EXPECT_GT(window.at("start_boottime_ns"), boottime_before);
  EXPECT_LT(window.at("end_boottime_ns"), now_ns(CLOCK_BOOTTIME));
  const auto length = [&window](const char* start, const char* end) {
    return window.at(end).get<double>() - window.at(start).get<double>();
  };
  EXPECT_NEAR(length("start_boottime_ns", "end_boottime_ns"), window.at("wall_ns").get<double>(), 1e6);
  EXPECT_NEAR(length("start_realtime_ns", "end_realtime_ns"), window.at("wall_ns").get<double>(), 1e8);
  const Json& host = (*report)["host"];
  EXPECT_EQ(host.at("name").get<std::string>() + "\n", run({"uname", "-n"}).out);
  EXPECT_EQ(host.at("boot_id").get<std::string>() + "\n", read_file("/proc/sys/kernel/random/boot_id"));
  const std::string machine_id = read_file("/etc/machine-id");
  EXPECT_EQ(host.at("machine_id").is_null() ? "" : host.at("machine_id").get<std::string>() + "\n", machine_id);

  // The same holds for everything that is made of the capture.
  ASSERT_EQ(run({taskcost_binary(), "report", directory.file("x.tcap"), "--format", "none", "-o",
                 directory.file("again.json"), "-o", directory.file("x.ndjson"), "-o", directory.file("x.csv")})
                .exit_code(),
            0);
  const auto again = read_report(directory.file("again.json"));
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)["window"], window);
  EXPECT_EQ((*again)["host"], host);
  for (const char* file : {"x.ndjson", "x.csv"}) {
    const std::vector<std::string> lines = lines_of(read_file(directory.file(file)));
    for (const std::string& line : {lines.at(std::string_view(file) == "x.csv" ? 1 : 0), lines.back()}) {
      EXPECT_THAT(line, HasSubstr(host.at("boot_id").get<std::string>())) << file;
    }
  }
}

TEST(Run, ProbeStatsAreOnRequest) {
  const auto probes_of = [](const Words& options) {
    const Observed observed = observe({"true"}, options);
    return observed.report ? (*observed.report)["observer"].at("probes") : Json();
  };
  const Json without = probes_of({});
  const Json with = probes_of({"--probe-stats"});
  ASSERT_FALSE(without.empty());
  ASSERT_FALSE(with.empty());
  std::int64_t runs = 0;
  for (const Json& probe : with) {
    EXPECT_FALSE(probe.at("runs").is_null()) << probe;
    runs += probe.at("runs").is_null() ? 0 : probe.at("runs").get<std::int64_t>();
  }
  EXPECT_GT(runs, 0);
  for (const Json& probe : without) {
    EXPECT_TRUE(probe.at("runs").is_null()) << probe;
  }
}

}  // namespace
}  // namespace taskcost::test
