// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "account/account.h"
#include "account/evidence.h"

namespace taskcost {
namespace {

template <typename Enum>
std::set<std::string> keys_up_to(int size) {
  std::set<std::string> keys;
  for (int value = 0; value < size; ++value) {
    keys.insert(key_of(static_cast<Enum>(value)));
  }
  return keys;
}

TEST(Names, AreThoseOfTheContract) {
  EXPECT_STREQ(key_of(TC_ACTIVITY_USER), "user");
  EXPECT_STREQ(key_of(TC_ACTIVITY_KERNEL), "kernel");
  EXPECT_STREQ(key_of(TC_CONDITION_BLOCKED), "blocked");
  EXPECT_STREQ(key_of(TC_CREATION_CLONE_VM), "clone_vm");
  EXPECT_STREQ(key_of(TC_COUNTER_PAGE_TABLE_BYTES), "page_table_bytes");
  EXPECT_STREQ(key_of(TC_CHANNEL_UNIX_SOCKET), "unix_socket");
  EXPECT_STREQ(key_of(TC_HISTOGRAM_RUN_QUEUE), "run_queue");
  EXPECT_STREQ(key_of(TC_LOSS_MISSED_LEDGERS), "missed_ledgers");
  EXPECT_STREQ(text_of(TC_ACTIVITY_WAIT), "wait for a child");
  EXPECT_STREQ(text_of(TC_CHANNEL_PIPE), "pipe");
  EXPECT_STREQ(text_of(TC_CREATION_FORK), "fork");
}

TEST(Names, AreUniqueInTheirList) {
  EXPECT_EQ(keys_up_to<tc_activity>(TC_NR_ACTIVITIES).size(), std::size_t{TC_NR_ACTIVITIES});
  EXPECT_EQ(keys_up_to<tc_condition>(TC_NR_CONDITIONS).size(), std::size_t{TC_NR_CONDITIONS});
  EXPECT_EQ(keys_up_to<tc_creation>(TC_NR_CREATIONS).size(), std::size_t{TC_NR_CREATIONS});
  EXPECT_EQ(keys_up_to<tc_counter>(TC_NR_COUNTERS).size(), std::size_t{TC_NR_COUNTERS});
  EXPECT_EQ(keys_up_to<tc_channel>(TC_NR_CHANNELS).size(), std::size_t{TC_NR_CHANNELS});
  EXPECT_EQ(keys_up_to<tc_histogram_id>(TC_NR_HISTOGRAMS).size(), std::size_t{TC_NR_HISTOGRAMS});
  EXPECT_EQ(keys_up_to<tc_loss>(TC_NR_LOSSES).size(), std::size_t{TC_NR_LOSSES});
}

TEST(Names, BeyondTheListAreUnknown) {
  EXPECT_STREQ(key_of(TC_NR_ACTIVITIES), "unknown");
  EXPECT_STREQ(text_of(TC_NR_LOSSES), "unknown");
}

TEST(Names, OfOriginsAndEvidence) {
  EXPECT_STREQ(to_string(TaskOrigin::attached), "attached");
  EXPECT_STREQ(to_string(TaskOrigin::vfork), "vfork");
  EXPECT_STREQ(to_string(EvidenceKind::exact), "exact");
  EXPECT_STREQ(to_string(EvidenceKind::unavailable), "unavailable");
}

}  // namespace
}  // namespace taskcost
