// SPDX-License-Identifier: Apache-2.0
#include "trace/auditor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "report/render.h"
#include "support/audited.h"
#include "support/schema.h"

namespace taskcost {
namespace {

using namespace test;                  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using testing::HasSubstr;
using testing::Not;

// A waits for a pipe and exits; its final ledger is missing in this script.
Script script_of_a() {
  return script()
      .at(10us)
      .adopted_running(a, 0)
      .at(30us)
      .switches(0, asleep(TC_ROW_CALL_PENDING, TC_WAIT_PIPE, 20us), unobserved)
      .at(75us)
      .runs(0, a, woken(70us, b, 4))
      .at(80us)
      .transfers(a, TC_CHANNEL_PIPE, 20us, 512, 0)
      .at(90us)
      .exits(a)
      .at(100us)
      .switches(0, dead(), unobserved);
}

__u64& cell(tc_ledger& ledger, std::size_t row, std::size_t condition) {
  return ledger.cells[row * TC_NR_CONDITIONS + condition];
}

using Change = LedgerChange;

Audit audit_with(const Change& change) {
  Script recorded = script_of_a();
  const tc_ledger kernel = kernel_ledger_of(recorded, a, change);
  return audit_of(recorded.emits_ledger(kernel));
}

std::string text_of(const Audit& audit, bool verbose = false) {
  std::ostringstream out;
  TextOptions options;
  options.verbose = verbose;
  render_audit_text(audit, out, options);
  return out.str();
}

TEST(Audit, BothLedgersOfOneTaskAgree) {
  const Audit audit = audit_with([](tc_ledger&) {});
  EXPECT_EQ(audit.tasks, 1U);
  EXPECT_GT(audit.cells, 20U);
  EXPECT_TRUE(audit.agrees());
  EXPECT_TRUE(audit.complete());
  EXPECT_TRUE(audit.differing.empty());
  EXPECT_THAT(text_of(audit),
              HasSubstr("1 task, " + std::to_string(audit.cells) + " cells compared: both ledgers agree"));
  EXPECT_THAT(text_of(audit), Not(HasSubstr("Differences")));
  EXPECT_THAT(text_of(audit), Not(HasSubstr("pipe blocked")));
  EXPECT_THAT(text_of(audit, true), HasSubstr("pipe blocked"));
}

TEST(Audit, ADifferenceIsNamedAndSigned) {
  const Audit audit = audit_with([](tc_ledger& ledger) {
    cell(ledger, TC_ACTIVITY_PIPE, TC_CONDITION_RUNNING) += 3;
    ledger.counters[TC_COUNTER_VOLUNTARY_SWITCHES] -= 1;
  });
  EXPECT_FALSE(audit.agrees());
  EXPECT_EQ(audit.differing_tasks, 1U);
  EXPECT_EQ(audit.differing_cells, 2U);
  ASSERT_EQ(audit.differing.size(), 1U);
  const std::vector<AuditRow>& rows = audit.differing[0].rows;
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].quantity, "pipe running");
  EXPECT_EQ(rows[0].difference(), -3);
  EXPECT_EQ(rows[1].quantity, "voluntary switches");
  EXPECT_EQ(rows[1].difference(), 1);
  EXPECT_THAT(text_of(audit), HasSubstr("2 differ, of 1 task"));
  EXPECT_THAT(text_of(audit), HasSubstr("task (1001)"));
}

// A change of any kind of figure must be found.
TEST(Audit, EveryKindOfFigureIsCompared) {
  const std::vector<std::pair<std::string, Change>> changes = {
      {"entered: pipe", [](tc_ledger& l) { l.entries[TC_ACTIVITY_PIPE]++; }},
      {"pipe: running", [](tc_ledger& l) { l.channels[TC_CHANNEL_PIPE].kernel_ns++; }},
      {"creation of a thread: publish", [](tc_ledger& l) { l.creations[TC_CREATION_THREAD].publish_ns++; }},
      {"wait for a pipe: blocked", [](tc_ledger& l) { l.waits[TC_WAIT_PIPE].blocked_ns++; }},
      {"waker from a pipe: longest (ledger 2)", [](tc_ledger& l) { l.edges[0].sums.max_ns++; }},
      {"pipe by object: bytes in", [](tc_ledger& l) { l.flows[0].sums.bytes_in++; }},
      {"pipe: calls not counted in bytes", [](tc_ledger& l) { l.uncounted_calls[TC_CHANNEL_PIPE]++; }},
      {"exit begins", [](tc_ledger& l) { l.exit_start_ns++; }},
      {"creator", [](tc_ledger& l) { l.creator++; }},
  };
  for (const auto& [quantity, change] : changes) {
    const Audit audit = audit_with(change);
    ASSERT_EQ(audit.differing_cells, 1U) << quantity;
    EXPECT_EQ(audit.differing[0].rows[0].quantity, quantity);
  }
}

TEST(Audit, ATaskThatLostEventsIsListedApart) {
  Script recorded = script_of_a();
  const tc_ledger kernel = kernel_ledger_of(recorded, a, [](tc_ledger&) {});
  const Audit audit = audit_of(recorded.emits_ledger(kernel), {{Instant(40us), Instant(50us), 2, 0}});
  EXPECT_EQ(audit.tasks, 0U);
  EXPECT_EQ(audit.tasks_not_compared, 1U);
  ASSERT_EQ(audit.not_compared.size(), 1U);
  // The unknown time is its sleep. The return of the call names its entry, so that the time before is known.
  EXPECT_EQ(audit.not_compared[0].unknown, 45us);
  EXPECT_FALSE(audit.complete());
  EXPECT_THAT(text_of(audit), HasSubstr("no task could be compared"));
  EXPECT_THAT(text_of(audit), HasSubstr("events were lost, 45.0 µs unknown"));
  EXPECT_THAT(text_of(audit), HasSubstr("+30.0 µs  10.0 µs       2  CPU 0  the ring buffer was full\n"));
}

TEST(Audit, ALivingTaskIsClosedInBothLedgers) {
  const Script recorded = script().at(10us).adopted_running(a, 0).at(30us).switches(
      0, asleep(TC_ACTIVITY_SLEEP, TC_WAIT_TIMER, 20us), unobserved);
  // The snapshot is open since 30 us: woken, but not yet running.
  const tc_ledger snapshot = kernel_ledger_of(recorded, a, [](tc_ledger& l) {
    cell(l, TC_ACTIVITY_SLEEP, TC_CONDITION_BLOCKED) = 0;
    l.waits[TC_WAIT_TIMER] = {};
    l.since_ns = 30'000;
    l.woken_ns = 95'000;
    l.end_ns = 0;
  });
  Script with_ledger = recorded;
  const Audit audit = audit_of(with_ledger.emits_ledger(snapshot));
  EXPECT_EQ(audit.tasks, 1U);
  EXPECT_TRUE(audit.agrees()) << text_of(audit);
}

TEST(Audit, TheWakeUpBeforeAnUnseenSwitchInIsReported) {
  Script recorded = script()
                        .at(10us)
                        .adopted(a, 0, asleep(TC_ACTIVITY_POLL, TC_WAIT_POLL))
                        .at(40us)
                        .event(a, TC_EV_WOKEN, b, TC_FROM_USER)
                        .at(50us)
                        .event(a, TC_EV_FOUND_RUNNING, 0, 0)
                        .unseen(0, a)
                        .at(60us)
                        .exits(a)
                        .switches(0, dead(), unobserved);
  // The probes saw the wakeup at 40 us.
  const tc_ledger kernel = kernel_ledger_of(recorded, a, [](tc_ledger& l) {
    cell(l, TC_ACTIVITY_POLL, TC_CONDITION_BLOCKED) = 30'000;
    cell(l, TC_ACTIVITY_POLL, TC_CONDITION_RUNNABLE) = 10'000;
    l.waits[TC_WAIT_POLL].blocked_ns = 30'000;
    l.counters[TC_COUNTER_WAKEUPS] = 1;
    l.counters[TC_COUNTER_UNSEEN_WAKEUPS] = 0;
    l.edges[0].key.waker = b;
  });
  const Audit audit = audit_of(recorded.emits_ledger(kernel));
  EXPECT_EQ(audit.tasks, 1U);
  EXPECT_TRUE(audit.agrees()) << text_of(audit);
}

Script waits_for_many() {
  Script recorded = script().at(10us).adopted_running(a, 0);
  for (std::uint64_t waker = 1; waker <= 8; ++waker) {
    const auto at = std::chrono::microseconds(10 * waker);
    recorded.at(at + 2us).switches(0, asleep(TC_ACTIVITY_FUTEX, TC_WAIT_FUTEX_PRIVATE, at + 1us), unobserved);
    recorded.at(at + 8us).runs(0, a, woken(at + 7us, 100 + waker, 202));
    recorded.at(at + 9us).calls(a, TC_ACTIVITY_FUTEX, at + 1us);
  }
  return recorded.at(95us).exits(a).switches(0, dead(), unobserved);
}

TEST(Audit, WakersBeyondTheLedgersRoomAreComparedAsASum) {
  Script recorded = waits_for_many();
  const tc_ledger kernel = kernel_ledger_of(recorded, a, [](tc_ledger&) {});
  recorded.emits_ledger(kernel);
  const Audit without = audit_of(recorded);
  EXPECT_EQ(without.differing_cells, 2U);
  tc_edge_record beyond{};
  beyond.record = {TC_RECORD_EDGE, sizeof(beyond)};
  beyond.edge = {{a, 0, TC_WAIT_FUTEX_PRIVATE, 202}, {1, 5000, 5000}};
  for (std::uint64_t waker = TC_OWN_EDGES + 1; waker <= 8; ++waker) {
    beyond.edge.key.waker = 100 + waker;
    recorded.emits(beyond);
  }
  const Audit with = audit_of(recorded);
  EXPECT_TRUE(with.agrees()) << text_of(with);
}

TEST(Audit, LatenciesAreComparedByBucket) {
  Script recorded = script_of_a();
  const tc_ledger kernel = kernel_ledger_of(recorded, a, [](tc_ledger&) {});
  recorded.emits_ledger(kernel);
  tc_histogram_record latency{};
  latency.record = {TC_RECORD_HISTOGRAM, sizeof(latency)};
  latency.id = TC_HISTOGRAM_RUN_QUEUE;
  latency.histogram.sum_ns = latency.histogram.max_ns = 5000;
  latency.histogram.min_ns_inverted = ~5000ULL;
  latency.histogram.buckets[tc_bucket_of(5000)] = 1;
  Script right = recorded;
  EXPECT_TRUE(audit_of(right.emits(latency)).agrees());
  latency.histogram.buckets[tc_bucket_of(5000)] = 0;
  latency.histogram.buckets[tc_bucket_of(50)] = 1;
  Script wrong = recorded;
  const Audit audit = audit_of(wrong.emits(latency));
  EXPECT_EQ(audit.differing_cells, 1U);
  EXPECT_THAT(text_of(audit), HasSubstr("latency run_queue: misplaced"));
}

TEST(Audit, NamesOfProgramsAreEscaped) {
  const Audit audit = audit_with([](tc_ledger& ledger) {
    copy_text(ledger.comm, sizeof(ledger.comm), "\x1b[31mred");
    ledger.entries[TC_ACTIVITY_USER]++;
  });
  EXPECT_THAT(text_of(audit), Not(HasSubstr("\x1b")));
  EXPECT_THAT(text_of(audit), HasSubstr("\\x1b[31mred"));
}

TEST(Audit, TextLosesNoName) {
  Audit audit = audit_with([](tc_ledger& ledger) { ledger.entries[TC_ACTIVITY_USER] += 2; });
  ASSERT_EQ(audit.differing.size(), 1U);
  audit.differing[0].task.comm = "a-name-of-fifteen-characters";
  AuditRow& row = audit.differing[0].rows.at(0);
  row.quantity = "edge of a wait for a futex of its process by a task that is not observed";
  row.kernel = 999'999'999'999'999;
  audit.not_compared.push_back({audit.differing[0].task, std::chrono::milliseconds(1), 1, std::string(90, 'w')});
  const std::string text = text_of(audit);
  EXPECT_THAT(text, Not(HasSubstr("…")));
  for (const char* const word : {"characters", "observed", "999999999999999"}) {
    EXPECT_THAT(text, HasSubstr(word));
  }
}

TEST(Audit, JsonSaysTheSame) {
  const Audit audit = audit_with([](tc_ledger& ledger) { ledger.entries[TC_ACTIVITY_USER] += 2; });
  std::ostringstream out;
  render_audit_json(audit, out);
  const auto json = nlohmann::json::parse(out.str());
  EXPECT_EQ(test::schema_complaints(audit_schema(), json), "");
  EXPECT_EQ(json["schema"], "taskcost.audit/2");
  EXPECT_EQ(json["agrees"], false);
  EXPECT_EQ(json["compared"]["differing_cells"], 1);
  EXPECT_EQ(json["differing"][0]["tid"], 1001);
  EXPECT_EQ(json["differing"][0]["rows"][0]["quantity"], "entered: user");
  EXPECT_EQ(json["differing"][0]["rows"][0]["difference"], -2);
  EXPECT_EQ(json["integrity"]["broken_switches"], 0);
  EXPECT_TRUE(json["latencies"].is_array());
}

}  // namespace
}  // namespace taskcost
