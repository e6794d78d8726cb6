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

template <typename T>
T sum_record(tc_record_type type) {
  T record{};
  record.record = {type, sizeof(T)};
  return record;
}

// Sums have their types for the checkpoint of a flight recorder: they come once, at the end.
template <typename T>
void expect_sum(tc_record_type type) {
  const auto bytes = bytes_of(sum_record<T>(type));
  const auto record = decode(bytes);
  EXPECT_TRUE(record && std::holds_alternative<T>(*record)) << type;
  EXPECT_TRUE(is_sum(type)) << type;
  EXPECT_FALSE(decode(std::span(bytes).first(bytes.size() - 8))) << type;
}

TEST(Decode, GivesBackEveryKindOfSum) {
  expect_sum<tc_edge_record>(TC_RECORD_EDGE);
  expect_sum<tc_flow_record>(TC_RECORD_FLOW);
  expect_sum<tc_histogram_record>(TC_RECORD_HISTOGRAM);
  expect_sum<tc_syscalls_record>(TC_RECORD_SYSCALLS);
  expect_sum<tc_regions_record>(TC_RECORD_REGIONS);
  expect_sum<tc_ran_record>(TC_RECORD_RAN_INSTEAD);
  expect_sum<tc_quota_record>(TC_RECORD_QUOTA);
  expect_sum<tc_interrupts_record>(TC_RECORD_INTERRUPTS);
  expect_sum<tc_lock_record>(TC_RECORD_LOCK);
  expect_sum<tc_wait_object_record>(TC_RECORD_WAIT_OBJECT);
  for (const std::uint32_t type : {std::uint32_t{TC_RECORD_LEDGER}, std::uint32_t{TC_RECORD_EVENT},
                                   std::uint32_t{TC_RECORD_REGION}, std::uint32_t{TC_RECORD_TYPES_END}, ~0U}) {
    EXPECT_FALSE(is_sum(type)) << type;
  }
}

TEST(Decode, RefusesSumsOfWhatThereIsNot) {
  const auto refuses = [](auto record, const auto& change) {
    EXPECT_TRUE(decode(bytes_of(record)));
    change(record);
    return !decode(bytes_of(record));
  };
  const auto edge = sum_record<tc_edge_record>(TC_RECORD_EDGE);
  EXPECT_TRUE(refuses(edge, [](tc_edge_record& r) { r.edge.key.wait = TC_NR_WAITS; }));
  const auto histogram = sum_record<tc_histogram_record>(TC_RECORD_HISTOGRAM);
  EXPECT_TRUE(refuses(histogram, [](tc_histogram_record& r) { r.id = TC_NR_HISTOGRAMS; }));
  const auto interrupts = sum_record<tc_interrupts_record>(TC_RECORD_INTERRUPTS);
  EXPECT_TRUE(refuses(interrupts, [](tc_interrupts_record& r) { r.kind = TC_NR_INTERRUPTS; }));
  const auto lock = sum_record<tc_lock_record>(TC_RECORD_LOCK);
  EXPECT_TRUE(refuses(lock, [](tc_lock_record& r) { r.key.type = TC_NR_LOCK_TYPES; }));
  EXPECT_TRUE(refuses(lock, [](tc_lock_record& r) { r.key.name = TC_NR_LOCK_NAMES; }));
  EXPECT_TRUE(refuses(lock, [](tc_lock_record& r) { std::memset(r.symbol, 'x', sizeof r.symbol); }));
  const auto object = sum_record<tc_wait_object_record>(TC_RECORD_WAIT_OBJECT);
  EXPECT_TRUE(refuses(object, [](tc_wait_object_record& r) { r.key.wait = TC_NR_WAITS; }));
  EXPECT_TRUE(refuses(object, [](tc_wait_object_record& r) { r.sums.name_size = sizeof r.sums.name + 1; }));
  EXPECT_TRUE(refuses(object, [](tc_wait_object_record& r) { std::memset(r.sums.disk, 'x', sizeof r.sums.disk); }));
  const auto region = sum_record<tc_region>(TC_RECORD_REGION);
  EXPECT_TRUE(refuses(region, [](tc_region& r) { r.wait = TC_NR_WAITS; }));
  EXPECT_TRUE(refuses(region, [](tc_region& r) { r.how = TC_REGION_NOT_ENDED + 1; }));
}

}  // namespace
}  // namespace taskcost
