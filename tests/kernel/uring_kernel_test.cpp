// SPDX-License-Identifier: Apache-2.0
//
// A wait in io_uring_enter is one for asynchronous I/O, even where the kernel counts it as I/O wait: it is no wait for
// the disk, and the task that wrote the bytes ends it. Operations are compared with the program's own count and clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <tuple>

#include "support/expect.h"

namespace taskcost::test {
namespace {

const Json* task_called(const Report& report, const std::string& comm) {
  for (const Json& process : report.processes()) {
    for (const Json& task : process.at("tasks")) {
      if (task.at("comm") == comm) {
        return &task;
      }
    }
  }
  return nullptr;
}

// How often that task's waits in io_uring_enter were ended, by "tid: call site" of the waker.
std::map<std::string, int> wakers_of_ring(const Report& report, const Json& waiter) {
  std::map<std::string, int> wakers;
  for (const Json& edge : report["edges"]) {
    if (edge.at("channel") != "async_io" || edge.at("to_tid") != waiter.at("tid")) {
      continue;
    }
    const std::string waker =
        edge.at("from_tid").is_null() ? edge.at("waker").get<std::string>() : edge.at("from_tid").dump();
    for (const auto& [place, count] : edge.at("call_sites").items()) {
      wakers[waker + ": " + place] += count.get<int>();
    }
  }
  return wakers;
}

// A chain continues from the wait for the ring to the wait of its waker: a timer.
bool has_chain_to_the_timer(const Report& report, const Json& waiter) {
  return std::ranges::any_of(report["chains"], [&waiter](const Json& chain) {
    const Json& links = chain.at("links");
    return links.size() == 2 && links[0].at("task") == waiter.at("id") && links[0].at("cause") == "async_io" &&
           links[1].at("cause") == "timer";
  });
}

class RingWaits : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(RingWaits, AreEndedByWhoWroteToThePipe) {
  const auto [mode, detail] = GetParam();
  const Observed observed = observe({program("uring_waits"), mode}, {"--detail", detail});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  expect_sound(*observed.report);
  if (observed.finished.out.empty()) {
    GTEST_SKIP() << "this kernel has no io_uring, or it has no way to wait that is " << mode;
  }
  std::map<std::string, std::int64_t> said;
  std::istringstream lines(observed.finished.out);
  std::string key;
  for (std::int64_t value = 0; lines >> key >> value;) {
    said[key] = value;
  }
  ASSERT_EQ(said["disk_bytes"], 0);
  const Json* waiter = task_called(*observed.report, "uring-waiter");
  const Json* writer = task_called(*observed.report, "uring-writer");
  ASSERT_NE(waiter, nullptr);
  ASSERT_NE(writer, nullptr);
  const Json& waits = waiter->at("account").at("waits");
  // A page of the program itself may be read from the disk.
  constexpr int small_part = 100;
  if (waits.contains("disk")) {
    EXPECT_LT(waits.at("disk").at("blocked_ns"), said["waited_ns"] / small_part) << waits.dump();
  }
  ASSERT_TRUE(waits.contains("async_io")) << waits.dump();
  EXPECT_LE(waits.at("async_io").at("blocked_ns"), said["waited_ns"]);
  EXPECT_GE(waits.at("async_io").at("blocked_ns"), said["waited_ns"] * 3 / 4);
  auto wakers = wakers_of_ring(*observed.report, *waiter);
  // Where a kernel worker reads, as v6.1 does for every pipe, the worker wakes the waiter too.
  const bool worker_reads =
      std::erase_if(wakers, [](const auto& waker) { return waker.first.ends_with(": kernel worker"); }) > 0;
  EXPECT_EQ(wakers, (std::map<std::string, int>{{writer->at("tid").dump() + ": write", said["times"]}}));
  if (!worker_reads && std::string_view(mode) != "worker") {
    EXPECT_TRUE(has_chain_to_the_timer(*observed.report, *waiter)) << (*observed.report)["chains"].dump();
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, RingWaits,
                         ::testing::Combine(::testing::Values("plain", "no_iowait", "deferred", "worker"),
                                            ::testing::Values("full", "switches")),
                         [](const auto& how) {
                           return std::string(std::get<0>(how.param)) + "_" + std::get<1>(how.param);
                         });

struct Operation {
  std::int64_t count = 0;
  std::int64_t elapsed_ns = 0;
};

TEST(RingOperations, AreThoseThatTheProgramMade) {
  const TemporaryDirectory directory;
  const Observed observed = observe({program("operations"), directory.file("x")});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  expect_valid(*observed.report);
  const Json& rows = (*observed.report)["ring_operations"];
  if (observed.finished.out.empty() || rows.is_null()) {
    GTEST_SKIP() << "this kernel has no io_uring, or its completions do not name the request";
  }
  std::map<std::string, Operation> made;
  std::istringstream lines(observed.finished.out);
  for (std::string name; lines >> name;) {
    lines >> made[name].count >> made[name].elapsed_ns;
  }
  std::map<std::string, Operation> reported;
  for (const Json& row : rows) {
    EXPECT_EQ(row.at("program"), "operations");
    const std::string name = row.at("operation").get<std::string>().substr(std::string("IORING_OP_").size());
    reported[name] = {row.at("completions"), row.at("elapsed_ns")};
    EXPECT_EQ(row.at("timed"), row.at("completions")) << name;
    if (name == "READ") {
      EXPECT_EQ(row.at("errors"), (Json{{"EBADF", 7}}));
      EXPECT_EQ(row.at("bytes"), 20 * 100);
    } else if (name == "WRITE") {
      EXPECT_EQ(row.at("bytes"), 30 * 1000);
    } else {
      EXPECT_TRUE(row.at("bytes").is_null()) << name;
    }
  }
  ASSERT_EQ(reported.size(), made.size());
  for (const auto& [name, operation] : made) {
    EXPECT_EQ(reported[name].count, operation.count) << name;
    EXPECT_LE(reported[name].elapsed_ns, operation.elapsed_ns) << name;
    EXPECT_GT(reported[name].elapsed_ns, 0) << name;
  }
}

TEST(RingOperations, OfACaptureAreThoseOfTheRun) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("r.tcap");
  const Finished recorded = run(tool({"record", "-q", "--format", "none", "-o", capture, "-o",
                                      directory.file("live.json"), "--", program("operations"), directory.file("x")}));
  ASSERT_EQ(recorded.exit_code(), 0) << recorded.describe();
  const Finished reported = run(tool({"report", capture, "-o", directory.file("later.json")}));
  ASSERT_EQ(reported.exit_code(), 0) << reported.describe();
  const auto live = read_report(directory.file("live.json"));
  const auto later = read_report(directory.file("later.json"));
  ASSERT_TRUE(live && later);
  EXPECT_EQ((*live)["ring_operations"], (*later)["ring_operations"]);
}

TEST(RingOperations, AreNotMeasuredWithoutTheProbesOfCalls) {
  const Observed observed = observe({"/bin/true"}, {"--detail", "switches"});
  ASSERT_TRUE(observed.report) << observed.finished.describe();
  EXPECT_TRUE((*observed.report)["ring_operations"].is_null());
}

}  // namespace
}  // namespace taskcost::test
