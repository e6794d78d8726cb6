// SPDX-License-Identifier: Apache-2.0
//
// What a ring keeps of a recording of this kernel has the figures of that part of the whole; and a recording that keeps
// seconds of minutes takes no more memory with time.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#include "capture/reader.h"
#include "report/recorded/recording.h"
#include "report/render.h"
#include "support/expect.h"
#include "support/servers.h"
#include "trace/chunk_ring.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;

std::string json_without_part(taskcost::Report report) {
  report.part.reset();
  report.kept.reset();
  report.records.reset();
  std::ostringstream out;
  render_json(report, out);
  return std::move(out).str();
}

taskcost::Report play_file(const std::string& path, const CapturePart& part = {}) {
  auto reader = CaptureReader::open(path);
  if (!reader) {
    throw std::runtime_error(to_line(reader.error()));
  }
  auto playback = play(*reader, read_gaps(*reader), false, part);
  if (!playback) {
    throw std::runtime_error(to_line(playback.error()));
  }
  return std::move(playback->report);
}

// Passes the events of a capture through a ring, in the order of their arrival, as record --keep does.
KeptRecording keep_end_of(const std::string& path, const KeepLimits& limits, std::vector<std::byte>& end_records,
                          std::string& description, std::string& trailer) {
  auto reader = CaptureReader::open(path);
  if (!reader) {
    throw std::runtime_error(to_line(reader.error()));
  }
  const auto start = read_start(reader->description());
  const auto end = read_end(reader->end().trailer);
  ChunkRing ring(limits, start->monotonic_ns, start->calls, call_classes(*start));
  ChunkQueue queue(ring, {.chunk_size = 64 << 10, .buffers = 64});
  if (!queue.start()) {
    throw std::runtime_error("no thread");
  }
  std::uint64_t last_ns = start->monotonic_ns;
  unsigned appended = 0;
  for (auto item = reader->next(); const auto* bytes = std::get_if<std::span<const std::byte>>(&item);
       item = reader->next()) {
    const auto record = decode(*bytes);
    const auto* ledger = record ? std::get_if<tc_ledger>(&*record) : nullptr;
    if (record && (std::holds_alternative<tc_command>(*record) || (ledger != nullptr && ledger->end_ns == 0))) {
      end_records.insert(end_records.end(), bytes->begin(), bytes->end());
      continue;
    }
    const std::uint64_t at_ns = record && ledger == nullptr ? time_of(*record) : 0;
    last_ns = at_ns != 0 ? at_ns : last_ns;
    queue.append(*bytes, last_ns);
    if (++appended % 1000 == 0) {
      queue.flush();  // the test is faster than any kernel
    }
  }
  queue.flush();
  KeptRecording kept = ring.take(static_cast<std::uint64_t>(end->end.time_since_epoch().count()));
  RecordingStart kept_start = *start;
  kept_start.kept.emplace();
  kept_start.kept->recording_start = instant(start->monotonic_ns);
  kept_start.kept->from = instant(kept.from_ns);
  kept_start.kept->to = instant(kept.to_ns);
  RecordingEnd kept_end = *end;
  kept_end.start = instant(kept.from_ns);
  description = text_of(kept_start);
  trailer = text_of(kept_end);
  return kept;
}

struct Stormy {
  std::string name;
  Words command;
};

class KeptPartOf : public ::testing::TestWithParam<Stormy> {};

TEST_P(KeptPartOf, HasTheFiguresOfThatPartOfTheWhole) {
  const TemporaryDirectory directory;
  const std::string whole = directory.file("whole.tcap");
  Words words = tool({"record", "-q", "-o", whole, "--"});
  words.insert(words.end(), GetParam().command.begin(), GetParam().command.end());
  ASSERT_EQ(run(words).exit_code(), 0);
  const taskcost::Report all = play_file(whole);
  ASSERT_EQ(all.session.losses.counts[TC_LOSS_DROPPED_TRANSITIONS], 0U);
  const Duration wall = all.session.end - all.session.start;
  for (const int part : {2, 5, 20}) {
    SCOPED_TRACE("the last 1/" + std::to_string(part));
    std::vector<std::byte> end_records;
    std::string description;
    std::string trailer;
    const KeptRecording kept =
        keep_end_of(whole, {.time_ns = static_cast<std::uint64_t>((wall / part).count()), .bytes = 1U << 30U},
                    end_records, description, trailer);
    EXPECT_FALSE(kept.checkpoint.empty());
    const std::string path = directory.file("kept.tcap");
    const auto status = write_kept(Fd(open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600)), description,
                                   kept, end_records, trailer);
    ASSERT_TRUE(status) << to_line(status.error());
    const taskcost::Report ours = play_file(path);
    const taskcost::Report full =
        play_file(whole, {.from = taskcost::nanoseconds(kept.from_ns) - all.session.start.time_since_epoch()});
    EXPECT_EQ(ours.session.totals.lifetime, full.session.totals.lifetime);
    EXPECT_EQ(ours.session.task_count, full.session.task_count);
    EXPECT_EQ(json_without_part(ours), json_without_part(full));
    EXPECT_EQ(ours.records->integrity.missing_new_tasks, 0U);
    EXPECT_EQ(ours.records->integrity.broken_switches, 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, KeptPartOf,
                         ::testing::Values(Stormy{"forks", {program("fork_storm"), "2"}},
                                           Stormy{"pipes", {"sh", "-c", "seq 1 200000 | sort -R | sort -n | tail -1"}},
                                           Stormy{"shells", {"sh", "-c", "for i in $(seq 100); do /bin/true; done"}}),
                         [](const auto& each) { return each.param.name; });

// KiB that the process has in memory.
long resident_kib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) {
      return std::stol(line.substr(line.find_first_of("0123456789")));
    }
  }
  return 0;
}

struct Memory {
  long early_kib = 0;
  long late_kib = 0;
};

// Reads it when a third of the time is over, and again before the recording ends.
Memory watch_memory(const Subprocess& child, std::chrono::seconds lasts) {
  EXPECT_TRUE(eventually([&] { return child.err().find("keeping the last") != std::string::npos; }, 5min))
      << child.err();
  std::this_thread::sleep_for(lasts / 3);
  const long early_kib = resident_kib(child.pid());
  std::this_thread::sleep_for(lasts / 2);
  return {early_kib, resident_kib(child.pid())};
}

// The tasks that ended are kept one by one, up to a number; `ring_kib` is by how much the ring may have grown.
void expect_flat(const Memory& memory, long ring_kib, const Finished& finished) {
  constexpr long tasks_kib = 4L * 32768;
  ::testing::Test::RecordProperty("early_kib", std::to_string(memory.early_kib));
  ::testing::Test::RecordProperty("late_kib", std::to_string(memory.late_kib));
  EXPECT_GT(memory.early_kib, 0);
  EXPECT_LT(memory.late_kib, memory.early_kib + 16 * 1024 + ring_kib + tasks_kib) << finished.err;
}

TEST(FlightRecorderStorm, ALimitOfBytesHolds) {
  const TemporaryDirectory directory;
  constexpr auto lasts = 12s;
  Subprocess child(
      tool({"record", "--keep", "4mb", "-o", directory.file("x.tcap"), "--", "timeout", std::to_string(lasts.count()),
            "sh", "-c", "(while :; do /bin/true; done) & while :; do echo x | cat >/dev/null; done"}));
  const Memory memory = watch_memory(child, lasts);
  const Finished finished = child.wait();
  expect_flat(memory, 0, finished);
  EXPECT_THAT(finished.err, ::testing::HasSubstr("0 lost"));
  const auto size = std::filesystem::file_size(directory.file("x.tcap"));
  EXPECT_LT(size, 6U << 20U);
  EXPECT_GT(size, 2U << 20U);
}

// What the log of the program `storm` says of a part of its time.
struct Stormed {
  std::uint32_t pid = 0;  // whose switches it counts
  // Children that were forked and waited for in the part, and all that may have lived in it.
  std::uint64_t least_children = 0;
  std::uint64_t most_children = 0;
  std::uint64_t least_switches = 0;
  std::uint64_t most_switches = 0;
};

Stormed read_storm(const std::string& path, Instant from, Instant to) {
  Stormed storm;
  std::ifstream log(path);
  std::uint64_t before = 0;
  std::optional<std::uint64_t> first;
  std::uint64_t last = 0;
  std::uint64_t count = 0;
  for (std::string what; log >> what;) {
    std::uint64_t at_ns = 0;
    if (std::uint64_t waited_ns = 0; what == "child" && log >> at_ns >> waited_ns) {
      storm.least_children += instant(at_ns) >= from && instant(waited_ns) <= to ? 1 : 0;
      storm.most_children += instant(at_ns) <= to && instant(waited_ns) >= from ? 1 : 0;
    } else if (what == "switches" && log >> storm.pid >> at_ns >> count) {
      before = instant(at_ns) <= from ? count : before;
      last = instant(at_ns) <= to ? count : last;
      first = instant(at_ns) >= from && !first ? count : first;
    }
  }
  constexpr std::uint64_t at_its_end = 8;  // it waits for its children
  storm.least_switches = last - first.value_or(last);
  storm.most_switches = count - before + at_its_end;
  return storm;
}

// With TASKCOST_THOROUGH it takes ten minutes.
TEST(FlightRecorderStorm, TheLastSecondsAreWhole) {
  const TemporaryDirectory directory;
  const auto lasts = thorough() ? 600s : 10s;
  const auto keeps = thorough() ? 30s : 3s;
  const std::string log = directory.file("log");
  const std::string capture = directory.file("x.tcap");
  constexpr std::uint64_t most_mb = 512;
  const std::string limits = std::to_string(keeps.count()) + "s," + std::to_string(most_mb) + "mb";
  Subprocess child(
      tool({"record", "--keep", limits, "-o", capture, "--", program("storm"), std::to_string(lasts.count()), log}));
  const Memory memory = watch_memory(child, lasts);
  const Finished finished = child.wait(lasts + 5min);
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto size = std::filesystem::file_size(capture);
  EXPECT_LT(size, (most_mb + 2) << 20U);
  expect_flat(memory, static_cast<long>(size >> 10U), finished);

  const taskcost::Report report = play_file(capture);
  ASSERT_TRUE(report.kept);
  EXPECT_EQ(report.kept->to - report.kept->from, Duration(keeps)) << finished.err;
  const Stormed storm = read_storm(log, report.kept->from, report.kept->to);
  ASSERT_GT(storm.least_children, 0U);
  ASSERT_GT(storm.least_switches, 0U);
  // Each lost event can hide a task or a switch.
  const std::uint64_t lost = report.session.losses.counts[TC_LOSS_DROPPED_TRANSITIONS];
  if (lost == 0) {
    EXPECT_THAT(finished.err, ::testing::HasSubstr(", 0 lost"));
    EXPECT_EQ(report.records->integrity.missing_new_tasks, 0U);
    EXPECT_EQ(report.records->integrity.broken_switches, 0U);
  }
  constexpr std::uint64_t lasting = 3;  // processes that do it all
  EXPECT_GE(report.session.task_count + lost, storm.least_children + lasting);
  EXPECT_LE(report.session.task_count, storm.most_children + lasting);
  std::optional<std::uint64_t> switches;
  for (const Process& process : report.session.processes) {
    for (const Task& task : process.tasks) {
      switches = task.tid == storm.pid ? task.account->counters[TC_COUNTER_VOLUNTARY_SWITCHES] : switches;
    }
  }
  ASSERT_TRUE(switches);
  EXPECT_GE(*switches + lost, storm.least_switches);
  EXPECT_LE(*switches, storm.most_switches);
}

}  // namespace
}  // namespace taskcost::test
