// SPDX-License-Identifier: Apache-2.0
//
// A collector that was killed leaves nothing in the kernel, according to bpftool.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "support/expect.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;
using ::testing::StartsWith;

using Ids = std::set<std::uint32_t>;

// bpftool's word for the kind: "prog", "map", "link".
using Objects = std::map<std::string, Ids>;

// The objects that the descriptors of a process hold, according to fdinfo.
Objects held_by(pid_t pid) {
  Objects held;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fdinfo", gone)) {
    std::ifstream info(entry.path());
    for (std::string line; std::getline(info, line);) {
      for (const char* kind : {"prog", "map", "link"}) {
        if (line.starts_with(std::string(kind) + "_id:")) {
          held[kind].insert(static_cast<std::uint32_t>(std::stoul(line.substr(line.find(':') + 1))));
        }
      }
    }
  }
  return held;
}

// All objects of a kind in the kernel, with their names.
std::map<std::uint32_t, std::string> living(const std::string& kind) {
  std::map<std::uint32_t, std::string> objects;
  const Finished listed = run({"/usr/sbin/bpftool", "--json", kind, "show"});
  const Json list = Json::parse(listed.out, nullptr, false);
  EXPECT_TRUE(list.is_array()) << listed.describe();
  for (const Json& object : list.is_array() ? list : Json::array()) {
    objects[object.at("id")] = object.value("name", "");
  }
  return objects;
}

std::size_t left_of(const Objects& held) {
  std::size_t left = 0;
  for (const auto& [kind, ids] : held) {
    for (const auto& [id, name] : living(kind)) {
      left += ids.count(id);
    }
  }
  return left;
}

// The kernel frees programs and maps some time after their last descriptor is closed.
void expect_gone(const Objects& held) {
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (left_of(held) > 0 && std::chrono::steady_clock::now() < limit) {
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(left_of(held), 0);
}

void expect_probes(const Objects& held) {
  const auto programs = living("prog");
  for (const std::uint32_t id : held.at("prog")) {
    ASSERT_TRUE(programs.count(id)) << "bpftool and the descriptors of the process disagree";
    EXPECT_THAT(programs.at(id), StartsWith("taskcost_"));
  }
  for (const char* kind : {"prog", "map", "link"}) {
    EXPECT_GT(held.at(kind).size(), 5) << kind;
  }
}

struct Child {
  pid_t pid;
  ~Child() { kill(pid, SIGKILL); }
};

// The tool runs with every option that loads programs, and its command outlives it.
TEST(Killed, LeavesNothingWhileItsCommandLivesOn) {
  const TemporaryDirectory directory;
  Subprocess tool({taskcost_binary(), "record", "--quiet", "--stacks", "--kernel-memory", "--probe-stats", "-o",
                   directory.file("x.tcap"), "--", "sh", "-c", "echo $$; exec sleep 1000"});
  ASSERT_TRUE(tool.wait_for_output("\n")) << tool.err();
  const Child command{static_cast<pid_t>(std::stol(tool.out()))};
  const Objects held = held_by(tool.pid());
  expect_probes(held);
  EXPECT_GT(descriptors_of(tool.pid(), "perf_event"), 0);
  tool.send(SIGKILL);
  EXPECT_EQ(tool.wait().signal(), SIGKILL);
  ASSERT_EQ(kill(command.pid, 0), 0) << "the command lives on";
  for (const char* kind : {"bpf", "perf_event"}) {
    EXPECT_EQ(descriptors_of(command.pid, kind), 0) << kind;
  }
  expect_gone(held);
}

// The signal comes at any moment: while it loads, attaches, calibrates or observes.
TEST(Killed, LeavesNothingAtAnyMoment) {
  std::size_t most = 0;
  for (std::chrono::milliseconds after = 5ms; after < 1500ms; after = after * 3 / 2) {
    Subprocess tool({taskcost_binary(), "attach", "--all", "--quiet", "--format", "none", "-d", "1000"});
    std::this_thread::sleep_for(after);
    tool.send(SIGSTOP);
    const Objects held = held_by(tool.pid());
    most = std::max(most, held.count("prog") != 0 ? held.at("prog").size() : 0);
    tool.send(SIGKILL);
    tool.wait();
    expect_gone(held);
  }
  EXPECT_GT(most, 5) << "it was never killed with its programs loaded";
}

}  // namespace
}  // namespace taskcost::test
