// SPDX-License-Identifier: Apache-2.0
//
// Results of of_kind() point into the packets. The trace is read by a separate decoder (support/trace_decoder.h) that
// shares no code with the exporter.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "base/escape.h"
#include "support/fixture_script.h"
#include "support/golden.h"
#include "support/hostile_names.h"
#include "support/marked_regions.h"
#include "support/script.h"
#include "support/trace_decoder.h"
#include "trace/events/writers.h"
#include "trace/perfetto/export.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using test::comes;
using test::FtraceEvent;
using test::idle_comes;
using test::idle_leaves;
using test::leaves;
using test::Message;
using test::Script;
using test::Slice;
using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

std::vector<Message> trace_of(const Script& script, std::uint64_t end_ns = 100'000) {
  std::ostringstream out;
  PerfettoExport exported(out, test::trace_info());
  for (const Record& record : script.records()) {
    exported.on_record(record);
  }
  exported.finish(end_ns);
  return test::decode_trace(out.str());
}

// Returns the slices on the track of a task as "name begin..end".
std::vector<std::string> lines_of(const std::vector<Message>& packets, std::uint64_t tid) {
  std::uint64_t track = 0;
  for (const Message& packet : packets) {
    if (packet.has("track_descriptor") && packet.message("track_descriptor").has("thread") &&
        packet.message("track_descriptor").message("thread").number("tid") == tid) {
      track = packet.message("track_descriptor").number("uuid");
    }
  }
  std::vector<std::string> lines;
  for (const Slice& slice : test::slices_of(packets)) {
    if (slice.track == track) {
      std::string line(2 * slice.depth, ' ');
      line += slice.name + " " + std::to_string(slice.begin);
      if (!slice.is_instant) {
        line += ".." + (slice.end == 0 ? "" : std::to_string(slice.end));
      }
      lines.push_back(line);
    }
  }
  return lines;
}

Slice slice_named(const std::vector<Message>& packets, const std::string& name) {
  for (const Slice& slice : test::slices_of(packets)) {
    if (slice.name == name) {
      return slice;
    }
  }
  ADD_FAILURE() << "no slice " << name;
  return {};
}

std::vector<FtraceEvent> of_kind(const std::vector<Message>& packets, const std::string& kind) {
  std::vector<FtraceEvent> events = test::ftrace_events_of(packets);
  std::erase_if(events, [&](const FtraceEvent& event) { return event.kind != kind; });
  return events;
}

TEST(Perfetto, EveryIntervalIsASliceOfItsThread) {
  const auto packets = trace_of(test::fixture_script());
  EXPECT_THAT(
      lines_of(packets, 1001),
      ElementsAre("pipe: read 9000..23000", "  waits for a pipe 10000..19000", "page fault 24000..25000",
                  "create: clone 30000..36000", "  create: copy 30000..32000", "  create: publish 32000..34000",
                  "  create: return 34000..36000", "wait: wait4 78000..", "  waits for a child to end 80000.."));
  EXPECT_THAT(lines_of(packets, 1002), ElementsAre("waits for a timer 2000..11000", "pipe: write 18000..20000"));
  EXPECT_THAT(
      lines_of(packets, 1003),
      ElementsAre("new task 32000", "waits for a creation to be complete 32000..34000", "TLB flush on switch 40000",
                  "exec: execve 42000..50000", "  exec: find the program 42000..45000", "  exec: replace 45000..47000",
                  "    becomes another program 47000", "  exec: return 47000..50000",
                  "exit: does not return 61000..62000", "exit 62000..70000",
                  "  exit: until its memory is gone 62000..66000", "  exit: to the last switch 66000..70000"));
}

TEST(Perfetto, AWaitHasItsWakerAndCallSite) {
  const auto packets = trace_of(test::fixture_script());
  EXPECT_THAT(
      slice_named(packets, "waits for a pipe").arguments,
      UnorderedElementsAre(Pair("wait", "pipe"), Pair("in_call", "read"), Pair("waker_tid", "1002"),
                           Pair("waker_comm", "client"), Pair("woken_by", "task"), Pair("woken_from", "write")));
  EXPECT_THAT(slice_named(packets, "waits for a timer").arguments,
              UnorderedElementsAre(Pair("wait", "timer"), Pair("began_before_the_window", "true"),
                                   Pair("woken_by", "timer"), Pair("woken_from", "interrupt")));
}

TEST(Perfetto, ACallShowsItsResultAndBytes) {
  const auto packets = trace_of(test::fixture_script());
  EXPECT_THAT(slice_named(packets, "pipe: read").arguments,
              UnorderedElementsAre(Pair("number", "0"), Pair("result", "64"), Pair("activity", "pipe"),
                                   Pair("channel", "pipe"), Pair("bytes_in", "64")));
  EXPECT_THAT(slice_named(packets, "page fault").arguments,
              UnorderedElementsAre(Pair("copy_on_write", "true"), Pair("file", "false"), Pair("kernel_mode", "false"),
                                   Pair("major", "false")));
}

TEST(Perfetto, BytesAreCountersOfTheProcess) {
  Script script;
  script.at(1us).adopted(1, "a").at(3us).transfers(1, 0, TC_ACTIVITY_PIPE, 2us, TC_CHANNEL_PIPE, 10, 0);
  script.at(5us).transfers(1, 0, TC_ACTIVITY_PIPE, 4us, TC_CHANNEL_PIPE, 32, 0);
  const auto packets = trace_of(script);
  std::uint64_t process = 0;
  std::uint64_t counter = 0;
  std::vector<std::uint64_t> values;
  for (const Message& packet : packets) {
    if (packet.has("track_descriptor")) {
      const Message& track = packet.message("track_descriptor");
      if (track.has("process")) {
        process = track.number("uuid");
      } else if (track.has("counter") && track.text("name") == "pipe: bytes received") {
        counter = track.number("uuid");
        EXPECT_EQ(track.number("parent_uuid"), process);
      }
    } else if (packet.has("track_event") && packet.message("track_event").has("extra_counter_values")) {
      const Message& event = packet.message("track_event");
      EXPECT_EQ(event.number("extra_counter_track_uuids"), counter);
      values.push_back(event.number("extra_counter_values"));
    }
  }
  EXPECT_THAT(values, ElementsAre(10U, 42U));
}

TEST(Perfetto, SchedulingIsAsInTheKernelsTrace) {
  const auto packets = trace_of(test::fixture_script());
  std::vector<std::string> lines;
  for (const FtraceEvent& event : of_kind(packets, "sched_switch")) {
    lines.push_back(std::to_string(event.at) + " cpu " + std::to_string(event.cpu) + " " +
                    event.event->text("prev_comm") + "/" + std::to_string(event.event->number("prev_pid")) + " " +
                    std::to_string(event.event->number("prev_state")) + " -> " + event.event->text("next_comm") + "/" +
                    std::to_string(event.event->number("next_pid")));
  }
  EXPECT_THAT(lines, UnorderedElementsAre(
                         "10000 cpu 0 server/1001 1 -> swapper/0/0", "12000 cpu 1 (not observed)/77 128 -> client/1002",
                         "21000 cpu 0 swapper/0/0 0 -> server/1001", "40000 cpu 0 server/1001 256 -> server/1003",
                         "70000 cpu 0 true/1003 32 -> server/1001", "80000 cpu 0 server/1001 1 -> swapper/0/0"));
}

TEST(Perfetto, AWakeUpStandsAtItsInstantOnTheCpuOfTheWaker) {
  const auto packets = trace_of(test::fixture_script());
  const auto wakings = of_kind(packets, "sched_waking");
  ASSERT_EQ(wakings.size(), 2U) << "a new task is published, not woken";
  const auto& by_client = wakings[0].at == 19'000 ? wakings[0] : wakings[1];
  EXPECT_EQ(by_client.at, 19'000U);
  EXPECT_EQ(by_client.cpu, 1U);
  EXPECT_EQ(by_client.pid, 1002U);
}

TEST(Perfetto, ANewTaskHasItsCloneFlags) {
  Script script;
  script.at(1us).adopted(1, "server").at(2us).born(2, 1, TC_CREATION_THREAD, "worker", 0x3d0f00, 1);
  script.at(3us).event(2, TC_EV_PUBLISHED, 1);
  const auto packets = trace_of(script);
  const auto new_tasks = of_kind(packets, "task_newtask");
  ASSERT_EQ(new_tasks.size(), 1U);
  EXPECT_EQ(new_tasks[0].pid, 1001U);
  EXPECT_EQ(new_tasks[0].cpu, 1U);
  EXPECT_EQ(new_tasks[0].event->number("pid"), 1002U);
  EXPECT_EQ(new_tasks[0].event->number("clone_flags"), 0x3d0f00U);
  const auto published = of_kind(packets, "sched_wakeup_new");
  ASSERT_EQ(published.size(), 1U);
  EXPECT_EQ(published[0].at, 3'000U);
  EXPECT_EQ(published[0].pid, 1001U);
}

TEST(Perfetto, NamesFollowAnExec) {
  const auto packets = trace_of(test::fixture_script());
  const auto renames = of_kind(packets, "task_rename");
  ASSERT_EQ(renames.size(), 1U);
  EXPECT_EQ(renames[0].event->text("oldcomm"), "server");
  EXPECT_EQ(renames[0].event->text("newcomm"), "true");
  EXPECT_EQ(of_kind(packets, "sched_process_exec").size(), 1U);
  const auto exits = of_kind(packets, "sched_process_exit");
  ASSERT_EQ(exits.size(), 1U);
  EXPECT_EQ(exits[0].event->text("comm"), "true");
  EXPECT_EQ(exits[0].at, 62'000U);
}

TEST(Perfetto, NamesFollowARename) {
  Script script;
  script.at(1us).adopted(1, "server").at(2us).renames(1, "server: ready");
  script.at(5us).switches(0, leaves(1).blocks(TC_WAIT_TIMER), idle_comes());
  const auto packets = trace_of(script);
  const auto renames = of_kind(packets, "task_rename");
  ASSERT_EQ(renames.size(), 1U);
  EXPECT_EQ(renames[0].at, 2'000U);
  EXPECT_EQ(renames[0].event->number("pid"), 1001U);
  EXPECT_EQ(renames[0].event->text("oldcomm"), "server");
  EXPECT_EQ(renames[0].event->text("newcomm"), "server: ready");
}

TEST(Perfetto, ARegionIsASliceAroundItsCalls) {
  Script script;
  script.at(1us).adopted(1, "server");
  script.at(6us).calls(1, 0, TC_ACTIVITY_FILE, 5us, 0).emits(test::region_record(1, "\xff inner", 4000, 7000));
  script.emits(test::region_record(1, "outer", 3000, 8000));
  EXPECT_THAT(lines_of(trace_of(script), 1001),
              ElementsAre("outer 3000..8000", "  \uFFFD inner 4000..7000", "    file: read 5000..6000"));
}

TEST(Perfetto, AThreadThatExecsGoesOnUnderTheTidOfItsLeader) {
  Script script;
  script.at(1us).adopted(1, "server").adopted(2, "worker", 1);
  script.at(3us).calls(2, test::number_read, TC_ACTIVITY_FILE, 2us, 0).at(5us).execs(2, "other", "other", 1);
  script.at(9us).calls(2, test::number_read, TC_ACTIVITY_FILE, 8us, 0);
  const auto packets = trace_of(script);
  EXPECT_THAT(lines_of(packets, 1002), ElementsAre("file: read 2000..3000"));
  EXPECT_THAT(lines_of(packets, 1001), ElementsAre("becomes another program 5000", "file: read 8000..9000"));
  const auto execs = of_kind(packets, "sched_process_exec");
  ASSERT_EQ(execs.size(), 1U);
  EXPECT_EQ(execs[0].event->number("pid"), 1001U);
  EXPECT_EQ(execs[0].event->number("old_pid"), 1002U);
}

TEST(Perfetto, StepsAreInstantsWithTheirValue) {
  Script script;
  script.at(1us)
      .adopted(1, "a")
      .at(2us)
      .event(1, TC_EV_SHOOTDOWN_STOLE, 350)
      .at(3us)
      .event(1, TC_EV_SIGNAL_GENERATED, 0, 11);
  script.at(4us).event(1, TC_EV_PAGES, 13);
  const auto packets = trace_of(script);
  EXPECT_THAT(lines_of(packets, 1001),
              ElementsAre("one of its shootdowns took time of another CPU 2000", "a signal that may end it 3000",
                          "page allocation of a creating call 4000"));
  EXPECT_THAT(slice_named(packets, "one of its shootdowns took time of another CPU").arguments,
              ElementsAre(Pair("ns", "350")));
  EXPECT_THAT(slice_named(packets, "a signal that may end it").arguments, ElementsAre(Pair("signal", "11")));
  EXPECT_THAT(slice_named(packets, "page allocation of a creating call").arguments, ElementsAre(Pair("pages", "13")));
}

TEST(Perfetto, AdoptedTasksAreInTheProcessTree) {
  Script script;
  script.at(1us).adopted(1, "server").adopted(2, "worker", 1).had_command(1, "server --once");
  std::vector<std::string> lines;
  for (const Message& packet : trace_of(script)) {
    if (!packet.has("process_tree")) {
      continue;
    }
    for (const auto& field : packet.message("process_tree").fields) {
      const Message& entry = field.message;
      lines.push_back(entry.has("cmdline") ? std::to_string(entry.number("pid")) + " " + entry.text("cmdline")
                                           : std::to_string(entry.number("tgid")) + "/" +
                                                 std::to_string(entry.number("tid")) + " " + entry.text("name"));
    }
  }
  EXPECT_THAT(lines, ElementsAre("1001 server", "1001/1001 server", "1001/1002 worker", "1001 server --once"));
}

// Readers that take no process tree find the names beside the tracks. The thread may be known before its leader.
TEST(Perfetto, TracksOfAdoptedTasksHaveNames) {
  Script script;
  script.at(1us).adopted(2, "worker", 1).adopted(1, "server");
  std::vector<std::string> names;
  for (const Message& packet : trace_of(script)) {
    if (packet.has("track_descriptor")) {
      const Message track = packet.message("track_descriptor");
      for (const auto& [message, key] : {std::pair("process", "process_name"), {"thread", "thread_name"}}) {
        if (track.has(message) && track.message(message).has(key)) {
          names.push_back(track.message(message).text(key));
        }
      }
    }
  }
  EXPECT_THAT(names, UnorderedElementsAre("server", "server", "worker"));
}

TEST(Perfetto, TheFirstPacketMakesTheClocksOfBundlesAndPacketsOne) {
  const auto packets = trace_of(test::fixture_script());
  const Message& snapshot = packets.at(0).message("clock_snapshot");
  EXPECT_EQ(snapshot.number("primary_trace_clock"), 3U);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> clocks;
  for (const auto* clock : snapshot.all("clocks")) {
    clocks.emplace_back(clock->message.number("clock_id"), clock->message.number("timestamp"));
  }
  EXPECT_THAT(clocks, UnorderedElementsAre(Pair(3U, 1000U), Pair(6U, 1000U), Pair(1U, 1'700'000'000'000'000'000U)));
}

TEST(Perfetto, EventsOfABundleAreInTheOrderOfTime) {
  Script script;
  script.at(1us).adopted(1, "a").adopted(2, "b");
  // Task 2 is switched in on another CPU, and only then is the earlier wakeup by task 1 recorded.
  for (int i = 1; i <= 500; ++i) {
    const auto now = i * 10us;
    script.at(now).switches(0, leaves(1), idle_comes()).at(now + 1us).switches(0, idle_leaves(), comes(1));
    script.at(now + 2us).switches(1, leaves(2).blocks(TC_WAIT_PIPE), idle_comes());
    script.at(now + 9us).switches(1, idle_leaves(), comes(2).woken_by(1, test::number_write, now + 3us));
  }
  const auto packets = trace_of(script);
  std::size_t events = 0;
  for (const Message& packet : packets) {
    if (!packet.has("ftrace_events")) {
      continue;
    }
    const auto bundle = packet.message("ftrace_events").all("event");
    EXPECT_TRUE(std::is_sorted(bundle.begin(), bundle.end(), [](const auto* a, const auto* b) {
      return a->message.number("timestamp") < b->message.number("timestamp");
    }));
    events += bundle.size();
  }
  EXPECT_EQ(events, 2500U) << "four switches and a wake-up, 500 times";
}

TEST(Perfetto, LossIsMarkedWhereItWas) {
  const auto packets = trace_of(test::fixture_script());
  std::vector<std::pair<std::uint64_t, std::size_t>> lossy;
  std::size_t dropped = 0;
  for (const Message& packet : packets) {
    dropped += packet.has("previous_packet_dropped") ? 1 : 0;
    if (packet.has("ftrace_events") && packet.message("ftrace_events").has("lost_events")) {
      lossy.emplace_back(packet.message("ftrace_events").number("cpu"),
                         packet.message("ftrace_events").all("event").size());
    }
  }
  EXPECT_THAT(lossy, ElementsAre(Pair(1U, 0U))) << "nothing came after it on that CPU";
  EXPECT_EQ(dropped, 1U);
  const Slice slice = slice_named(packets, "events lost");
  EXPECT_EQ(slice.begin, 52'000U);
  EXPECT_EQ(slice.end, 58'000U);
  EXPECT_THAT(slice.arguments, ElementsAre(Pair("count", "7")));
}

TEST(Perfetto, NamesAreDefinedAgainAfterALoss) {
  Script script;
  script.at(1us).adopted(1, "a").at(3us).calls(1, test::number_read, TC_ACTIVITY_FILE, 2us, 0);
  script.at(5us).gap(0, 4us, 4us, 1).at(7us).calls(1, test::number_read, TC_ACTIVITY_FILE, 6us, 0);
  EXPECT_THAT(lines_of(trace_of(script), 1001), ElementsAre("file: read 2000..3000", "file: read 6000..7000"));
}

TEST(Perfetto, AnIntervalWithLostEventsIsMarked) {
  Script script;
  script.at(1us).adopted(1, "a").at(10us).switches(0, leaves(1).blocks(TC_WAIT_PIPE), idle_comes());
  script.at(40us).gap(0, 20us, 30us, 3).switches(0, idle_leaves(), comes(1));
  const Slice wait = slice_named(trace_of(script), "waits for a pipe");
  EXPECT_EQ(wait.arguments.at("events_lost_meanwhile"), "true");
  EXPECT_EQ(wait.arguments.at("wakeup_seen"), "false");
}

TEST(Perfetto, AReturnThatWasLostGivesNoWait) {
  Script script;
  script.at(1us).adopted(1, "a").at(10us).switches(0, leaves(1).blocks(TC_WAIT_PIPE), idle_comes());
  script.at(40us).gap(0, 20us, 30us, 3).at(50us).calls(1, test::number_read, TC_ACTIVITY_PIPE, 9us, 0);
  EXPECT_THAT(lines_of(trace_of(script), 1001), ElementsAre("pipe: read 9000..50000"));
}

TEST(Perfetto, AnInterruptionIsLossOnEveryCpu) {
  std::ostringstream out;
  PerfettoExport exported(out, test::trace_info());
  Script script;
  script.at(1us).adopted(1, "a").at(2us).switches(0, leaves(1), idle_comes()).switches(1, idle_leaves(), comes(1));
  for (const Record& record : script.records()) {
    exported.on_record(record);
  }
  exported.on_interruption({Interruption::Why::dropped, CaptureSpan{5'000, 9'000, 3}});
  exported.finish(10'000);
  const auto packets = test::decode_trace(out.str());
  const auto lossy = std::count_if(packets.begin(), packets.end(), [](const Message& packet) {
    return packet.has("ftrace_events") && packet.message("ftrace_events").has("lost_events");
  });
  EXPECT_EQ(lossy, 2);
  EXPECT_EQ(slice_named(packets, "not recorded").end, 9'000U);
}

TEST(Perfetto, AnInterruptionThatCanBeAnywhereLastsFromBeginningToEnd) {
  std::ostringstream out;
  TraceInfo info = test::trace_info();
  info.start_ns = 500;
  PerfettoExport exported(out, info);
  exported.on_interruption({Interruption::Why::damaged, std::nullopt});
  exported.on_interruption({Interruption::Why::dropped, CaptureSpan{5'000, 9'000, 3}});
  exported.finish(10'000);
  const auto packets = test::decode_trace(out.str());
  EXPECT_EQ(slice_named(packets, "not readable").begin, 500U);
  EXPECT_EQ(slice_named(packets, "not readable").end, 10'000U);
  EXPECT_EQ(slice_named(packets, "not recorded").end, 9'000U);
}

TEST(Perfetto, WhatWasNotSeenIsNotDrawn) {
  Script script;
  script.at(1us).adopted(1, "a").at(3us).calls(1, test::number_read, TC_ACTIVITY_FILE, 0us, 7);
  script.at(5us).calls(9, test::number_read, TC_ACTIVITY_FILE, 4us, 7);
  const auto packets = trace_of(script);
  EXPECT_THAT(lines_of(packets, 1001), ElementsAre("file: read 3000")) << "an instant: its entry was not seen";
  const bool has_both_names = std::any_of(packets.begin(), packets.end(), [](const Message& packet) {
    return packet.has("track_descriptor") && packet.message("track_descriptor").has("name") &&
           packet.message("track_descriptor").text("name") == "a task whose creation was lost";
  });
  EXPECT_TRUE(has_both_names);
}

TEST(Perfetto, HostileNamesAreValidText) {
  for (const std::string& each : test::hostile_names) {
    Script script;
    script.at(1us).adopted(1, each).at(2us).switches(0, leaves(1), idle_comes());
    const auto packets = trace_of(script);
    const auto switches = of_kind(packets, "sched_switch");
    ASSERT_EQ(switches.size(), 1U);
    const std::string name = each.substr(0, TC_COMM_LEN);
    const Message& event = *switches[0].event;
    EXPECT_EQ(event.has("prev_comm") ? event.text("prev_comm") : "", valid_utf8(name.substr(0, name.find('\0'))));
  }
}

TEST(Perfetto, InventedCallNumbersShareAName) {
  Script script;
  script.at(1us).adopted(1, "a");
  for (std::uint32_t number = 5000; number < 5100; ++number) {
    script.at(3us).calls(1, number, TC_ACTIVITY_OTHER, 2us, -38);
  }
  std::size_t names = 0;
  for (const Message& packet : trace_of(script)) {
    names += packet.has("interned_data") ? packet.message("interned_data").all("event_names").size() : 0;
  }
  EXPECT_EQ(names, 2U) << "the recording itself, and the unknown call";
}

// A capture may be hostile: every record that decode() accepts must be exported.
template <typename T>
void add_noise(std::mt19937& random, tc_record_type type, std::vector<Record>& records) {
  std::array<std::byte, sizeof(T)> bytes{};
  for (std::byte& byte : bytes) {
    // The numbers are mostly small, so that tasks, CPUs and indices recur, and sometimes arbitrary.
    const auto number = static_cast<std::uint32_t>(random());
    byte = static_cast<std::byte>(number % 16 == 0 ? number >> 8U : number % 3 == 0 ? (number >> 8U) % 8 : 0);
  }
  const tc_record header{static_cast<__u32>(type), sizeof(T)};
  std::memcpy(bytes.data(), &header, sizeof(header));
  if (const auto record = decode(bytes)) {
    records.push_back(*record);
  }
}

template <typename Export>
std::string exported_noise(const std::vector<Record>& records) {
  std::ostringstream out;
  Export exported(out, test::trace_info());
  for (const Record& record : records) {
    exported.on_record(record);
  }
  exported.finish(1);
  return out.str();
}

TEST(Perfetto, NoiseIsExportedToo) {
  std::mt19937 random(7);  // NOLINT(bugprone-random-generator-seed): the same noise each time
  std::vector<Record> records;
  for (int i = 0; i < 400; ++i) {
    add_noise<tc_task_new>(random, TC_RECORD_TASK_NEW, records);
    add_noise<tc_switch>(random, TC_RECORD_SWITCH, records);
    add_noise<tc_call>(random, TC_RECORD_CALL, records);
    add_noise<tc_transfer>(random, TC_RECORD_TRANSFER, records);
    add_noise<tc_passage>(random, TC_RECORD_PASSAGE, records);
    add_noise<tc_fault>(random, TC_RECORD_FAULT, records);
    add_noise<tc_event>(random, TC_RECORD_EVENT, records);
    add_noise<tc_gap>(random, TC_RECORD_GAP, records);
    add_noise<tc_reap>(random, TC_RECORD_REAP, records);
    add_noise<tc_exec>(random, TC_RECORD_EXEC, records);
    add_noise<tc_command>(random, TC_RECORD_COMMAND, records);
  }
  ASSERT_GT(records.size(), 300U);
  EXPECT_FALSE(test::decode_trace(exported_noise<PerfettoExport>(records)).empty());
  EXPECT_FALSE(exported_noise<EventCsv>(records).empty());
  EXPECT_FALSE(exported_noise<EventNdjson>(records).empty());
}

TEST(Perfetto, AShortRecordingAsText) {
  test::expect_golden("trace.txt", test::to_text(trace_of(test::fixture_script())));
}

// Slices that began before the part begin with it, and the task has its present name.
TEST(Perfetto, APartHasNothingBeforeItAndNoOtherTask) {
  TraceInfo info = test::trace_info();
  info.part.span.from_ns = 48'000;
  info.part.tasks = std::make_shared<TracePart::Tasks>(TracePart::Tasks{{3}, {3}});
  std::ostringstream out;
  PerfettoExport exported(out, info);
  const Script life = test::fixture_script();
  for (const Record& record : life.records()) {
    exported.on_record(record);
  }
  exported.finish(100'000);
  const std::vector<Message> packets = test::decode_trace(out.str());
  for (const Message& packet : packets) {
    if (packet.has("track_descriptor") && packet.message("track_descriptor").has("thread")) {
      EXPECT_EQ(packet.message("track_descriptor").message("thread").number("tid"), 1003U);
      EXPECT_EQ(packet.message("track_descriptor").message("thread").text("thread_name"), "true");
    }
  }
  const std::vector<Slice> slices = test::slices_of(packets);
  EXPECT_TRUE(std::ranges::all_of(slices, [](const Slice& slice) { return slice.begin >= 48'000; }));
  EXPECT_THAT(lines_of(packets, 1003), testing::Contains(testing::HasSubstr("execve 48000..50000")));
}

}  // namespace
}  // namespace taskcost
