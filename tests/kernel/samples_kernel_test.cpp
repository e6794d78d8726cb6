// SPDX-License-Identifier: Apache-2.0
//
// Samples of running tasks: with the stacks of waits they make up the time of each process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>

#include "support/expect.h"

namespace taskcost::test {
namespace {

// A wrong share passes once in a million times by chance at 5 standard deviations.
constexpr double deviations = 5;
// The time for which a hypervisor stops a CPU counts as running, and has one sample.
constexpr double stopped_share = 0.2;

bool has_function(const Json& stack, const std::string& name) {
  for (const Json& frame : stack.at("frames")) {
    if (frame.at("function").is_string() && frame.at("function").get<std::string>().find(name) != std::string::npos) {
      return true;
    }
  }
  return false;
}

struct Parts {
  std::int64_t samples = 0;
  std::int64_t on_cpu = 0;  // ns, as the rest
  std::int64_t waits = 0;
  std::int64_t runnable = 0;
  std::int64_t preempted = 0;
};

// Leaves out waits for a task's own creation, which begin in the call of its creator.
std::map<std::int64_t, Parts> parts_by_process(const Report& report) {
  std::map<std::int64_t, Parts> parts;
  for (const Json& stack : report["stacks"].at("stacks")) {
    Parts& of = parts[stack.at("process")];
    const auto time_ns = stack.at("time_ns").get<std::int64_t>();
    of.runnable += stack.at("runnable_ns").get<std::int64_t>();
    if (stack.at("kind") == "on CPU") {
      of.samples += stack.at("count").get<std::int64_t>();
      of.on_cpu += time_ns;
    } else if (stack.at("kind") == "involuntary switch") {
      of.preempted += time_ns;
    } else if (stack.at("kind") == "wait" && stack.at("wait") != "creation") {
      of.waits += time_ns;
    }
  }
  return parts;
}

void expect_parts_of_accounts(const Report& report) {
  const Json& samples = report["stacks"].at("samples");
  const auto all = samples.at("count").get<double>();
  ASSERT_GT(all, 0);
  const double each_ns = samples.at("cpu_ns").get<double>() / all;
  std::map<std::int64_t, Parts> parts = parts_by_process(report);
  std::int64_t counted = 0;
  std::map<std::string, double> running_by_name;
  std::map<std::string, double> sampled_by_name;
  for (const Json& process : report.processes()) {
    SCOPED_TRACE(process.at("comm").get<std::string>());
    const Parts& of = parts[process.at("id")];
    const Json& total = process.at("total");
    std::int64_t blocked = 0;
    for (const auto& [cause, wait] : total.at("waits").items()) {
      blocked += cause == "creation" ? 0 : wait.at("blocked_ns").get<std::int64_t>();
    }
    EXPECT_EQ(of.waits, blocked);
    EXPECT_EQ(of.runnable, time_in_condition(total, "runnable_ns"));
    EXPECT_EQ(of.preempted, time_in_condition(total, "preempted_ns"));
    const std::string name = process.at("comm");
    running_by_name[name] += static_cast<double>(time_in_condition(total, "running_ns"));
    sampled_by_name[name] += static_cast<double>(of.on_cpu);
    counted += of.samples;
  }
  for (const auto& [name, running] : running_by_name) {
    EXPECT_NEAR(sampled_by_name[name], running,
                deviations * each_ns * std::sqrt(running / each_ns + 1) + stopped_share * running)
        << name;
  }
  EXPECT_EQ(counted, samples.at("count"));
}

TEST(Samples, OfHotFunctionsHaveTheirShares) {
  const Observed observed = observe({program("hot"), "60"}, {"--stacks", "--sample", "997"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  const Report& report = *observed.report;
  EXPECT_EQ(report["losses"].at("missed_stacks"), 0);
  EXPECT_EQ(report["stacks"].at("samples").at("frequency_hz"), 997);
  expect_parts_of_accounts(report);

  std::istringstream out(observed.finished.out);
  int processes = 0;
  pid_t pid = 0;
  double kneaded = 0;
  double baked = 0;
  while (out >> pid >> kneaded >> baked) {
    ++processes;
    const Json* process = report.find(pid);
    ASSERT_NE(process, nullptr);
    double all = 0;
    double kneading = 0;
    for (const Json& stack : report["stacks"].at("stacks")) {
      if (stack.at("process") != process->at("id") || stack.at("kind") != "on CPU") {
        continue;
      }
      const bool kneads = has_function(stack, "knead()");
      all += kneads || has_function(stack, "bake()") ? stack.at("count").get<double>() : 0;
      kneading += kneads ? stack.at("count").get<double>() : 0;
    }
    ASSERT_GT(all, 100);
    const double share = kneaded / (kneaded + baked);
    EXPECT_NEAR(kneading / all, share, deviations * std::sqrt(share * (1 - share) / all));
  }
  EXPECT_EQ(processes, 2);
}

TEST(Samples, OfShortProcessesAddUpToo) {
  const Observed observed =
      observe({"/bin/sh", "-c", "for i in $(seq 200); do /bin/true; done"}, {"--stacks", "--sample", "4999"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  EXPECT_EQ((*observed.report)["losses"].at("missed_stacks"), 0);
  expect_parts_of_accounts(*observed.report);
}

// Threads sleep before the window and after it: these waits have a time, but no stack, or no end.
TEST(Samples, OfWhatWasAttachedToHaveItsWaits) {
  const Subprocess target({program("steady"), "2", "/dev/null"});
  ASSERT_TRUE(target.wait_for_output("ready")) << target.err();
  const TemporaryDirectory directory;
  const Finished finished =
      run(attach_command({"-p", std::to_string(target.pid()), "-d", "1", "--stacks"}, directory.file("r.json")));
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  EXPECT_EQ((*report)["stacks"].at("samples").at("frequency_hz"), 99);
  expect_parts_of_accounts(*report);
}

TEST(Samples, AreNotTakenUnasked) {
  const Observed observed = observe({program("hot"), "1"}, {"--stacks", "--sample", "0", "--probe-stats"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  EXPECT_TRUE((*observed.report)["stacks"].at("samples").is_null());
  for (const Json& probe : (*observed.report)["observer"].at("probes")) {
    EXPECT_NE(probe.at("name"), "taskcost_sample");
  }
}

}  // namespace
}  // namespace taskcost::test
