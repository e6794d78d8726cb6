// SPDX-License-Identifier: Apache-2.0
//
// Samples of a program without frame pointers, against those of perf, which copies the stack of each and unwinds it
// later. It needs no tracefs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/expect.h"

namespace taskcost::test {
namespace {

constexpr const char* frequency = "997";
constexpr const char* rounds = "40";  // of 64 ms

using Paths = std::map<std::string, std::int64_t>;  // number of samples by path, outermost first

// Appends the program's own functions; the compiler may have made a copy of one, "left.constprop.0".
void append_own(std::string& path, std::string_view function) {
  constexpr std::array<std::string_view, 5> own = {"main", "left", "right", "grind", "sift"};
  const std::string_view name = function.substr(0, function.find_first_of(".@+"));
  if (std::ranges::find(own, name) != own.end()) {
    path.append(path.empty() ? "" : ";").append(name);
  }
}

bool is_below_a_leaf(const std::string& path) { return path.ends_with(";grind") || path.ends_with(";sift"); }

Paths sampled_paths(const Report& report) {
  Paths paths;
  for (const Json& stack : report["stacks"].at("stacks")) {
    std::string path;
    for (const Json& frame : stack.at("frames")) {
      if (frame.at("function").is_string()) {
        append_own(path, frame.at("function").get<std::string>());
      }
    }
    if (stack.at("kind") == "on CPU" && is_below_a_leaf(path)) {
      paths[path] += stack.at("count").get<std::int64_t>();
    }
  }
  return paths;
}

// Empty if perf cannot record here.
Paths perf_paths(const Words& command) {
  const TemporaryDirectory directory;
  const std::string data = directory.file("perf.data");
  Words record{"perf",         "record", "-q", "-e", "cpu-clock", "-F", frequency,
               "--call-graph", "dwarf",  "-m", "4M", "-o",        data, "--"};
  record.insert(record.end(), command.begin(), command.end());
  Paths paths;
  if (run(record).exit_code() != 0) {
    return paths;
  }
  // A line "ADDRESS FUNCTION (FILE)" for each frame, the innermost first, and an empty one behind each sample.
  std::istringstream lines(run({"perf", "script", "-i", data, "--no-inline", "-F", "ip,sym,dso"}).out);
  std::vector<std::string> frames;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string address;
    std::string function;
    if (words >> address >> function) {
      frames.push_back(function);
      continue;
    }
    std::string path;
    for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
      append_own(path, *frame);
    }
    paths[path] += is_below_a_leaf(path) ? 1 : 0;
    frames.clear();
  }
  return paths;
}

std::int64_t sum_of(const Paths& paths) {
  std::int64_t sum = 0;
  for (const auto& [path, count] : paths) {
    sum += count;
  }
  return sum;
}

// Without those that have less than a fiftieth of the samples. Each path of the program has a sixteenth.
std::set<std::string> common_paths(const Paths& paths) {
  std::set<std::string> common;
  for (const auto& [path, count] : paths) {
    if (count > 0 && count * 50 >= sum_of(paths)) {
      common.insert(path);
    }
  }
  return common;
}

TEST(SamplesOfPerf, HaveOurPaths) {
  const Words command{program("call_tree"), rounds};
  const Paths expected = perf_paths(command);
  if (expected.empty()) {
    GTEST_SKIP() << "perf cannot record here";
  }
  const Observed observed = observe(command, {"--stacks", "--sample", frequency});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  if ((*observed.report)["stacks"].at("unwind_tables").is_null()) {
    GTEST_SKIP() << "no unwind tables here";
  }
  const Paths seen = sampled_paths(*observed.report);
  std::set<std::string> told;
  std::istringstream lines(observed.finished.out);
  for (std::string line; std::getline(lines, line);) {
    told.insert(line);
  }
  EXPECT_EQ(told.size(), 16U);
  EXPECT_EQ(common_paths(seen), told);
  EXPECT_EQ(common_paths(seen), common_paths(expected));
  // The program spins for 2.56 s of CPU time; a hypervisor that stops the CPU takes samples away.
  EXPECT_GT(sum_of(seen), 1000);
  EXPECT_GT(sum_of(expected), 1000);
  std::int64_t rare = 0;
  for (const auto& [path, count] : seen) {
    rare += told.contains(path) ? 0 : count;
  }
  EXPECT_LE(rare * 100, sum_of(seen)) << "at least 99 of 100 stacks are whole";
}

}  // namespace
}  // namespace taskcost::test
