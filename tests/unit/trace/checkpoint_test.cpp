// SPDX-License-Identifier: Apache-2.0
//
// A recording that has forgotten its beginning has the figures of one that has not: after each event, and for each kind
// of state that a task can be in.
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <sstream>

#include "report/recorded/recording.h"
#include "support/fixture_cuts.h"
#include "support/fixture_recording.h"
#include "support/fixture_script.h"
#include "support/replayed.h"
#include "trace/checkpoint.h"
#include "trace/events/writers.h"
#include "trace/perfetto/export.h"

namespace taskcost {
namespace {

using namespace test;                  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

constexpr std::uint64_t scripts_end_ns = 100'000;

using Records = std::vector<Record>;

struct PartFigures {
  std::map<std::uint64_t, RebuiltTask> tasks;
  std::array<std::uint64_t, TC_NR_HISTOGRAMS> latencies{};
  ReplayIntegrity integrity;
};

PartFigures figures_since(const Records& records, std::uint64_t from_ns, bool calls) {
  PartFigures figures;
  Replay::Options options;
  options.calls = calls;
  options.classes = test_classes();
  options.span = TraceSpan{from_ns, TraceSpan::unbounded};
  for (const Record& record : records) {
    if (const auto* gap = std::get_if<tc_gap>(&record)) {
      options.gaps.push_back(to_gap(*gap));
    }
  }
  const auto keep = [&](const RebuiltTask& task) {
    if (task.in_span) {
      figures.tasks.emplace(task.ledger.id, copy_of(task));
    }
  };
  options.on_ended = keep;
  Replay replay(std::move(options));
  for (const Record& record : records) {
    replay.on_record(record);
  }
  for (const RebuiltTask& task : replay.living(Instant(Duration(scripts_end_ns)))) {
    keep(task);
  }
  for (int id = 0; id < TC_NR_HISTOGRAMS; ++id) {
    const auto latency = replay.histogram(static_cast<tc_histogram_id>(id));
    figures.latencies[static_cast<std::size_t>(id)] = latency ? latency->count() : 0;
  }
  figures.integrity = replay.integrity();
  return figures;
}

// What is left of `records` when the first `forgotten` of them are.
Records left_of(const Records& records, std::size_t forgotten, bool calls) {
  Checkpoint checkpoint(calls, test_classes());
  for (std::size_t i = 0; i < forgotten; ++i) {
    checkpoint.add(bytes_of(records[i]));
  }
  Records left;
  checkpoint.write([&left](std::span<const std::byte> bytes) {
    const auto record = decode(bytes);
    ASSERT_TRUE(record) << "a checkpoint is readable";
    left.push_back(*record);
  });
  left.insert(left.end(), records.begin() + static_cast<std::ptrdiff_t>(forgotten), records.end());
  return left;
}

std::uint64_t latest_in(const Records& records, std::size_t count) {
  std::uint64_t latest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    latest = std::max(latest, time_of(records[i]));
  }
  return latest;
}

void expect_same(const PartFigures& kept, const PartFigures& full) {
  ASSERT_EQ(kept.tasks.size(), full.tasks.size());
  for (const auto& [id, task] : full.tasks) {
    SCOPED_TRACE("task " + std::to_string(id));
    ASSERT_TRUE(kept.tasks.contains(id));
    const RebuiltTask& ours = kept.tasks.at(id);
    EXPECT_EQ(cells_of(ours.ledger), cells_of(task.ledger));
    EXPECT_EQ(waits_of(ours.ledger), waits_of(task.ledger));
    EXPECT_EQ(counters_of(ours.ledger), counters_of(task.ledger));
    EXPECT_EQ(entries_of(ours.ledger), entries_of(task.ledger));
    constexpr std::size_t used = offsetof(tc_ledger, comm) + TC_COMM_LEN;  // padding follows
    EXPECT_EQ(std::memcmp(&ours.ledger, &task.ledger, used), 0) << "identity, phases or open interval";
    EXPECT_EQ(ours.unknown, task.unknown);
    EXPECT_EQ(ours.ended, task.ended);
    EXPECT_EQ(ours.edges.size(), task.edges.size());
    EXPECT_EQ(ours.flows.size(), task.flows.size());
  }
  EXPECT_EQ(kept.latencies, full.latencies);
  EXPECT_TRUE(kept.integrity.missing_new_tasks == 0 && kept.integrity.repeated_new_tasks == 0);
}

template <typename Export>
std::string exported_since(const Records& records, std::uint64_t from_ns, bool calls) {
  std::ostringstream out;
  TraceInfo info = trace_info();
  info.calls = calls;
  info.part.span = {from_ns, TraceSpan::unbounded};
  for (const Record& record : records) {
    if (const auto* gap = std::get_if<tc_gap>(&record)) {
      info.gaps.push_back(to_gap(*gap));
    }
  }
  Export events(out, std::move(info));
  for (const Record& record : records) {
    events.on_record(record);
  }
  events.finish(scripts_end_ns);
  return std::move(out).str();
}

void expect_cuts_to_be_equal(const Script& script, bool calls = true) {
  const Records& records = script.records();
  for (std::size_t forgotten = 1; forgotten <= records.size(); ++forgotten) {
    SCOPED_TRACE("the first " + std::to_string(forgotten) + " records are forgotten");
    const Records left = left_of(records, forgotten, calls);
    // A cut may also lie later than the last event that is forgotten.
    for (const std::uint64_t later : {1U, 700U, 3000U}) {
      const std::uint64_t from_ns = latest_in(records, forgotten) + later;
      expect_same(figures_since(left, from_ns, calls), figures_since(records, from_ns, calls));
      EXPECT_EQ(exported_since<EventCsv>(left, from_ns, calls), exported_since<EventCsv>(records, from_ns, calls));
      EXPECT_GT(exported_since<PerfettoExport>(left, from_ns, calls).size(), 100U);
      if (testing::Test::HasFailure()) {
        return;
      }
    }
  }
}

TEST(Checkpoint, AfterEachEventOfARecordingTheRestHasItsFigures) { expect_cuts_to_be_equal(fixture_script()); }

TEST(Checkpoint, WithoutProbesOnCallsTheRestHasItsFiguresToo) { expect_cuts_to_be_equal(fixture_script(), false); }

TEST(Checkpoint, AFaultInACallIsOpen) { expect_cuts_to_be_equal(fault_in_a_call()); }

TEST(Checkpoint, ASleepThatItsRegistersName) {
  expect_cuts_to_be_equal(script()
                              .at(10us)
                              .adopted(a, 0, asleep(TC_ACTIVITY_FUTEX, TC_WAIT_FUTEX_PRIVATE))
                              .at(20us)
                              .runs(0, a, woken(18us))
                              .at(30us)
                              .switches(0, asleep(TC_ACTIVITY_SLEEP, TC_WAIT_TIMER).as(TC_SWITCH_FOUND), unobserved)
                              .at(40us)
                              .runs(0, a, woken(39us))
                              .at(50us)
                              .switches(0, preempted().as(TC_SWITCH_THROTTLED), unobserved)
                              .at(60us)
                              .runs(0, a)
                              .at(70us)
                              .renames(a, "other")
                              .at(80us)
                              .event(a, TC_EV_SIGNAL_GENERATED, 0, 9));
}

TEST(Checkpoint, ASwitchInThatWasNotSeen) { expect_cuts_to_be_equal(unseen_switch_in()); }

TEST(Checkpoint, ALossMakesWhatItTouchesUnknownAfterTheCutToo) {
  const Script script = test::script()
                            .at(10us)
                            .adopted_running(a, 0)
                            .at(20us)
                            .switches(0, asleep(TC_ACTIVITY_PIPE, TC_WAIT_PIPE), unobserved)
                            .at(40us)
                            .gap(0, 25us, 35us, 3)
                            .at(80us)
                            .runs(0, a, woken(70us))
                            .at(90us)
                            .switches(0, preempted(), unobserved);
  const Records& records = script.records();
  const Records left = left_of(records, 3, true);
  const std::uint64_t from_ns = 40'001;
  const PartFigures kept = figures_since(left, from_ns, true);
  expect_same(kept, figures_since(records, from_ns, true));
  EXPECT_GT(kept.tasks.at(a).unknown, Duration::zero());
}

TEST(Checkpoint, ACommandLineIsThatOfTheLastExec) {
  const Records left = left_of(fixture_script().records(), 17, true);
  std::size_t execs = 0;
  for (const Record& record : left) {
    if (const auto* exec = std::get_if<tc_exec>(&record)) {
      ++execs;
      EXPECT_EQ(exec->id, 0U);
      EXPECT_EQ(exec->process, c);
      EXPECT_STREQ(exec->command, "/bin/true");
    }
  }
  EXPECT_EQ(execs, 1U);
}

// However many tasks, programs and losses are forgotten.
TEST(Checkpoint, ItsMemoryIsThatOfLivingTasks) {
  Checkpoint checkpoint(true, test_classes());
  Script script;
  script.at(1us).adopted_running(a, 0);
  for (std::uint64_t id = 10; id < 5000; ++id) {
    const auto at = std::chrono::microseconds(10 * id);
    script.at(at).born(id, a, TC_CREATION_FORK, "child");
    script.at(at + 1us).switches(0, preempted(), id, woken(at));
    script.at(at + 2us).execs(id, "true", "true");
    script.at(at + 3us).gap(static_cast<std::uint32_t>(id % 4), at + 2us, at + 3us, 1);
    script.at(at + 4us).switches(0, dead(), a);
  }
  for (const Record& record : script.records()) {
    checkpoint.add(bytes_of(record));
  }
  EXPECT_LT(checkpoint.held(), 2000U);
  EXPECT_EQ(checkpoint.living(), std::unordered_set<std::uint64_t>{a});
  std::size_t bytes = 0;
  checkpoint.write([&bytes](std::span<const std::byte> record) { bytes += record.size(); });
  EXPECT_LT(bytes, 20'000U);
}

}  // namespace
}  // namespace taskcost
