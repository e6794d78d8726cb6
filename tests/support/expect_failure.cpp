// SPDX-License-Identifier: Apache-2.0
#include "support/expect_failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "report/render.h"
#include "support/schema.h"

namespace taskcost::test {

namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

void expect_valid(const std::string& report_file) {
  const Json report = Json::parse(read_file(report_file), nullptr, false);
  ASSERT_FALSE(report.is_discarded()) << "the report is no JSON: " << read_file(report_file).substr(0, 200);
  EXPECT_EQ(schema_complaints(json_schema(), report), "");
}

// The tool creates its output files at the start, so that a bad path fails early, and removes those that it did not
// write.
void expect_nothing_empty(const std::filesystem::path& directory) {
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    EXPECT_GT(file.file_size(), 0) << file.path() << " was left behind";
  }
}

}  // namespace

Words run_true(const TemporaryDirectory& directory) {
  return tool({"run", "-q", "--format", "none", "-o", directory.file("r.json"), "--", "/usr/bin/true"});
}

void expect_reported(const Finished& finished, const std::string& report_file) {
  ASSERT_FALSE(finished.timed_out) << finished.describe();
  ASSERT_TRUE(finished.exit_code()) << finished.describe();
  EXPECT_THAT(finished.err, Not(AnyOf(HasSubstr("terminate called"), HasSubstr("internal error"))));
  EXPECT_THAT(*finished.exit_code(), AnyOf(0, 1, 126, 127)) << finished.describe();
  const auto lines = lines_of(finished.err);
  if (*finished.exit_code() == 0) {
    EXPECT_LE(lines.size(), 1) << finished.err;
  } else {
    EXPECT_EQ(lines.size(), 1) << finished.describe();
  }
  for (const std::string& line : lines) {
    EXPECT_THAT(line, StartsWith("taskcost: "));
  }
  if (*finished.exit_code() == 0 || std::filesystem::exists(report_file)) {
    expect_valid(report_file);
  }
  expect_nothing_empty(std::filesystem::path(report_file).parent_path());
}

}  // namespace taskcost::test
