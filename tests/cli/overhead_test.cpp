// SPDX-License-Identifier: Apache-2.0
//
// The overhead benchmark: its table and its JSON agree, and a tool that cannot run appears in both.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <sstream>

#include "support/taskcost.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;

Finished run_benchmark(const Words& options, const SpawnOptions& spawn = {}) {
  Words words{taskcost_binary().substr(0, taskcost_binary().rfind('/')) + "/taskcost-bench-overhead"};
  words.insert(words.end(), options.begin(), options.end());
  return run(words, spawn);
}

// The words of the row that begins with `tool`.
Words row_of(const std::string& text, const std::string& tool) {
  for (const std::string& line : lines_of(text)) {
    std::istringstream stream(line);
    Words words{std::istream_iterator<std::string>(stream), {}};
    if (!words.empty() && words.front() == tool) {
      return words;
    }
  }
  return {};
}

TEST(Overhead, TableAndJsonSayTheSame) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("overhead.json");
  const Finished finished =
      run_benchmark({"--rounds", "1", "--workload", "thread", "--tool", "empty", "--tool", "full", "-o", file});
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const Json json = Json::parse(read_file(file));
  EXPECT_EQ(json.at("rounds"), 1);
  ASSERT_EQ(json.at("workloads").size(), 1U);
  const Json& workload = json["workloads"][0];
  EXPECT_EQ(workload.at("name"), "thread");
  EXPECT_GT(workload.at("untraced_ns"), 0);
  ASSERT_EQ(workload.at("tools").size(), 2U);
  for (const Json& tool : workload["tools"]) {
    SCOPED_TRACE(tool.dump(2));
    EXPECT_TRUE(tool.at("not_possible").is_null());
    ASSERT_EQ(tool.at("rounds").size(), 1U);
    const double ratio =
        tool["rounds"][0].at("traced_ns").get<double>() / tool["rounds"][0].at("untraced_ns").get<double>();
    EXPECT_DOUBLE_EQ(tool.at("slowdown").at("value"), ratio);
    const Words row = row_of(finished.out, tool.at("name"));
    ASSERT_GE(row.size(), 2U) << finished.out;
    EXPECT_EQ(row[1], fmt::format("{:.2f}", ratio));
  }
  // All figures of taskcost are known; empty programs in the kernel have no process to measure.
  const Json& empty = workload["tools"][0];
  const Json& full = workload["tools"][1];
  EXPECT_TRUE(empty.at("lost").is_null());
  EXPECT_TRUE(empty.at("memory_bytes").is_null());
  EXPECT_EQ(full.at("lost"), 0);
  EXPECT_GT(full.at("memory_bytes"), 0);
  EXPECT_GT(full.at("output_bytes"), 0);
}

TEST(Overhead, AToolThatCannotBeHadStandsInTheTable) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("overhead.json");
  const Finished finished =
      run_benchmark({"--rounds", "1", "--workload", "faults", "--tool", "strace", "--tool", "runqlat", "-o", file},
                    {.environment = {{"PATH", "/no/such/directory"}}, .input = {}, .directory = {}});
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(finished.out, HasSubstr("not possible: not installed (package strace)"));
  for (const Json& tool : Json::parse(read_file(file)).at("workloads").at(0).at("tools")) {
    EXPECT_THAT(tool.at("not_possible").get<std::string>(), HasSubstr("not installed"));
    EXPECT_TRUE(tool.at("slowdown").is_null());
  }
}

TEST(Overhead, WrongUsageIsStatusTwo) {
  for (const Words& options : {Words{"--tool", "dtrace"}, Words{"--workload", "nothing"}, Words{"--rounds", "0"},
                               Words{"--rounds", "x"}, Words{"--no-such-option"}}) {
    const Finished finished = run_benchmark(options);
    EXPECT_EQ(finished.exit_code(), 2) << finished.describe();
    EXPECT_EQ(lines_of(finished.err).size(), 1U) << finished.describe();
  }
  EXPECT_THAT(run_benchmark({"--tool", "dtrace"}).err, HasSubstr("'dtrace'"));
}

TEST(Overhead, ListsWhatItKnows) {
  const Finished finished = run_benchmark({"--list"});
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  for (const char* name : {"pipe", "bystander", "full", "perf-sched", "strace"}) {
    EXPECT_GE(row_of(finished.out, name).size(), 2U) << name;
  }
}

}  // namespace
}  // namespace taskcost::test
