// SPDX-License-Identifier: Apache-2.0
//
// Verdicts in the HTML report: the chapters of the text, the ratios on one axis, and what unfolds behind each row.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "support/browser.h"
#include "support/fixture_claims.h"
#include "support/rendered.h"
#include "taskcost/report.h"

namespace taskcost::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Functions that the questions below use.
std::string asked(const std::string& steps) {
  return R"((() => {
    const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
    const one = (selector, inside = document) => inside.querySelector(selector);
    const line = (id) => document.getElementById(`${id}.line`);
    const part = (id) => document.getElementById(id);
    const number = (each, name) => Number.parseFloat(each.getAttribute(name));
    const box = (each) => each.getBoundingClientRect();
    )" + steps +
         "})()";
}

SeenPage look_at(const Report& report, const std::string& steps = "return null;", int width = 1280,
                 Scheme scheme = Scheme::light) {
  return test::look_at(html_of(report), width, scheme, asked(steps));
}

json answer(const Report& report, const std::string& steps, int width = 1280) {
  const SeenPage seen = look_at(report, steps, width);
  expect_sound(seen);
  return seen.facts.at("answer");
}

class ClaimsWidth : public ::testing::TestWithParam<int> {};

TEST_P(ClaimsWidth, NothingIsCut) {
  for (const Scheme scheme : {Scheme::light, Scheme::dark}) {
    const SeenPage seen = look_at(fixture_claims(), "return null;", GetParam(), scheme);
    expect_sound(seen);
    EXPECT_EQ(seen.facts.at("width"), GetParam());
    EXPECT_EQ(seen.facts.at("folded_in_print"), 0);
  }
}

TEST_P(ClaimsWidth, WordsDoNotOverlap) {
  const json overlaps = answer(fixture_claims(), R"(
    const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 ||
                            b.bottom <= a.top + 1;
    const words = (each) => [each, each.textContent, box(each)];
    const clashes = (list) => list.flatMap(([a, text, here], i) => list.slice(i + 1)
        .filter(([b, other, there]) => other !== '' && text !== '' && !a.contains(b) && !apart(here, there))
        .map(([, other]) => `${text} / ${other}`));
    return [...all('.claim-line').flatMap((each) => clashes([...each.children].map(words))),
            ...all('.axis-strip, .y-axis').flatMap((each) => clashes(all('text', each).map(words))),
            ...all('.strip-row').flatMap((each) => clashes([...each.children].map(words)))];)",
                               GetParam());
  EXPECT_EQ(overlaps, json::array());
}

INSTANTIATE_TEST_SUITE_P(Page, ClaimsWidth, ::testing::Values(1280, 400),
                         [](const auto& width) { return "px" + std::to_string(width.param); });

TEST(Claims, BeginWithTheAnswer) {
  const Report report = fixture_claims();
  const json seen = answer(report, R"(return [page.children[1].className, page.children[1].textContent];)");
  EXPECT_EQ(seen[0], "answer");
  const auto count = [&](Ruling ruling) {
    return std::to_string(std::ranges::count(report.claims, ruling, &Verdict::ruling)) + " " + to_string(ruling);
  };
  EXPECT_THAT(seen[1].get<std::string>(),
              AllOf(StartsWith(std::to_string(report.claims.size()) + " claims: "), HasSubstr(count(Ruling::confirmed)),
                    HasSubstr(count(Ruling::refuted)), HasSubstr(count(Ruling::not_measurable)),
                    HasSubstr(report.claims.back().meaning)));
}

TEST(Claims, StandInTheChaptersOfTheText) {
  const json headings = answer(fixture_claims(), "return all('.chapters h2').map((each) => each.textContent);");
  EXPECT_THAT(headings.get<std::vector<std::string>>(),
              ElementsAre("Definition", "Memory Space", "Baking Analogy", "Execution Behavior", "Communication",
                          "Overhead", "Isolation", "Failure Impact", "Resource Allocation", "Summary"));
}

TEST(Claims, HaveOneRowForEachStatement) {
  const json seen = answer(fixture_claims(), R"(return all('.chapters details').map((each) => ({
      id: each.id, statement: one('.statement', each).textContent,
      lines: all('.claim-line', one('summary', each)).map((own) => own.textContent)}));)");
  std::size_t lines = 0;
  for (const json& row : seen) {
    const std::string id = row.at("id");
    EXPECT_EQ(row.at("statement"), find_claim(id)->statement + " " + id);
    const Claim* across = find_claim(id + ".across-cpus");
    ASSERT_EQ(row.at("lines").size(), across == nullptr ? 1U : 2U) << id;
    if (across != nullptr) {
      EXPECT_THAT(row.at("lines")[0].get<std::string>(), StartsWith("same CPU"));
      EXPECT_THAT(row.at("lines")[1].get<std::string>(), StartsWith("across CPUs"));
    }
    lines += row.at("lines").size();
  }
  EXPECT_EQ(lines, claims().size());
}

TEST(Claims, SayHowManyCasesHoldAndWhyNothingWasMeasured) {
  const json seen = answer(fixture_claims(), R"(return ['definition.own-memory', 'isolation.memory', 'cost.switch.hop',
      'cost.switch.hop.across-cpus'].map((id) => line(id).textContent);)");
  EXPECT_THAT(seen[0].get<std::string>(), AllOf(StartsWith("900 of 900 new processes"), HasSubstr("confirmed")));
  EXPECT_THAT(seen[1].get<std::string>(), AllOf(StartsWith("899 of 900"), HasSubstr("refuted")));
  for (const std::size_t i : {2, 3}) {
    EXPECT_THAT(seen[i].get<std::string>(),
                AllOf(HasSubstr("this kernel has no tracepoint sched_switch"), HasSubstr("not measurable")));
  }
}

// Places are compared with those of the words below the axis, which say what they are.
void expect_on_axis(const json& seen, const Report& report) {
  const json& ticks = seen.at("ticks");
  const auto place = [&](double ratio) {
    const double one = ticks.at("1");
    return one + (ticks.at("10").get<double>() - one) * std::log10(ratio);
  };
  std::size_t compared = 0;
  for (const Verdict& claim : report.claims) {
    if (!claim.ratio) {
      EXPECT_FALSE(seen.at("marks").contains(claim.id)) << claim.id;
      continue;
    }
    ++compared;
    const json& mark = seen.at("marks").at(claim.id);
    EXPECT_NEAR(mark.at("at"), place(*claim.ratio), 0.01) << claim.id;
    EXPECT_NEAR(mark.at("from"), place(claim.interval->low), 0.01) << claim.id;
    EXPECT_NEAR(mark.at("to"), place(claim.interval->high), 0.01) << claim.id;
    EXPECT_NEAR(mark.at("band")[0], place(1 / verdict_band.same), 0.01) << claim.id;
    EXPECT_NEAR(mark.at("band")[1], place(verdict_band.same), 0.01) << claim.id;
    EXPECT_NEAR(mark.at("one"), place(1), 0.01) << claim.id;
  }
  EXPECT_GT(compared, 20U);
}

TEST(Claims, StandOnOneAxis) {
  const Report report = fixture_claims();
  for (const int width : {1280, 400}) {
    const json seen = answer(report, R"(
      const strips = all('.claim-line .strip');
      const axis = one('.on-screen .axis-strip');
      const places = all('.on-screen .axis-strip, .claim-line .strip').filter((each) => box(each).width > 0)
          .map((each) => [box(each).left, box(each).width].join());
      const mark = (strip) => {
        const interval = one('.interval', strip);
        const band = one('.band', strip);
        return {at: number(all('svg svg', strip).at(-1), 'x'), one: number(one('.axis', strip), 'x1'),
                from: number(interval, 'x1'), to: number(interval, 'x2'),
                band: [number(band, 'x'), number(band, 'x') + number(band, 'width')]};
      };
      return {axes: all('.on-screen .axis-strip').length, places: [...new Set(places)].length,
              ticks: Object.fromEntries(all('text', axis).map((each) => [each.textContent, number(each, 'x')])),
              marks: Object.fromEntries(strips.map((each) => [each.parentNode.id.slice(0, -'.line'.length),
                                                              mark(each)]))};)",
                             width);
    EXPECT_EQ(seen.at("axes"), 1);
    EXPECT_EQ(seen.at("places"), 1) << "strips that do not lie below their axis";
    expect_on_axis(seen, report);
  }
}

TEST(Claims, VerdictsDifferInMoreThanColor) {
  const json seen = answer(fixture_claims(), R"(return ['confirmed', 'refuted', 'inconclusive']
      .map((ruling) => markOf(ruling).cloneNode().outerHTML);)");
  EXPECT_NE(seen[0], seen[1]);
  EXPECT_NE(seen[1], seen[2]);
  EXPECT_NE(seen[0], seen[2]);
}

TEST(Claims, UnfoldIntoWhatTheyRestOn) {
  const Report report = fixture_claims();
  const json data = json::parse(json_of(report));
  const SeenPage seen = look_at(report, R"(return Object.fromEntries(report.claims.map(({id}) => {
      const own = part(id);
      return [id, {text: own.textContent, plots: all('.plot', own).map((each) => all('.point', each).length),
                   steps: all('.waterfall data', own).map((each) => Number(each.value))}];
    }));)");
  expect_sound(seen);
  for (const json& claim : data.at("claims")) {
    const std::string id = claim.at("id");
    SCOPED_TRACE(id);
    const json& own = seen.facts.at("answer").at(id);
    EXPECT_THAT(own.at("text").get<std::string>(), HasSubstr(claim.at("meaning").get<std::string>()));
    if (claim.at("ratio").is_null()) {
      continue;
    }
    EXPECT_THAT(own.at("text").get<std::string>(), HasSubstr("source: sched_switch"));
    json row = seen.row("both sides of " + id, "typical operation");
    EXPECT_EQ(row[1].at("value"), claim.at("left"));
    EXPECT_EQ(row[2].at("value"), claim.at("right"));
    EXPECT_EQ(row[3].at("value"), claim.at("ratio"));
    row = seen.row("both sides of " + id, "mean of all");
    EXPECT_EQ(row[1].at("value"), claim.at("left_total").at("mean"));
    row = seen.row("both sides of " + id, "time in the slowest 1 %");
    EXPECT_EQ(row[1].at("value"), claim.at("left_total").at("slowest_share"));
    EXPECT_EQ(row[2].at("text"), "-");
    // Each claim's own part, and in that of the first condition those of both.
    const json& breakdown = claim.at("breakdown");
    json steps = json::array({breakdown.at("right")});
    for (const json& each : breakdown.at("parts")) {
      steps.push_back(each.at("difference"));
    }
    steps.push_back(breakdown.at("left"));
    const json& shown = own.at("steps");
    ASSERT_GE(shown.size(), steps.size());
    EXPECT_EQ(json(std::vector<json>(shown.begin(), shown.begin() + static_cast<std::ptrdiff_t>(steps.size()))), steps);
    EXPECT_EQ(own.at("plots")[0], 2 * claim.at("pairs").size());
    EXPECT_EQ(own.at("plots")[1], claim.at("pairs").size());
  }
  EXPECT_THAT(seen.facts.at("answer").at("cost.creation.vfork").at("text").get<std::string>(),
              HasSubstr("Two modes, right side: 31 % of the operations take"));
}

TEST(Claims, AnAddressOpensTheirRow) {
  const json seen =
      answer(fixture_claims(), R"(return ['ipc.pipe', 'ipc.pipe.across-cpus', 'summary', 'no.such'].map((id) => {
      all('details').forEach((each) => { each.open = false; });
      location.hash = id;
      openTarget();
      return all('details').filter((each) => each.open).map((each) => each.id);
    });)");
  EXPECT_EQ(seen, json({{"ipc.pipe"}, {"ipc.pipe"}, {"summary"}, json::array()}));
}

TEST(Claims, HostileWordsAreText) {
  const std::string hostile = "</script><b>x</b><img src=x onerror=alert(1)>\x1b[31m";
  Report report = fixture_claims();
  for (Verdict& claim : report.claims) {
    for (std::string* text :
         {&claim.statement, &claim.chapter, &claim.meaning, &claim.evidence, &claim.left_label, &claim.right_label}) {
      *text += hostile;
    }
    if (claim.breakdown) {
      claim.breakdown->title += hostile;
      claim.breakdown->parts[0].name += hostile;
    }
    for (TwoModes& side : claim.modes) {
      side.label += hostile;
      side.part += hostile;
    }
  }
  for (Price& price : report.prices) {
    price.name += hostile;
    price.group += hostile;
    price.per += hostile;
  }
  const SeenPage seen = look_at(report);
  expect_sound(seen);
  EXPECT_THAT(seen.facts.at("headings").dump(), HasSubstr("Overhead</script><b>x</b>"));
}

TEST(PriceList, HasATableForEachGroup) {
  const Report report = fixture_claims();
  const SeenPage seen = look_at(report);
  expect_sound(seen);
  const json rows = seen.rows("prices: create");
  ASSERT_EQ(rows.size(), 4U);
  const auto texts = [](const json& row) {
    std::vector<std::string> all;
    for (const json& cell : row) {
      all.push_back(cell.at("text"));
    }
    return all;
  };
  EXPECT_THAT(texts(rows[1]), ElementsAre("thread", "same CPU", "24.0 µs", "21.6..26.4 µs", "one"));
  EXPECT_THAT(texts(rows[2]), ElementsAre("across CPUs", "31.0 µs", "27.9..34.1 µs", "one")) << "one name for both";
  EXPECT_THAT(texts(rows[3]), ElementsAre("fork, for each MiB", "", "27.0 µs", "24.3..29.7 µs", "one"));
  EXPECT_THAT(texts(seen.rows("prices: fault")[1]), ElementsAre("major fault", "same CPU", "not measured", "-", "one"));
}

TEST(Drawings, ForestPutsRatiosOnALogarithmicAxis) {
  const json seen = answer(fixture_claims(), R"(
    const row = (ratio, low, high) => ({ratio, low, high});
    const of = (...rows) => forestLayout(rows, 1.05);
    return {none: of(row(null, null, null)), some: of(row(4, 2, 8), row(0.25, 0.125, 0.5), row(2, null, null)),
            endless: of(row(3, 2, null)), far: of(row(1e6, 1e5, 1e7)), zero: of(row(0, 0, 0)),
            near: of(row(1.3, 0.8, 1.5)).ticks.map(({text}) => text),
            edge: of(row(1.15, 0.955, 1.22)).ticks.map(({text}) => text)};)");
  EXPECT_EQ(seen.at("none").at("marks")[0], nullptr);
  EXPECT_EQ(seen.at("zero").at("marks")[0], nullptr);
  const json& some = seen.at("some");
  const double one = some.at("one");
  EXPECT_NEAR(one, 50, 1e-6) << "the rows reach as far on both sides";
  EXPECT_NEAR(some.at("marks")[0].at("at").get<double>() - one, one - some.at("marks")[1].at("at").get<double>(), 1e-6);
  EXPECT_NEAR((some.at("marks")[0].at("to").get<double>() - one) / (some.at("marks")[2].at("at").get<double>() - one),
              3, 1e-6);
  EXPECT_EQ(some.at("marks")[0].at("beyond"), false);
  EXPECT_EQ(some.at("marks")[2].at("from"), nullptr);
  EXPECT_EQ(seen.at("endless").at("marks")[0].at("beyond"), true);
  EXPECT_NEAR(seen.at("endless").at("marks")[0].at("to"), 100, 1e-6);
  EXPECT_EQ(seen.at("far").at("marks")[0].at("beyond"), true);
  EXPECT_NEAR(seen.at("far").at("marks")[0].at("at"), 100, 1e-6);
  EXPECT_EQ(seen.at("near"), json({"0.833", "0.909", "1", "1.1", "1.2", "1.5"})) << "ticks too close to 1 are left out";
  EXPECT_EQ(seen.at("edge"), json({"0.952", "1", "1.05", "1.1", "1.2"})) << "no room beside a tick at the edge";
}

TEST(Drawings, WaterfallsAddUp) {
  const json seen = answer(fixture_claims(), R"(
    const parts = (...differences) => differences.map((difference) => ({label: 'p', difference, low: difference - 1,
                                                                       high: difference + 1}));
    const of = (from, list) => waterfallLayout({label: 'a', value: from},
        {label: 'b', value: list.reduce((sum, each) => sum + each.difference, from)}, list);
    return [of(100, parts(50, -30, 10)), of(0, parts(5)), of(1000, parts(3, -1)), of(10, parts(-30)),
            of(100, parts(...Array(20).fill(2)))];)");
  for (const json& layout : seen) {
    const json& bars = layout.at("bars");
    for (std::size_t i = 1; i + 1 < bars.size(); ++i) {
      EXPECT_NEAR(bars[i].at("start"), bars[i - 1].at("end"), 1e-6) << "each begins where the last one ended";
    }
    EXPECT_NEAR(bars[bars.size() - 2].at("end"), bars.back().at("end"), 1e-6);
    for (const json& bar : bars) {
      for (const char* place : {"start", "end"}) {
        EXPECT_GE(bar.at(place), -1e-6);
        EXPECT_LE(bar.at(place), 100 + 1e-6);
      }
    }
  }
  EXPECT_EQ(seen[0].at("range")[0], 0);
  EXPECT_GT(seen[2].at("range")[0], 900) << "what both have is left out";
  EXPECT_LT(seen[3].at("range")[0], 0);
  const json& many = seen[4].at("bars");
  EXPECT_EQ(many.size(), 14U);
  EXPECT_EQ(many[12].at("label"), "9 smaller parts");
  EXPECT_EQ(many[12].at("value"), 18);
}

TEST(Drawings, ScattersKeepTheOrderOfTime) {
  const json seen = answer(fixture_claims(), R"(
    const points = (...heights) => heights.map((y, x) => ({x: x + 1, y}));
    const of = (options, ...heights) => scatterLayout([{label: 'a', points: points(...heights)}], options);
    return [of({logarithmic: true, band: [2, 8]}, 1, 4, 16), of({logarithmic: true}, 0, 5), of({}, 7),
            of({logarithmic: true}, 1000, 1001, 1002)];)");
  const json& points = seen[0].at("series")[0].at("points");
  EXPECT_LT(points[0].at("left"), points[1].at("left"));
  EXPECT_LT(points[1].at("left"), points[2].at("left"));
  EXPECT_NEAR(points[1].at("top"), 50, 1e-6);
  EXPECT_NEAR(seen[0].at("series")[0].at("line"), 50, 1e-6) << "at the median";
  EXPECT_NEAR(seen[0].at("band")[0].get<double>() + seen[0].at("band")[1].get<double>(), 100, 1e-6);
  EXPECT_EQ(seen[1].at("logarithmic"), false) << "no place for 0";
  for (const json& layout : seen) {
    EXPECT_GE(layout.at("yTicks").size(), 1U);
    for (const json& point : layout.at("series")[0].at("points")) {
      EXPECT_TRUE(std::isfinite(point.at("top").get<double>()) && std::isfinite(point.at("left").get<double>()));
      EXPECT_GE(point.at("top"), 0);
      EXPECT_LE(point.at("top"), 100);
    }
  }
}

}  // namespace
}  // namespace taskcost::test
