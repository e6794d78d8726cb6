// SPDX-License-Identifier: Apache-2.0
//
// What the tool may do while it observes and while it writes, according to /proc/PID/status, and that its commands may
// do as much as without it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "base/fd.h"
#include "support/expect.h"
#include "support/window.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The capabilities that docs/privileges.md lists for one of these phases, by the kernel's names for their bits.
std::uint64_t capabilities_of(const std::vector<std::string>& phases) {
  constexpr std::array<std::pair<const char*, unsigned>, 13> numbers{
      {{"CAP_BPF", CAP_BPF},
       {"CAP_PERFMON", CAP_PERFMON},
       {"CAP_IPC_LOCK", CAP_IPC_LOCK},
       {"CAP_SYS_PTRACE", CAP_SYS_PTRACE},
       {"CAP_CHECKPOINT_RESTORE", CAP_CHECKPOINT_RESTORE},
       {"CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH},
       {"CAP_SYSLOG", CAP_SYSLOG},
       {"CAP_SYS_NICE", CAP_SYS_NICE},
       {"CAP_KILL", CAP_KILL},
       {"CAP_SYS_ADMIN", CAP_SYS_ADMIN},
       {"CAP_DAC_OVERRIDE", CAP_DAC_OVERRIDE},
       {"CAP_CHOWN", CAP_CHOWN},
       {"CAP_FOWNER", CAP_FOWNER}}};
  std::uint64_t set = 0;
  std::ifstream page(TASKCOST_PRIVILEGES_PAGE);
  for (std::string line; std::getline(page, line);) {
    for (const auto& [name, number] : numbers) {
      for (const std::string& phase : phases) {
        if (line.starts_with("| " + std::string(name) + " | " + phase + " |")) {
          set |= std::uint64_t{1} << number;
        }
      }
    }
  }
  return set;
}

// A field of a file such as /proc/PID/status; "" if there is none.
std::string field_of(const std::string& file, const std::string& name) {
  std::ifstream status(file);
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":\t")) {
      return line.substr(name.size() + 2);
    }
  }
  return "";
}

std::uint64_t set_of(const std::string& file, const std::string& name) {
  const std::string text = field_of(file, name);
  return text.empty() ? 0 : std::stoull(text, nullptr, 16);
}

// What of this process's own is left to the tool. CAP_SYS_ADMIN is kept only where narrower ones are missing.
std::uint64_t expected_of(const std::vector<std::string>& phases) {
  const auto bit = [](unsigned number) { return std::uint64_t{1} << number; };
  const std::uint64_t own = set_of("/proc/self/status", "CapPrm");
  const std::uint64_t included = bit(CAP_BPF) | bit(CAP_PERFMON) | bit(CAP_CHECKPOINT_RESTORE);
  return own & capabilities_of(phases) & ~((own & included) == included ? bit(CAP_SYS_ADMIN) : 0);
}

void expect_capabilities(pid_t pid, std::uint64_t expected) {
  EXPECT_FALSE(tids_of(pid).empty()) << "the process has ended";
  for (const pid_t tid : tids_of(pid)) {
    const std::string status = "/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/status";
    const std::string name = field_of(status, "Name");
    EXPECT_EQ(set_of(status, "CapPrm"), expected) << name;
    EXPECT_EQ(set_of(status, "CapEff"), expected) << name;
    EXPECT_EQ(field_of(status, "NoNewPrivs"), "1") << name;
  }
}

// The tool and the process that opens files of its target.
void expect_capabilities_of_all(pid_t pid, std::uint64_t expected) {
  expect_capabilities(pid, expected);
  for (const pid_t child : children_of(pid)) {
    expect_capabilities(child, expected);
  }
}

TEST(Capabilities, OfAttachAreThoseOfTheWindow) {
  const Running target({program("steady"), "2"});
  const TemporaryDirectory directory;
  Words words = attach_command(target.target(), directory.file("r.json"));
  words.insert(words.end(), {"--stacks", "-o", directory.file("r.html")});
  Subprocess tool(words);
  ASSERT_TRUE(eventually([&] { return tool.err().find("tracing ") != std::string::npos; }, std::chrono::minutes(5)))
      << tool.err();
  expect_capabilities_of_all(tool.pid(), expected_of({"window", "report"}));
  tool.send(SIGINT);
  EXPECT_EQ(tool.wait().exit_code(), 0);
}

TEST(Capabilities, OfTopAreThoseOfTheWindow) {
  const Running target({program("steady"), "2"});
  Subprocess top(tool({"top", "--format", "ndjson", "-d", "0.2", "-p", std::to_string(target.pid())}));
  ASSERT_TRUE(top.wait_for_output("\n", std::chrono::minutes(5))) << top.err();
  expect_capabilities_of_all(top.pid(), expected_of({"window", "report"}));
  top.send(SIGINT);
  EXPECT_EQ(top.wait().exit_code(), 0);
}

TEST(Capabilities, OfARunAreThoseOfTheWindow) {
  const TemporaryDirectory directory;
  Subprocess run(
      tool({"record", "-q", "--format", "none", "-o", directory.file("x.tcap"), "--", program("steady"), "2"}));
  ASSERT_TRUE(run.wait_for_output("ready", std::chrono::minutes(5))) << run.err();
  const std::uint64_t expected = expected_of({"window", "report"});
  EXPECT_TRUE(
      eventually([&] { return set_of("/proc/" + std::to_string(run.pid()) + "/status", "CapPrm") == expected; }));
  expect_capabilities(run.pid(), expected);
  run.send(SIGINT);
  (void)run.wait();
}

std::ptrdiff_t living_children_of(pid_t pid) {
  const auto children = children_of(pid);
  return std::ranges::count_if(children, [](pid_t child) {
    return !field_of("/proc/" + std::to_string(child) + "/status", "State").starts_with("Z");
  });
}

// A pipe that holds less than the report stops the tool while it writes.
class CapabilitiesWhileWriting : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(mkdir((directory_.file("own")).c_str(), 0700), 0);  // pipes in shared directories are refused
    ASSERT_EQ(mkfifo(pipe_.c_str(), 0600), 0);
    end_ = Fd(open(pipe_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    ASSERT_TRUE(end_);
    ASSERT_GE(fcntl(end_.get(), F_SETPIPE_SZ, 4096), 0);
  }

  void expect_report_phase(const Words& command) {
    Subprocess tool(command);
    const auto waiting = [this] {
      int size = 0;
      return ioctl(end_.get(), FIONREAD, &size) == 0 ? size : 0;
    };
    ASSERT_TRUE(eventually([&] { return waiting() > 0 || tool.ended(); }, std::chrono::minutes(5)));
    ASSERT_GT(waiting(), 0) << tool.err();
    expect_capabilities(tool.pid(), expected_of({"report"}));
    EXPECT_EQ(field_of("/proc/" + std::to_string(tool.pid()) + "/status", "Seccomp"), "2");
    EXPECT_TRUE(eventually([&] { return living_children_of(tool.pid()) == 0; })) << "files are still opened for it";
    std::array<char, 4096> buffer{};
    ASSERT_TRUE(eventually(
        [&] {
          while (read(end_.get(), buffer.data(), buffer.size()) > 0) {
          }
          return tool.ended();
        },
        std::chrono::minutes(5)));
    EXPECT_EQ(tool.wait().exit_code(), 0);
  }

  TemporaryDirectory directory_;
  const std::string pipe_ = directory_.file("own/r.json");
  Fd end_;
};

TEST_F(CapabilitiesWhileWriting, OfARunAreThoseOfTheReport) {
  expect_report_phase(tool({"run", "-q", "--stacks", "--format", "none", "-o", pipe_, "--", "/bin/true"}));
}

TEST_F(CapabilitiesWhileWriting, OfAttachAreThoseOfTheReport) {
  const Running target({program("steady"), "2"});
  expect_report_phase(tool(
      {"attach", "-q", "--stacks", "--format", "none", "-o", pipe_, "-d", "0.1", "-p", std::to_string(target.pid())}));
}

TEST_F(CapabilitiesWhileWriting, OfARecordedReportAreThoseOfTheReport) {
  const std::string capture = directory_.file("x.tcap");
  ASSERT_EQ(run(tool({"record", "-q", "--format", "none", "-o", capture, "--", "/bin/true"})).exit_code(), 0);
  expect_report_phase(tool({"report", "-q", "--format", "none", capture, "-o", pipe_}));
}

const char* const kRights = "grep -E '^(Cap|NoNewPrivs|Seccomp)' /proc/self/status";

TEST(Capabilities, OfRepeatedCommandsOfRootAreTheCallers) {
  const TemporaryDirectory directory;
  const std::string log = directory.file("log");
  const std::string once = run({"/bin/sh", "-c", kRights}).out;
  const Finished finished = run(tool({"run", "-q", "--format", "none", "-o", directory.file("r.json"), "--repeat", "3",
                                      "--", "/bin/sh", "-c", std::string(kRights) + " >> " + log}));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(once, HasSubstr("NoNewPrivs:\t"));
  EXPECT_EQ(read_file(log), once + once + once);
}

// With no_new_privs, an exec gets no more than the process has that calls it.
TEST(Capabilities, OfACommandOfRootAreTheCallersWithoutNewPrivileges) {
  const TemporaryDirectory directory;
  const Words start{"/usr/bin/setpriv", "--no-new-privs"};
  Words alone = start;
  alone.insert(alone.end(), {"/bin/sh", "-c", kRights});
  Words observed = start;
  const Words words = tool(
      {"record", "-q", "--stacks", "--format", "none", "-o", directory.file("x.tcap"), "--", "/bin/sh", "-c", kRights});
  observed.insert(observed.end(), words.begin(), words.end());
  const std::string expected = run(alone).out;
  EXPECT_THAT(expected, HasSubstr("NoNewPrivs:\t1\n"));
  EXPECT_THAT(expected, Not(HasSubstr("CapPrm:\t0000000000000000\n")));
  EXPECT_EQ(run(observed).out, expected);
}

}  // namespace
}  // namespace taskcost::test
