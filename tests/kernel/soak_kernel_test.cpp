// SPDX-License-Identifier: Apache-2.0
//
// Long-lived observers: memory and figures after many short-lived tasks, for seconds, or for half an hour.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <string>

#include "support/expect.h"
#include "support/servers.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t most_kib = 512 * 1024;

// `taskcost top -a` on a terminal of its own.
class LiveView {
 public:
  LiveView() {
    EXPECT_TRUE(eventually([this] { return !children_of(terminal_.pid()).empty(); })) << terminal_.err();
    const auto children = children_of(terminal_.pid());
    pid_ = children.empty() ? -1 : children.front();
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  Finished close() {
    kill(pid_, SIGINT);
    return terminal_.wait(20s);
  }

 private:
  static SpawnOptions with_terminal_type() {
    SpawnOptions options;
    options.environment["TERM"] = "xterm";
    return options;
  }

  Subprocess terminal_{{"script", "-qefc", "exec " + taskcost_binary() + " top -a --interval 1", "/dev/null"},
                       with_terminal_type()};
  pid_t pid_ = -1;
};

// Samples of one process's resident memory.
struct Memory {
  const char* of;
  pid_t pid;
  std::vector<std::int64_t> kib;

  void look() {
    if (const auto size = status_field("/proc/" + std::to_string(pid), "VmRSS")) {
      kib.push_back(*size);
    }
  }
};

// By half time the report keeps as many single tasks as it ever will. The end is left out: writing the report takes
// more memory.
void expect_flat(const Memory& memory) {
  SCOPED_TRACE(memory.of);
  const std::size_t count = memory.kib.size();
  ASSERT_GE(count, 10);
  EXPECT_LT(*std::max_element(memory.kib.begin(), memory.kib.end()), most_kib);
  const std::int64_t growth = memory.kib[count * 9 / 10] - memory.kib[count / 2];
  const std::string property = std::string("kib_of_") + memory.of;
  ::testing::Test::RecordProperty(property + "_at_half_time", std::to_string(memory.kib[count / 2]));
  ::testing::Test::RecordProperty(property + "_growth", std::to_string(growth));
  if (thorough()) {
    EXPECT_LT(growth, 8 * 1024) << "from " << memory.kib[count / 2];
  }
}

TEST(Soak, MemoryStaysFlatAndNothingIsLost) {
  const auto seconds = thorough() ? 1800s : 2s;
  const TemporaryDirectory directory;
  const std::string capture = directory.file("storm.tcap");
  LiveView view;
  Subprocess tool({taskcost_binary(), "record", "-o", capture, "-o", directory.file("r.json"), "--",
                   program("fork_storm"), std::to_string(seconds.count())});
  Memory of_record{"record", tool.pid(), {}};
  Memory of_top{"top", view.pid(), {}};
  while (!tool.ended(thorough() ? 200ms : 100ms)) {
    of_record.look();
    of_top.look();
  }
  EXPECT_EQ(view.close().exit_code(), 0);
  const Finished finished = tool.wait();
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  expect_flat(of_record);
  expect_flat(of_top);

  const std::int64_t forks = std::strtoll(finished.out.c_str(), nullptr, 10);
  ASSERT_GT(forks, thorough() ? 1000 : 500);
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  expect_sound(*report);
  EXPECT_EQ((*report)["task_count"], forks + 1);
  EXPECT_EQ((*report)["totals"].at("counters").at("children_forks"), forks);
  ::testing::Test::RecordProperty("forks", std::to_string(forks));

  const Finished audit = run({taskcost_binary(), "report", "--audit", capture}, {}, seconds + 120s);
  EXPECT_EQ(audit.exit_code(), 0) << audit.describe();
}

}  // namespace
}  // namespace taskcost::test
