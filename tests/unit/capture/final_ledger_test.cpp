// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <span>
#include <variant>
#include <vector>

#include "capture/record.h"
#include "support/final_record.h"
#include "support/ledger_builder.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using test::final_record;
using test::final_words;
using test::ledger;

constexpr std::uint32_t tag(std::uint32_t line, std::uint32_t mask) { return line << TC_LINE_SHIFT | mask; }

tc_ledger some_ledger() { return ledger(7).named("worker").ended_at(3ms); }

// The tags of a final record are where this says.
std::vector<std::size_t> tags_in(const std::vector<std::uint32_t>& words) {
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i < words.size(); i += 1 + static_cast<std::size_t>(std::popcount(words[i] & 0xffffU))) {
    at.push_back(i);
  }
  return at;
}

bool accepts(const std::vector<std::uint32_t>& words) { return decode(final_record(words)).has_value(); }

void expect_whole(const tc_ledger& sent) {
  const auto record = decode(final_record(sent));
  ASSERT_TRUE(record && std::holds_alternative<tc_ledger>(*record));
  EXPECT_EQ(std::memcmp(&std::get<tc_ledger>(*record), &sent, sizeof sent), 0);
}

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
  EXPECT_LE(final_words(sent).size(), std::size_t{TC_FINAL_WORDS});
}

TEST(FinalLedger, IsAsLongAsWhatHappened) {
  const std::size_t idle = final_record(some_ledger()).size();
  tc_ledger busy = some_ledger();
  busy.counters[TC_COUNTER_SYSCALLS] = 1;
  EXPECT_LE(final_record(busy).size(), idle + 8);
  EXPECT_LT(idle, sizeof(tc_ledger) / 10);
}

TEST(FinalLedger, IsRefusedIfItEndsTooEarly) {
  const std::vector<std::uint32_t> words = final_words(some_ledger());
  const std::vector<std::size_t> tags = tags_in(words);
  for (std::size_t size = 0; size < words.size(); size += 2) {  // as a cut record has no room that zeros fill
    if (std::ranges::find(tags, size) == tags.end()) {
      EXPECT_FALSE(accepts({words.begin(), words.begin() + static_cast<std::ptrdiff_t>(size)})) << size;
    }
  }
  EXPECT_FALSE(accepts({}));
}

TEST(FinalLedger, IsRefusedIfItGoesOn) {
  const std::vector<std::uint32_t> words = final_words(some_ledger());
  auto longer = words;
  longer.push_back(tag(TC_LEDGER_LINES - 1, 1));  // that line again
  longer.push_back(1);
  EXPECT_FALSE(accepts(longer));

  longer = words;
  longer.insert(longer.end(), {0, 0, 0});
  EXPECT_FALSE(accepts(longer)) << "more zeros than fill the size";
}

TEST(FinalLedger, IsRefusedWithLinesBeyondTheLedger) {
  auto words = final_words(some_ledger());
  words[tags_in(words).back()] += TC_LEDGER_LINES << TC_LINE_SHIFT;
  EXPECT_FALSE(accepts(words));
}

TEST(FinalLedger, IsRefusedWithLinesInAnotherOrder) {
  auto words = final_words(some_ledger());
  const std::vector<std::size_t> tags = tags_in(words);
  ASSERT_GE(tags.size(), 2U);
  words[tags.back()] = tag(words[tags.front()] >> TC_LINE_SHIFT, words[tags.back()] & 0xffffU);
  EXPECT_FALSE(accepts(words));
}

TEST(FinalLedger, IsRefusedWithALineWithoutWords) {
  auto words = final_words(some_ledger());
  words.insert(words.begin() + static_cast<std::ptrdiff_t>(tags_in(words).back()), tag(5, 0));
  EXPECT_FALSE(accepts(words));
}

TEST(FinalLedger, IsRefusedIfItIsNoFinalLedger) {
  tc_ledger changed = some_ledger();
  changed.record.size -= 8;
  EXPECT_FALSE(decode(final_record(changed)));
  changed = some_ledger();
  changed.record.type = TC_RECORD_REAP;
  EXPECT_FALSE(decode(final_record(changed)));
  changed = some_ledger();
  changed.end_ns = 0;
  EXPECT_FALSE(decode(final_record(changed)));
  changed = some_ledger();
  changed.activity = TC_NR_ROWS;
  EXPECT_FALSE(decode(final_record(changed)));
}

TEST(FinalLedger, IsRefusedIfItsSizeIsAnotherOne) {
  auto record = final_record(some_ledger());
  record.resize(record.size() - 8);
  EXPECT_FALSE(decode(record));
  record.resize(record.size() + 16);
  EXPECT_FALSE(decode(record));
  for (std::size_t size = 0; size < sizeof(tc_record); ++size) {
    EXPECT_FALSE(decode(std::span(record).first(size)));
  }
}

TEST(FinalLedger, SurvivesAnyWords) {
  std::mt19937 random(2);
  for (int round = 0; round < 2000; ++round) {
    auto words = final_words(some_ledger());
    words[random() % words.size()] ^= 1U << (random() % 32);
    (void)decode(final_record(words));  // what the sanitizers watch
    words.resize(random() % words.size());
    (void)decode(final_record(words));
  }
}

}  // namespace
}  // namespace taskcost
