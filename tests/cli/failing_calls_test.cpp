// SPDX-License-Identifier: Apache-2.0
//
// Every system call of the tool that can fail is made to fail: strace answers instead of the kernel and logs that it
// did. Commands are released at their exec; the calls of the dynamic loader, before the tool begins, are left alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/expect.h"
#include "support/expect_failure.h"
#include "support/servers.h"
#include "support/window.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// The first call of the tool itself.
constexpr const char* kFirstCall = "signalfd4";

struct Subject {
  const char* name;
  Words (*command)(const TemporaryDirectory&);
};

Words run_with_everything(const TemporaryDirectory& directory) {
  return tool({"run", "-q", "--format", "none", "--stacks", "--probe-stats", "-o", directory.file("r.json"), "--",
               "/usr/bin/true"});
}
Words record_command(const TemporaryDirectory& directory) {
  return tool({"record", "-q", "--format", "none", "-o", directory.file("x.tcap"), "-o", directory.file("r.json"), "--",
               "/usr/bin/true"});
}
Words attach_briefly(const TemporaryDirectory& directory) {
  static Subprocess target({program("steady"), "2"});
  EXPECT_TRUE(target.wait_for_output("ready"));
  return tool({"attach", "-q", "--format", "none", "-o", directory.file("r.json"), "-d", "0.05", "-p",
               std::to_string(target.pid())});
}

const Subject kRun{"run", run_true};
const Subject kEverything{"everything", run_with_everything};
const Subject kRecord{"record", record_command};
const Subject kAttach{"attach", attach_briefly};

struct Failure {
  const Subject* subject;
  const char* call;
  const char* error;
  bool often = false;          // calls with this name have different purposes
  const char* path = nullptr;  // only the first call on this file fails
};

// Runs the tool with `options` under strace. Each line of its log names the task.
Words traced(const Words& command, const TemporaryDirectory& directory, const Words& options) {
  Words words{"strace", "-f", "-qq", "-b", "execve", "-o", directory.file("strace")};
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

Words traced(const Subject& subject, const TemporaryDirectory& directory, const Words& options) {
  return traced(subject.command(directory), directory, options);
}

// How often the task with the most of these calls makes it: before the tool begins, and in all.
struct Occurrences {
  unsigned before = 0;
  unsigned all = 0;
};

std::map<std::string, Occurrences> count_calls(const Subject& subject) {
  const TemporaryDirectory directory;
  const Finished finished = run(traced(subject, directory, {"-e", "trace=!getppid"}), {}, 60s);
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  std::map<std::string, Occurrences> calls;
  std::map<std::pair<std::string, std::string>, unsigned> of_task;
  bool begun = false;
  for (const std::string& line : lines_of(read_file(directory.file("strace")))) {
    const std::size_t end_of_task = line.find(' ');
    const std::size_t name = line.find_first_not_of(' ', end_of_task);
    const std::size_t end_of_name = line.find('(', name);
    if (end_of_name == std::string::npos || line[name] == '<' || line[name] == '-') {
      continue;
    }
    const std::string call = line.substr(name, end_of_name - name);
    begun |= call == kFirstCall;
    const unsigned count = ++of_task[{line.substr(0, end_of_task), call}];
    Occurrences& occurrences = calls[call];
    occurrences.all = std::max(occurrences.all, count);
    occurrences.before += begun ? 0 : 1;
  }
  return calls;
}

// Only the first call on the file fails where one is named.
Occurrences occurrences_of(const Failure& failure) {
  if (failure.path != nullptr) {
    return {0, 1};
  }
  static std::map<const Subject*, std::map<std::string, Occurrences>> counted;
  auto& calls = counted[failure.subject];
  if (calls.empty()) {
    calls = count_calls(*failure.subject);
  }
  return calls[failure.call];
}

// The first, a middle and the last call fail in turn; only the last one unless more was asked for.
std::set<unsigned> points_of(const Failure& failure, const Occurrences& occurrences) {
  if (occurrences.all <= occurrences.before) {
    return {};
  }
  const unsigned first = occurrences.before + 1;
  // The number of frequent calls differs from run to run.
  const unsigned last = occurrences.all - (occurrences.all - first) / 4;
  if (!failure.often && !thorough()) {
    return {last};
  }
  return {first, (first + last) / 2, last};
}

Words injection(const Failure& failure, unsigned point) {
  const std::string call = failure.call;
  Words options{"-e", "trace=" + call, "-e",
                "inject=" + call + ":error=" + failure.error + ":when=" + std::to_string(point)};
  if (failure.path != nullptr) {
    options.insert(options.end(), {"-P", failure.path});
  }
  return options;
}

// Runs the tool once for each point, at the same time. Returns true if a call failed in one of them.
bool fails_at(const Failure& failure, const std::set<unsigned>& points) {
  struct Run {
    unsigned point = 0;
    std::unique_ptr<TemporaryDirectory> directory;
    std::unique_ptr<Subprocess> process;
  };
  std::vector<Run> runs;
  for (const unsigned point : points) {
    auto directory = std::make_unique<TemporaryDirectory>();
    const Words words = traced(*failure.subject, *directory, injection(failure, point));
    auto process = std::make_unique<Subprocess>(words);
    runs.push_back({point, std::move(directory), std::move(process)});
  }
  bool injected = false;
  for (Run& each : runs) {
    SCOPED_TRACE(std::string(failure.call) + " no. " + std::to_string(each.point));
    const Finished finished = each.process->wait(60s);
    injected |= read_file(each.directory->file("strace")).find("(INJECTED)") != std::string::npos;
    expect_reported(finished, each.directory->file("r.json"));
  }
  return injected;
}

class FailingCall : public ::testing::TestWithParam<Failure> {};

TEST_P(FailingCall, IsReported) {
  const Failure& failure = GetParam();
  const Occurrences occurrences = occurrences_of(failure);
  std::set<unsigned> points = points_of(failure, occurrences);
  ASSERT_FALSE(points.empty()) << "the tool does not call " << failure.call;
  // On a machine where processes come and go, the next run may read the files of far fewer.
  while (!fails_at(failure, points)) {
    ASSERT_GT(*points.begin(), occurrences.before + 1) << "nothing failed";
    points = {(occurrences.before + 1 + *points.begin()) / 2};
  }
}

INSTANTIATE_TEST_SUITE_P(
    Of, FailingCall,
    ::testing::Values(
        // Calls at the start.
        Failure{&kEverything, "bpf", "ENOMEM", true}, Failure{&kAttach, "bpf", "ENOMEM"},
        Failure{&kEverything, "perf_event_open", "EMFILE"}, Failure{&kRun, "mmap", "ENOMEM"},
        Failure{&kRun, "signalfd4", "EMFILE"}, Failure{&kRun, "epoll_create1", "EMFILE"},
        Failure{&kRun, "epoll_ctl", "ENOMEM"}, Failure{&kRecord, "clone3", "EAGAIN"}, Failure{&kRun, "clone", "EAGAIN"},
        Failure{&kRun, "pipe2", "EMFILE"}, Failure{&kRecord, "openat", "EMFILE"},
        Failure{&kRun, "openat", "EACCES", false, "/sys/kernel/btf/vmlinux"},
        Failure{&kAttach, "openat", "EMFILE", false, "/sys/devices/system/cpu/possible"},
        Failure{&kEverything, "read", "EIO", false, "/proc/kallsyms"}, Failure{&kRun, "access", "EACCES"},
        Failure{&kRun, "newfstatat", "EACCES"}, Failure{&kRecord, "getrandom", "ENOSYS"},
        // Calls in the loop.
        Failure{&kRun, "execve", "EACCES", false, "/usr/bin/true"}, Failure{&kRun, "pidfd_open", "EMFILE"},
        Failure{&kRun, "poll", "ENOMEM"}, Failure{&kAttach, "poll", "ENOMEM"}, Failure{&kAttach, "openat", "EMFILE"},
        Failure{&kAttach, "read", "EIO"},
        // Calls at the end.
        Failure{&kRun, "wait4", "ECHILD"}, Failure{&kRecord, "ftruncate", "EIO"}, Failure{&kRecord, "dup", "EMFILE"},
        Failure{&kRecord, "write", "ENOSPC"}, Failure{&kRun, "writev", "EIO"}, Failure{&kRun, "read", "EIO"}),
    [](const auto& failure) {
      const Failure& failing = failure.param;
      std::string name = std::string(failing.subject->name) + "_" + failing.call + "_" + failing.error;
      for (const char* at = failing.path != nullptr ? failing.path : ""; *at != '\0'; ++at) {
        name += std::isalnum(static_cast<unsigned char>(*at)) != 0 ? *at : '_';
      }
      return name;
    });

// Calls that the tool can do without fail all in one run.
TEST(FailingCalls, ThatAreNotNeededStopNothing) {
  const Words refused{"madvise:error=EINVAL",    "ioctl:error=EINVAL",        "sched_setscheduler:error=EPERM",
                      "membarrier:error=EINVAL", "pipe2:error=EMFILE:when=1", "poll:error=EINTR:when=1",
                      "prctl:error=EINVAL"};
  Words options{"-e", "trace="};
  for (const std::string& each : refused) {
    options[1] += each.substr(0, each.find(':')) + ",";
    options.insert(options.end(), {"-e", "inject=" + each});
  }
  options[1].pop_back();
  const TemporaryDirectory directory;
  const Finished finished = run(traced(kRun, directory, options), {}, 60s);
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  expect_reported(finished, directory.file("r.json"));
  const std::string log = read_file(directory.file("strace"));
  for (const char* call : {"madvise(", "ioctl(", "sched_setscheduler(", "membarrier(", "pipe2(", "poll("}) {
    EXPECT_THAT(log, HasSubstr(call));
  }
  EXPECT_THAT(log, HasSubstr("(INJECTED)"));
}

// The tool cannot observe any further, and reports what it has observed.
class FailingWait : public ::testing::Test {
 protected:
  [[nodiscard]] Finished run_tool(const Words& words) const {
    Finished finished =
        run(traced(tool(words), directory_, {"-e", "trace=poll", "-e", "inject=poll:error=ENOMEM:when=3+"}), {}, 60s);
    EXPECT_EQ(finished.exit_code(), 1) << finished.describe();
    EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr("cannot wait for the target: Cannot allocate memory"));
    return finished;
  }
  void expect_report(const std::string& name) const {
    const auto report = read_report(directory_.file(name));
    ASSERT_TRUE(report) << name;
    expect_valid(*report);
    expect_closed(*report);
    EXPECT_EQ((*report)["window"].at("exit"), "failure");
    EXPECT_GT((*report)["totals"].at("lifetime_ns"), 0);
  }

  TemporaryDirectory directory_;
};

TEST_F(FailingWait, LeavesTheReportOfARun) {
  const Finished finished =
      run_tool({"run", "-q", "--format", "none", "-o", directory_.file("r.json"), "--", "sleep", "0.5"});
  EXPECT_THAT(finished.err, HasSubstr("is still running, no longer observed"));
  expect_report("r.json");
}

TEST_F(FailingWait, LeavesARecordingThatIsWhole) {
  (void)run_tool({"record", "-q", "-o", directory_.file("x.tcap"), "--", "sleep", "0.5"});
  const Finished read =
      run(tool({"report", "--format", "none", directory_.file("x.tcap"), "-o", directory_.file("r.json")}));
  EXPECT_EQ(read.exit_code(), 0) << read.describe();
  EXPECT_EQ(read.err, "");
  expect_report("r.json");
}

TEST_F(FailingWait, LeavesTheReportOfAnAttachedTarget) {
  const Running target({program("steady"), "2"});
  (void)run_tool(
      {"attach", "-q", "--format", "none", "-o", directory_.file("r.json"), "-p", std::to_string(target.pid())});
  expect_report("r.json");
}

TEST_F(FailingWait, ShowsTheGlanceThatCanBeHad) {
  const Running target({program("steady"), "2"});
  const Finished finished = run_tool({"top", "--once", "--format", "json", "-p", std::to_string(target.pid())});
  EXPECT_FALSE(Json::parse(finished.out, nullptr, false).is_discarded()) << finished.out;
}

// A loop whose wait fails must not spin: its thread has real-time priority.
TEST(FailingForGood, TheReaderWaitsAllTheSame) {
  const TemporaryDirectory directory;
  const Finished finished =
      run(traced(kRun, directory, {"-e", "trace=epoll_wait", "-e", "inject=epoll_wait:error=ENOMEM"}), {}, 60s);
  expect_reported(finished, directory.file("r.json"));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto log = lines_of(read_file(directory.file("strace")));
  EXPECT_GT(log.size(), 0);
  EXPECT_LT(log.size(), 1000) << "it waits in vain, and does not sleep";
}

}  // namespace
}  // namespace taskcost::test
