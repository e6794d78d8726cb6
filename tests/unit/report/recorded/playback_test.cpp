// SPDX-License-Identifier: Apache-2.0
//
// Tests that a capture becomes a report, and that the report says what the capture lacks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <sstream>

#include "report/recorded/recording.h"
#include "report/render.h"
#include "support/fixture_recording.h"
#include "support/script.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using test::Bytes;
using test::ledger;
using test::preempted;
using test::Script;
using test::script;
using test::unobserved;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t a = 1;

// Writes each record in its own chunk.
Bytes capture_of(const Script& recorded) {
  RecordingEnd end;
  end.end = Instant(100us);
  constexpr std::uint64_t step_ns = 10'000;
  return test::capture_of(recorded, text_of(RecordingStart()), text_of(end),
                          {.chunk_size = sizeof(tc_ledger), .buffers = 16, .chunk_time_ns = 1}, step_ns);
}

Report playback_of(const Bytes& bytes) {
  CaptureReader reader = test::reader_of(bytes);
  auto playback = play(reader, read_gaps(reader), false /*with_timeline*/);
  if (!playback) {
    throw std::runtime_error(to_line(playback.error()));
  }
  return std::move(playback->report);
}

std::string text_of(const Report& report) {
  std::ostringstream out;
  render_text(report, out, {});
  return out.str();
}

Script script_of_a() {
  return script()
      .at(10us)
      .adopted_running(a, 0)
      .at(30us)
      .switches(0, preempted(), unobserved)
      .at(50us)
      .runs(0, a)
      .at(90us)
      .switches(0, preempted(), unobserved)
      .emits_ledger(ledger(a).adopted_at(10us));
}

TEST(Playback, ACaptureThatLacksNothingSaysSo) {
  const Report report = playback_of(capture_of(script_of_a()));
  ASSERT_TRUE(report.records);
  EXPECT_TRUE(report.records->clean());
  EXPECT_EQ(report.records->integrity.switches_checked, 2U);
  EXPECT_THAT(text_of(report), AllOf(HasSubstr("losses: none\n\nThe recorded events\n  5 records, 2 switches"),
                                     Not(HasSubstr("lost at"))));
}

TEST(Playback, WhatTheRingHadNoRoomForIsPlacedAndUnknown) {
  const Report report = playback_of(capture_of(script_of_a().gap(1, 35us, 40us, 3)));
  ASSERT_EQ(report.records->gaps.size(), 1U);
  EXPECT_EQ(report.records->gaps[0].why, ReplayGap::Why::ring_full);
  EXPECT_EQ(report.records->touched_tasks, 1U);
  EXPECT_EQ(report.records->unknown, 15us);
  EXPECT_THAT(text_of(report), AllOf(HasSubstr("+35.0 µs  5.00 µs       3  CPU 1  the ring buffer was full\n"),
                                     HasSubstr("15.0 µs of the lifetimes\n  of 1 task.")));
}

TEST(Playback, ADamagedChunkIsPlacedAndUnknown) {
  Bytes bytes = capture_of(script_of_a());
  const std::uint64_t second = test::reader_of(bytes).chunks()[1].offset;
  bytes[second + 64] ^= std::byte{0xff};
  const Report report = playback_of(bytes);
  ASSERT_EQ(report.records->gaps.size(), 1U);
  EXPECT_EQ(report.records->gaps[0].why, ReplayGap::Why::damaged);
  EXPECT_THAT(text_of(report), HasSubstr("every CPU  the file is damaged there\n"));
}

TEST(Playback, ACpuThatHadAnotherTaskIsSaid) {
  const Report report = playback_of(capture_of(script()
                                                   .at(10us)
                                                   .adopted_running(a, 0)
                                                   .at(30us)
                                                   .switches(0, preempted(), unobserved)
                                                   .unseen(0, a)
                                                   .at(60us)
                                                   .switches(0, preempted(), unobserved)));
  EXPECT_EQ(report.records->integrity.broken_switches, 1U);
  EXPECT_THAT(text_of(report), AllOf(HasSubstr("! 1 switches away from a task that their CPU did not have\n"
                                               "    +60.0 µs: CPU 0 had tid"),
                                     HasSubstr("! 1 tasks that lived at the end without the kernel's ledger\n")));
}

// A capture that is cut off has no ledgers of living tasks: they are rebuilt, and lost time is in no cell.
TEST(Playback, OfACutCaptureUnknownTimeIsInNoAccount) {
  Bytes bytes = capture_of(script_of_a().gap(1, 35us, 40us, 3));
  const auto chunks = test::reader_of(bytes).chunks();
  bytes.resize(chunks.back().offset + 64 + chunks.back().stored_size);
  const Report report = playback_of(bytes);
  EXPECT_EQ(report.window_end, WindowEnd::cut);
  EXPECT_THAT(text_of(report), HasSubstr("alive at the end lack it."));
}

template <typename T>
T sum_record(tc_record_type type) {
  T record{};
  record.record = {type, sizeof(T)};
  return record;
}

// What only the probes can sum up comes at the end of a capture.
TEST(Playback, TheSumsOfTheProbesAreInTheReport) {
  Script recorded = script_of_a();
  auto command = sum_record<tc_command>(TC_RECORD_COMMAND);
  command.process = a;
  command.size = 7;
  std::memcpy(command.text, "oven -x", 7);
  recorded.emits(command);
  auto edge = sum_record<tc_edge_record>(TC_RECORD_EDGE);
  edge.edge = {{a, TC_WAKER_TIMER, TC_WAIT_TIMER, TC_FROM_INTERRUPT}, {3, 9000, 4000}};
  recorded.emits(edge);
  recorded.emits(sum_record<tc_flow_record>(TC_RECORD_FLOW));
  auto histogram = sum_record<tc_histogram_record>(TC_RECORD_HISTOGRAM);
  histogram.id = TC_HISTOGRAM_RUN_QUEUE;
  histogram.histogram.sum_ns = histogram.histogram.max_ns = 100;
  histogram.histogram.min_ns_inverted = ~std::uint64_t{100};
  histogram.histogram.buckets[tc_bucket_of(100)] = 1;
  recorded.emits(histogram);
  auto syscalls = sum_record<tc_syscalls_record>(TC_RECORD_SYSCALLS);
  syscalls.entry.sums.count = 5;
  recorded.emits(syscalls);
  auto ran = sum_record<tc_ran_record>(TC_RECORD_RAN_INSTEAD);
  ran.entry = {{a, TC_RAN_IDLE, {}}, {2, 700}};
  recorded.emits(ran);
  auto quota = sum_record<tc_quota_record>(TC_RECORD_QUOTA);
  quota.key.cgroup = 44;
  quota.sums = {20'000'000, 100'000'000, 3, 400'000};
  recorded.emits(quota);
  quota.key.cgroup = 45;
  quota.sums = {0, 0, 1, 5};
  recorded.emits(quota);
  quota.sums.throttled = 0;
  recorded.emits(quota);
  auto interrupts = sum_record<tc_interrupts_record>(TC_RECORD_INTERRUPTS);
  interrupts.kind = TC_INTERRUPT_NET_RX;
  interrupts.sums = {40, 900};
  recorded.emits(interrupts);
  auto lock = sum_record<tc_lock_record>(TC_RECORD_LOCK);
  lock.key.task = a;
  lock.sums = {5, 700, 300, 0};
  std::memcpy(lock.symbol, "tasklist_lock", 13);
  recorded.emits(lock);
  auto object = sum_record<tc_wait_object_record>(TC_RECORD_WAIT_OBJECT);
  object.key.task = a;
  object.key.wait = TC_WAIT_DISK;
  object.sums.count = 5;
  object.sums.ns = 600'000;
  object.sums.max_ns = 200'000;
  recorded.emits(object);
  auto regions = sum_record<tc_regions_record>(TC_RECORD_REGIONS);
  std::memcpy(regions.entry.key.name, "knead", 5);
  regions.entry.sums.count = 1;
  regions.entry.sums.total_ns = regions.entry.sums.max_ns = regions.entry.sums.parts.user_ns = 50;
  regions.entry.sums.min_ns_inverted = ~std::uint64_t{50};
  recorded.emits(regions);

  RecordingStart start;
  start.regions = true;
  start.calls_by_number = {"read"};
  RecordingEnd end;
  end.end = Instant(100us);
  end.names.cpu_cgroups = {{"44", "/lab"}};
  CaptureReader reader =
      test::reader_of(test::capture_of(recorded, text_of(start), text_of(end), {.chunk_size = 1 << 16, .buffers = 8}));
  const auto playback = play(reader, read_gaps(reader), false /*with_timeline*/);
  ASSERT_TRUE(playback) << to_line(playback.error());
  const Session& session = playback->report.session;
  ASSERT_EQ(session.processes.size(), 1U);
  EXPECT_EQ(session.processes[0].command, "oven -x");
  ASSERT_EQ(session.edges.size(), 1U);
  EXPECT_EQ(session.edges[0].from.kind, Waker::Kind::timer);
  EXPECT_EQ(session.edges[0].wakeups, 3U);
  EXPECT_EQ(session.edges[0].waited, 9us);
  ASSERT_NE(session.find_histogram(key_of(TC_HISTOGRAM_RUN_QUEUE)), nullptr);
  EXPECT_EQ(session.find_histogram(key_of(TC_HISTOGRAM_RUN_QUEUE))->max(), 100ns);
  ASSERT_TRUE(session.ran_instead);
  ASSERT_EQ(session.ran_instead->size(), 1U);
  EXPECT_EQ(session.ran_instead->front().kind, RanInstead::Kind::idle);
  EXPECT_EQ(session.ran_instead->front().time, 700ns);
  ASSERT_EQ(session.cpu_quotas.size(), 2U) << "no task ran into the third";
  EXPECT_EQ(session.cpu_quotas[0].cgroup, "/lab");
  EXPECT_EQ(session.cpu_quotas[0].quota, 20ms);
  EXPECT_EQ(session.cpu_quotas[0].period, 100ms);
  EXPECT_EQ(session.cpu_quotas[0].throttled, 3U);
  EXPECT_EQ(session.cpu_quotas[0].time, 400us);
  EXPECT_EQ(session.cpu_quotas[1].period, std::nullopt) << "its group has no quota any more";
  ASSERT_TRUE(session.interrupts);
  EXPECT_EQ(session.interrupts->front().kind, TC_INTERRUPT_NET_RX);
  EXPECT_EQ(session.interrupts->front().time, 900ns);
  ASSERT_TRUE(session.locks);
  EXPECT_EQ(session.locks->front().time, 700ns);
  ASSERT_TRUE(session.wait_objects);
  EXPECT_EQ(session.wait_objects->front().cause, TC_WAIT_DISK);
  ASSERT_TRUE(session.regions);
  EXPECT_EQ(session.regions->front().name, "knead");
  EXPECT_EQ(session.regions->front().total, 50ns);
  EXPECT_FALSE(names_in(session).cpu_cgroups.empty());
}

TEST(Playback, RegionsOfACaptureWithoutMarksAreAnError) {
  CaptureReader reader = test::reader_of(capture_of(script_of_a()));
  const auto playback = play(reader, {}, false /*with_timeline*/, {}, RegionFilter{"knead"});
  ASSERT_FALSE(playback);
  EXPECT_EQ(to_line(playback.error()),
            "no region 'knead': the capture has no marks of regions (record without --detail switches)");
}

}  // namespace
}  // namespace taskcost
