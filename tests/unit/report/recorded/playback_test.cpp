// SPDX-License-Identifier: Apache-2.0
//
// Tests that a capture becomes a report, and that the report says what the capture lacks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace taskcost
