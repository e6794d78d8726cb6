// SPDX-License-Identifier: Apache-2.0
//
// The table of system calls, compared with strace -c, which sees the same execution through ptrace.
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "support/expect.h"
#include "support/subprocess.h"
#include "support/taskcost.h"

namespace taskcost::test {
namespace {

struct Calls {
  std::int64_t count = 0;
  std::int64_t errors = 0;

  bool operator==(const Calls&) const = default;
};
using CallsByName = std::map<std::string, Calls>;

std::ostream& operator<<(std::ostream& out, const Calls& calls) {
  return out << calls.count << " calls, " << calls.errors << " errors";
}

// "% time  seconds  usecs/call  calls  [errors]  syscall"
CallsByName strace_table(const std::string& text) {
  CallsByName calls;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::vector<std::string> fields;
    for (std::string field; words >> field;) {
      fields.push_back(field);
    }
    const bool is_row = fields.size() >= 5 && fields[0].find('.') != std::string::npos && fields.back() != "total";
    if (is_row) {
      calls[fields.back()] = {std::stoll(fields[3]), fields.size() > 5 ? std::stoll(fields[4]) : 0};
    }
  }
  return calls;
}

CallsByName table_of(const Report& report) {
  CallsByName calls;
  for (const Json& row : report["syscalls"]) {
    if (row.at("program") == "strace" || row.at("program") == "taskcost") {
      continue;
    }
    Calls& sum = calls[row.at("syscall").get<std::string>()];
    sum.count += row.at("calls").get<std::int64_t>();
    for (const auto& [error, count] : row.at("errors").items()) {
      sum.errors += count.get<std::int64_t>();
    }
  }
  return calls;
}

TEST(Syscalls, EqualThoseOfStrace) {
  const TemporaryDirectory directory;
  const std::string counts = directory.file("strace.txt");
  const Observed observed = observe({"strace", "-f", "-c", "-o", counts, "/bin/sh", "-c",
                                     "ls /no/such/file; cat /etc/passwd /etc/group | sort | head -c 10; /bin/true"});
  ASSERT_TRUE(observed.report) << observed.finished.describe();
  expect_valid(*observed.report);
  const CallsByName expected = strace_table(read_file(counts));
  ASSERT_GT(expected.size(), 10U) << read_file(counts);
  EXPECT_EQ(table_of(*observed.report), expected);
}

TEST(Syscalls, OfACaptureAreThoseOfTheRun) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("r.tcap");
  const Finished recorded = run(tool({"record", "-q", "--format", "none", "-o", capture, "-o",
                                      directory.file("live.json"), "--", "/bin/sh", "-c", "ls / | wc -l"}));
  ASSERT_EQ(recorded.exit_code(), 0) << recorded.describe();
  const Finished reported = run(tool({"report", capture, "-o", directory.file("later.json")}));
  ASSERT_EQ(reported.exit_code(), 0) << reported.describe();
  const auto live = read_report(directory.file("live.json"));
  const auto later = read_report(directory.file("later.json"));
  ASSERT_TRUE(live && later);
  EXPECT_FALSE((*live)["syscalls"].empty());
  EXPECT_EQ((*live)["syscalls"], (*later)["syscalls"]);
}

TEST(Syscalls, AreNotMeasuredWithoutTheirProbes) {
  const Observed observed = observe({"/bin/true"}, {"--detail", "switches"});
  ASSERT_TRUE(observed.report) << observed.finished.describe();
  EXPECT_TRUE((*observed.report)["syscalls"].is_null());
}

}  // namespace
}  // namespace taskcost::test
