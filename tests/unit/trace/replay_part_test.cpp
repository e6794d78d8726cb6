// SPDX-License-Identifier: Apache-2.0
//
// A part of a recording: adjacent parts add up to the whole, to the nanosecond.
#include <gtest/gtest.h>

#include <map>

#include "account/ledger.h"
#include "support/fixture_cuts.h"
#include "support/fixture_script.h"
#include "support/replayed.h"
#include "trace/replay.h"

namespace taskcost {
namespace {

using namespace test;                  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

constexpr std::uint64_t recording_end_ns = 100'000;

// The ledgers of the tasks of a part, as the session takes them: closed at its end.
std::map<std::uint64_t, RebuiltTask> part_of(const Script& script, const TraceSpan& span, bool calls = true) {
  std::map<std::uint64_t, RebuiltTask> tasks;
  Replay::Options options;
  options.calls = calls;
  options.classes = test_classes();
  options.span = span;
  const auto keep = [&](RebuiltTask&& task) {
    if (!task.in_span) {
      return;
    }
    if (task.ledger.end_ns == 0) {
      close_at(task.ledger, std::min(recording_end_ns, span.to_ns));
    }
    tasks.emplace(task.ledger.id, std::move(task));
  };
  options.on_ended = [&](const RebuiltTask& task) { keep(copy_of(task)); };
  Replay replay(std::move(options));
  for (const Record& record : script.records()) {
    replay.on_record(record);
  }
  for (RebuiltTask& task : replay.living(Instant(Duration(recording_end_ns)))) {
    keep(std::move(task));
  }
  return tasks;
}

struct Sums {
  std::map<std::string, std::uint64_t> of;

  void add(const RebuiltTask& task, bool is_last) {
    const tc_ledger& ledger = task.ledger;
    const Account account = account_of(ledger, task.ended ? Closed::by_end_of_task : Closed::by_end_of_window, {});
    for (std::size_t row = 0; row < TC_NR_ACTIVITIES; ++row) {
      for (std::size_t condition = 0; condition < TC_NR_CONDITIONS; ++condition) {
        count("cell " + std::to_string(row) + "." + std::to_string(condition),
              static_cast<std::uint64_t>(account.cells[row][condition].count()));
      }
      count("entries " + std::to_string(row), ledger.entries[row]);
    }
    for (std::size_t wait = 0; wait < TC_NR_WAITS; ++wait) {
      const WaitSums& sums = account.waits[wait];
      count("waits " + std::to_string(wait), is_last ? sums.count : sums.ended());
      count("blocked " + std::to_string(wait), static_cast<std::uint64_t>(sums.blocked.count()));
    }
    for (std::size_t counter = 0; counter < TC_NR_COUNTERS; ++counter) {
      count(key_of(static_cast<tc_counter>(counter)), ledger.counters[counter]);
    }
    for (const tc_channel_use& use : ledger.channels) {
      count("channel calls", use.calls);
      count("channel bytes", use.bytes_in + use.bytes_out);
    }
    for (const tc_creation_sums& sums : ledger.creations) {
      count("creations", sums.count);
      count("creation times", sums.copy_ns + sums.publish_ns + sums.return_ns);
    }
    for (const tc_edge& edge : task.edges) {
      count("edges", edge.sums.count);
    }
    count("unknown", static_cast<std::uint64_t>(task.unknown.count()));
    count("lifetime", ledger.end_ns - ledger.start_ns);
  }
  void count(const std::string& name, std::uint64_t by) {
    if (by != 0) {
      of[name] += by;
    }
  }
};

std::map<std::uint64_t, std::map<std::string, std::uint64_t>> sums_of(const Script& script,
                                                                      const std::vector<std::uint64_t>& cuts,
                                                                      bool calls = true) {
  std::map<std::uint64_t, Sums> sums;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const TraceSpan span{i == 0 ? 0 : cuts[i - 1], i == cuts.size() ? TraceSpan::unbounded : cuts[i]};
    for (const auto& [id, task] : part_of(script, span, calls)) {
      sums[id].add(task, i == cuts.size());
      const Account account =
          account_of(task.ledger, task.ended ? Closed::by_end_of_task : Closed::by_end_of_window, {});
      EXPECT_EQ(account.residual(), task.unknown) << "task " << id << " of part " << i;
    }
  }
  std::map<std::uint64_t, std::map<std::string, std::uint64_t>> result;
  for (auto& [id, each] : sums) {
    result[id] = std::move(each.of);
  }
  return result;
}

// A part with all of the recording has the times of the replay of the whole.
void expect_whole(const Script& script, bool calls) {
  const Replayed whole = replay(script, Duration(recording_end_ns), calls);
  const auto part = part_of(script, {}, calls);
  ASSERT_EQ(part.size(), whole.tasks.size());
  for (const auto& [id, task] : part) {
    EXPECT_EQ(cells_of(task.ledger), cells_of(whole[id].ledger));
    EXPECT_EQ(waits_of(task.ledger), waits_of(whole[id].ledger));
    EXPECT_EQ(counters_of(task.ledger), counters_of(whole[id].ledger));
    EXPECT_EQ(entries_of(task.ledger), entries_of(whole[id].ledger));
  }
}

void expect_additive(const Script& script, bool calls = true) {
  expect_whole(script, calls);
  const auto whole = sums_of(script, {}, calls);
  for (std::uint64_t cut = 500; cut < recording_end_ns; cut += 500) {
    EXPECT_EQ(sums_of(script, {cut}, calls), whole) << "cut at " << cut << " ns";
  }
  EXPECT_EQ(sums_of(script, {10'000, 11'000, 34'000, 62'000, 79'000}, calls), whole);
}

TEST(ReplayPart, TwoPartsAddUpToTheWhole) { expect_additive(fixture_script()); }

TEST(ReplayPart, WithoutProbesOnCallsTheyDoAsWell) { expect_additive(fixture_script(), false); }

TEST(ReplayPart, AFaultInACallThatBothCrossTheCutIsOneOfEach) { expect_additive(fault_in_a_call()); }

TEST(ReplayPart, ASwitchInThatWasNotSeenIsCorrectedInEachPart) { expect_additive(unseen_switch_in()); }

TEST(ReplayPart, AWaitThatCrossesTheCutIsOpenAtTheEndOfTheFirstPart) {
  const Script life = script()
                          .at(10us)
                          .adopted_running(a, 0)
                          .at(20us)
                          .switches(0, asleep(TC_ACTIVITY_PIPE, TC_WAIT_PIPE), unobserved)
                          .at(60us)
                          .runs(0, a, woken(50us));
  const auto first = part_of(life, {0, 40'000});
  const Account before = account_of(first.at(a).ledger, Closed::by_end_of_window, {});
  EXPECT_EQ(before.waits[TC_WAIT_PIPE].count, 1U);
  EXPECT_EQ(before.waits[TC_WAIT_PIPE].open, 1U);
  EXPECT_EQ(before.waits[TC_WAIT_PIPE].blocked, 20us);
  EXPECT_TRUE(first.at(a).edges.empty());

  const auto second = part_of(life, {40'000, 55'000});
  const tc_ledger& ledger = second.at(a).ledger;
  const Account after = account_of(ledger, Closed::by_end_of_window, {});
  EXPECT_EQ(after.waits[TC_WAIT_PIPE].count, 1U);
  EXPECT_EQ(after.waits[TC_WAIT_PIPE].open, 0U) << "it was woken at 50 us";
  EXPECT_EQ(after.cells[TC_ACTIVITY_PIPE][TC_CONDITION_BLOCKED], 10us);
  EXPECT_EQ(after.cells[TC_ACTIVITY_PIPE][TC_CONDITION_RUNNABLE], 5us);
  EXPECT_EQ(ledger.counters[TC_COUNTER_WAKEUPS], 1U);
  EXPECT_TRUE((ledger.flags & TC_LEDGER_OPEN_AT_START) != 0);
  EXPECT_EQ(ledger.start_ns, 40'000U);
}

TEST(ReplayPart, ATaskOutsideOfItIsNotInIt) {
  const Script life = fixture_script();  // task 3 lives from 32 to 70 us
  EXPECT_FALSE(part_of(life, {0, 30'000}).contains(c));
  EXPECT_TRUE(part_of(life, {0, 40'000}).contains(c));
  EXPECT_TRUE(part_of(life, {40'000, 50'000}).contains(c));
  EXPECT_FALSE(part_of(life, {71'000, 80'000}).contains(c));
}

// The name is that at the end of the part.
TEST(ReplayPart, AnExecAfterThePartChangesNothing) {
  const Script life = fixture_script();  // the exec is at 47 us
  const auto name = [](const tc_ledger& ledger) { return text_of(ledger.comm, sizeof(ledger.comm)); };
  EXPECT_EQ(name(part_of(life, {0, 46'000}).at(c).ledger), "server");
  EXPECT_EQ(name(part_of(life, {0, 48'000}).at(c).ledger), "true");
}

}  // namespace
}  // namespace taskcost
