// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "support/columns.h"
#include "support/figures_of.h"
#include "support/golden.h"
#include "support/report_builder.h"
#include "support/schema.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::compared;
using test::Life;
using test::ReportBuilder;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string text_of(const Difference& difference, const TextOptions& options = {}) {
  std::ostringstream out;
  render_difference_text(difference, out, options);
  return out.str();
}

// On one line, as words are looked for.
std::string flowing(std::string text) {
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) {
    text.replace(at, 1, " ");
  }
  return text;
}

std::string json_of(const Difference& difference) {
  std::ostringstream out;
  render_difference_json(difference, out);
  return out.str();
}

std::string complaints(const std::string& document) {
  return test::schema_complaints(difference_schema(), json::parse(document));
}

void expect_within_80(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_GE(test::columns_of(line), 0) << "not printable: " << line;
    EXPECT_LE(test::columns_of(line), 80) << line;
  }
}

// A bakery whose helper waits for the oven's lock for longer.
Report bakery(Duration futex, Duration work = 400ms) {
  return ReportBuilder()
      .process(4711, "bakery", How::fork, 0ms,
               Life()
                   .runs(TC_ACTIVITY_USER, 1ms, 12)
                   .blocks(TC_ACTIVITY_WAIT, work + futex, TC_WAIT_CHILD)
                   .counts(TC_COUNTER_VOLUNTARY_SWITCHES, 20)
                   .creates(TC_CREATION_FORK, 1, 61us))
      .exits(0)
      .process(4712, "helper", How::fork, 1ms,
               Life()
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

TEST(DiffText, TheFirstLineIsTheAnswer) {
  const std::string text = flowing(text_of(compared(bakery(100ms), bakery(500ms))));
  EXPECT_THAT(text, StartsWith("B took 1.80 x as long as A (901 ms against 501 ms, +400 ms): mostly blocked on a "
                               "futex of its process (+396 ms)."));
  EXPECT_THAT(text, HasSubstr("One run each: no interval."));
  EXPECT_THAT(flowing(text_of(compared(bakery(500ms), bakery(100ms)))),
              StartsWith("B took 0.56 x as long as A (501 ms against 901 ms, -400 ms): mostly less time blocked on a "
                         "futex of its process (-396 ms)."));
}

TEST(DiffText, WhatWorkedAgainstTheChangeIsTold) {
  EXPECT_THAT(flowing(text_of(compared(bakery(100ms, 400ms), bakery(500ms, 300ms)))),
              HasSubstr("mostly blocked on a futex of its process (+396 ms); but running user code (-100 ms)."));
}

TEST(DiffText, NoChangeIsSaidAndWhatCancelsOut) {
  EXPECT_THAT(text_of(compared(bakery(100ms), bakery(100ms))),
              StartsWith("No change of wall time beyond 1 % (501 ms against 501 ms, 0).\n"));
  EXPECT_THAT(flowing(text_of(compared(bakery(100ms, 400ms), bakery(300ms, 200ms)))),
              StartsWith("No change of wall time beyond 1 % (501 ms against 501 ms, 0); within it running user code "
                         "(-200 ms), blocked on a futex of its process (+198 ms)."));
}

TEST(DiffText, OfAChosenWindowTheTimeOnCpusIsTold) {
  Report a = bakery(100ms, 100ms);
  Report b = bakery(100ms, 400ms);
  a.window_end = b.window_end = WindowEnd::duration;
  EXPECT_THAT(flowing(text_of(compared(a, b))),
              StartsWith("B spent 3.97 x as much time on CPUs as A (401 ms against 101 ms, +300 ms): mostly running "
                         "user code (+300 ms)."));
}

TEST(DiffText, WhatIsNotAlikeComesFirst) {
  Report b = bakery(100ms);
  b.host.kernel = "6.12.9-amd64";
  const std::string text = text_of(compared(bakery(100ms), b));
  EXPECT_THAT(text, StartsWith("Not alike: kernel (below).\n"));
  EXPECT_THAT(text, HasSubstr("kernel: A 6.1.0-18-amd64, B 6.12.9-amd64"));
}

TEST(DiffText, NotMeasuredIsNoZero) {
  Report a = bakery(100ms);
  Report b = bakery(100ms);
  b.session.totals.counters[TC_COUNTER_MIGRATIONS] = 7;
  a.session.totals.counters[TC_COUNTER_MIGRATIONS] = std::nullopt;
  EXPECT_THAT(text_of(compared(a, b)), HasSubstr("not measured in A: migrations"));
}

TEST(DiffText, ProcessesAreNewOrGone) {
  ReportBuilder one;
  one.process(1, "old", How::fork, 0ms, Life().runs(TC_ACTIVITY_USER, 5ms));
  ReportBuilder other;
  other.process(1, "young", How::fork, 0ms, Life().runs(TC_ACTIVITY_USER, 9ms));
  const std::string text = text_of(compared(one.build(), other.build()));
  EXPECT_THAT(text, testing::ContainsRegex("young +0 -> 1 +- +9.00 ms +.9.00 ms +new"));
  EXPECT_THAT(text, testing::ContainsRegex("old +1 -> 0 +5.00 ms +- +-5.00 ms +gone"));
}

TEST(DiffText, FitsAndEscapesWhatIsHostile) {
  const std::string evil = "\x1b[2J\n\xe2\x80\xae" + std::string(300, 'x');
  ReportBuilder a;
  a.process(1, evil, How::fork, 0ms, Life().runs(TC_ACTIVITY_USER, 5ms));
  a.report().target.command = evil;
  ReportBuilder b;
  b.process(1, "y\x1b]0;\a", How::fork, 0ms, Life().runs(TC_ACTIVITY_USER, 9s));
  b.report().host.kernel = evil;
  for (const bool verbose : {false, true}) {
    const Difference difference = compared(a.build(), b.build());
    const std::string text = text_of(difference, {80, false, verbose});
    expect_within_80(text);
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(json_of(difference), Not(HasSubstr("\x1b")));
    EXPECT_EQ(complaints(json_of(difference)), "");
  }
}

TEST(DiffText, VerboseShowsEveryQuantityAndFits) {
  const Difference difference = compared(test::full_report(), changed_full_report());
  const std::string text = text_of(difference, {80, false, true});
  expect_within_80(text);
  expect_within_80(text_of(difference));
  EXPECT_THAT(text, Not(HasSubstr("--verbose")));
  EXPECT_GT(text.size(), text_of(difference).size());
}

TEST(DiffText, ColoursOnlyOnRequest) {
  const Difference difference = compared(bakery(100ms), bakery(500ms));
  EXPECT_THAT(text_of(difference), Not(HasSubstr("\x1b")));
  EXPECT_THAT(text_of(difference, {80, true, false}), HasSubstr("\x1b[31m+400 ms"));
}

TEST(DiffJson, FollowsItsSchema) {
  for (const auto& [a, b] : {std::pair(test::full_report(), changed_full_report()), std::pair(Report(), Report()),
                             std::pair(bakery(1ms), Report()), std::pair(bakery(1ms), bakery(2ms))}) {
    EXPECT_EQ(complaints(json_of(compared(a, b))), "");
  }
}

TEST(DiffJson, TheSchemaIsStrict) {
  const json good = json::parse(json_of(compared(bakery(1ms), bakery(2ms))));
  for (const auto& [key, value] : good.items()) {
    json bad = good;
    bad.erase(key);
    EXPECT_NE(complaints(bad.dump()), "") << "without " << key;
  }
  for (const char* pointer : {"/changes/0/a_state", "/changes/0/ratio_low", "/pieces/0/share", "/processes/0/comm"}) {
    const json::json_pointer path(pointer);
    json bad = good;
    bad.at(path.parent_pointer()).erase(path.back());
    EXPECT_NE(complaints(bad.dump()), "") << "without " << pointer;
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

}  // namespace
}  // namespace taskcost
