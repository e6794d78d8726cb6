// SPDX-License-Identifier: Apache-2.0
//
// Stacks of a program whose paths and weights are known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "support/expect.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;

// The functions of the program itself, outermost first.
std::string path_of(const Json& stack) {
  std::string path;
  for (const Json& frame : stack.at("frames")) {
    if (!frame.at("kernel").get<bool>() && frame.at("module").is_string() &&
        frame.at("module").get<std::string>().find("/paths_") != std::string::npos &&
        frame.at("function").is_string()) {
      path += (path.empty() ? "" : ";") + frame.at("function").get<std::string>();
    }
  }
  return path;
}

struct Weight {
  std::int64_t count = 0;
  std::int64_t time_ns = 0;
};

// Sums of all stacks of one kind that have this path.
Weight weight_of(const Report& report, const std::string& kind, const std::string& path) {
  Weight weight;
  for (const Json& stack : report["stacks"].at("stacks")) {
    if (stack.at("kind") == kind && path_of(stack) == path) {
      weight.count += stack.at("count").get<std::int64_t>();
      weight.time_ns += stack.at("time_ns").get<std::int64_t>();
    }
  }
  return weight;
}

class Stacks : public ::testing::TestWithParam<const char*> {};

TEST_P(Stacks, KnownPathsHaveTheirWeights) {
  const TemporaryDirectory directory;
  const std::string folded = directory.file("r.folded");
  const std::string scope = directory.file("r.speedscope.json");
  const Observed observed = observe({elf_directory() + "/" + GetParam()}, {"--stacks", "-o", folded, "-o", scope});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  const Report& report = *observed.report;
  expect_closed(report);
  EXPECT_EQ(report["losses"].at("missed_stacks"), 0);
  std::int64_t baked = 0;
  std::int64_t kneaded = 0;
  std::istringstream(observed.finished.out) >> baked >> kneaded;

  const std::string rest = "(anonymous namespace)::rest(long)";
  const Weight bake = weight_of(report, "wait", "_start;main;bakery::Oven::bake(int) const;" + rest);
  const Weight knead = weight_of(report, "wait", "_start;main;bakery::knead(int);" + rest);
  const Weight flour = weight_of(report, "fault", "_start;main;bakery::flour(int)");
  EXPECT_EQ(bake.count, 3);
  EXPECT_EQ(knead.count, 6);
  EXPECT_GE(flour.count, 100);
  EXPECT_LE(bake.time_ns, baked);
  EXPECT_GE(bake.time_ns, baked / 2);
  EXPECT_LE(knead.time_ns, kneaded);
  EXPECT_GE(knead.time_ns, kneaded / 2);

  EXPECT_THAT(read_file(folded), HasSubstr(";main;bakery::Oven::bake(int) const;" + rest + ";"));
  EXPECT_TRUE(Json::parse(read_file(scope)).at("profiles").is_array());
}

INSTANTIATE_TEST_SUITE_P(Program, Stacks, ::testing::Values("paths_pie", "paths_no_pie", "paths_stripped"),
                         [](const auto& name) { return std::string(name.param); });

// A file system that answers until its server is stopped. It is unmounted with the object.
class Served {
 public:
  explicit Served(const std::string& content) : server_({program("fuse_files"), directory_.path(), content}) {
    EXPECT_TRUE(server_.wait_for_output("ready")) << server_.err();
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;
  ~Served() {
    server_.send(SIGCONT);
    server_.send(SIGTERM);
    server_.wait();
  }
  [[nodiscard]] std::string file() const { return directory_.file("file"); }
  [[nodiscard]] std::string server() const { return std::to_string(server_.pid()); }

 private:
  TemporaryDirectory directory_;
  Subprocess server_;
};

// The program's file system stops answering while it runs: the report does not wait for it.
TEST(StacksOfServedFiles, ADeadFileSystemHoldsNothingUp) {
  const Served served(program("loses_its_file"));
  const auto start = std::chrono::steady_clock::now();
  const Observed observed = observe({served.file(), served.server()}, {"--stacks"});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  expect_ran(observed);
  EXPECT_EQ(observed.finished.out, "done\n");
  ASSERT_TRUE(observed.report);
  std::size_t unread = 0;
  std::size_t named = 0;
  for (const Json& stack : (*observed.report)["stacks"].at("stacks")) {
    for (const Json& frame : stack.at("frames")) {
      if (frame.at("module") == served.file()) {
        EXPECT_EQ(frame.at("mark"), "unread") << frame;
        EXPECT_TRUE(frame.at("function").is_null()) << frame;
        ++unread;
      }
      named += frame.at("function").is_string() && !frame.at("kernel").get<bool>() ? 1 : 0;
    }
  }
  EXPECT_GT(unread, 0U);
  EXPECT_GT(named, 0U) << "libraries lie elsewhere";
}

// It stops answering before the tool has looked at the mapping.
TEST(StacksOfServedFiles, ANewMappingOfADeadFileSystemHoldsNothingUp) {
  const Served served(program("loses_its_file"));
  const auto start = std::chrono::steady_clock::now();
  const Observed observed = observe({program("loses_its_file"), served.server(), served.file()}, {"--stacks"});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  expect_ran(observed);
  EXPECT_EQ(observed.finished.out, "done\n");
}

// While it answers, functions have names.
TEST(StacksOfServedFiles, ALivingFileSystemOfAnotherProcessGivesNames) {
  const Served served(elf_directory() + "/paths_pie");
  const Observed observed = observe({served.file()}, {"--stacks"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  bool found = false;
  for (const Json& stack : (*observed.report)["stacks"].at("stacks")) {
    for (const Json& frame : stack.at("frames")) {
      found = found || frame.at("function") == "bakery::knead(int)";
    }
  }
  EXPECT_TRUE(found);
}

// The arguments lie in a mapped file there: a read of /proc/PID/cmdline waits for the file system.
TEST(StacksOfServedFiles, AProcessWhoseArgumentsCannotBeReadHoldsNothingUp) {
  const Served served(program("loses_its_file"));
  const Subprocess target({program("loses_its_file"), served.server(), served.file(), std::string(30'000, 'x')});
  ASSERT_TRUE(target.wait_for_output("ready")) << target.err();
  const TemporaryDirectory directory;
  Words command =
      attach_command({"-p", std::to_string(target.pid()), "-d", "0.3", "--stacks"}, directory.file("r.json"));
  const auto start = std::chrono::steady_clock::now();
  const Finished finished = run(command);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  ASSERT_NE(report->find(target.pid()), nullptr);
  EXPECT_GT(counter(*report->find(target.pid()), "voluntary_switches"), 0);
}

// Stacks that the calibration took before the window are not in the report.
TEST(StacksOfRuns, BelongToProcessesOfTheReport) {
  const Observed observed = observe({program("forks"), "20", "/dev/null"}, {"--stacks"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  for (const Json& stack : (*observed.report)["stacks"].at("stacks")) {
    EXPECT_GT(stack.at("process"), 0) << stack.dump();
  }
}

TEST(StacksOfRuns, KindsAreReported) {
  const Observed observed = observe({program("forks"), "20", "/dev/null"}, {"--stacks"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  std::int64_t creations = 0;
  for (const Json& stack : (*observed.report)["stacks"].at("stacks")) {
    if (stack.at("kind") == "creation") {
      creations += stack.at("count").get<std::int64_t>();
    }
  }
  EXPECT_EQ(creations, 20);
  EXPECT_GE((*observed.report)["stacks"].at("events"), 40);
}

// The load addresses of each program are random, so there are thousands of stacks.
TEST(StacksOfRuns, HaveAllTheTimeOfWaits) {
  const Observed observed = observe({"/bin/sh", "-c", "for i in $(seq 100); do /bin/true; done"}, {"--stacks"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  const Report& report = *observed.report;
  EXPECT_EQ(report["losses"].at("missed_stacks"), 0);
  std::map<std::int64_t, std::int64_t> waited;
  std::map<std::int64_t, std::int64_t> preempted;
  for (const Json& stack : report["stacks"].at("stacks")) {
    // A task that is being created has no stack yet, and the first part of that is in its creator's call.
    if (stack.at("kind") == "wait" && stack.at("wait") != "creation") {
      waited[stack.at("process")] += stack.at("time_ns").get<std::int64_t>();
    } else if (stack.at("kind") == "involuntary switch") {
      preempted[stack.at("process")] += stack.at("time_ns").get<std::int64_t>();
    }
  }
  for (const Json& process : report.processes()) {
    std::int64_t blocked_ns = 0;
    for (const auto& [cause, wait] : process.at("total").at("waits").items()) {
      blocked_ns += cause == "creation" ? 0 : wait.at("blocked_ns").get<std::int64_t>();
    }
    EXPECT_EQ(waited[process.at("id")], blocked_ns) << process.at("comm");
    EXPECT_EQ(preempted[process.at("id")], time_in_condition(process.at("total"), "preempted_ns"))
        << process.at("comm");
  }
}

TEST(StacksOfTheMachine, HaveTheProcessesThatWereThere) {
  const TemporaryDirectory directory;
  Subprocess crowd({program("crowd"), "2", "4"});
  ASSERT_TRUE(crowd.wait_for_output("ready", std::chrono::seconds(10)));
  const Finished finished = run(attach_command({"-a", "--stacks", "-d", "1"}, directory.file("r.json")));
  crowd.send(SIGTERM);
  crowd.wait();
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  const Json* storming = report->find(crowd.pid());
  ASSERT_NE(storming, nullptr);
  std::int64_t waits = 0;
  std::int64_t named = 0;
  for (const Json& stack : (*report)["stacks"].at("stacks")) {
    if (stack.at("process") == storming->at("id") && stack.at("kind") == "wait") {
      waits += stack.at("count").get<std::int64_t>();
      for (const Json& frame : stack.at("frames")) {
        named += !frame.at("kernel").get<bool>() && frame.at("module").is_string() ? 1 : 0;
      }
    }
  }
  EXPECT_GT(named, 0);
  EXPECT_GT(waits, 0);
  // Waits that began before the window, or had not ended when it closed, count here and not there.
  EXPECT_LE(waits, counter(*storming, "voluntary_switches") + 2 * storming->at("threads").get<std::int64_t>());
}

// The kernel measures whole programs, which include the unwinding.
TEST(StacksOfRuns, TheTimeThatTheyTookIsReported) {
  const Observed observed = observe({program("forks"), "100", "/dev/null"}, {"--stacks", "--probe-stats"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  const Json& observer = (*observed.report)["observer"];
  const auto taking_ns = observer.at("stacks_ns").get<std::int64_t>();
  std::int64_t programs_ns = 0;
  for (const Json& probe : observer.at("probes")) {
    programs_ns += probe.at("run_ns").get<std::int64_t>();
  }
  EXPECT_GT(taking_ns, programs_ns / 8);
  EXPECT_LT(taking_ns, programs_ns);
  EXPECT_GT(observer.at("share_of_wall").get<double>(),
            static_cast<double>(taking_ns) / (*observed.report)["window"].at("wall_ns").get<double>());
}

TEST(StacksOfRuns, AreNotKeptUnasked) {
  const Observed observed = observe({"true"});
  ASSERT_TRUE(observed.report);
  EXPECT_TRUE((*observed.report)["observer"].at("stacks_ns").is_null());
  EXPECT_TRUE((*observed.report)["stacks"].is_null());
}

// A program that sleeps in one function.
TEST(StacksOfACapture, NameTheFunctionsOfTheCriticalPath) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("x.tcap");
  const std::string file = directory.file("r.json");
  constexpr int naps = 50;
  constexpr std::int64_t nap_ns = 2'000'000;
  ASSERT_EQ(run(tool({"record", "-q", "--stacks", "-o", capture, "--", program("naps_here"), std::to_string(naps)}))
                .exit_code(),
            0);
  ASSERT_EQ(run(tool({"report", capture, "--format", "none", "-o", file})).exit_code(), 0);
  const auto report = read_report(file);
  ASSERT_TRUE(report);
  const Json& path = (*report)["critical_path"];
  std::int64_t time_ns = path.at("start_ns").get<std::int64_t>() - path.at("end_ns").get<std::int64_t>();
  std::int64_t napped_ns = 0;
  for (const Json& part : path.at("functions")) {
    time_ns += part.at("time_ns").get<std::int64_t>();
    // The first stacks may lack a name: the tables of libraries are made meanwhile.
    if (part.at("wait") == "timer" && part.at("function").is_string()) {
      const std::string function = part["function"];
      EXPECT_TRUE(function.starts_with("nap_here") || function.starts_with("program::sleep_ns")) << function;
      napped_ns += part["time_ns"].get<std::int64_t>();
    }
  }
  EXPECT_EQ(time_ns, 0) << "they add up to the path";
  EXPECT_GE(napped_ns, naps / 2 * nap_ns);
}

}  // namespace
}  // namespace taskcost::test
