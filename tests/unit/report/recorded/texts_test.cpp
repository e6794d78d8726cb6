// SPDX-License-Identifier: Apache-2.0
//
// Tests that the texts of a capture keep all values, and that a foreign text is refused with one line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/fixture_recording.h"
#include "support/fixture_stacks.h"
#include "support/hostile_names.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

RecordingEnd fixture_end() {
  RecordingEnd end;
  end.window_end = WindowEnd::target_exited;
  end.start = Instant(1us);
  end.end = Instant(90us);
  end.losses[TC_LOSS_MISSED_LEDGERS] = 3;
  end.skipped_probes = 2;
  end.target.mode = TargetMode::run;
  end.target.command = "server --once";
  end.target.pid = 1001;
  end.target.exit_signal = 9;
  end.observer.probes = {{"on_switch", 5321, 1300us, 1}, {"on_fault", std::nullopt, std::nullopt, 0}};
  end.observer.userspace_cpu = 3ms;
  end.observer.transitions = 45'000;
  end.observer.stack_time = 7ms;
  end.observer.share_of_wall = 0.1 + 0.2;
  end.stacks = test::fixture_stacks();
  end.names = {{{"0", "root"}, {"1000", "a\nb"}}, {{"7", "/a\xff"}}, {{"99", "kubelet"}}};
  end.names.cpu_cgroups = {{"44", "/lab"}};
  end.stolen = 20ms;
  end.clocks = {ClockAnchor{1000, 1'700'000'000'000'000'000, 5'000'001'000},
                ClockAnchor{90'000, 1'700'000'000'000'089'000, 5'000'090'000}};
  return end;
}

TEST(RecordingTexts, TheBeginningReadsBack) {
  RecordingStart start = test::fixture_start();
  start.measured[TC_COUNTER_VOLUNTARY_SWITCHES] = true;
  start.exec_prepare = true;
  start.evidence = {{"figure", "source", EvidenceKind::bound, "why", "hint"}};
  const auto read = read_start(text_of(start));
  ASSERT_TRUE(read) << to_line(read.error());
  EXPECT_EQ(text_of(*read), text_of(start));
  EXPECT_EQ(read->host.cpus, 2);
  EXPECT_EQ(read->realtime_ns, start.realtime_ns);
  EXPECT_EQ(read->boottime_ns, start.boottime_ns);
  EXPECT_EQ(read->host.name, "lab");
  EXPECT_EQ(read->host.machine_id, start.host.machine_id);
  EXPECT_EQ(read->host.boot_id, start.host.boot_id);
  EXPECT_EQ(read->measured, start.measured);
  EXPECT_TRUE(read->exec_prepare);
  EXPECT_FALSE(read->fault_latency);
  ASSERT_EQ(read->evidence.size(), 1);
  EXPECT_EQ(read->evidence[0].kind, EvidenceKind::bound);
}

TEST(RecordingTexts, TheEndReadsBack) {
  const RecordingEnd end = fixture_end();
  const auto read = read_end(text_of(end));
  ASSERT_TRUE(read) << to_line(read.error());
  EXPECT_EQ(text_of(*read), text_of(end));
  EXPECT_EQ(read->losses, end.losses);
  EXPECT_EQ(read->target.exit_code, std::nullopt);
  EXPECT_EQ(read->target.exit_signal, 9);
  EXPECT_EQ(read->observer.share_of_wall, end.observer.share_of_wall) << "to the last bit";
  EXPECT_EQ(read->observer.per_transition, std::nullopt);
  EXPECT_EQ(read->observer.stack_time, 7ms);
  ASSERT_TRUE(read->stacks);
  EXPECT_EQ(read->stacks->stacks.size(), end.stacks->stacks.size());
  EXPECT_EQ(read->stacks->stacks[2].frames[0].mark, Frame::Mark::unlinked);
  EXPECT_EQ(read->clocks.start, end.clocks.start);
  EXPECT_EQ(read->clocks.end, end.clocks.end);
}

// Older versions did not write these keys.
TEST(RecordingTexts, OlderOnesHaveNeitherHostNorClocks) {
  json start = json::parse(text_of(test::fixture_start()));
  for (const char* key : {"name", "machine_id", "boot_id"}) {
    start["host"].erase(key);
  }
  start["clock"].erase("boottime_ns");
  const auto begun = read_start(start.dump());
  ASSERT_TRUE(begun) << to_line(begun.error());
  EXPECT_EQ(begun->host.name + begun->host.machine_id + begun->host.boot_id, "");
  EXPECT_EQ(begun->boottime_ns, 0U);
  json end = json::parse(text_of(fixture_end()));
  end.erase("start_clocks");
  end.erase("end_clocks");
  const auto ended = read_end(end.dump());
  ASSERT_TRUE(ended) << to_line(ended.error());
  EXPECT_FALSE(ended->clocks.start || ended->clocks.end);
}

TEST(RecordingTexts, NamesKeepEveryByte) {
  for (const std::string& name : test::hostile_names) {
    RecordingStart start = test::fixture_start();
    start.command = start.command_line = start.host.name = name;
    const auto begun = read_start(text_of(start));
    ASSERT_TRUE(begun) << to_line(begun.error());
    EXPECT_EQ(begun->command, name);
    EXPECT_EQ(begun->command_line, name);
    EXPECT_EQ(begun->host.name, name);

    RecordingEnd end = fixture_end();
    end.target.command = name;
    end.stacks->stacks[0].frames[0] = {name, name, 0, Frame::Mark::none, false};
    const auto ended = read_end(text_of(end));
    ASSERT_TRUE(ended) << to_line(ended.error());
    EXPECT_EQ(ended->target.command, name);
    EXPECT_EQ(ended->stacks->stacks[0].frames[0].function, name);
    EXPECT_EQ(ended->stacks->stacks[0].frames[0].module, name);
  }
}

TEST(RecordingTexts, CallsHaveTheNamesOfTheirMachine) {
  const RecordingStart start = test::fixture_start();
  EXPECT_EQ(call_name(start, test::number_read, false), "read");
  EXPECT_EQ(call_name(start, 4711, false), "");
  EXPECT_EQ(call_name(start, test::number_read, true), "");
}

// The fuzzer would not come far with texts that are refused for their layout.
TEST(RecordingTexts, TheCorpusOfTheFuzzerIsRead) {
  for (const char* const name : {"start.json", "start-kept.json"}) {
    std::ifstream file(std::string(TASKCOST_GOLDEN_DIR "/../fuzz/corpus/recording/") + name);
    const auto read = read_start(std::string(std::istreambuf_iterator<char>(file), {}));
    EXPECT_TRUE(read) << name << ": " << (read ? "" : to_line(read.error()));
  }
}

TEST(RecordingTexts, AnotherLayoutIsRefused) {
  json text = json::parse(text_of(test::fixture_start()));
  text["record_layout"] = record_layout + 1;
  const auto read = read_start(text.dump());
  ASSERT_FALSE(read);
  EXPECT_THAT(to_line(read.error()), HasSubstr("use the version of taskcost that recorded it"));
}

TEST(RecordingTexts, AnotherVersionIsRefusedByName) {
  const auto needed = json::parse(text_of(test::fixture_start())).at("kind").get<std::string>();
  for (const char* const number : {"1", "2", "4"}) {
    const std::string other = needed.substr(0, needed.find('/') + 1) + number;
    const auto read = read_start(json{{"kind", other}, {"record_layout", record_layout}}.dump());
    ASSERT_FALSE(read);
    EXPECT_EQ(to_line(read.error()), "cannot read the capture: its version is '" + other +
                                         "', and this version of taskcost needs '" + needed +
                                         "' (record again, or use the version of taskcost that recorded it)");
  }
  EXPECT_THAT(to_line(read_start(R"({"kind": ["\n"], "record_layout": 1})").error()), Not(HasSubstr("\n")));
}

// A JSON pointer, and the value that replaces the one in the text.
using Change = std::pair<const char*, json>;

template <typename Read>
void expect_refused(const std::string& text, const std::vector<Change>& changes, Read read) {
  for (const auto& [place, value] : changes) {
    json changed = json::parse(text);
    changed.at(json::json_pointer(place)) = value;
    const auto result = read(changed.dump());
    ASSERT_FALSE(result) << place << " = " << value;
    EXPECT_THAT(to_line(result.error()), Not(HasSubstr("\n")));
    EXPECT_EQ(result.error().hint, "record it anew");
  }
}

TEST(RecordingTexts, WrongValuesAreRefused) {
  expect_refused(text_of(test::fixture_start()),
                 {{"/host/cpus", 1e300},
                  {"/host/cpus", 4'294'967'296},
                  {"/host", "lab"},
                  {"/mode", "guess"},
                  {"/mode", 1},
                  {"/mode", nullptr},
                  {"/command", "\u4e00"},
                  {"/clock/realtime_ns", 0.5},
                  {"/clock", json::array()},
                  {"/evidence", {{{"figure", 1}}}},
                  {"/calls", 1},
                  {"/calls_by_number", {1, 2}}},
                 read_start);
  expect_refused(text_of(fixture_end()),
                 {{"/end_ns", 18'446'744'073'709'551'615U},
                  {"/start_ns", true},
                  {"/losses/missed_ledgers", -3},
                  {"/target/pid", -1},
                  {"/target/exit_signal", "KILL"},
                  {"/observer/probes/0/runs", 1.5},
                  {"/observer/share_of_wall", "all"},
                  {"/stacks/stacks/0/kind", "nap"},
                  {"/stacks/stacks/0/frames/0", json::array({"main"})},
                  {"/stacks/stacks/0/frames/0/mark", "none"},
                  {"/stacks", 1}},
                 read_end);
}

TEST(RecordingTexts, WhatIsNoTextIsRefused) {
  for (const std::string& text : {std::string(), std::string("{"), std::string("[]"), std::string("null"),
                                  std::string("\xff"), std::string(100'000, '['), std::string(R"({"kind":1})")}) {
    EXPECT_FALSE(read_start(text)) << text.substr(0, 20);
    EXPECT_FALSE(read_end(text)) << text.substr(0, 20);
  }
}

}  // namespace
}  // namespace taskcost
