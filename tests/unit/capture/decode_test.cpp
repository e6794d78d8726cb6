// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <span>
#include <vector>

#include "capture/record.h"
#include "support/ledger_builder.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using test::exec_of;
using test::ledger;
using test::reap_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <typename T>
std::vector<std::byte> bytes_of(const T& record) {
  const auto bytes = std::as_bytes(std::span(&record, 1));
  return {bytes.begin(), bytes.end()};
}

template <typename Change>
std::optional<Record> decode_changed(Change change) {
  tc_ledger changed = ledger(1).ended_at(1ms);
  change(changed);
  return decode(bytes_of(changed));
}

TEST(Decode, GivesBackEveryKindOfRecord) {
  const tc_ledger final_ledger = ledger(7).named("worker").ended_at(3ms);
  const auto first = decode(bytes_of(final_ledger));
  ASSERT_TRUE(first && std::holds_alternative<tc_ledger>(*first));
  EXPECT_EQ(std::get<tc_ledger>(*first).id, final_ledger.id);
  EXPECT_EQ(std::get<tc_ledger>(*first).end_ns, final_ledger.end_ns);
  EXPECT_STREQ(std::get<tc_ledger>(*first).comm, "worker");

  const auto second = decode(bytes_of(exec_of(7, 2ms, "ls", "ls")));
  ASSERT_TRUE(second && std::holds_alternative<tc_exec>(*second));
  EXPECT_STREQ(std::get<tc_exec>(*second).comm, "ls");

  const auto third = decode(bytes_of(reap_of(7, 42, 4ms)));
  ASSERT_TRUE(third && std::holds_alternative<tc_reap>(*third));
  EXPECT_EQ(std::get<tc_reap>(*third).pid, 42U);
}

TEST(Decode, ReadsFromAnyAddress) {
  std::vector<std::byte> shifted(1);
  const auto record = bytes_of(reap_of(7, 42, 4ms));
  shifted.insert(shifted.end(), record.begin(), record.end());
  EXPECT_TRUE(decode(std::span(shifted).subspan(1)));
}

TEST(Decode, RefusesWhatIsShort) {
  auto bytes = bytes_of<tc_ledger>(ledger(1).ended_at(1ms));
  while (!bytes.empty()) {
    bytes.resize(bytes.size() / 2);
    EXPECT_FALSE(decode(bytes)) << bytes.size();
  }
}

TEST(Decode, RefusesWhatIsTorn) {
  auto bytes = bytes_of(reap_of(1, 2, 3ms));
  bytes.resize(bytes.size() + 8);
  EXPECT_FALSE(decode(bytes)) << "longer than its size field says";
  EXPECT_FALSE(decode_changed([](tc_ledger& l) { l.record.size -= 8; }));
  EXPECT_FALSE(decode_changed([](tc_ledger& l) { l.record.type = TC_RECORD_REAP; })) << "another type's size";
}

// Returns the sizes of consecutive records.
std::vector<std::size_t> sizes_in(std::span<const std::byte> bytes) {
  std::vector<std::size_t> sizes;
  for_each_record(bytes, [&](std::span<const std::byte> record) { sizes.push_back(record.size()); });
  return sizes;
}

TEST(Records, StandOneBehindTheOther) {
  auto bytes = bytes_of(reap_of(7, 42, 4ms));
  const auto exec = bytes_of(exec_of(7, 2ms, "ls", "ls"));
  bytes.insert(bytes.end(), exec.begin(), exec.end());
  EXPECT_THAT(sizes_in(bytes), ElementsAre(sizeof(tc_reap), sizeof(tc_exec)));
  EXPECT_THAT(sizes_in({}), IsEmpty());
}

TEST(Records, EndWhereNoneBegins) {
  const auto reap = bytes_of(reap_of(7, 42, 4ms));
  for (const std::uint32_t wrong_size : {0U, 4U, 12U, std::uint32_t{sizeof(tc_reap)} + 8U}) {
    const tc_record torn{TC_RECORD_REAP, wrong_size};
    auto bytes = reap;
    bytes.insert(bytes.end(), reap.begin(), reap.end());
    std::memcpy(bytes.data() + reap.size(), &torn, sizeof torn);
    EXPECT_THAT(sizes_in(bytes), ElementsAre(sizeof(tc_reap))) << wrong_size;
  }
  EXPECT_THAT(sizes_in(std::span(reap).first(sizeof(tc_record) - 1)), IsEmpty());
}

TEST(Decode, RefusesUnknownTypes) {
  EXPECT_FALSE(decode_changed([](tc_ledger& l) { l.record.type = 0; }));
  EXPECT_FALSE(decode_changed([](tc_ledger& l) { l.record.type = 4; }));
}

TEST(Decode, RefusesIndicesOutOfRange) {
  EXPECT_FALSE(decode_changed([](tc_ledger& l) { l.activity = TC_NR_ROWS; }));
  EXPECT_FALSE(decode_changed([](tc_ledger& l) { l.condition = TC_NR_CONDITIONS; }));
  EXPECT_FALSE(decode_changed([](tc_ledger& l) { l.interrupted = TC_NR_ROWS; }));
  EXPECT_FALSE(decode_changed([](tc_ledger& l) { l.call_row = TC_NR_ACTIVITIES; }));
  EXPECT_FALSE(decode_changed([](tc_ledger& l) { l.unseen_row = TC_NR_ROWS; }));
  EXPECT_FALSE(decode_changed([](tc_ledger& l) { l.unseen_condition = TC_NR_CONDITIONS; }));
  EXPECT_FALSE(decode_changed([](tc_ledger& l) { l.how = TC_NR_CREATIONS + 1; }));
  EXPECT_FALSE(decode_changed([](tc_ledger& l) { l.created_kind = TC_NR_CREATIONS + 1; }));
  EXPECT_FALSE(decode_changed([](tc_ledger& l) { l.switch_kind = TC_NR_HISTOGRAMS + 1; }));

  tc_exec exec = exec_of(1, 1ms, "x", "x");
  exec.command_size = TC_COMMAND_LEN + 1;
  EXPECT_FALSE(decode(bytes_of(exec)));

  tc_task_state state{};
  state.record = {TC_RECORD_TASK_STATE, sizeof(state)};
  EXPECT_TRUE(decode(bytes_of(state)));
  const auto accepts = [&state](const auto& change) {
    tc_task_state changed = state;
    change(changed);
    return decode(bytes_of(changed)).has_value();
  };
  EXPECT_FALSE(accepts([](tc_task_state& s) { s.row = TC_NR_ROWS; }));
  EXPECT_FALSE(accepts([](tc_task_state& s) { s.condition = TC_NR_CONDITIONS; }));
  EXPECT_FALSE(accepts([](tc_task_state& s) { s.wait = TC_NR_WAITS; }));
  EXPECT_FALSE(accepts([](tc_task_state& s) { s.interrupted = TC_ROW_FAULT_PENDING; }));
  EXPECT_FALSE(accepts([](tc_task_state& s) { s.left_row = TC_NR_ROWS; }));
  EXPECT_FALSE(accepts([](tc_task_state& s) { s.creation = TC_NR_CREATIONS + 1; }));
}

TEST(Decode, AcceptsTheGreatestOfEachRange) {
  EXPECT_TRUE(decode_changed([](tc_ledger& l) { l.activity = TC_NR_ROWS - 1; }));
  EXPECT_TRUE(decode_changed([](tc_ledger& l) { l.interrupted = TC_NR_ROWS - 1; }));
  EXPECT_TRUE(decode_changed([](tc_ledger& l) { l.how = TC_NR_CREATIONS; }));

  tc_exec exec = exec_of(1, 1ms, "x", "x");
  exec.command_size = TC_COMMAND_LEN;
  EXPECT_TRUE(decode(bytes_of(exec)));
}

}  // namespace
}  // namespace taskcost
