// SPDX-License-Identifier: Apache-2.0
//
// Comparisons of commands on this kernel: known differences appear with their sign and in their cell, equal commands
// never appear different, and each misuse gives one line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "report/render.h"
#include "support/expect.h"
#include "support/schema.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Finished compare(Words arguments, const SpawnOptions& spawn = {}) {
  arguments.insert(arguments.begin(), {taskcost_binary(), "compare", "--quiet"});
  return test::run(arguments, spawn);
}

// Runs a comparison that has to succeed, and returns its JSON.
Json compared(Words arguments) {
  arguments.insert(arguments.begin(), {"--format", "json"});
  const Finished finished = compare(std::move(arguments));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  Json document = Json::parse(finished.out, nullptr, false);
  EXPECT_FALSE(document.is_discarded()) << finished.describe();
  if (!document.is_discarded()) {
    EXPECT_EQ(schema_complaints(comparison_schema(), document), "");
  }
  return document;
}

void expect_one_line(const Words& arguments, int status, const std::string& said) {
  const Finished finished = compare(arguments);
  EXPECT_EQ(finished.exit_code(), status) << finished.describe();
  EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.describe();
  EXPECT_THAT(finished.err, HasSubstr(said));
}

std::string answer(const Json& pair, const std::string& item) {
  for (const Json& quantity : pair["quantities"]) {
    if (quantity["item"] == item) {
      return quantity["answer"];
    }
  }
  return "none";
}

void expect_to_add_up(const Json& difference) {
  double sum = 0;
  for (const Json& part : difference["parts"]) {
    sum += part["difference_ns"].get<double>();
  }
  EXPECT_NEAR(sum, difference["difference_ns"].get<double>(), 1);
}

// ---- Differences ---------------------------------------------------------------------------------------------------

TEST(Compare, TheSameIsNeitherMoreNorLess) {
  const Json document = compared({"-N", "-r", "20", "true", "true"});
  for (const char* key : {"wall", "cpu"}) {
    EXPECT_THAT(document["pairs"][0][key]["answer"], AnyOf(Eq("the same"), Eq("undecided"))) << document["head"];
  }
  EXPECT_EQ(document["commands"][0]["rounds"].size(), 20);
  EXPECT_EQ(document["commands"][0]["process_count"], 1);
}

TEST(Compare, PageFaults) {
  const Json document =
      compared({"-N", "-r", "10", program("faults") + " anonymous 10", program("faults") + " anonymous 8000"});
  const Json& pair = document["pairs"][0];
  EXPECT_EQ(pair["cpu"]["answer"], "more") << document["head"];
  EXPECT_EQ(pair["cpu_time"]["parts"][0]["key"], "page_fault") << pair["cpu_time"];
  EXPECT_EQ(answer(pair, "faults_minor"), "more");
  expect_to_add_up(pair["wall_time"]);
  expect_to_add_up(pair["cpu_time"]);
  const Json& wall = pair["wall_time"];
  EXPECT_NEAR(wall["left_ns"].get<double>() - wall["right_ns"].get<double>(), wall["difference_ns"].get<double>(), 1);
}

TEST(Compare, Forks) {
  const std::string log = " /dev/null";
  const Json document = compared({"-N", "-r", "10", program("forks") + " 1" + log, program("forks") + " 60" + log});
  const Json& pair = document["pairs"][0];
  EXPECT_EQ(pair["cpu"]["answer"], "more") << document["head"];
  EXPECT_EQ(answer(pair, "children_forks"), "more");
  EXPECT_TRUE(pair["children"]);
  const auto is_create = [](const Json& part) { return part["key"] == "create" && part["difference_ns"] > 0; };
  EXPECT_TRUE(std::ranges::any_of(pair["cpu_time"]["parts"], is_create)) << pair["cpu_time"];
  expect_to_add_up(pair["wall_time"]);
  expect_to_add_up(pair["cpu_time"]);
}

TEST(Compare, ASleep) {
  const Json document = compared({"-N", "-r", "10", "sleep 0.01", "sleep 0.1"});
  const Json& pair = document["pairs"][0];
  EXPECT_EQ(pair["wall"]["answer"], "more") << document["head"];
  const Json& part = pair["wall_time"]["parts"][0];
  EXPECT_EQ(part["kind"], "blocked");
  EXPECT_EQ(part["key"], "timer");
  EXPECT_NEAR(part["difference_ns"].get<double>(), 90e6, 2e6);
  EXPECT_EQ(compared({"-N", "-r", "10", "sleep 0.1", "sleep 0.01"})["pairs"][0]["wall"]["answer"], "less");
}

TEST(Compare, ASleepOfAChildStandsForTheWaitForIt) {
  const Json pair = compared({"-r", "10", "sleep 0.02; true", "sleep 0.1; true"})["pairs"][0];
  EXPECT_TRUE(pair["in_sequence"]) << pair;
  EXPECT_EQ(pair["wall_time"]["parts"][0]["process"], "sleep");
  EXPECT_EQ(pair["wall_time"]["parts"][0]["key"], "timer");
  expect_to_add_up(pair["wall_time"]);
}

TEST(Compare, YieldsAreOtherSystemCalls) {
  const Json pair = compared({"-N", "-r", "10", program("yields") + " 1", program("yields") + " 3000"})["pairs"][0];
  EXPECT_EQ(pair["cpu"]["answer"], "more");
  EXPECT_EQ(pair["cpu_time"]["parts"][0]["key"], "other") << pair["cpu_time"];
}

TEST(Compare, RunsUntilItIsDecided) {
  const Json document = compared({"sleep 0.01", "sleep 0.03", "--fail-above", "1000", "--max-time", "10"});
  EXPECT_GE(document["window"]["rounds"], 12);
  EXPECT_THAT(document["window"]["end"].get<std::string>(), AnyOf(Eq("answered"), Eq("budget")));
}

// ---- Options -------------------------------------------------------------------------------------------------------

TEST(CompareUse, HelpersRunWhenTheyShould) {
  const TemporaryDirectory directory;
  const auto note = [&](const std::string& what) { return "echo " + what + " >> " + directory.file("log"); };
  const Finished finished = compare(
      {"-r", "2", "-w", "1", "-s", note("setup"), "-p", note("prepare"), "-c", note("cleanup"), note("a"), note("b")});
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto lines = lines_of(read_file(directory.file("log")));
  const auto count = [&](const char* what) { return std::ranges::count(lines, what); };
  EXPECT_EQ(count("setup"), 2);
  EXPECT_EQ(count("prepare"), 6);
  EXPECT_EQ(count("cleanup"), 2);
  EXPECT_EQ(count("a"), 3);
  EXPECT_EQ(count("b"), 3);
  EXPECT_EQ(lines.front(), "setup");
  EXPECT_EQ(lines.back(), "cleanup");
}

TEST(CompareUse, StreamsAreNowhereUnlessAskedFor) {
  const TemporaryDirectory directory;
  const std::string both = "cat; echo out; echo err >&2";
  SpawnOptions spawn;
  spawn.input = "typed";
  const Finished quiet = compare({"-r", "1", "--format", "none", both}, spawn);
  EXPECT_THAT(quiet.out + quiet.err, IsEmpty());
  const Finished shown = compare({"-r", "2", "--format", "none", "--show-output", both}, spawn);
  EXPECT_EQ(shown.out, "out\nout\n");
  EXPECT_EQ(shown.err, "err\nerr\n");
  write_file(directory.file("in"), "from a file\n");
  const Finished files = compare(
      {"-r", "2", "--format", "none", "--input", directory.file("in"), "--output", directory.file("out"), both});
  EXPECT_EQ(files.exit_code(), 0) << files.describe();
  EXPECT_EQ(read_file(directory.file("out")), "from a file\nout\n");
  EXPECT_EQ(compare({"-r", "1", "--format", "none", "--output", "pipe", "yes | head -c 1000000"}).exit_code(), 0);
}

TEST(CompareUse, EveryFormat) {
  const TemporaryDirectory directory;
  Words words{"-N", "-r", "2", "--format", "none"};
  for (const char* ending : {"html", "json", "md", "csv", "txt"}) {
    words.insert(words.end(), {"-o", directory.file(std::string("result.") + ending)});
  }
  words.insert(words.end(), {"true", "-n", "first", "true", "-n", "second"});
  const Finished finished = compare(words);
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(read_file(directory.file("result.html")), HasSubstr("taskcost.compare/2"));
  EXPECT_THAT(read_file(directory.file("result.md")), HasSubstr("| `second` |"));
  EXPECT_THAT(read_file(directory.file("result.csv")), HasSubstr("\nfirst,0."));
  EXPECT_THAT(read_file(directory.file("result.txt")), HasSubstr("Too few rounds (2)"));
  EXPECT_FALSE(Json::parse(compare({"--json-schema"}).out, nullptr, false).is_discarded());
}

TEST(Compare, FailsAboveTheLimitWithStatusThree) {
  const Finished finished = compare({"-r", "8", "--format", "none", "--fail-above", "50", "sleep 0.01", "sleep 0.1"});
  EXPECT_EQ(finished.exit_code(), 3) << finished.describe();
  EXPECT_THAT(finished.err, HasSubstr("wall time of B is more than 50 % above A"));
}

// The command prints the environment as each of its runs sees it.
TEST(Compare, ManyRunsTakeNoMoreMemoryThanAFew) {
  const int rounds = thorough() ? 500 : 60;
  const TemporaryDirectory directory;
  const std::string look = "sh -c 'grep VmRSS: /proc/$PPID/status >> " + directory.file("log") + "'";
  const Finished finished = compare({"-N", "-r", std::to_string(rounds), "--format", "none", look, look});
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  std::vector<std::int64_t> kib;
  for (const std::string& line : lines_of(read_file(directory.file("log")))) {
    kib.push_back(std::strtoll(line.substr(line.find(':') + 1).c_str(), nullptr, 10));
  }
  ASSERT_EQ(kib.size(), 2 * rounds);
  EXPECT_GT(kib.front(), 1024) << "of another process";
  EXPECT_LT(kib.back() - kib[kib.size() / 3], 1024);
  EXPECT_LT(finished.usage.ru_maxrss, 200 * 1024);
}

// ---- Misuse --------------------------------------------------------------------------------------------------------

TEST(CompareUse, ACommandThatCannotBeRun) {
  expect_one_line({"no-such-command-anywhere"}, 1, "exit status 127 (command not found)");
  expect_one_line({"-N", "no-such-command-anywhere"}, 1, "no such command in PATH");
  expect_one_line({"-S", "no-such-shell", "true"}, 1, "no-such-shell");
}

TEST(CompareUse, ACommandThatFailsEndsIt) {
  expect_one_line({"true", "false"}, 1, "'false' failed in round 1");
  expect_one_line({"kill -KILL $$"}, 1, "killed by SIGKILL (exit status 137)");
  expect_one_line({"yes | exec kill -PIPE $$"}, 1, "failed in round 1");
  expect_one_line({"-w", "1", "false"}, 1, "failed in a warm-up run");
  const Finished ignored = compare({"-i", "-r", "2", "true", "false"});
  EXPECT_EQ(ignored.exit_code(), 0) << ignored.describe();
  EXPECT_THAT(ignored.out, HasSubstr("B failed in 2 of 2 runs, first with exit status 1"));
}

TEST(CompareUse, WhatWasMeasuredBeforeAFailureIsReported) {
  const TemporaryDirectory directory;
  const std::string log = directory.file("log");
  const Finished finished =
      compare({"-r", "9", "--format", "json", "true", "echo x >> " + log + "; test $(wc -l < " + log + ") -lt 4"});
  EXPECT_EQ(finished.exit_code(), 1) << finished.describe();
  EXPECT_THAT(finished.err, HasSubstr("failed in round 4"));
  const Json document = Json::parse(finished.out, nullptr, false);
  ASSERT_FALSE(document.is_discarded());
  EXPECT_EQ(document["window"]["end"], "failure");
  EXPECT_EQ(document["window"]["rounds"], 3);
  EXPECT_EQ(document["commands"][1]["statuses"], Json::array({0, 0, 0}));
}

TEST(CompareUse, HelpersThatFail) {
  expect_one_line({"-p", "exit 3", "true"}, 1, "--prepare failed: exit status 3");
  expect_one_line({"-s", "false", "true"}, 1, "--setup failed");
  EXPECT_EQ(compare({"-r", "1", "-c", "false", "true"}).exit_code(), 1);
}

TEST(CompareUse, WrongUsage) {
  expect_one_line({}, 2, "no command to run");
  expect_one_line({"true", "true", "-n", "x", "-n", "x"}, 2, "two commands are named 'x'");
  expect_one_line({"true", "-o", "/no/such/directory/x.json"}, 1, "/no/such/directory");
  expect_one_line({"true", "--input", "/no/such/file"}, 1, "/no/such/file");
  expect_one_line({"true", "--user", "no-such-user"}, 2, "no such user");
}

TEST(CompareUse, ABudgetBelowOneRoundIsReported) {
  const Finished finished = compare({"--max-time", "0.01", "sleep 0.1", "sleep 0.1"});
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(finished.err, HasSubstr("one round took"));
  EXPECT_THAT(finished.out, HasSubstr("Too few rounds (1)"));
}

TEST(CompareUse, ASignalEndsItWithWhatIsKnown) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("cut.json");
  const std::string log = directory.file("log");
  const std::string done = directory.file("done");
  const std::string command = "sleep 0.05; echo x >> " + done;
  Subprocess running({taskcost_binary(), "compare", "--quiet", "--format", "none", "-o", file, "-c",
                      "echo clean >> " + log, command, command, "-r", "10000"});
  for (int i = 0; i < 600 && (!std::filesystem::exists(done) || lines_of(read_file(done)).size() < 5); ++i) {
    std::this_thread::sleep_for(100ms);
  }
  running.send(SIGINT);
  const Finished finished = running.wait();
  EXPECT_EQ(finished.exit_code(), 128 + SIGINT) << finished.describe();
  const Json document = Json::parse(read_file(file), nullptr, false);
  ASSERT_FALSE(document.is_discarded());
  EXPECT_EQ(document["window"]["end"], "signal");
  EXPECT_GE(document["window"]["rounds"], 1);
  EXPECT_EQ(lines_of(read_file(log)).size(), 2);
}

// ---- One command ---------------------------------------------------------------------------------------------------

Words repeat(const std::string& number, const Words& options, const Words& command) {
  Words words{taskcost_binary(), "run", "--repeat", number, "--quiet"};
  words.insert(words.end(), options.begin(), options.end());
  words.emplace_back("--");
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

TEST(RunRepeat, PassesStreamsAndStatusThrough) {
  const Finished twice = test::run(repeat("2", {"--format", "none"}, {"echo", "hello"}));
  EXPECT_EQ(twice.exit_code(), 0) << twice.describe();
  EXPECT_EQ(twice.out, "hello\nhello\n");
  EXPECT_EQ(test::run(repeat("2", {"--format", "none"}, {"sh", "-c", "exit 3"})).exit_code(), 3);
  EXPECT_EQ(test::run(repeat("2", {"--format", "none"}, {"sh", "-c", "kill -TERM $$"})).exit_code(), 128 + SIGTERM);
  EXPECT_EQ(test::run(repeat("2", {"--format", "none"}, {"no-such-command-anywhere"})).exit_code(), 127);
}

TEST(RunRepeat, ReportsMedians) {
  const Finished finished = test::run(repeat("8", {}, {"sleep", "0.01"}));
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, AllOf(HasSubstr("median of 8 runs"), HasSubstr("blocked on a timer")));
}

// The command makes 400,000 system calls with next to no work in each.
TEST(MeasureOverhead, IsThatOfTheSameCommandWithoutProbes) {
  const TemporaryDirectory directory;
  const std::string rounds = thorough() ? "9" : "6";
  const Finished finished =
      test::run(tool({"run", "--measure-overhead", "--repeat", rounds, "-q", "-o", directory.file("r.json"), "--format",
                      "text", "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=200000", "status=none"}));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, HasSubstr("Measured in " + rounds + " rounds, with and without probes: wall time +"));
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  const Json& observer = (*report)["observer"];
  const Json& measured = observer.at("measured");
  EXPECT_EQ(measured.at("rounds").dump(), rounds);
  for (const char* figure : {"wall", "cpu"}) {
    EXPECT_GT(measured.at(figure).at("ratio_low"), 1.05) << measured;
    EXPECT_LE(measured.at(figure).at("ratio_low"), measured.at(figure).at("ratio"));
    EXPECT_LE(measured.at(figure).at("ratio"), measured.at(figure).at("ratio_high"));
    EXPECT_GT(measured.at(figure).at("with_ns"), measured.at(figure).at("without_ns"));
  }
  // The estimate is near the time that the probes took from the command. It is low: the call that calibrates it has no
  // file, and its caches are always warm.
  const double taken = 1 - 1 / measured.at("cpu").at("ratio").get<double>();
  EXPECT_GT(observer.at("share_of_cpu").get<double>(), taken / 4) << observer;
  EXPECT_LT(observer.at("share_of_cpu").get<double>(), taken * 2) << observer;
}

TEST(MeasureOverhead, PassesStreamsStatusAndSignalsThrough) {
  const Finished finished = test::run(tool(
      {"run", "--measure-overhead", "--repeat", "2", "-q", "--format", "none", "--", "sh", "-c", "echo x; exit 4"}));
  EXPECT_EQ(finished.exit_code(), 4) << finished.describe();
  EXPECT_EQ(finished.out, "x\nx\nx\nx\n") << "two rounds, with and without";
  EXPECT_EQ(finished.err, "");
  EXPECT_EQ(
      test::run(tool({"run", "--measure-overhead", "--repeat", "2", "-q", "--format", "none", "--", "no-such-command"}))
          .exit_code(),
      127);
  Subprocess stopped(tool({"run", "--measure-overhead", "-q", "--", "sleep", "100"}));
  ASSERT_FALSE(stopped.ended(std::chrono::seconds(2)));
  stopped.send(SIGINT);
  EXPECT_EQ(stopped.wait(std::chrono::seconds(20)).exit_code(), 128 + SIGINT);
}

TEST(RunRepeat, TwoOfThemAreComparedByDiff) {
  const TemporaryDirectory directory;
  for (const auto& [file, seconds] : {std::pair("a.json", "0.01"), std::pair("b.json", "0.2")}) {
    const Finished finished =
        test::run(repeat("8", {"--format", "none", "-o", directory.file(file)}, {"sleep", seconds}));
    ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  }
  const Finished finished =
      test::run({taskcost_binary(), "diff", directory.file("a.json"), directory.file("b.json"), "--fail-above", "50"});
  EXPECT_EQ(finished.exit_code(), 3) << finished.describe();
  EXPECT_THAT(finished.out, AllOf(HasSubstr("x as long as A"), HasSubstr("[")));
}

}  // namespace
}  // namespace taskcost::test
