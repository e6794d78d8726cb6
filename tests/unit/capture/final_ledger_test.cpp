// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <variant>

#include "capture/record.h"
#include "support/final_record.h"
#include "support/ledger_builder.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using test::final_record;
using test::FinalRecord;
using test::ledger;

tc_ledger some_ledger() { return ledger(7).named("worker").ended_at(3ms); }

void expect_whole(const tc_ledger& sent) {
  const auto record = decode(final_record(sent).bytes());
  ASSERT_TRUE(record && std::holds_alternative<tc_ledger>(*record));
  EXPECT_EQ(std::memcmp(&std::get<tc_ledger>(*record), &sent, sizeof sent), 0);
}

bool accepts(const FinalRecord& record) { return decode(record.bytes()).has_value(); }

bool accepts(const tc_ledger& sent) { return accepts(final_record(sent)); }

TEST(FinalLedger, BecomesTheWholeLedger) {
  expect_whole(some_ledger());
  expect_whole(ledger(1).ended_at(1ns));
}

TEST(FinalLedger, KeepsEveryWordThatIsNotZero) {
  std::mt19937 random(1);
  for (int round = 0; round < 100; ++round) {
    tc_ledger sent = some_ledger();
    for (auto& cell : sent.cells) {
      cell = random() % 3 == 0 ? std::uint64_t{random()} << (random() % 33) : 0;
    }
    for (auto& counter : sent.counters) {
      counter = random() % 2 == 0 ? random() : 0;
    }
    expect_whole(sent);
  }
}

TEST(FinalLedger, HasRoomForALedgerWithoutAZero) {
  tc_ledger sent = some_ledger();
  std::memset(&sent.cells, 0xff, offsetof(tc_ledger, id) - offsetof(tc_ledger, cells));
  expect_whole(sent);
  EXPECT_LE(final_record(sent).bytes().size(), sizeof(tc_final_ledger));
}

TEST(FinalLedger, IsAsLongAsWhatHappened) {
  const std::size_t idle = final_record(some_ledger()).bytes().size();
  tc_ledger busy = some_ledger();
  busy.counters[TC_COUNTER_SYSCALLS] = 1;
  EXPECT_EQ(final_record(busy).bytes().size(), idle + sizeof(std::uint64_t));
  EXPECT_LT(idle, sizeof(tc_ledger) / 10);
}

TEST(FinalLedger, IsRefusedIfItsWordsAreMoreOrFewer) {
  FinalRecord record = final_record(some_ledger());
  record.words.push_back(1);
  EXPECT_FALSE(accepts(record));
  record.words.resize(record.words.size() - 2);
  EXPECT_FALSE(accepts(record));
  record.words.clear();
  EXPECT_FALSE(accepts(record));
}

TEST(FinalLedger, IsRefusedWithBitsWithoutWords) {
  const FinalRecord whole = final_record(some_ledger());
  for (std::size_t line = 0; line < whole.masks.size(); ++line) {
    for (unsigned bit = 0; bit < TC_LINE_WORDS; ++bit) {
      FinalRecord record = whole;
      record.masks[line] ^= static_cast<std::uint8_t>(1U << bit);
      EXPECT_FALSE(accepts(record)) << line << '.' << bit;
    }
  }
}

TEST(FinalLedger, IsRefusedIfItsSizeIsAnotherOne) {
  const auto bytes = final_record(some_ledger()).bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode(std::span(bytes).first(size))) << size;
  }
  // Also if the header says so.
  for (std::uint32_t size = sizeof(tc_record); size < bytes.size(); size += 8) {
    auto cut = bytes;
    const tc_record header{TC_RECORD_FINAL, size};
    std::memcpy(cut.data(), &header, sizeof header);
    cut.resize(size);
    EXPECT_FALSE(decode(cut)) << size;
  }
}

TEST(FinalLedger, IsRefusedIfItIsNoFinalLedger) {
  EXPECT_TRUE(accepts(some_ledger()));
  tc_ledger changed = some_ledger();
  changed.record.size -= 8;
  EXPECT_FALSE(accepts(changed));
  changed = some_ledger();
  changed.record.type = TC_RECORD_REAP;
  EXPECT_FALSE(accepts(changed));
  changed = some_ledger();
  changed.end_ns = 0;
  EXPECT_FALSE(accepts(changed));
  changed = some_ledger();
  changed.activity = TC_NR_ROWS;
  EXPECT_FALSE(accepts(changed));
}

}  // namespace
}  // namespace taskcost
