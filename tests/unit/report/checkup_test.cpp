// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "report/render.h"
#include "support/schema.h"
#include "support/section_queries.h"

namespace taskcost {
namespace {

using ::testing::ElementsAre;

TEST(Checkup, ReportsWhatWorksAndWhatElseNeeds) {
  Checkup checkup;
  checkup.extras = {{"kernel_names", "names of kernel functions", false, "CAP_SYSLOG"},
                    {"probe_stats", "run counts", true, "CAP_SYS_ADMIN"}};
  EXPECT_THAT(test::said(test::section_of(sections::of(checkup), "extras")),
              ElementsAre("no   names of kernel functions", "needs: CAP_SYSLOG", "yes  run counts"));

  std::ostringstream out;
  render_checkup_json(checkup, out);
  const auto json = nlohmann::json::parse(out.str());
  EXPECT_EQ(test::schema_complaints(checkup_schema(), json), "");
  ASSERT_EQ(json.at("extras").size(), 2);
  EXPECT_EQ(json.at("extras")[0].at("works"), false);
  EXPECT_EQ(json.at("extras")[0].at("needs"), "CAP_SYSLOG");
  EXPECT_EQ(json.at("extras")[1].at("name"), "probe_stats");
}

}  // namespace
}  // namespace taskcost
