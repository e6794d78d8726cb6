// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "support/schema.h"
#include "taskcost/report.h"

namespace taskcost {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Checkup, TellsWhatWorksAndWhatElseNeeds) {
  Checkup checkup;
  checkup.extras = {{"kernel_names", "names of kernel functions", false, "CAP_SYSLOG"},
                    {"probe_stats", "run counts", true, "CAP_SYS_ADMIN"}};
  std::ostringstream text;
  render_checkup_text(checkup, text, {});
  EXPECT_THAT(text.str(), HasSubstr("no   names of kernel functions\n       needs: CAP_SYSLOG\n"));
  EXPECT_THAT(text.str(), HasSubstr("yes  run counts\n"));
  EXPECT_THAT(text.str(), Not(HasSubstr("CAP_SYS_ADMIN"))) << "it has that";

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
