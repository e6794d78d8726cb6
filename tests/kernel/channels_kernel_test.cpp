// SPDX-License-Identifier: Apache-2.0
//
// Bytes and calls by channel, against a program that counts what it sends.
#include <gtest/gtest.h>

#include <sstream>

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
    // The program's own output may go into a pipe, too: the only thing that it writes besides.
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

}  // namespace
}  // namespace taskcost::test
