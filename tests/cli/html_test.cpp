// SPDX-License-Identifier: Apache-2.0
//
// HTML reports of real runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/browser.h"
#include "support/subprocess.h"
#include "support/taskcost.h"

namespace taskcost::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

struct Reports {
  Reports() : html(directory.file("r.html")), json(directory.file("r.json")) {}
  TemporaryDirectory directory;
  std::string html;
  std::string json;
};

TEST(Html, ShowsARun) {
  const Reports files;
  const Finished finished = run({taskcost_binary(), "run", "-q", "--format", "none", "-o", files.html, "-o", files.json,
                                 "--", program("hostile_comm")});
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(files.json);
  ASSERT_TRUE(report);
  const SeenPage seen = look_at(read_file(files.html), 400);
  expect_sound(seen);
  const auto summaries = seen.facts.at("summaries").get<std::vector<std::string>>();
  for (const Json& process : report->processes()) {
    EXPECT_THAT(summaries,
                Contains(HasSubstr(process.at("comm").get<std::string>() + " (" + process.at("tgid").dump() + ")")));
  }
  EXPECT_EQ(seen.row("counters of everything", "syscalls")[1].at("value"),
            (*report)["totals"].at("counters").at("syscalls"));
}

TEST(Html, ShowsVerdicts) {
  const Reports files;
  const Finished finished = run({taskcost_binary(), "verify", "-q", "--format", "none", "--claim", "cost.new-memory",
                                 "--claim", "ipc.complex", "-o", files.html, "-o", files.json});
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(files.json);
  ASSERT_TRUE(report);
  const SeenPage seen = look_at(read_file(files.html), 1280);
  expect_sound(seen);
  for (const Json& claim : (*report)["claims"]) {
    const Json row = seen.row("verdicts", claim.at("id"));
    ASSERT_EQ(row.size(), 6U);
    EXPECT_EQ(row[1].at("text"), claim.at("verdict"));
    EXPECT_EQ(row[4].at("value"), claim.at("ratio"));
    EXPECT_EQ(row[5].at("text"), claim.at("meaning"));
  }
  EXPECT_GT(seen.facts.at("canvases"), 0);
}

}  // namespace
}  // namespace taskcost::test
