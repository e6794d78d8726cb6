// SPDX-License-Identifier: Apache-2.0
//
// --keep and --when of `record`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/options/options.h"
#include "support/parsed_options.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using testing::HasSubstr;

std::vector<std::string> recording_with(std::vector<std::string> options) {
  options.insert(options.begin(), "record");
  options.insert(options.end(), {"-p", "1"});
  return options;
}

ObserveOptions kept_with(const std::vector<std::string>& options) {
  return test::parsed_as<AttachCommand>(recording_with(options)).observe;
}

std::string refused_with(const std::vector<std::string>& options) { return test::refusal_of(recording_with(options)); }

Trigger trigger_of(const std::string& text) {
  return kept_with({"--keep", "1s", "--when", text}).when.value_or(Trigger{});
}

TEST(KeepOptions, ALimitIsATimeOrASize) {
  const std::vector<std::pair<std::string, std::chrono::nanoseconds>> times{
      {"30s", 30s}, {"500ms", 500ms}, {"1.5s", 1500ms}, {"2m", 2min}, {"1h", 1h}};
  for (const auto& [text, time] : times) {
    const auto keep = kept_with({"--keep", text}).keep;
    ASSERT_TRUE(keep) << text;
    EXPECT_EQ(keep->time, time) << text;
    EXPECT_FALSE(keep->bytes) << text;
  }
  EXPECT_EQ(kept_with({"--keep=300kb"}).keep->bytes, 300U << 10U);
  EXPECT_EQ(kept_with({"--keep=16mb"}).keep->bytes, 16U << 20U);
  EXPECT_EQ(kept_with({"--keep=1gb"}).keep->bytes, 1U << 30U);
  EXPECT_FALSE(kept_with({"--keep=1gb"}).keep->time);
  for (const std::vector<std::string>& both :
       {std::vector<std::string>{"--keep=30s,16mb"}, {"--keep", "16mb", "--keep", "30s"}, {"--keep", "16mb, 30s"}}) {
    EXPECT_EQ(kept_with(both).keep->time, 30s);
    EXPECT_EQ(kept_with(both).keep->bytes, 16U << 20U);
  }
  EXPECT_EQ(kept_with({"--keep", "1s"}).capture, default_capture);
  const auto run = test::parsed_as<RunCommand>({"record", "--keep", "1s", "-o", "x.tcap", "--", "true"});
  EXPECT_EQ(run.observe.capture, "x.tcap");
  EXPECT_TRUE(run.observe.keep);
}

TEST(KeepOptions, ALimitThatIsNoneIsRefused) {
  for (const char* text : {"", "x", "30", "30 s", "s", "-1s", "0s", "0mb", "1e9h", "30x", "nan", "1kb", "99999gb",
                           "30s,", ",", "30s;1gb", "10ms"}) {
    const std::string line = refused_with({std::string("--keep=") + text});
    EXPECT_THAT(line, HasSubstr("--keep")) << text;
  }
  EXPECT_THAT(refused_with({"--keep=30"}), HasSubstr("it has no unit"));
  EXPECT_THAT(refused_with({"--keep=30y"}), HasSubstr("unknown unit 'y'"));
  EXPECT_THAT(refused_with({"--keep=0s"}), HasSubstr("out of range"));
}

TEST(KeepOptions, WhatDoesNotGoTogetherIsRefused) {
  EXPECT_THAT(refused_with({"--when", "lost_events >= 1"}), HasSubstr("--when without --keep"));
  EXPECT_THAT(refused_with({"--keep=1s", "--stacks"}), HasSubstr("--keep with --stacks"));
  EXPECT_THAT(refused_with({"--keep=1s", "-o", "x.tcap", "-o", "x.html"}), HasSubstr("x.html"));
  EXPECT_THAT(refused_with({"--keep=1s", "-o", "x.json"}), HasSubstr("only a capture"));
  EXPECT_THAT(test::refusal_of({"attach", "1", "--keep=1s"}), HasSubstr("--keep"));
}

TEST(KeepOptions, ATriggerIsAFigureAnOperatorAndALimit) {
  for (const char* text : {"run_queue_p99 > 10ms", "run_queue_p99>10ms", " run_queue_p99  >10 ms ",
                           "run_queue_p99 > 0.01s", "run_queue_p99 > 1e4us", "run_queue_p99 > 10000000ns"}) {
    const Trigger trigger = trigger_of(text);
    EXPECT_EQ(trigger.key.name, "run_queue_p99") << text;
    EXPECT_EQ(trigger.comparison, Trigger::Comparison::above) << text;
    EXPECT_DOUBLE_EQ(trigger.limit, 1e7) << text;
  }
  EXPECT_EQ(trigger_of("lost_events >= 1").comparison, Trigger::Comparison::at_least);
  EXPECT_EQ(trigger_of("switches_per_s < 1000").comparison, Trigger::Comparison::below);
  EXPECT_EQ(trigger_of("switches_per_s <= 1000/s").comparison, Trigger::Comparison::at_most);
  EXPECT_DOUBLE_EQ(trigger_of("syscalls_per_s > 2.5e5").limit, 250'000);
  EXPECT_EQ(trigger_of(" exec_max > 1s ").text, "exec_max > 1s");
}

TEST(KeepOptions, ATriggerThatIsNoneIsOneLine) {
  const auto refused_trigger = [](const char* text) { return refused_with({"--keep=1s", "--when", text}); };
  EXPECT_THAT(refused_trigger("run_queue_p98 > 1ms"), HasSubstr("unknown figure 'run_queue_p98'"));
  EXPECT_THAT(refused_trigger("run_queue_p98 > 1ms"), HasSubstr("did you mean run_queue_p"));
  EXPECT_THAT(refused_trigger("load > 1"), HasSubstr("run_queue, "));
  EXPECT_THAT(refused_trigger("load > 1"), HasSubstr("lost_events"));
  EXPECT_THAT(refused_trigger(""), HasSubstr("names no figure"));
  EXPECT_THAT(refused_trigger("> 1"), HasSubstr("names no figure"));
  EXPECT_THAT(refused_trigger("lost_events"), HasSubstr("no operator"));
  EXPECT_THAT(refused_trigger("lost_events 1"), HasSubstr("no operator"));
  for (const char* text : {"lost_events = 1", "lost_events == 1", "lost_events != 1", "lost_events => 1",
                           "lost_events >> 1", "lost_events <> 1"}) {
    EXPECT_THAT(refused_trigger(text), HasSubstr("unknown operator")) << text;
  }
  EXPECT_THAT(refused_trigger("lost_events > x"), HasSubstr("not a number"));
  EXPECT_THAT(refused_trigger("lost_events >"), HasSubstr("not a number"));
  EXPECT_THAT(refused_trigger("lost_events > nan"), HasSubstr("not a number"));
  EXPECT_THAT(refused_trigger("lost_events > 0"), HasSubstr("not above 0"));
  EXPECT_THAT(refused_trigger("lost_events > -1"), HasSubstr("not above 0"));
  EXPECT_THAT(refused_trigger("run_queue_p99 > 0ms"), HasSubstr("not above 0"));
  EXPECT_THAT(refused_trigger("run_queue_p99 > 10"), HasSubstr("no unit"));
  EXPECT_THAT(refused_trigger("run_queue_p99 > 10x"), HasSubstr("unknown unit 'x'"));
  EXPECT_THAT(refused_trigger("run_queue_p99 > 10/s"), HasSubstr("unknown unit '/s'"));
  EXPECT_THAT(refused_trigger("lost_events > 1/s"), HasSubstr("unknown unit '/s'"));
  EXPECT_THAT(refused_trigger("lost_events > 1\n2"), HasSubstr("\\x0a"));
}

}  // namespace
}  // namespace taskcost
