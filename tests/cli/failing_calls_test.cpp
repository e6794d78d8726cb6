// SPDX-License-Identifier: Apache-2.0
//
// Every system call of the tool that can fail is made to: by strace, which answers in the kernel's place, and tells in
// its log that it did. A command is let go at its exec; what the dynamic loader does before the tool begins is not
// touched.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/servers.h"
#include "support/told.h"

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

Words with_tool(const Words& arguments) {
  Words words{taskcost_binary()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

Words run_command(const TemporaryDirectory& directory) {
  return with_tool({"run", "-q", "--format", "none", "-o", directory.file("r.json"), "--", "/bin/true"});
}
Words run_with_everything(const TemporaryDirectory& directory) {
  return with_tool({"run", "-q", "--format", "none", "--stacks", "--probe-stats", "-o", directory.file("r.json"), "--",
                    "/bin/true"});
}
Words record_command(const TemporaryDirectory& directory) {
  return with_tool({"record", "-q", "--format", "none", "-o", directory.file("x.tcap"), "-o", directory.file("r.json"),
                    "--", "/bin/true"});
}
Words attach_briefly(const TemporaryDirectory& directory) {
  static Subprocess target({program("steady"), "2"});
  EXPECT_TRUE(target.wait_for_output("ready"));
  return with_tool({"attach", "-q", "--format", "none", "-o", directory.file("r.json"), "-d", "0.05", "-p",
                    std::to_string(target.pid())});
}

const Subject kRun{"run", run_command};
const Subject kRunWithEverything{"run_with_everything", run_with_everything};
const Subject kRecord{"record", record_command};
const Subject kAttach{"attach", attach_briefly};

struct Failure {
  const Subject* subject;
  const char* call;
  const char* error;
  const char* path = nullptr;  // only calls on this file; in the directory of the outputs when it is relative
};

std::string path_of(const Failure& failure, const TemporaryDirectory& directory) {
  return *failure.path == '/' ? failure.path : directory.file(failure.path);
}

// strace of the tool. Its log names the task of every line.
Words traced(const Failure& failure, const TemporaryDirectory& directory, const Words& options, const Words& calls) {
  std::string set = "trace=";
  for (const std::string& call : calls) {
    set += call + ",";
  }
  set.pop_back();
  Words words{"strace", "-f", "-qq", "-b", "execve", "-o", directory.file("strace"), "-e", set};
  if (failure.path != nullptr) {
    words.insert(words.end(), {"-P", path_of(failure, directory)});
  }
  words.insert(words.end(), options.begin(), options.end());
  const Words command = failure.subject->command(directory);
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

// How often each task made the call before the tool began, and in all.
struct Occurrences {
  unsigned before = 0;
  unsigned all = 0;
};

Occurrences occurrences_of(const Failure& failure) {
  const TemporaryDirectory directory;
  Words calls{failure.call};
  if (failure.path == nullptr) {
    calls.emplace_back(kFirstCall);
  }
  const Finished finished = run(traced(failure, directory, {}, calls));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  Occurrences result;
  std::map<std::string, unsigned> by_task;
  for (const std::string& line : lines_of(read_file(directory.file("strace")))) {
    const std::size_t end_of_task = line.find(' ');
    const std::string text = line.substr(line.find_first_not_of(' ', end_of_task));
    const std::string task = line.substr(0, end_of_task);
    if (text.starts_with(std::string(kFirstCall) + "(")) {
      result.before = by_task[task];
    }
    if (text.starts_with(std::string(failure.call) + "(")) {
      result.all = std::max(result.all, ++by_task[task]);
    }
  }
  return result;
}

// The first, a middle and the last one.
std::set<unsigned> points_of(const Occurrences& occurrences) {
  if (occurrences.all <= occurrences.before) {
    return {};
  }
  const unsigned first = occurrences.before + 1;
  return {first, (first + occurrences.all) / 2, occurrences.all};
}

class FailingCall : public ::testing::TestWithParam<Failure> {};

TEST_P(FailingCall, IsTold) {
  const Failure& failure = GetParam();
  const auto points = points_of(occurrences_of(failure));
  ASSERT_FALSE(points.empty()) << "the tool does not call " << failure.call;
  struct Run {
    unsigned point = 0;
    std::unique_ptr<TemporaryDirectory> directory;
    std::unique_ptr<Subprocess> process;
  };
  std::vector<Run> runs;
  for (const unsigned point : points) {
    auto directory = std::make_unique<TemporaryDirectory>();
    const std::string inject =
        std::string("inject=") + failure.call + ":error=" + failure.error + ":when=" + std::to_string(point);
    auto process = std::make_unique<Subprocess>(traced(failure, *directory, {"-e", inject}, {failure.call}));
    runs.push_back({point, std::move(directory), std::move(process)});
  }
  bool injected = false;
  for (Run& each : runs) {
    SCOPED_TRACE(std::string(failure.call) + " no. " + std::to_string(each.point));
    const Finished finished = each.process->wait(60s);
    injected |= read_file(each.directory->file("strace")).find("(INJECTED)") != std::string::npos;
    expect_told(finished, each.directory->file("r.json"));
  }
  EXPECT_TRUE(injected) << "nothing failed";
}

INSTANTIATE_TEST_SUITE_P(Of, FailingCall,
                         ::testing::Values(Failure{&kRun, "bpf", "ENOMEM"}, Failure{&kRun, "bpf", "EPERM"}),
                         [](const auto& info) {
                           const Failure& failure = info.param;
                           std::string name =
                               std::string(failure.subject->name) + "_" + failure.call + "_" + failure.error;
                           for (const char* at = failure.path != nullptr ? failure.path : ""; *at != '\0'; ++at) {
                             name += std::isalnum(static_cast<unsigned char>(*at)) != 0 ? *at : '_';
                           }
                           return name;
                         });

}  // namespace
}  // namespace taskcost::test
