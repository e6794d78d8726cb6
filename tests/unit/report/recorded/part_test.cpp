// SPDX-License-Identifier: Apache-2.0
//
// The report of a part of a capture, and what it says if there is no such part.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "report/recorded/recording.h"
#include "report/render.h"
#include "support/fixture_recording.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using testing::HasSubstr;

RecordingEnd end_of_life() {
  RecordingEnd end;
  end.start = Instant(0us);
  end.end = Instant(100us);
  end.observer.userspace_cpu = 5us;
  end.observer.transitions = 70;
  end.stacks.emplace();
  return end;
}

Result<Playback> play_part(const CapturePart& part) {
  const auto bytes = test::capture_of(test::fixture_script(), text_of(test::fixture_start()), text_of(end_of_life()));
  CaptureReader reader = test::reader_of(bytes);
  return play(reader, read_gaps(reader), true /*with_timeline*/, part);
}

Report report_of_part(const CapturePart& part) {
  auto playback = play_part(part);
  if (!playback) {
    throw std::runtime_error(to_line(playback.error()));
  }
  return std::move(playback->report);
}

std::string refusal_of_part(const CapturePart& part) {
  const auto playback = play_part(part);
  return playback ? "" : to_line(playback.error());
}

TEST(Part, ItsWindowIsThatOfTheReport) {
  const Report report = report_of_part({.from = 20us, .to = -40us});
  EXPECT_EQ(report.session.start, Instant(20us));
  EXPECT_EQ(report.session.end, Instant(60us));
  ASSERT_TRUE(report.part);
  EXPECT_EQ(report.part->from, 20us);
  EXPECT_EQ(report.part->to, 60us);
  EXPECT_EQ(report.part->whole, 100us);
  for (const Process& process : report.session.processes) {
    for (const Task& task : process.tasks) {
      EXPECT_GE(task.start, report.session.start);
      EXPECT_LE(task.end, report.session.end);
      EXPECT_EQ(task.account->lifetime, task.end - task.start);
    }
  }
  ASSERT_TRUE(report.timeline);
  EXPECT_EQ(report.timeline->start, report.session.start);
}

// A figure that no event has is null, and not that of the whole capture.
TEST(Part, WhatOnlyTheKernelCountsIsNotKnown) {
  const Report report = report_of_part({.to = 50us});
  EXPECT_FALSE(report.session.totals.task_stats);
  EXPECT_FALSE(report.observer.transitions);
  EXPECT_FALSE(report.observer.userspace_cpu);
  EXPECT_FALSE(report.stacks);
  EXPECT_EQ(report.session.find_histogram(key_of(TC_HISTOGRAM_SWITCH_SAME)), nullptr);
  std::ostringstream text;
  render_text(report, text, {});
  EXPECT_THAT(text.str(), HasSubstr("A part of the capture: from 0 to 50.0 µs of 100 µs"));
}

TEST(Part, AProcessOrANameChoosesTasks) {
  EXPECT_EQ(report_of_part({.comm = "tru*"}).session.task_count, 1U);
  const Report server = report_of_part({.pids = {1001}});
  ASSERT_EQ(server.session.processes.size(), 1U);
  EXPECT_EQ(server.session.processes[0].tgid, 1001U);
  EXPECT_EQ(server.timeline->rows.size(), 1U);
}

TEST(Part, WhatIsNotThereIsNamedWithWhatIs) {
  EXPECT_THAT(refusal_of_part({.from = 200us}), HasSubstr("the capture lasts from 0 to 0.0001s"));
  EXPECT_THAT(refusal_of_part({.to = 200us}), HasSubstr("--to 0.0002s is outside of the capture"));
  EXPECT_THAT(refusal_of_part({.from = -200us}), HasSubstr("--from -0.0002s is outside of the capture"));
  EXPECT_THAT(refusal_of_part({.from = 50us, .to = -60us}), HasSubstr("the part is empty"));
  EXPECT_THAT(refusal_of_part({.pids = {4}}),
              HasSubstr("--pid 4: no such process in this part of the capture: there are 1001"));
  EXPECT_THAT(refusal_of_part({.comm = "x"}), HasSubstr("server"));
}

}  // namespace
}  // namespace taskcost
