// SPDX-License-Identifier: Apache-2.0
//
// The claims, judged for real, and their figures, compared with strace, perf bench and stress-ng.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "support/expect.h"

namespace taskcost::test {
namespace {

std::optional<Report> verified(Words options) {
  const TemporaryDirectory directory;
  Words words{taskcost_binary(), "verify", "-q", "--format", "none", "-o", directory.file("v.json")};
  words.insert(words.end(), options.begin(), options.end());
  const Finished finished = run(words);
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  return read_report(directory.file("v.json"));
}

// The verdicts depend on the machine, but each follows from observed rounds.
TEST(Verify, JudgesEveryClaimByEvidence) {
  const auto report = verified({"--max-time", thorough() ? "60" : "15"});
  ASSERT_TRUE(report);
  const Json& claims = (*report)["claims"];
  EXPECT_GE(claims.size(), 35U);
  for (const Json& claim : claims) {
    SCOPED_TRACE(claim.at("id"));
    EXPECT_NE(claim.at("verdict"), "not measurable") << claim.at("meaning");
    EXPECT_NE(claim.at("meaning"), "");
    if (claim.at("id") != "summary") {
      EXPECT_GE(claim.at("rounds"), thorough() ? 3 : 1);
      EXPECT_FALSE(claim.at("left").is_null());
    }
  }
  for (const char* exact :
       {"definition.own-memory", "definition.thread-shares", "memory.separate", "cost.new-resources"}) {
    const auto claim =
        std::ranges::find(claims, exact, [](const Json& each) { return each.at("id").get<std::string>(); });
    EXPECT_EQ(claim->at("verdict"), "confirmed") << claim->at("meaning");
  }
  EXPECT_GE((*report)["sweeps"].size(), 8U);
  EXPECT_GE((*report)["tables"].size(), 9U);
  expect_no_losses(*report);
}

class AgainstItself : public ::testing::TestWithParam<const char*> {};

// The claims with a confirmed difference, as options for another run.
Words confirmed(const Report& report) {
  Words claims;
  for (const Json& claim : report["claims"]) {
    if (claim.at("verdict") == "confirmed") {
      claims.insert(claims.end(), {"--claim", claim.at("id").get<std::string>()});
    }
  }
  return claims;
}

// A 95 % interval is wrong now and then, but hardly twice in a row.
TEST_P(AgainstItself, NoDifferenceIsConfirmed) {
  const char* const max_time = thorough() ? "30" : "10";
  const auto report = verified({"--max-time", max_time, "--against-itself", GetParam()});
  ASSERT_TRUE(report);
  EXPECT_GE((*report)["claims"].size(), 5U);
  Words again = confirmed(*report);
  if (!again.empty()) {
    again.insert(again.end(), {"--max-time", max_time, "--against-itself", GetParam()});
    const auto second = verified(again);
    ASSERT_TRUE(second);
    EXPECT_EQ(confirmed(*second), Words()) << "as before";
  }
}

INSTANTIATE_TEST_SUITE_P(Models, AgainstItself, ::testing::Values("thread", "process"),
                         [](const auto& model) { return std::string(model.param); });

// The number of creating system calls, according to strace.
std::int64_t calls_by_strace(const Words& command, const std::string& pattern) {
  const TemporaryDirectory directory;
  Words words{"/usr/bin/strace", "-f", "-c", "-o", directory.file("counts")};
  words.insert(words.end(), command.begin(), command.end());
  const Finished finished = run(words);
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  std::int64_t calls = 0;
  const std::regex line("^ *[0-9.]+ +[0-9.]+ +[0-9]+ +([0-9]+) +(?:[0-9]+ +)?(" + pattern + ")$");
  for (const std::string& text : lines_of(read_file(directory.file("counts")))) {
    std::smatch match;
    if (std::regex_match(text, match, line)) {
      calls += std::stoll(match[1]);
    }
  }
  return calls;
}

struct Creation {
  const char* model;
  const char* counter;
  const char* calls;
};

class Creations : public ::testing::TestWithParam<Creation> {};

TEST_P(Creations, AreAsManyAsStraceSees) {
  const Words command{workload_binary(), "create", "--model", GetParam().model, "--count", "60"};
  const Observed observed = observe(command);
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  const Json& counters = (*observed.report)["totals"].at("counters");
  EXPECT_EQ(counters.at(GetParam().counter).get<std::int64_t>(), calls_by_strace(command, GetParam().calls));
}

INSTANTIATE_TEST_SUITE_P(Kinds, Creations,
                         ::testing::Values(Creation{"fork", "children_forks", "clone|fork"},
                                           Creation{"thread", "children_threads", "clone3|clone"},
                                           Creation{"fork-exec", "execs", "execve"}),
                         [](const auto& creation) {
                           std::string name = creation.param.model;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

double number_after(const std::string& text, const std::string& pattern) {
  std::smatch match;
  const bool found = std::regex_search(text, match, std::regex(pattern));
  EXPECT_TRUE(found) << pattern << " in " << text;
  return found ? std::stod(match[1]) : 0;
}

double ns_per_operation(Words words) {
  words.insert(words.begin(), workload_binary());
  words.emplace_back("--json");
  const Finished finished = run(words);
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  return Json::parse(finished.out).at("ns_per_operation");
}

// The figures have the same order of magnitude: other programs do a little more or less for each operation.
void expect_same_order(double ours, double theirs) {
  constexpr double magnitude = 10;
  EXPECT_LT(ours, magnitude * theirs);
  EXPECT_GT(ours, theirs / magnitude);
}

TEST(Peers, AgreeOnAHopThroughAPipe) {
  const Finished bench = run({"taskset", "-c", "0", "perf", "bench", "sched", "pipe", "-l", "20000"});
  ASSERT_EQ(bench.exit_code(), 0) << bench.describe();
  constexpr double ns_per_us = 1000;
  constexpr double hops = 2;  // an operation goes there and back
  expect_same_order(ns_per_operation({"switch", "--model", "process", "--hops", "40000"}),
                    number_after(bench.out, R"(([0-9.]+) usecs/op)") * ns_per_us / hops);
}

TEST(Peers, AgreeOnAFork) {
  const Finished stress = run({"stress-ng", "--fork", "1", "--fork-ops", "500", "--metrics-brief"});
  ASSERT_EQ(stress.exit_code(), 0) << stress.describe();
  constexpr double ns_per_s = 1e9;
  // This is the rate per second of CPU time: on a busy machine 500 forks take much longer by the wall clock.
  expect_same_order(ns_per_operation({"create", "--model", "fork", "--count", "500"}),
                    ns_per_s / number_after(stress.err + stress.out,
                                            R"(fork +[0-9]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ +([0-9.]+))"));
}

}  // namespace
}  // namespace taskcost::test
