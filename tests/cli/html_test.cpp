// SPDX-License-Identifier: Apache-2.0
//
// HTML reports of real runs, rendered by headless Chromium. The figures on the page have to be those of the JSON report
// of the same run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "account/account.h"
#include "support/browser.h"
#include "support/subprocess.h"
#include "support/taskcost.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct ReportFiles {
  ReportFiles() : html(directory.file("r.html")), json(directory.file("r.json")) {}
  TemporaryDirectory directory;
  std::string html;
  std::string json;
};

constexpr int phone_width = 400;  // CSS pixels
constexpr int desktop_width = 1280;

// The names of these processes contain markup, terminal escapes and bytes that are not UTF-8. The page finds each row
// by its name.
TEST(Html, ShowsProcessesWithHostileNames) {
  const ReportFiles files;
  const Finished finished = run({taskcost_binary(), "run", "-q", "--format", "none", "-o", files.html, "-o", files.json,
                                 "--", program("hostile_comm")});
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(files.json);
  ASSERT_TRUE(report);
  const SeenPage seen = render_page(read_file(files.html), phone_width);
  expect_well_rendered(seen);
  for (const Json& process : report->processes()) {
    EXPECT_THAT(seen.row("Processes: name", process.at("comm")), Not(IsEmpty()));
  }
  EXPECT_EQ(seen.row("Other counters: counter", text_of(TC_COUNTER_SYSCALLS))[1].at("value"),
            (*report)["totals"].at("counters").at("syscalls"));
}

TEST(Html, ShowsVerdicts) {
  const ReportFiles files;
  const Finished finished = run({taskcost_binary(), "verify", "-q", "--format", "none", "--claim", "cost.new-memory",
                                 "--claim", "ipc.complex", "-o", files.html, "-o", files.json});
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(files.json);
  ASSERT_TRUE(report);
  const SeenPage seen = render_page(read_file(files.html), desktop_width);
  expect_well_rendered(seen);
  for (const Json& claim : (*report)["claims"]) {
    const std::string id = claim.at("id");
    const Json row = seen.row(id, id);
    ASSERT_EQ(row.size(), 5U);
    EXPECT_EQ(row[1].at("text"), claim.at("verdict"));
    EXPECT_EQ(row[4].at("value"), claim.at("ratio"));
    EXPECT_THAT(seen.facts.at("text"), HasSubstr(claim.at("meaning").get<std::string>()));
  }
  EXPECT_GT(seen.facts.at("canvases"), 0) << "no chart is drawn";
}

}  // namespace
}  // namespace taskcost::test
