// SPDX-License-Identifier: Apache-2.0
//
// Bytes and calls by channel, compared with a program that counts what it sends.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "support/expect.h"

namespace taskcost::test {
namespace {

TEST(Channels, CountEveryByteOnce) {
  const Observed observed = observe({program("channels"), "500", "300"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  expect_sound(*observed.report);
  std::int64_t messages = 0;
  std::int64_t bytes = 0;
  std::int64_t mapped = 0;
  std::istringstream(observed.finished.out) >> messages >> bytes >> mapped;
  ASSERT_EQ(messages, 500);
  const Json& totals = (*observed.report)["totals"];
  for (const char* channel : {"pipe", "unix_socket", "inet_socket", "message_queue"}) {
    SCOPED_TRACE(channel);
    const Json& use = totals.at("ipc").at(channel);
    // The program's own output may go into a pipe as well; it writes nothing else.
    const std::int64_t own_output =
        std::string_view(channel) == "pipe" ? static_cast<std::int64_t>(observed.finished.out.size()) : 0;
    EXPECT_EQ(use.at("bytes_in"), bytes);
    EXPECT_GE(use.at("bytes_out"), bytes);
    EXPECT_LE(use.at("bytes_out"), bytes + own_output);
    EXPECT_GE(use.at("calls"), 2 * messages);
    EXPECT_GT(use.at("kernel_ns"), 0);
  }
  EXPECT_EQ(totals.at("counters").at("shared_mapping_bytes"), mapped);
}

class Transfers : public ::testing::TestWithParam<const char*> {};

std::uint64_t task_of_process(const Report& report, pid_t pid) {
  const Json* process = report.find(pid);
  return process == nullptr ? 0 : process->at("tasks").at(0).at("id").get<std::uint64_t>();
}

std::int64_t bytes_between(const Report& report, std::uint64_t from, std::uint64_t to) {
  std::int64_t bytes = 0;
  for (const Json& edge : report["edges"]) {
    if (edge.at("from_task") == from && edge.at("to_task") == to && !edge.at("bytes").is_null()) {
      bytes += edge.at("bytes").get<std::int64_t>();
    }
  }
  return bytes;
}

// Before Linux 6.3 sockets do not report how many bytes each message has.
bool counts_each_message(const Report& report) {
  return std::ranges::any_of(report["evidence"], [](const Json& evidence) {
    return evidence.at("figure") == "channels" && evidence.at("kind") == "exact";
  });
}

// An unknown number of bytes is not zero.
void expect_unknown_bytes(const Report& report, const char* channel) {
  const Json& use = report["totals"].at("ipc").at(channel);
  EXPECT_GT(use.at("uncounted_calls"), 0);
  EXPECT_TRUE(use.at("bytes_in").is_null());
  EXPECT_TRUE(use.at("bytes_out").is_null());
}

// Whichever call moves the bytes, those of each channel and of each pair equal the program's own count.
TEST_P(Transfers, AreCountedAsTheProgramCountsThem) {
  const Observed observed = observe({program("transfers"), GetParam()});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  const Report& report = *observed.report;
  expect_sound(report);
  if (observed.finished.out == "none\n") {
    GTEST_SKIP() << "this kernel takes no 32-bit calls";
  }
  const std::string_view way = GetParam();
  if (!counts_each_message(report) && (way == "unix_messages" || way == "inet_messages")) {
    expect_unknown_bytes(report, way == "unix_messages" ? "unix_socket" : "inet_socket");
    return;
  }
  if (!counts_each_message(report) && (way == "early" || way == "ring")) {
    GTEST_SKIP() << "this kernel has no sock_send_length (Linux 6.3), or no io_uring_complete (Linux 5.19)";
  }
  std::map<std::string, std::map<std::string, std::int64_t>> reported;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::int64_t> pairs;
  std::istringstream lines(observed.finished.out);
  std::string channel;
  std::string figure;
  std::int64_t bytes = 0;
  while (lines >> channel) {
    if (channel == "pair") {
      pid_t from = 0;
      pid_t to = 0;
      lines >> from >> to >> bytes;
      pairs[{task_of_process(report, from), task_of_process(report, to)}] += bytes;
    } else {
      lines >> figure >> bytes;
      reported[channel][figure] += bytes;
    }
  }
  ASSERT_FALSE(reported.empty()) << observed.finished.out;
  for (const auto& [counter, value] : reported["counter"]) {
    EXPECT_EQ(report["totals"].at("counters").at(counter), value) << counter;
  }
  reported.erase("counter");
  // The program's own output may go into a pipe as well.
  const auto own_output = static_cast<std::int64_t>(observed.finished.out.size());
  for (const auto& [name, use] : report["totals"].at("ipc").items()) {
    SCOPED_TRACE(name);
    EXPECT_EQ(use.at("uncounted_calls"), 0);
    EXPECT_EQ(use.at("bytes_in"), reported[name]["bytes_in"]);
    EXPECT_GE(use.at("bytes_out"), reported[name]["bytes_out"]);
    EXPECT_LE(use.at("bytes_out"), reported[name]["bytes_out"] + (name == "pipe" ? own_output : 0));
  }
  for (const auto& [pair, sum] : pairs) {
    EXPECT_NE(pair.first, 0U);
    EXPECT_NE(pair.second, 0U);
    EXPECT_EQ(bytes_between(report, pair.first, pair.second), sum) << report["edges"].dump();
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, Transfers,
                         ::testing::Values("unix_messages", "inet_messages", "peeks", "time_stamps", "truncated",
                                           "early", "netlink", "file_to_pipe", "pipe_to_file", "pipe_to_socket",
                                           "socket_to_pipe", "tee", "pages_to_pipe", "pipe_to_memory", "file_to_socket",
                                           "sysv_queue", "sysv_segment", "process_memory", "terminal", "ring",
                                           "short_calls"),
                         [](const auto& way) { return std::string(way.param); });

}  // namespace
}  // namespace taskcost::test
