// SPDX-License-Identifier: Apache-2.0
//
// Tests that a capture gives the report which its texts describe.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "support/fixture_recording.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using testing::HasSubstr;

RecordingEnd ended() {
  RecordingEnd end;
  end.start = Instant(1us);
  end.end = Instant(90us);
  end.target.command = "server --once";
  end.target.exit_code = 3;
  return end;
}

Result<Playback> played(const test::Bytes& bytes, bool with_timeline = false) {
  CaptureReader capture = test::reader_of(bytes);
  return play(capture, read_gaps(capture), with_timeline);
}

TEST(PlaybackOfTexts, ReportsWhatTheTextsSay) {
  const auto playback =
      played(test::capture_of(test::fixture_script(), text_of(test::fixture_start()), text_of(ended())));
  ASSERT_TRUE(playback) << to_line(playback.error());
  EXPECT_EQ(playback->report.host.kernel, "6.1.0-18-amd64");
  EXPECT_EQ(playback->report.target.exit_code, 3);
  EXPECT_EQ(playback->report.window_end, WindowEnd::target_exited);
  EXPECT_EQ(playback->report.session.start, Instant(1us));
  EXPECT_EQ(playback->report.session.end, Instant(90us));
  EXPECT_EQ(playback->report.timeline, std::nullopt);
  EXPECT_EQ(playback->walked.records, test::fixture_script().records().size());
  EXPECT_EQ(playback->walked.unreadable, 0);
  EXPECT_EQ(playback->walked.lost, 7) << "the gap of the script";
  EXPECT_EQ(playback->walked.first_ns, 1000);
}

TEST(PlaybackOfTexts, HasATimelineOnRequest) {
  const auto playback =
      played(test::capture_of(test::fixture_script(), text_of(test::fixture_start()), text_of(ended())), true);
  ASSERT_TRUE(playback) << to_line(playback.error());
  ASSERT_TRUE(playback->report.timeline);
}

// A task that still runs at the end has no ledger: it is rebuilt from the transitions.
TEST(PlaybackOfTexts, OfACaptureThatWasCutOffIsRebuilt) {
  const auto playback =
      played(test::capture_of(test::fixture_script(), text_of(test::fixture_start()), std::nullopt), true);
  ASSERT_TRUE(playback) << to_line(playback.error());
  const Report& report = playback->report;
  EXPECT_EQ(report.window_end, WindowEnd::cut);
  EXPECT_EQ(report.target.command, "server --once");
  EXPECT_EQ(report.session.losses.counts[TC_LOSS_DROPPED_TRANSITIONS], 7);
  ASSERT_FALSE(report.session.processes.empty());
  EXPECT_EQ(report.session.processes[0].comm, "server");
  EXPECT_TRUE(report.session.processes[0].open_at_end);
}

TEST(PlaybackOfTexts, WhatDecodesToNothingIsCounted) {
  const test::Bytes bytes = test::small_capture(5);
  CaptureReader capture = test::reader_of(bytes);
  const CaptureWalk walked = walk(capture, {});
  EXPECT_EQ(walked.records, 5);
  EXPECT_EQ(walked.unreadable, 5);
}

TEST(PlaybackOfTexts, AnInterruptionIsAGap) {
  test::Bytes bytes = test::capture_of(test::fixture_script(), text_of(test::fixture_start()), text_of(ended()));
  std::uint64_t damaged = 0;
  {
    const CaptureReader whole = test::reader_of(bytes);
    ASSERT_GE(whole.chunks().size(), 1);
    damaged = whole.chunks()[0].span->records;
    // The body of a chunk follows its header of 64 bytes.
    bytes[whole.chunks()[0].offset + 64] ^= std::byte{0xff};
  }
  CaptureReader capture = test::reader_of(bytes);
  const auto gaps = read_gaps(capture);
  ASSERT_FALSE(gaps.empty());
  EXPECT_EQ(gaps[0].lost, damaged);
  std::size_t interruptions = 0;
  const CaptureWalk walked = walk(capture, {{}, [&](const Interruption&) { ++interruptions; }});
  EXPECT_EQ(interruptions, 1);
  EXPECT_EQ(walked.interruptions.size(), 1);
  EXPECT_GE(walked.lost, damaged);
  const auto playback = played(bytes, true);
  EXPECT_TRUE(playback);
}

TEST(PlaybackOfTexts, NeedsReadableTexts) {
  const auto no_start = played(test::capture_of(test::fixture_script(), "{}", text_of(ended())));
  ASSERT_FALSE(no_start);
  EXPECT_THAT(to_line(no_start.error()), HasSubstr("cannot read the beginning of the capture"));
  const auto no_end = played(test::capture_of(test::fixture_script(), text_of(test::fixture_start()), "{}"));
  ASSERT_FALSE(no_end);
  EXPECT_THAT(to_line(no_end.error()), HasSubstr("cannot read the end of the capture"));
}

}  // namespace
}  // namespace taskcost
