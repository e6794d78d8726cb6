// SPDX-License-Identifier: Apache-2.0
//
// `record` and `report` from the outside: their misuse, and the files that they leave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>

#include "support/expect.h"
#include "support/schema.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

Finished taskcost(const Words& arguments) {
  Words words{taskcost_binary()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run(words);
}

void expect_refused(const Words& arguments, int status, const std::string& part) {
  const Finished finished = taskcost(arguments);
  EXPECT_EQ(finished.exit_code(), status) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr(part));
  EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.err;
  EXPECT_THAT(finished.out, IsEmpty());
}

TEST(Record, WrongUsageIsOneLine) {
  expect_refused({"record", "-o", "x.tcap"}, 2, "nothing to record");
  expect_refused({"record", "-o", "x.tcap", "-p", "1", "--", "true"}, 2, "a target and a command");
  expect_refused({"record", "-o", "x.tcap", "-o", "y.tcap", "--", "true"}, 2, "two captures");
  expect_refused({"record", "-o", "x.tcap", "--buffer", "3", "--", "true"}, 2, "power of two");
  expect_refused({"record", "-o", "/no/such/directory/x.tcap", "--", "true"}, 1, "cannot write");
  expect_refused({"record", "-o", "x.tcap", "-p", "999999999"}, 2, "999999999");
  expect_refused({"verify", "-o", "x.pftrace"}, 2, "does not write this file type");
  expect_refused({"report", "a.tcap", "b.tcap"}, 2, "more than one file");
  expect_refused({"report", "/no/such/file.tcap"}, 1, "No such file");
  expect_refused({"report", "/"}, 1, "/");
  expect_refused({"report", taskcost_binary()}, 1, "not a capture");
  expect_refused({"report", "--audit", "x.tcap", "-o", "x.html"}, 2, "an audit is text or JSON");
}

TEST(Record, PassesTheCommandThroughAndLeavesACapture) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("x.tcap");
  const Finished recorded = taskcost({"record", "-o", capture, "--", "sh", "-c", "echo said; exit 3"});
  EXPECT_EQ(recorded.exit_code(), 3);
  EXPECT_EQ(recorded.out, "said\n");
  EXPECT_THAT(recorded.err, HasSubstr("records, "));
  const Finished text = taskcost({"report", capture});
  EXPECT_EQ(text.exit_code(), 0);
  EXPECT_THAT(text.out, HasSubstr("exit 3"));
  EXPECT_THAT(text.err, IsEmpty());
}

// The command runs and its status passes through; an error line says that the capture could not be kept.
TEST(Record, AFullDiskIsSaid) {
  const TemporaryDirectory directory;
  ASSERT_EQ(chmod(directory.path().c_str(), 0755), 0);  // links are not followed where other users can make them
  const std::string capture = directory.file("full.tcap");
  std::filesystem::create_symlink("/dev/full", capture);
  expect_refused({"record", "-q", "-o", capture, "--", "true"}, 1, "No space left");
}

TEST(Report, NeedsNoRoot) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("x.tcap");
  ASSERT_EQ(taskcost({"record", "-q", "-o", capture, "--", "true"}).exit_code(), 0);
  ASSERT_EQ(chmod(directory.path().c_str(), 0755), 0);
  const Finished text = run(
      {"/usr/bin/setpriv", "--bounding-set=-all", "--inh-caps=-all", taskcost_binary(), "report", "--audit", capture});
  EXPECT_EQ(text.exit_code(), 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("both ledgers agree"));
}

// For every kind of damage one line says what is wrong, and the readable part is reported. Damage to the header of a
// chunk does no harm, because the index has a copy: then the report is that of the undamaged file.
TEST(Report, OfADamagedCaptureIsOneLine) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("x.tcap");
  const std::string damaged = directory.file("damaged.tcap");
  ASSERT_EQ(taskcost({"record", "-q", "-o", capture, "--", "true"}).exit_code(), 0);
  const std::string bytes = read_file(capture);
  const auto with = [&bytes](std::size_t at, std::string_view other) {
    return std::string(bytes).replace(at, other.size(), other);
  };
  write_file(damaged, with(8, "\1\2\3\4"));
  expect_refused({"report", damaged}, 1, "byte order");
  write_file(damaged, with(12, "\3"));
  expect_refused({"report", damaged}, 1, "it has format version 3, but this taskcost reads version 2");
  write_file(damaged, "");
  expect_refused({"report", damaged}, 1, "it is empty");
  const std::string whole = taskcost({"report", capture, "--format", "json"}).out;
  for (std::size_t part = 1; part < 20; ++part) {
    const std::size_t at = bytes.size() * part / 20;
    for (const std::string& content :
         {bytes.substr(0, at), with(at, std::string(1, static_cast<char>(bytes[at] ^ 0x10)))}) {
      write_file(damaged, content);
      const Finished finished = taskcost({"report", damaged, "--format", "json"});
      EXPECT_THAT(finished.exit_code(), ::testing::AnyOf(0, 1));
      EXPECT_TRUE(lines_of(finished.err).size() == 1 || finished.out == whole) << part << ": " << finished.err;
    }
  }
}

TEST(Report, WritesWhatOtherToolsRead) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("x.tcap");
  ASSERT_EQ(
      taskcost({"record", "-q", "-o", capture, "--stacks", "--", "sh", "-c", "/bin/true | /bin/true"}).exit_code(), 0);
  for (const char* name :
       {"x.html", "x.json", "x.txt", "x.folded", "x.speedscope.json", "x.pb.gz", "x.pftrace", "x.csv", "x.ndjson"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(taskcost({"report", capture, "--format", "none", "-o", directory.file(name)}).exit_code(), 0);
    EXPECT_GT(std::filesystem::file_size(directory.file(name)), 100);
  }
  const std::string schema = taskcost({"--json-schema", "events"}).out;
  const auto lines = lines_of(read_file(directory.file("x.ndjson")));
  for (std::size_t line = 0; line < std::min<std::size_t>(lines.size(), 100); ++line) {
    EXPECT_EQ(schema_complaints(schema, Json::parse(lines[line])), "") << lines[line];
  }
  EXPECT_THAT(read_file(directory.file("x.csv")), HasSubstr(",exec,"));
  EXPECT_THAT(read_file(directory.file("x.html")), HasSubstr("timeline"));
}

TEST(Report, ShowsASavedReport) {
  const TemporaryDirectory directory;
  const std::string json = directory.file("x.json");
  const std::string again = directory.file("again.json");
  ASSERT_EQ(taskcost({"run", "-q", "--stacks", "--format", "none", "-o", json, "-o", directory.file("run.txt"), "--",
                      "sh", "-c", "/bin/true | /bin/true"})
                .exit_code(),
            0);
  const Finished shown = taskcost({"report", json, "-o", again, "-o", directory.file("x.html"), "-o",
                                   directory.file("x.txt"), "-o", directory.file("x.folded")});
  EXPECT_EQ(shown.exit_code(), 0) << shown.describe();
  EXPECT_EQ(read_file(again), read_file(json));
  EXPECT_EQ(read_file(directory.file("x.txt")), read_file(directory.file("run.txt")));
  EXPECT_THAT(read_file(directory.file("x.html")), HasSubstr("taskcost.report/2"));
  EXPECT_GT(std::filesystem::file_size(directory.file("x.folded")), 10);

  expect_refused({"report", json, "-o", directory.file("x.pftrace")}, 2, "a JSON report has no transitions");
  expect_refused({"report", json, "--audit"}, 2, "a JSON report has no transitions");
  write_file(again, R"({"schema": "taskcost.compare/2"})");
  expect_refused({"report", again}, 1, "a report of 'taskcost compare'");
  write_file(again, R"({"schema": "taskcost.report/2", "host": {"cpus": -1}})");
  expect_refused({"report", again}, 1, "'host/cpus' is not a whole number");
  write_file(again, "{");
  expect_refused({"report", again}, 1, "JSON syntax error");
}

// With events in another form only, no capture file is needed.
TEST(Run, WritesATraceWithoutACapture) {
  const TemporaryDirectory directory;
  const std::string trace = directory.file("x.pftrace");
  EXPECT_EQ(taskcost({"run", "-q", "--format", "none", "-o", trace, "--", "true"}).exit_code(), 0);
  EXPECT_GT(std::filesystem::file_size(trace), 1000);
}

}  // namespace
}  // namespace taskcost::test
