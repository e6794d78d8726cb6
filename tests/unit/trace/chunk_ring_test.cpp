// SPDX-License-Identifier: Apache-2.0
//
// What a ring of chunks keeps, and that it is a capture by itself at any time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>

#include <nlohmann/json.hpp>

#include "capture/writer.h"
#include "report/recorded/recording.h"
#include "support/fixture_recording.h"
#include "support/rendered.h"
#include "support/replayed.h"
#include "trace/chunk_ring.h"

namespace taskcost {
namespace {

using namespace test;                  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using testing::HasSubstr;

constexpr auto tick = 1ms;

// Two processes wake each other through a pipe; every tenth round one of them has a child that runs another program.
Script storm(std::uint64_t rounds) {
  Script script;
  script.at(1us).adopted_running(a, 0).adopted(b, 1, asleep(TC_ROW_CALL_PENDING, TC_WAIT_PIPE));
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    const Duration at = tick * static_cast<std::int64_t>(round);
    script.at(at + 100us).transfers(a, TC_CHANNEL_PIPE, at + 90us, 0, 10 + round);
    script.at(at + 200us).runs(1, b, woken(at + 95us, a, number_write));
    const Duration entered = round == 1 ? Duration::zero() : at - tick + 450us;
    script.at(at + 300us).transfers(b, number_read, TC_ACTIVITY_PIPE, entered, TC_CHANNEL_PIPE, 10 + round, 0);
    script.at(at + 400us).faults(b, at + 390us, TC_FAULT_MINOR);
    script.at(at + 500us).switches(1, asleep(TC_ROW_CALL_PENDING, TC_WAIT_PIPE, at + 450us), unobserved);
    if (round % 10 == 0) {
      const std::uint64_t child = 100 + round;
      script.at(at + 510us).born(child, a, TC_CREATION_FORK, "server");
      script.at(at + 520us).event(child, TC_EV_PUBLISHED, a, number_clone);
      script.at(at + 530us).switches(0, preempted(), child, woken(at + 520us, a, number_clone));
      script.at(at + 550us).execs(child, "true", "/bin/true");
      script.at(at + 600us).switches(0, dead(), a);
    }
  }
  return script;
}

std::uint64_t end_of(const Script& script) { return time_of(script.records().back()) + 1000; }

void append_all(ChunkQueue& queue, const Script& script, std::size_t from = 0, std::size_t to = SIZE_MAX) {
  for (std::size_t i = from; i < std::min(to, script.records().size()); ++i) {
    queue.append(bytes_of(script.records()[i]), time_of(script.records()[i]));
    if (i % 200 == 199) {
      queue.flush();  // no kernel is as fast as this loop
    }
  }
}

RecordingStart start_of_kept(const KeptRecording& kept) {
  RecordingStart start = fixture_start();
  start.kept.emplace();
  start.kept->from = instant(kept.from_ns);
  start.kept->to = instant(kept.to_ns);
  start.kept->recording_start = Instant(1us);
  return start;
}

RecordingEnd end_at(std::uint64_t start_ns, std::uint64_t end_ns) {
  RecordingEnd end;
  end.window_end = WindowEnd::signal;
  end.start = instant(start_ns);
  end.end = instant(end_ns);
  return end;
}

Report played(const Bytes& bytes, const CapturePart& part = {}) {
  CaptureReader reader = reader_of(bytes);
  auto playback = play(reader, read_gaps(reader), true /*with_timeline*/, part);
  if (!playback) {
    throw std::runtime_error(to_line(playback.error()));
  }
  return std::move(playback->report);
}

Bytes capture_of_kept(const KeptRecording& kept, const RecordingStart& start) {
  const Fd file = memory_file();
  const Status status =
      write_kept(Fd(dup(file.get())), text_of(start), kept, {}, text_of(end_at(kept.from_ns, kept.to_ns)));
  EXPECT_TRUE(status) << to_line(status.error());
  return contents_of(file);
}

// A report without what says that it is of a part.
std::string figures_of(Report report) {
  report.part.reset();
  report.kept.reset();
  report.records.reset();
  return json_of(report);
}

void expect_equal_to_part(const KeptRecording& kept, const Script& script) {
  const Bytes whole = capture_of(script, text_of(fixture_start()), text_of(end_at(0, kept.to_ns)),
                                 {.chunk_size = 1 << 20, .buffers = 16});
  const Report part = played(whole, {.from = taskcost::nanoseconds(kept.from_ns)});
  const Report ours = played(capture_of_kept(kept, start_of_kept(kept)));
  ASSERT_GT(part.session.task_count, 1U);
  EXPECT_EQ(figures_of(ours), figures_of(part));
  ASSERT_TRUE(ours.timeline && part.timeline);
  EXPECT_EQ(ours.timeline->rows.size(), part.timeline->rows.size());
  EXPECT_EQ(html_of(ours).size() > 1000, true);
}

class Ring {
 public:
  Ring(const KeepLimits& limits, const CaptureOptions& options)
      : ring(limits, 1000, true, call_classes(fixture_start())), queue(ring, options) {
    EXPECT_TRUE(queue.start());
  }
  KeptRecording take(std::uint64_t end_ns) {
    queue.flush();
    return ring.take(end_ns);
  }

  ChunkRing ring;
  ChunkQueue queue;
};

constexpr CaptureOptions small{.chunk_size = 4096, .buffers = 64};
constexpr std::uint64_t plenty = 1U << 30U;

TEST(ChunkRing, KeepsTheTimeThatWasAskedFor) {
  const Script script = storm(500);
  Ring ring({.time_ns = 100'000'000, .bytes = plenty}, small);
  append_all(ring.queue, script);
  const std::uint64_t end_ns = end_of(script);
  const KeptRecording kept = ring.take(end_ns);
  EXPECT_EQ(kept.to_ns - kept.from_ns, 100'000'000U);
  EXPECT_FALSE(kept.is_whole);
  EXPECT_FALSE(kept.full);
  EXPECT_EQ(kept.lost, 0U);
  // At most one chunk more than that is in memory.
  std::uint64_t first_ns = end_ns;
  for (const auto& chunk : kept.chunks) {
    first_ns = std::min(first_ns, chunk->span.first_ns);
  }
  EXPECT_LT(first_ns, kept.from_ns);
  EXPECT_GT(kept.chunks.front()->span.last_ns, kept.from_ns);
  expect_equal_to_part(kept, script);
}

TEST(ChunkRing, KeepsNoMoreThanItsSize) {
  const Script script = storm(2000);
  constexpr std::uint64_t limit = 20'000;
  Ring ring({.time_ns = 1'900'000'000, .bytes = limit}, small);
  std::size_t held = 0;
  for (std::size_t i = 0; i < script.records().size(); i += 500) {
    append_all(ring.queue, script, i, i + 500);
    ring.queue.flush();
    EXPECT_LE(ring.ring.size(), limit);
    held = std::max(held, ring.ring.checkpoint().held());
  }
  EXPECT_LT(held, 2000U) << "living tasks, and a bounded number of command lines";
  const KeptRecording kept = ring.take(end_of(script));
  EXPECT_TRUE(kept.full) << "it could not keep 1.9 s";
  EXPECT_GT(kept.events, 100U);
  expect_equal_to_part(kept, script);
}

TEST(ChunkRing, EventsAfterTheEndShortenNothing) {
  const Script script = storm(500);
  Ring ring({.time_ns = 100'000'000, .bytes = plenty}, small);
  append_all(ring.queue, script);
  const KeptRecording kept = ring.take(end_of(script) - 50'000'000);
  EXPECT_EQ(kept.to_ns - kept.from_ns, 100'000'000U);
  EXPECT_FALSE(kept.full);
}

// Every cut is good: after each chunk, the figures are those of the part of the whole.
TEST(ChunkRing, IsACaptureAtAnyTime) {
  const Script script = storm(150);
  Ring ring({.time_ns = 30'000'000, .bytes = plenty}, {.chunk_size = 1024, .buffers = 64});
  for (std::size_t i = 100; i + 37 < script.records().size(); i += 37) {
    append_all(ring.queue, script, i == 100 ? 0 : i - 37, i);
    Script until;
    for (std::size_t each = 0; each < i; ++each) {
      until.emits(script.records()[each]);
    }
    expect_equal_to_part(ring.take(end_of(until)), until);
  }
}

TEST(ChunkRing, AShortRecordingIsWhole) {
  const Script script = storm(10);
  Ring ring({.time_ns = 1'000'000'000, .bytes = plenty}, small);
  append_all(ring.queue, script);
  const KeptRecording kept = ring.take(end_of(script));
  EXPECT_TRUE(kept.is_whole);
  EXPECT_EQ(kept.from_ns, 1000U);
  EXPECT_EQ(kept.events, script.records().size());
  EXPECT_EQ(kept.tasks, 3U);
  EXPECT_TRUE(kept.checkpoint.empty());
  const Report report = played(capture_of_kept(kept, fixture_start()));
  EXPECT_FALSE(report.kept);
}

// Nothing happens for longer than is kept: tasks that sleep are there, with their time.
TEST(ChunkRing, SilenceIsTimeToo) {
  const Script script = storm(20);
  Ring ring({.time_ns = 10'000'000, .bytes = plenty}, small);
  append_all(ring.queue, script);
  const KeptRecording kept = ring.take(end_of(script) + 50'000'000);
  EXPECT_TRUE(kept.chunks.empty());
  EXPECT_EQ(kept.tasks, 2U);
  const Report report = played(capture_of_kept(kept, start_of_kept(kept)));
  EXPECT_EQ(report.session.task_count, 2U);
  EXPECT_EQ(report.session.totals.total(TC_CONDITION_BLOCKED), 10ms);
  EXPECT_EQ(report.session.totals.lifetime, 20ms);
}

TEST(ChunkRing, ALossBeforeTheCutIsKeptWhileItMatters) {
  const Script script = storm(50);
  Ring ring({.time_ns = 10'000'000, .bytes = plenty}, small);
  ring.ring.write_dropped({2'000'000, 3'000'000, 7});  // while b sleeps, for as long as it does
  append_all(ring.queue, script, 0, 2);
  const KeptRecording kept = ring.take(60'000'000);
  ASSERT_EQ(kept.lost_before.size(), 1U);
  EXPECT_EQ(kept.lost_before.front().records, 7U);
  const Report report = played(capture_of_kept(kept, start_of_kept(kept)));
  ASSERT_TRUE(report.records);
  EXPECT_GT(report.records->unknown, Duration::zero());
}

TEST(ChunkRing, APartOfWhatIsKeptCountsFromItsStart) {
  const Script script = storm(300);
  Ring ring({.time_ns = 100'000'000, .bytes = plenty}, small);
  append_all(ring.queue, script);
  const KeptRecording kept = ring.take(end_of(script));
  const Bytes capture = capture_of_kept(kept, start_of_kept(kept));
  const Report report = played(capture, {.from = 20ms, .to = 30ms});
  EXPECT_EQ(report.session.start, instant(kept.from_ns) + 20ms);
  EXPECT_EQ(report.session.end, instant(kept.from_ns) + 30ms);
  EXPECT_EQ(report.part->whole, 100ms);
  const Report first = played(capture, {.to = 50ms});
  const Report second = played(capture, {.from = 50ms});
  const Report whole = played(capture);
  EXPECT_EQ(first.session.totals.counters[TC_COUNTER_SYSCALLS].value_or(0) +
                second.session.totals.counters[TC_COUNTER_SYSCALLS].value_or(0),
            whole.session.totals.counters[TC_COUNTER_SYSCALLS].value_or(0));
  EXPECT_EQ(first.session.totals.total(TC_CONDITION_RUNNING) + second.session.totals.total(TC_CONDITION_RUNNING),
            whole.session.totals.total(TC_CONDITION_RUNNING));
}

TEST(ChunkRing, ACopyThatIsCutOffIsReadToItsEnd) {
  const Script script = storm(300);
  Ring ring({.time_ns = 100'000'000, .bytes = plenty}, small);
  append_all(ring.queue, script);
  const KeptRecording kept = ring.take(end_of(script));
  const Bytes capture = capture_of_kept(kept, start_of_kept(kept));
  for (const std::size_t part : {4U, 6U, 9U}) {
    const Report report =
        played(Bytes(capture.begin(), capture.begin() + static_cast<std::ptrdiff_t>(capture.size() * part / 10)));
    EXPECT_EQ(report.window_end, WindowEnd::cut);
    EXPECT_EQ(report.session.start, instant(kept.from_ns));
  }
}

TEST(ChunkRing, AFullDiskIsAnErrorAndLosesNothing) {
  const Script script = storm(300);
  Ring ring({.time_ns = 100'000'000, .bytes = plenty}, small);
  append_all(ring.queue, script);
  const KeptRecording kept = ring.take(end_of(script));
  const Status status = write_kept(Fd(open("/dev/full", O_WRONLY | O_CLOEXEC)), "", kept, {}, "");
  ASSERT_FALSE(status);
  EXPECT_THAT(to_line(status.error()), HasSubstr("No space left"));
  const KeptRecording again = ring.take(end_of(script));
  EXPECT_EQ(again.events, kept.events);
  expect_equal_to_part(again, script);
}

TEST(ChunkRing, ItsReportSaysWhatItIs) {
  const Script script = storm(300);
  Ring ring({.time_ns = 100'000'000, .bytes = plenty}, small);
  append_all(ring.queue, script);
  const KeptRecording kept = ring.take(end_of(script));
  RecordingStart start = start_of_kept(kept);
  start.kept->why = KeptWhy::trigger;
  start.kept->trigger = "run_queue_p99 > 10ms";
  start.kept->value = 12'300'000;
  start.kept->value_text = "12.3 ms";
  const Report report = played(capture_of_kept(kept, start));
  std::ostringstream text;
  TextOptions wide;
  wide.width = 500;
  render_text(report, text, wide);
  EXPECT_THAT(text.str(), HasSubstr("The last 100 ms of a recording of 301 ms"));
  EXPECT_THAT(text.str(), HasSubstr("'run_queue_p99 > 10ms': 12.3 ms"));
  const auto json = nlohmann::json::parse(json_of(report));
  EXPECT_EQ(json["kept"]["why"], "trigger");
  EXPECT_EQ(json["kept"]["value"], 12'300'000);
  EXPECT_EQ(json["part"], nullptr);
}

TEST(ChunkRing, ItsChunksFitItsLimits) {
  EXPECT_EQ(chunk_options({.time_ns = 30'000'000'000, .bytes = plenty}).chunk_time_ns, 1'000'000'000U);
  EXPECT_EQ(chunk_options({.time_ns = 1'600'000'000, .bytes = plenty}).chunk_time_ns, 100'000'000U);
  EXPECT_EQ(chunk_options({.time_ns = {}, .bytes = 256U << 10U}).chunk_size, 64U << 10U);
}

}  // namespace
}  // namespace taskcost
