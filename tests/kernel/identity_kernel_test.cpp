// SPDX-License-Identifier: Apache-2.0
//
// Ids and names that the kernel reuses: which process, connection, file or program a figure is of, which parent a
// process had, and which process reaped it. The programs themselves say what is right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/expect.h"
#include "support/servers.h"
#include "support/window.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A cgroup that is removed with the object. It has no path if version 2 is not mounted.
class Group {
 public:
  explicit Group(const std::string& name) {
    std::ifstream mounts("/proc/mounts");
    for (std::string source, point, type, rest; mounts >> source >> point >> type && std::getline(mounts, rest);) {
      if (type == "cgroup2") {
        path_ = point + "/taskcost-test-" + name + "-" + std::to_string(getpid());
        EXPECT_EQ(mkdir(path_.c_str(), 0755), 0) << path_;
        return;
      }
    }
  }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  ~Group() {
    for (int tries = 0; !path_.empty() && rmdir(path_.c_str()) != 0 && tries < 100; ++tries) {
      std::this_thread::sleep_for(10ms);
    }
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  void take(pid_t pid) const { EXPECT_TRUE(std::ofstream(path_ + "/cgroup.procs") << pid << std::flush); }

 private:
  std::string path_;
};

std::size_t arrivals_count() { return thorough() ? 2000 : 400; }

// Each is a process of its own, with its own tasks and exit status.
void expect_arrived(const Report& report, const std::vector<Waited>& log) {
  ASSERT_EQ(log.size(), arrivals_count());
  std::size_t missing = 0;
  std::size_t wrong = 0;
  std::size_t others = 0;
  for (const Json& process : report.processes()) {
    others += process.at("comm") == "tc-arrival" ? 1 : 0;
  }
  for (std::size_t i = 0; i < log.size(); ++i) {
    const Json* process = report.find(log[i].pid, log[i].at_ns);
    if (process == nullptr || process->at("comm") != "tc-arrival") {
      ++missing;
      continue;
    }
    const std::size_t tasks = i % 2 == 0 ? 1 : 3;
    const bool is_right = process->at("threads") == tasks && process->at("exit_code") == WEXITSTATUS(log[i].status);
    wrong += is_right ? 0 : 1;
    EXPECT_TRUE(is_right || wrong > 3) << process->at("threads") << " of " << tasks << " tasks, status "
                                       << process->at("exit_code") << " of " << WEXITSTATUS(log[i].status);
  }
  EXPECT_EQ(missing, 0U);
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(others, log.size() + 1) << "and the one that was there before";
}

class Arrivals : public ::testing::Test {
 protected:
  Arrivals() {
    std::filesystem::create_symlink(program("arrivals"), link_);
    holder_ = std::make_unique<Running>(Words{link_, "hold"});
  }
  void expect_all(const Words& target, const std::string& cgroup = "") {
    Window window(target);
    Words command{program("arrivals"), std::to_string(arrivals_count()), link_, log_};
    if (!cgroup.empty()) {
      command.push_back(cgroup);
    }
    const Finished finished = run(command, {}, 5min);
    ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
    const auto report = window.close();
    ASSERT_TRUE(report);
    expect_valid(*report);
    expect_no_losses(*report);
    expect_closed(*report);
    expect_arrived(*report, read_wait_log(log_));
  }

  TemporaryDirectory directory_;
  std::string link_ = directory_.file("tc-arrival");
  std::string log_ = directory_.file("log");
  std::unique_ptr<Running> holder_;
};

TEST_F(Arrivals, ByNameAreProcessesOfTheirOwn) { expect_all({"--comm", "tc-arriv*"}); }

TEST_F(Arrivals, ByCgroupAreProcessesOfTheirOwn) {
  const Group group("arrivals");
  if (group.path().empty()) {
    GTEST_SKIP() << "no cgroup file system of version 2 is mounted";
  }
  group.take(holder_->pid());
  expect_all({"--cgroup", group.path()}, group.path());
}

TEST(ByCgroup, WhoIsBornElsewhereIsNotInIt) {
  const Group own("own");
  const Group other("other");
  if (own.path().empty()) {
    GTEST_SKIP() << "no cgroup file system of version 2 is mounted";
  }
  const TemporaryDirectory directory;
  Subprocess creator({program("into_cgroup"), own.path(), other.path(), directory.file("go")});
  ASSERT_TRUE(creator.wait_for_output("ready"));
  Window window({"--cgroup", own.path()});
  write_file(directory.file("go"), "");
  const Finished finished = creator.wait();
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = window.close();
  ASSERT_TRUE(report);
  pid_t into_other = 0;
  pid_t into_own = 0;
  std::string ready;
  std::istringstream(finished.out) >> ready >> into_other >> into_own;
  EXPECT_NE(report->find(finished.pid), nullptr);
  EXPECT_EQ(report->find(into_other), nullptr) << "it was in the cgroup at no time";
  EXPECT_NE(report->find(into_own), nullptr);
}

// Bytes by sender and receiver tid; 0: not observed.
std::map<std::pair<pid_t, pid_t>, std::int64_t> bytes_passed(const Report& report) {
  std::map<std::pair<pid_t, pid_t>, std::int64_t> bytes;
  const auto tid = [](const Json& number) { return number.is_null() ? pid_t{0} : number.get<pid_t>(); };
  for (const Json& edge : report["edges"]) {
    if (!edge.at("bytes").is_null()) {
      bytes[{tid(edge.at("from_tid")), tid(edge.at("to_tid"))}] += edge.at("bytes").get<std::int64_t>();
    }
  }
  return bytes;
}

struct Served {
  std::int64_t received = 0;
  std::int64_t sent = 0;
};

std::map<pid_t, Served> served_in(const std::string& out) {
  std::map<pid_t, Served> served;
  std::istringstream lines(out.substr(out.find("ready") + 6));
  for (pid_t pid = 0; lines >> pid;) {
    lines >> served[pid].received >> served[pid].sent;
  }
  return served;
}

TEST(Connections, OfOneWorkerAreNotThoseOfAnother) {
  const std::string count = thorough() ? "100000" : "5000";
  const TemporaryDirectory directory;
  Subprocess server({program("connections"), "16", count, directory.file("go")});
  ASSERT_TRUE(server.wait_for_output("ready"));
  std::string workers;
  for (const std::string& line : lines_of(server.out())) {
    workers += line == "ready" ? "" : (workers.empty() ? "" : ",") + line;
  }
  Window window({"-p", workers});
  write_file(directory.file("go"), "");
  const Finished finished = server.wait(5min);
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = window.close();
  ASSERT_TRUE(report);
  const auto served = served_in(finished.out);
  ASSERT_EQ(served.size(), 16U);
  std::int64_t between = 0;
  for (const auto& [ends, bytes] : bytes_passed(*report)) {
    between += served.contains(ends.first) && served.contains(ends.second) ? bytes : 0;
  }
  EXPECT_EQ(between, 0) << "they have no channel between each other";
}

// The client is observed too: from its few ports it has had connections with all servers.
TEST(Connections, FromAReusedPortAreDistinguished) {
  const TemporaryDirectory directory;
  write_file(directory.file("go"), "");
  const Observed observed = observe({program("connections"), "4", "400", directory.file("go")});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  const Report& report = *observed.report;
  expect_sound(report);
  const auto served = served_in(observed.finished.out);
  ASSERT_EQ(served.size(), 4U);
  const auto client = report.with_command(directory.file("go")).front()->at("tgid").get<pid_t>();
  auto passed = bytes_passed(report);
  for (const auto& [worker, sums] : served) {
    EXPECT_EQ((passed[{client, worker}]), sums.received);
    EXPECT_EQ((passed[{worker, client}]), sums.sent);
  }
}

class Fifos : public ::testing::Test {
 protected:
  // Each writer gave all its bytes to its own reader.
  static void expect_pairs(const Observed& observed) {
    expect_ran(observed);
    ASSERT_TRUE(observed.report);
    auto passed = bytes_passed(*observed.report);
    std::istringstream lines(observed.finished.out);
    pid_t writer = 0;
    pid_t reader = 0;
    std::size_t pairs = 0;
    for (std::int64_t bytes = 0; lines >> writer >> reader >> bytes;) {
      EXPECT_EQ((passed[{writer, reader}]), bytes);
      ++pairs;
    }
    EXPECT_GE(pairs, 2U);
  }
};

TEST_F(Fifos, OfOneNumberOnTwoFileSystemsAreTwo) { expect_pairs(observe({program("fifos"), "twins"})); }

TEST_F(Fifos, OfOneNumberOneAfterTheOtherAreSeveral) {
  const std::string path = "/var/tmp/taskcost-test-fifo-" + std::to_string(getpid());  // usually on a disk
  expect_pairs(observe({program("fifos"), "again", path}));
}

class Orphans : public ::testing::TestWithParam<const char*> {};

TEST_P(Orphans, HaveTheParentThatTheyHadAndTheReapThatItWas) {
  const Observed observed = observe({program("orphans"), GetParam()});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  const Report& report = *observed.report;
  expect_sound(report);
  pid_t child = 0;
  pid_t parent = 0;
  std::int64_t zombie_ns = 0;
  std::istringstream(observed.finished.out) >> child >> parent >> zombie_ns;
  const Json* process = report.find(child);
  const Json* by_itself = report.find(parent);
  ASSERT_NE(process, nullptr);
  ASSERT_NE(by_itself, nullptr);
  EXPECT_EQ(process->at("ppid"), parent);
  EXPECT_EQ(process->at("parent"), by_itself->at("id"));
  ASSERT_TRUE(process->at("zombie_ns").is_number()) << process->at("zombie_ns");
  // The time from the child's last output to the return of the wait includes its exit.
  EXPECT_LE(process->at("zombie_ns"), zombie_ns);
  EXPECT_GE(process->at("zombie_ns"), zombie_ns - 30'000'000);
  EXPECT_TRUE(process->at("reap_ns").is_number());
}

INSTANTIATE_TEST_SUITE_P(How, Orphans, ::testing::Values("clone_parent", "subreaper", "waitid", "traced"),
                         [](const auto& how) { return std::string(how.param); });

TEST(WorkersOfTheKernel, AreNoThreadsOfTheProgram) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("r.tcap");
  const Observed observed = observe({program("uring_worker")}, {"-o", capture});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  if (observed.finished.out.empty()) {
    GTEST_SKIP() << "this kernel has no io_uring, or does not allow it";
  }
  std::size_t workers = 0;
  std::int64_t took_ns = 0;
  std::istringstream(observed.finished.out) >> workers >> took_ns;
  ASSERT_GT(workers, 0U);
  const Json& process = observed.report->processes().front();
  EXPECT_EQ(process.at("workers"), workers);
  EXPECT_EQ(counter(process, "children_workers"), workers);
  EXPECT_EQ(counter(process, "children_threads"), 0);
  EXPECT_THAT(process.at("total").at("creations"), IsEmpty()) << "the clone failed";
  const Json& tasks = process.at("tasks");
  EXPECT_EQ(std::ranges::count(tasks, "worker", [](const Json& task) { return task.at("origin").get<std::string>(); }),
            workers);
  const Finished audit = run(tool({"report", "--audit", capture}));
  EXPECT_EQ(audit.exit_code(), 0) << audit.describe();
}

// The names in the column `comm` of all rows of a task.
std::set<std::string> names_in(const std::string& csv, pid_t tid) {
  std::set<std::string> names;
  for (const std::string& line : lines_of(csv)) {
    std::istringstream fields(line);
    std::vector<std::string> columns;
    for (std::string field; std::getline(fields, field, ',');) {
      columns.push_back(field);
    }
    if (columns.size() > 5 && columns[3] == std::to_string(tid)) {
      names.insert(columns[5]);
    }
  }
  return names;
}

TEST(StreamsOfAdopted, HaveTheirNamesAndFollowThem) {
  const TemporaryDirectory directory;
  const Running target({program("renames")});
  const std::string csv = directory.file("r.csv");
  const Finished finished = run(tool({"record", "-q", "-d", "0.5", "-p", std::to_string(target.pid()), "-o", csv}));
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const std::string rows = read_file(csv);
  const auto names = names_in(rows, target.pid());
  EXPECT_TRUE(names.contains("renames-a") && names.contains("renames-b"));
  EXPECT_FALSE(names.contains(""));
  EXPECT_THAT(rows, HasSubstr(",rename,"));
}

TEST(ByName, WhoTakesTheNameLaterIsObserved) {
  const TemporaryDirectory directory;
  std::filesystem::create_symlink(program("arrivals"), directory.file("renames-x"));
  const Running holder({directory.file("renames-x"), "hold"});
  Window window({"--comm", "renames-?"});
  const Running late({program("renames")});
  std::this_thread::sleep_for(300ms);
  const auto report = window.close();
  ASSERT_TRUE(report);
  EXPECT_NE(report->find(late.pid()), nullptr);
}

// The functions below which the processes of a program slept, according to the stacks of waits: nap_here, nap_there.
std::map<std::string, std::set<std::string>> naps_of(const Report& report) {
  std::map<std::uint64_t, std::string> commands;
  for (const Json& process : report.processes()) {
    commands[process.at("id").get<std::uint64_t>()] = process.at("command").get<std::string>();
  }
  std::map<std::string, std::set<std::string>> naps;
  for (const Json& stack : report["stacks"].at("stacks")) {
    for (const Json& frame : stack.at("frames")) {
      const std::string function = frame.at("function").is_string() ? frame.at("function").get<std::string>() : "";
      const std::size_t size =
          function.find("_inner") != std::string::npos ? function.find("_inner") : function.find('(');
      if (function.starts_with("nap_") && !stack.at("process").is_null()) {
        naps[commands[stack.at("process").get<std::uint64_t>()]].insert(function.substr(0, size));
      }
    }
  }
  return naps;
}

class StacksOfReplaced : public ::testing::TestWithParam<const char*> {};

TEST_P(StacksOfReplaced, HaveNoNameOfAnotherProgram) {
  const TemporaryDirectory directory;
  const std::string tool = directory.file("tool");
  const std::string replace = std::string(GetParam()) == "removed" ? "rm -f " + tool + "; " : "";
  std::string script;
  for (int i = 0; i < 4; ++i) {
    for (const char* name : {"naps_here", "naps_there"}) {
      script += replace + "cp " + program(name) + " " + tool + "; " + tool + " 1" + (name[5] == 'h' ? "0; " : "1; ");
    }
  }
  const Observed observed = observe({"sh", "-c", script}, {"--stacks"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  for (const auto& [command, functions] : naps_of(*observed.report)) {
    const bool is_here = command == tool + " 10";
    for (const std::string& function : functions) {
      EXPECT_EQ(function.starts_with("nap_here"), is_here) << command << " is said to sleep in " << function;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(How, StacksOfReplaced, ::testing::Values("removed", "overwritten"),
                         [](const auto& how) { return std::string(how.param); });

// One process runs two programs: the stacks of the first one do not get names of the second.
TEST(StacksOfOneProcess, AreOfTheProgramOfTheirTime) {
  const Observed observed =
      observe({"sh", "-c", program("naps_here") + " 3; exec " + program("naps_there") + " 3"}, {"--stacks"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  const auto naps = naps_of(*observed.report);
  EXPECT_THAT(naps.at(program("naps_here") + " 3"), ElementsAre("nap_here"));
  EXPECT_THAT(naps.at(program("naps_there") + " 3"), ElementsAre("nap_there"));
}

class InAMountNamespace : public ::testing::TestWithParam<bool> {};

// The file system is mounted for the program alone, and vanishes with it.
TEST_P(InAMountNamespace, FilesOfAProgramAreFound) {
  const TemporaryDirectory directory;
  const std::string place = directory.file("root");
  std::filesystem::create_directory(place);
  if (GetParam()) {
    std::filesystem::copy_file(program("naps_there"), place + "/naps");  // the host has another file of that name
  }
  Subprocess target({"unshare", "-m", "sh", "-c",
                     "mount -t tmpfs none " + place + " && cp " + program("naps_here") + " " + place +
                         "/naps && exec " + place + "/naps 1000"});
  ASSERT_TRUE(eventually([&] { return read_file("/proc/" + std::to_string(target.pid()) + "/comm") == "naps\n"; }));
  const std::string file = directory.file("r.json");
  const Finished finished =
      run(tool({"attach", "-q", "--stacks", "-p", std::to_string(target.pid()), "--format", "none", "-o", file}));
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(file);
  ASSERT_TRUE(report);
  const auto naps = naps_of(*report);
  ASSERT_EQ(naps.size(), 1U);
  EXPECT_THAT(naps.begin()->second, ElementsAre("nap_here"));
}

INSTANTIATE_TEST_SUITE_P(Twin, InAMountNamespace, ::testing::Bool(),
                         [](const auto& twin) { return std::string(twin.param ? "WithATwin" : "Alone"); });

// The tool runs in a pid namespace of its own: the pids of its mapping events are those of that namespace.
TEST(InAPidNamespace, StacksHaveNames) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("r.json");
  Words command{"unshare", "--pid", "--fork", "--mount-proc"};
  const Words inside =
      tool({"run", "-q", "--stacks", "--format", "none", "-o", file, "--", program("naps_here"), "20"});
  command.insert(command.end(), inside.begin(), inside.end());
  const Finished finished = run(command);
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(file);
  ASSERT_TRUE(report);
  const auto naps = naps_of(*report);
  ASSERT_EQ(naps.size(), 1U);
  EXPECT_THAT(naps.begin()->second, ElementsAre("nap_here"));
}

}  // namespace
}  // namespace taskcost::test
