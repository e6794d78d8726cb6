// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "report/render.h"
#include "support/figures_of.h"
#include "support/golden.h"
#include "support/report_builder.h"
#include "support/schema.h"
#include "support/section_queries.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::AccountBuilder;
using test::compared;
using test::first_said;
using test::ReportBuilder;
using test::row_of;
using test::rows_of;
using test::said;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string text_of(const Difference& difference) {
  std::ostringstream out;
  render_difference_text(difference, out, {});
  return out.str();
}

sections::Section section_in(const Difference& difference, const std::string& id) {
  return test::section_of(sections::of(difference, false), id);
}
std::string head_in(const Difference& difference) { return first_said(section_in(difference, "head")); }

std::string json_of(const Difference& difference) {
  std::ostringstream out;
  render_difference_json(difference, out);
  return out.str();
}

std::string diff_complaints(const std::string& document) {
  return test::schema_complaints(difference_schema(), json::parse(document));
}

// A bakery whose helper waits for a lock for `futex`.
Report bakery(Duration futex, Duration work = 400ms) {
  return ReportBuilder()
      .process(4711, "bakery", TaskOrigin::fork, 0ms,
               AccountBuilder()
                   .runs(TC_ACTIVITY_USER, 1ms, 12)
                   .blocks(TC_ACTIVITY_WAIT, work + futex, TC_WAIT_CHILD)
                   .counts(TC_COUNTER_VOLUNTARY_SWITCHES, 20)
                   .creates(TC_CREATION_FORK, 1, 61us))
      .exits(0)
      .process(4712, "helper", TaskOrigin::fork, 1ms,
               AccountBuilder()
                   .runs(TC_ACTIVITY_USER, work, 5)
                   .queues(TC_ACTIVITY_FUTEX, futex / 100)
                   .blocks(TC_ACTIVITY_FUTEX, futex - futex / 100, TC_WAIT_FUTEX_PRIVATE)
                   .counts(TC_COUNTER_VOLUNTARY_SWITCHES, 700))
      .child_of(4711)
      .build();
}

Report changed_full_report() {
  Report b = test::full_report();
  b.host.kernel = "6.12.9-amd64";
  b.session.end += 500ms;
  b.session.totals.cells[TC_ACTIVITY_FUTEX][TC_CONDITION_BLOCKED] += 480ms;
  b.session.totals.waits[TC_WAIT_FUTEX_PRIVATE].blocked += 480ms;
  b.session.totals.lifetime += 480ms;
  b.session.totals.counters[TC_COUNTER_TLB_FLUSHES_ON_SWITCH] = 12;
  b.session.totals.counters[TC_COUNTER_VOLUNTARY_SWITCHES] = 3100;
  b.session.histograms["run_queue"].add(90us);
  b.session.processes.back().comm = "baker";
  b.claims[0].ruling = Ruling::inconclusive;
  b.claims[0].ratio = 1.1;
  b.claims[0].interval = Interval{0.9, 1.3};
  b.sweeps[0].series[0].points[1] = {64, 1'840'000, {1'820'000, 1'862'000}, 5};
  b.evidence[1].kind = EvidenceKind::exact;
  return b;
}

TEST(DiffText, AFullComparisonIsWrittenAsBefore) {
  test::expect_golden("diff.txt", text_of(compared(test::full_report(), changed_full_report())));
}

TEST(DiffSections, TheAnswerComesFirst) {
  const sections::Section head = section_in(compared(bakery(100ms), bakery(500ms)), "head");
  EXPECT_THAT(said(head), ElementsAre("B took 1.80 x as long as A (901 ms against 501 ms, +400 ms): mostly blocked on "
                                      "a futex of its process (+396 ms).",
                                      StartsWith("One run each: no interval.")));
  EXPECT_EQ(head_in(compared(bakery(500ms), bakery(100ms))),
            "B took 0.56 x as long as A (501 ms against 901 ms, -400 ms): mostly less time blocked on a futex of its "
            "process (-396 ms).");
}

TEST(DiffSections, WhatWorkedAgainstTheChangeIsReported) {
  EXPECT_THAT(head_in(compared(bakery(100ms, 400ms), bakery(500ms, 300ms))),
              HasSubstr("mostly blocked on a futex of its process (+396 ms); but running user code (-100 ms)."));
}

TEST(DiffSections, NoChangeIsSaidAndWhatCancelsOut) {
  EXPECT_EQ(head_in(compared(bakery(100ms), bakery(100ms))),
            "No change of wall time beyond 1 % (501 ms against 501 ms, 0).");
  EXPECT_EQ(head_in(compared(bakery(100ms, 400ms), bakery(300ms, 200ms))),
            "No change of wall time beyond 1 % (501 ms against 501 ms, 0); within it running user code (-200 ms), "
            "blocked on a futex of its process (+198 ms).");
}

TEST(DiffSections, OfAChosenWindowTheTimeOnCpusIsReported) {
  Report a = bakery(100ms, 100ms);
  Report b = bakery(100ms, 400ms);
  a.window_end = b.window_end = WindowEnd::duration;
  EXPECT_EQ(head_in(compared(a, b)),
            "B spent 3.97 x as much time on CPUs as A (401 ms against 101 ms, +300 ms): mostly running user code "
            "(+300 ms).");
}

TEST(DiffSections, WhatIsNotAlikeComesFirst) {
  Report b = bakery(100ms);
  b.host.kernel = "6.12.9-amd64";
  const Difference difference = compared(bakery(100ms), b);
  EXPECT_EQ(head_in(difference), "The reports differ in: kernel.");
  EXPECT_THAT(said(section_in(difference, "mismatches")), ElementsAre("kernel: A 6.1.0-18-amd64, B 6.12.9-amd64"));
}

TEST(DiffSections, NotMeasuredIsNoZero) {
  Report a = bakery(100ms);
  Report b = bakery(100ms);
  b.session.totals.counters[TC_COUNTER_MIGRATIONS] = 7;
  a.session.totals.counters[TC_COUNTER_MIGRATIONS] = std::nullopt;
  EXPECT_THAT(said(section_in(compared(a, b), "counter")), Contains("not measured in A: migrations"));
}

TEST(DiffSections, ProcessesAreNewOrGone) {
  ReportBuilder one;
  one.process(1, "old", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 5ms));
  ReportBuilder other;
  other.process(1, "young", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 9ms));
  const sections::Section processes = section_in(compared(one.build(), other.build()), "processes");
  EXPECT_THAT(row_of(processes, "young"),
              ElementsAre("young", "0 -> 1", "-", "9.00 ms", "+9.00 ms", "new", "running user code"));
  EXPECT_THAT(row_of(processes, "old"),
              ElementsAre("old", "1 -> 0", "5.00 ms", "-", "-5.00 ms", "gone", "running user code"));
}

TEST(DiffSections, VerboseLeavesNothingOut) {
  const Difference difference = compared(test::full_report(), changed_full_report());
  std::size_t rows = 0;
  for (const sections::Section& section : sections::of(difference, true)) {
    EXPECT_THAT(said(section), Not(Contains(HasSubstr("--verbose")))) << section.id;
    rows += rows_of(section).size();
  }
  EXPECT_GT(rows, 60);
}

TEST(DiffSections, MoreTimeIsBad) {
  const sections::Section pieces = section_in(compared(bakery(100ms), bakery(500ms)), "pieces");
  const sections::Cell change = test::items_of<sections::Table>(pieces).at(0).rows.at(0).cells.at(3);
  EXPECT_EQ(change.text, "+396 ms");
  EXPECT_EQ(change.value, 396e6);
  EXPECT_EQ(change.tone, sections::Tone::bad);
}

TEST(DiffJson, FollowsItsSchema) {
  for (const auto& [a, b] : {std::pair(test::full_report(), changed_full_report()), std::pair(Report(), Report()),
                             std::pair(bakery(1ms), Report()), std::pair(bakery(1ms), bakery(2ms))}) {
    EXPECT_EQ(diff_complaints(json_of(compared(a, b))), "");
  }
}

TEST(DiffJson, TheSchemaIsStrict) {
  const json good = json::parse(json_of(compared(bakery(1ms), bakery(2ms))));
  for (const auto& [key, value] : good.items()) {
    json bad = good;
    bad.erase(key);
    EXPECT_NE(diff_complaints(bad.dump()), "") << "without " << key;
  }
  for (const char* pointer : {"/changes/0/a_state", "/changes/0/ratio_low", "/pieces/0/share", "/processes/0/comm"}) {
    const json::json_pointer path(pointer);
    json bad = good;
    bad.at(path.parent_pointer()).erase(path.back());
    EXPECT_NE(diff_complaints(bad.dump()), "") << "without " << pointer;
  }
}

TEST(DiffJson, MissingIsNullWithItsState) {
  Report a = bakery(100ms);
  a.session.totals.counters[TC_COUNTER_MIGRATIONS] = std::nullopt;
  const json document = json::parse(json_of(compared(a, bakery(100ms))));
  for (const json& change : document["changes"]) {
    if (change["item"] == "migrations") {
      EXPECT_TRUE(change["a"].is_null() && change["difference"].is_null());
      EXPECT_EQ(change["a_state"], "not measured");
      EXPECT_EQ(change["b"], 0);
      EXPECT_EQ(change["b_state"], "measured");
      return;
    }
  }
  ADD_FAILURE() << "no migrations";
}

Report judged() {
  Report report;
  report.target.mode = TargetMode::verify;
  test::add_judgement(report);
  return report;
}

// Reports of verify have no time of their own: the answer is about their claims.
TEST(DiffSections, OfClaimsSayWhichMoved) {
  EXPECT_EQ(head_in(compared(judged(), judged())),
            "Of 2 claims judged in both, none has another verdict, and no ratio moved beyond both intervals.");
  Report other = judged();
  other.claims[0].ruling = Ruling::inconclusive;
  other.claims[0].ratio = 1.1;
  other.claims[0].interval = Interval{0.9, 1.3};
  EXPECT_EQ(head_in(compared(judged(), other)),
            "Of 2 claims judged in both, 1 has another verdict, and 1 ratio moved beyond both intervals.");
  other.claims.clear();
  EXPECT_EQ(head_in(compared(judged(), other)), "A and B have no time and no claim in common.");
}

TEST(DiffSections, ACostFromNothingHasNoRatio) {
  Change change;
  change.a.state = change.b.state = Quantity::State::measured;
  change.a.unit = change.b.unit = Unit::ns;
  change.b.value = 2e6;
  EXPECT_EQ(cost_figures_text(change), "2.00 ms against 0, from nothing");
  change.a.value = 1e6;
  EXPECT_EQ(cost_figures_text(change), "2.00 ms against 1.00 ms, 2.00 x");
}

}  // namespace
}  // namespace taskcost
