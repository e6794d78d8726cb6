// SPDX-License-Identifier: Apache-2.0
//
// The tool runs out of something: memory, descriptors, disk space, standard streams, the exit status of its children.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/expect.h"
#include "support/expect_failure.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Words record_true(const TemporaryDirectory& directory) {
  return tool({"record", "-q", "--stacks", "-o", directory.file("x.tcap"), "-o", directory.file("r.json"), "-o",
               directory.file("x.html"), "--", "/bin/true"});
}

// A preloaded library fails allocations of the tool, one by one.
struct Heap {
  const char* name;
  Words (*command)(const TemporaryDirectory&);
  bool for_good;  // every later allocation fails too, as when the heap is exhausted
};

class ExhaustedHeap : public ::testing::TestWithParam<Heap> {
 protected:
  static SpawnOptions preload(const std::string& variable, const std::string& value) {
    SpawnOptions spawn;
    spawn.environment["LD_PRELOAD"] = program("failing_malloc.so");
    spawn.environment[variable] = value;
    return spawn;
  }

  [[nodiscard]] static unsigned long allocations() {
    const TemporaryDirectory directory;
    const Finished finished = run(GetParam().command(directory), preload("COUNTED_MALLOC", directory.file("count")));
    EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
    return std::stoul("0" + read_file(directory.file("count")));
  }

  // Most points are near both ends of the run, where allocations have more different purposes.
  [[nodiscard]] static std::set<unsigned long> points(unsigned long allocations) {
    const unsigned long wanted = thorough() ? 60 : 3;
    std::set<unsigned long> chosen;
    for (unsigned long i = 0; i < wanted; ++i) {
      chosen.insert(1 + allocations * i / wanted);
      chosen.insert(1 + 3 * i);
      chosen.insert(allocations - 3 * i);
    }
    return chosen;
  }
};

TEST_P(ExhaustedHeap, IsReported) {
  const unsigned long all = allocations();
  ASSERT_GT(all, 1000);
  unsigned refused = 0;
  for (const unsigned long point : points(all)) {
    SCOPED_TRACE("allocation " + std::to_string(point) + " of " + std::to_string(all));
    const TemporaryDirectory directory;
    const std::string number = std::to_string(point) + (GetParam().for_good ? "+" : "");
    const Finished finished = run(GetParam().command(directory), preload("FAILING_MALLOC", number), 30s);
    expect_reported(finished, directory.file("r.json"));
    refused += finished.exit_code() == 1 ? 1 : 0;
  }
  EXPECT_GT(refused, 0);
}

INSTANTIATE_TEST_SUITE_P(Of, ExhaustedHeap,
                         ::testing::Values(Heap{"run_once", run_true, false}, Heap{"run_for_good", run_true, true},
                                           Heap{"record_once", record_true, false}),
                         [](const auto& heap) { return std::string(heap.param.name); });

// Limits of the kernel. Below the smallest value of each the loader cannot start the tool.
class Limited : public ::testing::Test {
 protected:
  static void expect_reported_with(const std::string& limit, const Words& command, const std::string& report_file) {
    SCOPED_TRACE(limit);
    Words words{"prlimit", limit};
    words.insert(words.end(), command.begin(), command.end());
    expect_reported(run(words, {}, 30s), report_file);
  }
  static void expect_reported_with(const std::string& option, const std::vector<unsigned long>& sizes) {
    for (const unsigned long size : sizes) {
      const TemporaryDirectory directory;
      expect_reported_with(option + "=" + std::to_string(size), run_true(directory), directory.file("r.json"));
    }
  }
};

constexpr unsigned long kMib = 1UL << 20U;

TEST_F(Limited, AddressSpace) {
  expect_reported_with("--as", {40 * kMib, 60 * kMib, 80 * kMib, 100 * kMib, 130 * kMib, 160 * kMib, 200 * kMib});
}

TEST_F(Limited, Data) { expect_reported_with("--data", {4 * kMib, 8 * kMib, 12 * kMib, 20 * kMib, 30 * kMib}); }

// With fewer descriptors than this, and those that the caller left open, the loader cannot open a library.
TEST_F(Limited, Descriptors) { expect_reported_with("--nofile", {8, 10, 12, 16, 20, 30, 40, 50, 60, 80}); }

TEST_F(Limited, SizeOfFiles) {
  const TemporaryDirectory directory;
  for (const char* limit : {"--fsize=1000", "--fsize=9000"}) {
    const std::string report = directory.file("r.json");
    const Finished finished =
        run({"prlimit", limit, taskcost_binary(), "run", "-q", "--format", "none", "-o", report, "--", "/bin/true"});
    EXPECT_EQ(finished.exit_code(), 1) << finished.describe();
    EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr("File too large"));
    EXPECT_FALSE(std::filesystem::exists(report)) << "a partial report must not remain";
  }
}

// The shell starts the tool with the standard streams that `redirection` leaves.
Finished run_redirected(const Words& command, const std::string& redirection) {
  Words words{"bash", "-c", "exec \"$@\" " + redirection, "bash"};
  words.insert(words.end(), command.begin(), command.end());
  return run(words);
}

TEST(StandardStreams, ThatTakeNothingStopNoMeasurement) {
  for (const char* redirection : {"2>&-", "2>/dev/full", "<&-", "<&- >&- 2>&-", ">&- 2>/dev/full"}) {
    SCOPED_TRACE(redirection);
    const TemporaryDirectory directory;
    const std::string report_file = directory.file("r.json");
    const Finished finished = run_redirected(
        tool({"record", "-o", directory.file("x.tcap"), "-o", report_file, "--", "/bin/true"}), redirection);
    EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
    const auto report = read_report(report_file);
    ASSERT_TRUE(report);
    expect_sound(*report);
    EXPECT_EQ(run(tool({"report", "--format", "none", directory.file("x.tcap")})).err, "");
  }
}

TEST(StandardStreams, ThatAreClosedLendTheirNumberToNoFile) {
  const TemporaryDirectory directory;
  const std::string report_file = directory.file("r.json");
  const Finished finished = run_redirected(tool({"run", "-q", "-o", "-", "-o", report_file, "--", "/bin/true"}), ">&-");
  EXPECT_EQ(finished.exit_code(), 1) << finished.describe();
  EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("cannot write to standard output"));
  EXPECT_TRUE(read_report(report_file)) << "the other output must be written";
  // Standard output is the only place for this report.
  for (const char* redirection : {"2>&-", "2>/dev/full"}) {
    EXPECT_EQ(run_redirected(tool({"run", "-q", "--", "/bin/true"}), redirection).exit_code(), 1) << redirection;
  }
}

TEST(StandardStreams, ThatAreClosedAreClosedForTheCommand) {
  const Words command = tool({"run", "-q", "--format", "none", "--", "ls", "/proc/self/fd"});
  EXPECT_EQ(run_redirected(command, "<&-").out, run_redirected({"ls", "/proc/self/fd"}, "<&-").out);
}

// A process inherits an ignored SIGCHLD, which makes the kernel discard the exit status of its children.
TEST(IgnoredSignals, TheStatusOfTheCommandIsKnownAllTheSame) {
  const Words ignoring{"env", "--ignore-signal=CHLD"};
  const auto under = [&ignoring](const Words& command) {
    Words words = ignoring;
    words.insert(words.end(), command.begin(), command.end());
    return run(words);
  };
  EXPECT_EQ(under(tool({"run", "-q", "--format", "none", "--", "sh", "-c", "exit 3"})).exit_code(), 3);
  const Words states{"/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"};
  Words observed = tool({"run", "-q", "--format", "none", "--"});
  observed.insert(observed.end(), states.begin(), states.end());
  EXPECT_EQ(under(observed).out, under(states).out);
}

}  // namespace
}  // namespace taskcost::test
