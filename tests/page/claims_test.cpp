// SPDX-License-Identifier: Apache-2.0
//
// Verdicts in the HTML report: the chapters of the text, the ratios on one axis, and the content of expanded rows.
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
#include "verdict/report.h"

namespace taskcost::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

SeenPage render_claims(const Report& report, const std::string& question = {}, int width = 1280) {
  return test::render_page(html_of(report), width, Scheme::light, question);
}

json answer(const Report& report, const std::string& question, int width = 1280) {
  const SeenPage seen = render_claims(report, "claims." + question, width);
  expect_well_rendered(seen);
  return seen.facts.at("answer");
}

class ClaimsWidth : public ::testing::TestWithParam<int> {};

TEST_P(ClaimsWidth, NothingIsCut) {
  for (const Scheme scheme : {Scheme::light, Scheme::dark}) {
    const SeenPage seen = test::render_page(html_of(fixture_claims()), GetParam(), scheme);
    expect_well_rendered(seen);
    EXPECT_EQ(seen.facts.at("width"), GetParam());
    EXPECT_EQ(seen.facts.at("collapsed_in_print"), 0);
  }
}

TEST_P(ClaimsWidth, WordsDoNotOverlap) {
  const json overlaps = answer(fixture_claims(), "overlaps", GetParam());
  EXPECT_EQ(overlaps, json::array());
}

INSTANTIATE_TEST_SUITE_P(Page, ClaimsWidth, ::testing::Values(1280, 400),
                         [](const auto& width) { return "px" + std::to_string(width.param); });

TEST(Claims, BeginWithTheAnswer) {
  const Report report = fixture_claims();
  const json seen = answer(report, "beginning");
  const auto count = [&](Ruling ruling) {
    return std::to_string(std::ranges::count(report.claims, ruling, &Verdict::ruling)) + " " + to_string(ruling);
  };
  EXPECT_THAT(seen[0].get<std::string>(),
              AllOf(StartsWith("taskcost verify: " + std::to_string(report.claims.size()) + " claims, "),
                    HasSubstr(count(Ruling::confirmed)), HasSubstr(count(Ruling::refuted)),
                    HasSubstr(count(Ruling::not_measurable))));
}

TEST(Claims, StandInTheChaptersOfTheText) {
  const json headings = answer(fixture_claims(), "chapters");
  EXPECT_THAT(headings.get<std::vector<std::string>>(),
              ElementsAre("Definition", "Memory Space", "Baking Analogy", "Execution Behavior", "Communication",
                          "Overhead", "Isolation", "Failure Impact", "Resource Allocation", "Summary"));
}

TEST(Claims, HaveOneRowForEachStatement) {
  const json seen = answer(fixture_claims(), "statements");
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
  const json seen = answer(fixture_claims(), "linesOfCases");
  EXPECT_THAT(seen[0].get<std::string>(), AllOf(StartsWith("900 of 900 new processes"), HasSubstr("confirmed")));
  EXPECT_THAT(seen[1].get<std::string>(), AllOf(HasSubstr("899 of 900"), HasSubstr("refuted")));
  for (const std::size_t i : {2, 3}) {
    EXPECT_THAT(seen[i].get<std::string>(),
                AllOf(HasSubstr("this kernel has no tracepoint sched_switch"), HasSubstr("not measurable")));
  }
}

// Compares positions of marks with those of the labels below the axis.
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
    const json seen = answer(report, "axis", width);
    EXPECT_EQ(seen.at("axes"), 1);
    EXPECT_EQ(seen.at("places"), 1) << "strips that do not lie below their axis";
    expect_on_axis(seen, report);
  }
}

TEST(Claims, VerdictsDifferInMoreThanColor) {
  const json seen = answer(fixture_claims(), "shapes");
  EXPECT_NE(seen[0], seen[1]);
  EXPECT_NE(seen[1], seen[2]);
  EXPECT_NE(seen[0], seen[2]);
}

TEST(Claims, ExpandIntoWhatTheyRestOn) {
  const Report report = fixture_claims();
  const json data = json::parse(json_of(report));
  const SeenPage seen = render_claims(report, "claims.evidence");
  expect_well_rendered(seen);
  for (const json& claim : data.at("claims")) {
    const std::string id = claim.at("id");
    SCOPED_TRACE(id);
    const json& own = seen.facts.at("answer").at(id);
    EXPECT_THAT(own.at("text").get<std::string>(), HasSubstr(claim.at("meaning").get<std::string>()));
    if (claim.at("ratio").is_null()) {
      continue;
    }
    EXPECT_THAT(own.at("text").get<std::string>(), HasSubstr("source: sched_switch"));
    const json row = seen.row(id, id);
    ASSERT_EQ(row.size(), 5U);
    EXPECT_EQ(row[2].at("value"), claim.at("left"));
    EXPECT_EQ(row[3].at("value"), claim.at("right"));
    EXPECT_EQ(row[4].at("value"), claim.at("ratio"));
    EXPECT_THAT(own.at("text").get<std::string>(), HasSubstr("(the slowest 1 % of operations have 4.0% of it)"));
    // Each claim's own part has its figures; the part of the first condition also has those of the second.
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
              HasSubstr("Two modes, right side: 31.0% of the operations take"));
}

TEST(Claims, AnAddressOpensTheirRow) {
  const json seen = answer(fixture_claims(), "addresses");
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
  const SeenPage seen = render_claims(report);
  expect_well_rendered(seen);
  EXPECT_THAT(seen.facts.at("text").get<std::string>(), HasSubstr("Overhead</script><b>x</b>"));
}

TEST(PriceList, HasARowForEachGroup) {
  const SeenPage seen = render_claims(fixture_claims());
  expect_well_rendered(seen);
  const json rows = seen.rows("Price list of this machine (medians over rounds)");
  ASSERT_EQ(rows.size(), 7U);
  const auto texts = [](const json& row) {
    std::vector<std::string> all;
    for (const json& cell : row) {
      all.push_back(cell.at("text"));
    }
    return all;
  };
  EXPECT_THAT(texts(rows[1]), ElementsAre("create", "", "", "", ""));
  EXPECT_THAT(texts(rows[2]), ElementsAre("thread", "same CPU", "24.0 µs", "21.6 µs..26.4 µs", "one"));
  EXPECT_THAT(texts(rows[5]), ElementsAre("fault", "", "", "", ""));
  EXPECT_THAT(texts(rows[6]), ElementsAre("major fault", "same CPU", "-", "-", "one"));
}

}  // namespace
}  // namespace taskcost::test
