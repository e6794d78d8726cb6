// SPDX-License-Identifier: Apache-2.0
//
// Tests every form of a report with every hostile name wherever an observed program chooses a name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "account/describe/account_keys.h"
#include "base/escape.h"
#include "report/render.h"
#include "support/figures_of.h"
#include "support/fixture_stacks.h"
#include "support/hostile_names.h"
#include "support/rendered.h"

namespace taskcost::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class HostileNames : public testing::TestWithParam<std::size_t> {
 protected:
  [[nodiscard]] static const std::string& name() { return hostile_names[GetParam()]; }

  // JSON cannot represent bytes that are not UTF-8.
  [[nodiscard]] static std::string readable() { return valid_utf8(name()); }

  [[nodiscard]] static Report report() {
    Report report = report_with_stacks();
    report.target.command = name();
    report.command_line = name();
    for (Process& process : report.session.processes) {
      process.comm = name();
      process.command = name();
      process.uid = 1000;
      process.user = name();
      process.cgroup_id = 7;
      process.cgroup = name();
      for (Task& task : process.tasks) {
        task.comm = name();
      }
    }
    for (Edge& edge : report.session.edges) {
      edge.from.comm = edge.from.kind == Waker::Kind::unobserved ? name() : "";
    }
    for (ObjectWaits& waits : *report.session.wait_objects) {
      waits.object = waits.disk = name();
    }
    report.session.aggregated.push_back({name(), 2, 2, empty_account()});
    for (NamedStack& stack : report.stacks->stacks) {
      for (Frame& frame : stack.frames) {
        frame.function = name();
        frame.module = name();
      }
    }
    return report;
  }
};

TEST_P(HostileNames, DoNothingToATerminal) {
  for (const bool verbose : {false, true}) {
    std::ostringstream out;
    render_text(report(), out, {80, false, verbose});
    EXPECT_TRUE(is_harmless(out.str())) << out.str();
    EXPECT_EQ(valid_utf8(out.str()), out.str());
  }
}

TEST_P(HostileNames, DoNothingAsNamesOfGroups) {
  Report grouped = report();
  grouped.session.edges.resize(20, grouped.session.edges[2]);
  for (const GroupBy by : every<GroupBy>()) {
    grouped.group_by = by;
    std::ostringstream out;
    render_text(grouped, out, {80, false, false});
    EXPECT_TRUE(is_harmless(out.str())) << out.str();
    EXPECT_EQ(valid_utf8(out.str()), out.str());
    const json groups = json::parse(json_of(grouped)).at("groups");
    EXPECT_EQ(groups.at("by"), to_string(by));
    const json& name = groups.at("groups").at(0).at("name");
    EXPECT_TRUE(name.is_string());
    std::ostringstream folded;
    render_folded(grouped, StackWeight::time, folded);
    EXPECT_TRUE(is_harmless(folded.str())) << folded.str();
  }
}

TEST_P(HostileNames, ReadBackFromJson) {
  const std::string text = json_of(report());
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  const json document = json::parse(text);
  EXPECT_EQ(document.at("target").at("command"), readable());
  EXPECT_EQ(document.at("processes").at(0).at("comm"), readable());
}

// The parsed data of a script of the page.
json data_of(const std::string& page, const std::string& id) {
  const std::string begin = "<script id=\"" + id + "\" type=\"application/json\">\n";
  const std::size_t from = page.find(begin) + begin.size();
  const std::string data = page.substr(from, page.find("</script>", from) - from);
  EXPECT_THAT(data, Not(HasSubstr("<"))) << id;
  return json::parse(data);
}

TEST_P(HostileNames, StayInTheDataOfAPage) {
  const Report hostile = report();
  const std::string page = html_of(hostile);
  json expected = json::parse(json_of(hostile));
  for (const char* list : {"stacks", "wakers"}) {  // the flame graph has them
    expected.at("stacks").at(list) = json::array();
  }
  EXPECT_EQ(data_of(page, "report"), expected);
  EXPECT_FALSE(data_of(page, "stacks").empty());
}

// Each line is one stack: frames, a space, a number.
TEST_P(HostileNames, StayInTheirFrameOfAFoldedStack) {
  std::ostringstream out;
  render_folded(report(), StackWeight::time, out);
  std::istringstream lines(out.str());
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_TRUE(is_harmless(line)) << line;
    EXPECT_LE(std::count(line.begin(), line.end(), ';'), 6) << line;
    EXPECT_THAT(line.substr(line.rfind(' ') + 1), testing::MatchesRegex("[0-9]+"));
  }
  EXPECT_EQ(count, 2);  // of the three stacks, the time of a fault is a part of the others
}

TEST_P(HostileNames, ReadBackFromSpeedscope) {
  std::ostringstream out;
  render_speedscope(report(), out);
  const json document = json::parse(out.str());
  EXPECT_EQ(document.at("name"), readable());
}

TEST_P(HostileNames, DoNothingInAComparison) {
  Report other = report();
  other.target.command += "!";
  const Difference difference = diff_reports(figures_of(report(), name()), figures_of(other, name() + "!"));
  std::ostringstream text;
  render_difference_text(difference, text, {80, false, true});
  EXPECT_TRUE(is_harmless(text.str())) << text.str();
  std::ostringstream written;
  render_difference_json(difference, written);
  EXPECT_TRUE(json::accept(written.str()));
}

// The parameter is an index, because test names are printed.
INSTANTIATE_TEST_SUITE_P(Table, HostileNames, testing::Range(std::size_t{0}, hostile_names.size()));

}  // namespace
}  // namespace taskcost::test
