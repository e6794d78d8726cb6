// SPDX-License-Identifier: Apache-2.0
//
// Reports of real runs, compared by the tool: the answer, the exit status, and one line for reports that cannot be
// compared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/expect.h"

namespace taskcost::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// Two shells that differ only in how long they sleep. They are observed once for all tests.
class Diff : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new TemporaryDirectory;
    observe_sleep("0.05", short_sleep());
    observe_sleep("0.2", long_sleep());
  }
  static void TearDownTestSuite() {
    delete directory_;
    directory_ = nullptr;
  }

  static void observe_sleep(const std::string& seconds, const std::string& file, const Words& options = {}) {
    // The time comes from the environment, so that the commands are the same.
    SpawnOptions spawn;
    spawn.environment["SECONDS_TO_SLEEP"] = seconds;
    Words command{taskcost_binary(), "run", "--quiet", "--format", "none", "-o", file};
    command.insert(command.end(), options.begin(), options.end());
    for (const char* word : {"--", "/bin/sh", "-c", "sleep $SECONDS_TO_SLEEP; :"}) {
      command.emplace_back(word);
    }
    const Finished finished = test::run(command, spawn);
    ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  }

  static std::string short_sleep() { return directory_->file("short.json"); }
  static std::string long_sleep() { return directory_->file("long.json"); }

  static std::string written(const std::string& name, const std::string& text) {
    const std::string path = directory_->file(name);
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  // Copies a report with one value changed.
  static std::string changed(const std::string& name, const char* pointer, const Json& value) {
    Json report = Json::parse(read_file(short_sleep()));
    report[Json::json_pointer(pointer)] = value;
    return written(name, report.dump());
  }

  static Finished diff(Words arguments) {
    arguments.insert(arguments.begin(), {taskcost_binary(), "diff"});
    return test::run(arguments);
  }

  static void expect_one_line(const Words& arguments, int status, const std::string& said) {
    const Finished finished = diff(arguments);
    EXPECT_EQ(finished.exit_code(), status) << finished.describe();
    EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.describe();
    EXPECT_THAT(finished.err, HasSubstr(said));
    EXPECT_THAT(finished.out, IsEmpty());
  }

  static TemporaryDirectory* directory_;
};

TemporaryDirectory* Diff::directory_ = nullptr;

TEST_F(Diff, TheFirstLinesNameTheSleep) {
  const Finished finished = diff({short_sleep(), long_sleep()});
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(finished.err, IsEmpty());
  const auto lines = lines_of(finished.out);
  ASSERT_GE(lines.size(), 3);
  const std::string head = lines[0] + " " + lines[1] + " " + lines[2];
  EXPECT_THAT(head, AllOf(HasSubstr("x as long as A"), HasSubstr("mostly blocked on a timer (+1")));
  for (const std::string& line : lines) {
    EXPECT_LE(line.size(), 80 + 16) << line;  // in bytes; a figure has up to one character of two bytes
  }
}

TEST_F(Diff, FasterIsReported) { EXPECT_THAT(diff({long_sleep(), short_sleep()}).out, HasSubstr("mostly less time")); }

TEST_F(Diff, IdenticalReportsHaveNoChange) {
  const Finished finished = diff({short_sleep(), short_sleep(), "--fail-above", "0"});
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(finished.out, StartsWith("No change of wall time beyond 1 %"));
  EXPECT_THAT(finished.err, IsEmpty());
}

TEST_F(Diff, ReadsStandardInput) {
  SpawnOptions spawn;
  spawn.input = read_file(short_sleep());
  const Finished finished = test::run({taskcost_binary(), "diff", "-", long_sleep()}, spawn);
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(finished.out, HasSubstr("A: standard input: /bin/sh"));
}

TEST_F(Diff, JsonOnStandardOutputAndInFiles) {
  const std::string file = directory_->file("difference.json");
  const std::string text = directory_->file("difference.txt");
  const Finished finished = diff({short_sleep(), long_sleep(), "--format", "json", "-o", file, "-o", text});
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_EQ(read_file(file), finished.out);
  EXPECT_THAT(read_file(text), HasSubstr("Where the time went"));
  const Json document = Json::parse(finished.out, nullptr, false);
  ASSERT_FALSE(document.is_discarded());
  EXPECT_EQ(document["schema"], "taskcost.diff/2");
  EXPECT_EQ(document["pieces"][0]["key"], "timer");
  EXPECT_GT(document["pieces"][0]["difference_ns"], 100'000'000);
  EXPECT_FALSE(Json::parse(diff({"--json-schema"}).out, nullptr, false).is_discarded());
}

TEST_F(Diff, APageHasAFlameGraphIfBothReportsHaveStacks) {
  const std::string page = directory_->file("difference.html");
  const Finished without = diff({short_sleep(), long_sleep(), "--format", "none", "-o", page});
  EXPECT_EQ(without.exit_code(), 0) << without.describe();
  EXPECT_THAT(read_file(page), AllOf(HasSubstr("Where the time went"), Not(HasSubstr("\"is_b\": true"))));
  observe_sleep("0.05", directory_->file("stacks.json"), {"--stacks"});
  const Finished finished =
      diff({directory_->file("stacks.json"), directory_->file("stacks.json"), "--format", "none", "-o", page});
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(read_file(page), HasSubstr("\"is_b\": true"));
  expect_one_line({short_sleep(), long_sleep(), "--format", "none", "-o", directory_->file("d.folded")}, 1,
                  "observe with --stacks");
}

TEST_F(Diff, FailsAboveTheLimitWithStatusThree) {
  const Finished slower = diff({short_sleep(), long_sleep(), "--fail-above", "50", "--format", "none"});
  EXPECT_EQ(slower.exit_code(), 3) << slower.describe();
  EXPECT_THAT(slower.err, HasSubstr("wall time is more than 50 % above A"));
  EXPECT_THAT(slower.out, IsEmpty());
  EXPECT_EQ(diff({short_sleep(), long_sleep(), "--fail-above", "100000"}).exit_code(), 0);
}

TEST_F(Diff, WhatIsNotMeasuredIsSaidAndDoesNotFail) {
  const std::string without_tasks = changed("without-tasks.json", "/task_count", 0);
  const Finished finished = diff({short_sleep(), without_tasks, "--fail-above", "10", "--format", "none"});
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(finished.err, HasSubstr("time on CPUs is not checked: not measured in B"));
}

TEST_F(Diff, WithoutWallTimeTheLimitIsAnError) {
  const std::string without_wall = changed("without-wall.json", "/window", Json::object());
  const Finished finished = diff({without_wall, short_sleep(), "--fail-above", "10", "--format", "none"});
  EXPECT_EQ(finished.exit_code(), 1) << finished.describe();
  EXPECT_THAT(finished.err, HasSubstr("A has no wall time"));
}

TEST_F(Diff, MissingPartsAreNamed) {
  const std::string without = changed("without-calls.json", "/totals/counters/syscalls", nullptr);
  const Finished finished = diff({without, short_sleep()});
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(finished.out, HasSubstr("not measured in A: system calls"));
}

TEST_F(Diff, WrongUsageIsStatusTwo) {
  expect_one_line({}, 2, "not two reports");
  expect_one_line({short_sleep()}, 2, "not two reports");
  expect_one_line({short_sleep(), long_sleep(), "--fail-above", "much"}, 2, "'much'");
  expect_one_line({short_sleep(), long_sleep(), "--fail-above", "-5"}, 2, "--fail-above");
  expect_one_line({short_sleep(), long_sleep(), "-o", "d.csv"}, 2, ".json");
}

TEST_F(Diff, WhatIsNoReportIsOneLineAndStatusOne) {
  expect_one_line({short_sleep(), directory_->file("missing.json")}, 1, "No such file");
  expect_one_line({directory_->path(), short_sleep()}, 1, "is a directory");
  expect_one_line({written("empty.json", ""), short_sleep()}, 1, "is empty");
  expect_one_line({"/dev/zero", short_sleep()}, 1, "not a JSON report");
  expect_one_line({taskcost_binary(), short_sleep()}, 1, "not a JSON report");
  for (const std::string version : {"1", "9"}) {
    const std::string schema = "taskcost.report/" + version;
    expect_one_line({written("other.json", R"({"schema": ")" + schema + "\"}"), short_sleep()}, 1,
                    "its schema is '" + schema + "', and this version of taskcost needs '");
  }
  expect_one_line({written("cut.json", read_file(short_sleep()).substr(0, 3000)), short_sleep()}, 1,
                  "JSON syntax error");
  expect_one_line({written("deep.json", "{\"a\": " + std::string(5'000'000, '[')), short_sleep()}, 1, "nested");
  expect_one_line({changed("wrong.json", "/window/end_ns", "long"), short_sleep()}, 1, "'window/end_ns'");
  expect_one_line({written("bad\nname\x1b.json", "[]"), short_sleep()}, 1, "bad\\x0aname\\x1b.json");
}

TEST_F(Diff, NeedsNoPrivileges) {
  std::filesystem::copy_file(taskcost_binary(), directory_->file("taskcost"),
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::permissions(directory_->file("taskcost"), std::filesystem::perms(0755));
  for (const std::string& report : {short_sleep(), long_sleep()}) {
    std::filesystem::permissions(report, std::filesystem::perms(0644));
  }
  const Finished finished = test::run({"/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                                       directory_->file("taskcost"), "diff", short_sleep(), long_sleep()});
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
}

}  // namespace
}  // namespace taskcost::test
