// SPDX-License-Identifier: Apache-2.0
//
// HTML reports of real runs.
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
  for (const Json& process : report->processes()) {
    EXPECT_THAT(seen.row("Processes: name", process.at("comm")), Not(IsEmpty()));
  }
  EXPECT_EQ(seen.row("All counters: counter", text_of(TC_COUNTER_SYSCALLS))[1].at("value"),
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
    const std::string id = claim.at("id");
    const Json row = seen.row(id, id);
    ASSERT_EQ(row.size(), 5U);
    EXPECT_EQ(row[1].at("text"), claim.at("verdict"));
    EXPECT_EQ(row[4].at("value"), claim.at("ratio"));
    EXPECT_THAT(seen.facts.at("text"), HasSubstr(claim.at("meaning").get<std::string>()));
  }
  EXPECT_GT(seen.facts.at("canvases"), 0);
}

}  // namespace
}  // namespace taskcost::test
