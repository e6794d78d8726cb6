// SPDX-License-Identifier: Apache-2.0
//
// The flame graph of the HTML report: its appearance and its use.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>

#include "support/browser.h"
#include "support/figures_of.h"
#include "support/fixture_stacks.h"
#include "support/rendered.h"
#include "verdict/report.h"

namespace taskcost::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

SeenPage render_flame(const Report& report, int width, const std::string& question) {
  return test::render_page(html_of(report), width, Scheme::light, "flame." + question);
}

json answer(const std::string& question) {
  const SeenPage seen = render_flame(report_with_stacks(), 1280, question);
  expect_well_rendered(seen);
  return seen.facts.at("answer");
}

class FlameWidth : public ::testing::TestWithParam<int> {};

TEST_P(FlameWidth, BoxesAreAsWideAsTheirTime) {
  const SeenPage seen = render_flame(report_with_stacks(), GetParam(), "shown");
  expect_well_rendered(seen);
  const json& shown = seen.facts.at("answer");
  EXPECT_EQ(shown.at("all"), 1000);
  EXPECT_NEAR(shown.at("bakery").get<double>(), 1000, 2);
  EXPECT_NEAR(shown.at("wait: a pipe").get<double>(), 1000 * 240.0 / 330, 2);
  EXPECT_NEAR(shown.at("pipe_read").get<double>(), 1000 * 240.0 / 330, 2);
  EXPECT_NEAR(shown.at("kernel_wait4").get<double>(), 1000 * 90.0 / 330, 2);
  EXPECT_FALSE(shown.contains("Dough::knead(int)")) << "the time of faults is a part of the rest";
}

INSTANTIATE_TEST_SUITE_P(Page, FlameWidth, ::testing::Values(1280, 400),
                         [](const auto& width) { return "px" + std::to_string(width.param); });

TEST(Flame, ClickZoomsAndButtonShowsAllAgain) {
  const json got = answer("zoomed");
  EXPECT_EQ(got[0].at("wait: a child to end"), 1000);
  EXPECT_EQ(got[0].at("kernel_wait4"), 1000);
  EXPECT_EQ(got[0].at("all"), 1000) << "what is above stays, to go back";
  EXPECT_FALSE(got[0].contains("pipe_read"));
  EXPECT_TRUE(got[1].contains("pipe_read"));
}

TEST(Flame, KeysWalkAndZoom) {
  const json got = answer("walked");
  EXPECT_THAT(got.at("steps"),
              ElementsAre("bakery", "wait: a pipe", "wait: a child to end", "wait: a child to end", "all"));
  EXPECT_TRUE(got.at("shown").contains("pipe_read"));
  EXPECT_EQ(got.at("stops"), 1) << "one stop of the Tab key, not one for each box";
}

TEST(Flame, SwitchesToCountsAndKinds) {
  const json got = answer("switched");
  EXPECT_NEAR(got[0].at("pipe_read").get<double>(), 1000 * 2000.0 / 2001, 2);
  EXPECT_THAT(got[1].get<std::string>(), HasSubstr("2000 times"));
  EXPECT_EQ(got[2].at("fault"), 1000);
  EXPECT_EQ(got[2].at("[cut]"), 1000);
  EXPECT_EQ(got[2].at("dough.so (unlinked)+0x1234"), 1000);
  EXPECT_EQ(got[2].at("Dough::knead(int)"), 1000);
  EXPECT_FALSE(got[2].contains("pipe_read"));
}

TEST(Flame, TellsRunningFromWaiting) {
  const SeenPage seen = render_flame(report_with_samples(), 1280, "told_apart");
  expect_well_rendered(seen);
  const json& got = seen.facts.at("answer");
  EXPECT_THAT(got.at("running"), ElementsAre("on CPU", "_start", "main", "knead", "read", "pipe_read"));
  EXPECT_NEAR(got.at("shown").at("on CPU").get<double>(), 1000 * 400.0 / 650, 2);
  EXPECT_NEAR(got.at("shown").at("run queue").get<double>(), 1000 * 50.0 / 650, 2);
}

TEST(Flame, InvertedItBeginsWithTheInnermostFrames) {
  const SeenPage seen = render_flame(report_with_samples(), 1280, "inverted");
  expect_well_rendered(seen);
  const json& got = seen.facts.at("answer");
  EXPECT_THAT(got[0], ElementsAre("all", "knead", "main", "_start", "on CPU", "bakery"));
  EXPECT_NEAR(got[1].at("knead").get<double>(), 1000 * 300.0 / 650, 2);
}

// B has kneaded more and read less.
TEST(Flame, OfTwoReportsShowsTheChange) {
  const Report a = report_with_samples();
  Report b = a;
  b.stacks->stacks[0].time = 500ms;
  b.stacks->stacks[1].time = 100ms;
  for (const Scheme scheme : {Scheme::light, Scheme::dark}) {
    std::ostringstream page;
    render_difference_html(compared(a, b), &a, &b, page);
    const SeenPage seen = render_page(page.str(), 1280, scheme, "flame.compared");
    expect_well_rendered(seen);
    EXPECT_EQ(seen.facts.at("title"), "taskcost diff");
    const json& got = seen.facts.at("answer");
    const json& boxes = got.at("boxes");
    const json& more = boxes.at("knead");
    const json& less = boxes.at("wait: a pipe");
    EXPECT_EQ(more.at("color"), boxes.at("on CPU").at("color"));
    EXPECT_NE(more.at("color"), less.at("color"));
    EXPECT_GT(more.at("strength"), less.at("strength"));
    EXPECT_GT(less.at("strength"), boxes.at("run queue").at("strength"));
    EXPECT_EQ(boxes.at("run queue").at("strength"), 0) << "it is the same in both";
    EXPECT_THAT(more.at("says").get<std::string>(), HasSubstr("knead: 300 ms in A, 500 ms in B"));
    EXPECT_THAT(got.at("legend"), ElementsAre("more in B", "less in B"));
    EXPECT_THAT(got.at("found").get<std::string>(), HasSubstr("300 ms in A, 500 ms in B"));
    EXPECT_NEAR(got.at("widths").at("knead").get<double>(), 1000 * 800.0 / 1400, 2) << "both together";
  }
}

TEST(Flame, OfTwoReportsWithoutStacksIsNone) {
  std::ostringstream page;
  render_difference_html(compared(full_report(), full_report()), nullptr, nullptr, page);
  const SeenPage seen = render_page(page.str(), 400, Scheme::light, "flame.number");
  expect_well_rendered(seen);
  EXPECT_EQ(seen.facts.at("answer"), 0);
}

TEST(Flame, SearchMarksAndSums) {
  const json got = answer("searched");
  EXPECT_THAT(got[0][0], ElementsAre("wait: a pipe", "wait: a child to end", "waitpid", "kernel_wait4"));
  EXPECT_THAT(got[0][1].get<std::string>(), HasSubstr("330 ms")) << "what lies within a match counts once";
  EXPECT_THAT(got[1], IsEmpty());
  EXPECT_EQ(got[2], "not found");
}

TEST(Flame, TableAndRemarksAgree) {
  const SeenPage seen = render_flame(report_with_stacks(), 1280, "number");
  const json row = seen.row("Stacks: wait", "bakery: a pipe");
  EXPECT_EQ(row[1].at("value"), 240'000'000);
  EXPECT_EQ(row[3].at("value"), 2000);
  EXPECT_THAT(seen.facts.at("text").get<std::string>(),
              AllOf(HasSubstr("read <- main <- _start"), HasSubstr("7 more without a stack")));
}

TEST(Flame, HostileNamesAreText) {
  Report report = report_with_stacks();
  const std::string names[] = {"</script><b>x", "<img src=x onerror=alert(1)>", "__proto__", "\x1b[31m\xff;\n", ""};
  for (const std::string& name : names) {
    report.stacks->stacks.push_back(waiting(1, TC_WAIT_OTHER, 1, 100ms, {user_frame(name, name)}));
  }
  const SeenPage seen = render_flame(report, 400, "names");
  expect_well_rendered(seen);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_THAT(seen.facts.at("answer"), ::testing::Contains(json(names[i])));
  }
}

TEST(Flame, WithoutStacksThereIsNothing) {
  Report none = full_report();
  const SeenPage seen = render_flame(none, 1280, "number");
  expect_well_rendered(seen);
  EXPECT_EQ(seen.facts.at("answer"), 0);
  EXPECT_THAT(seen.facts.at("headings"), Not(::testing::Contains(json("Stacks"))));

  none.stacks.emplace();
  const SeenPage empty = render_flame(none, 1280, "number");
  expect_well_rendered(empty);
  EXPECT_THAT(empty.facts.at("headings"), ::testing::Contains(json("Stacks")));
}

TEST(Flame, APageOfVeryManyStacksHasTheHeaviestAndTheSumOfTheRest) {
  Report report = report_with_samples();
  std::vector<NamedStack>& stacks = report.stacks->stacks;
  for (int i = 0; i < 20'000; ++i) {
    std::vector<Frame> frames;
    for (int depth = 0; depth < 20; ++depth) {
      frames.push_back(user_frame("function_" + std::to_string(i % 100) + "_" + std::to_string(depth)));
    }
    stacks.push_back(waiting(2, TC_WAIT_FUTEX_PRIVATE, 1, 10us, frames));
  }
  EXPECT_LT(html_of(report).size(), 20U << 20U);
  const SeenPage seen = render_flame(report, 1280, "shown");
  expect_well_rendered(seen);
  EXPECT_NEAR(seen.facts.at("answer").at("helper").get<double>(), 1000 * 200.0 / 850, 2);
  EXPECT_NEAR(seen.facts.at("answer").at("[other stacks]").get<double>(), 1000 * 150.0 / 850, 5);
  EXPECT_THAT(seen.facts.at("text").get<std::string>(), HasSubstr("heaviest stacks of 20003"));
}

// The page must remain usable if a program has very many stacks: most boxes would be narrower than a pixel.
TEST(Flame, ManyStacksAreFewBoxes) {
  Report report = report_with_stacks();
  for (int i = 0; i < 900; ++i) {
    std::vector<Frame> frames = {user_frame("_start"), user_frame("main")};
    for (int depth = 0; depth < 20; ++depth) {
      frames.push_back(user_frame("function_" + std::to_string(i % 60) + "_" + std::to_string(depth)));
    }
    frames.push_back(user_frame("leaf_" + std::to_string(i)));
    report.stacks->stacks.push_back(waiting(2, TC_WAIT_FUTEX_PRIVATE, 1, 500us, frames));
  }
  const SeenPage seen = render_flame(report, 1280, "sizes");
  expect_well_rendered(seen);
  EXPECT_THAT(seen.facts.at("answer")[0].get<int>(), AllOf(Ge(1000), ::testing::Le(1500)));
  EXPECT_LT(seen.facts.at("answer")[1].get<double>(), 0.1) << "also the narrow ones are as wide as their share";
}

}  // namespace
}  // namespace taskcost::test
