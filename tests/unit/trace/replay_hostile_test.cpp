// SPDX-License-Identifier: Apache-2.0
//
// Replays records that decode() accepts although they make no sense: a capture may be hostile.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <random>
#include <span>

#include "support/replayed.h"
#include "trace/auditor.h"

namespace taskcost {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace)

class Nonsense {
 public:
  explicit Nonsense(unsigned seed) : random_(seed) {}

  // Returns a record of a random type. Its words are small like ids and rows, or increase like times, or are arbitrary.
  std::optional<Record> next() {
    static constexpr std::array<std::size_t, 11> sizes = {sizeof(tc_ledger),  sizeof(tc_exec),      sizeof(tc_task_new),
                                                          sizeof(tc_switch),  sizeof(tc_call),      sizeof(tc_transfer),
                                                          sizeof(tc_fault),   sizeof(tc_event),     sizeof(tc_gap),
                                                          sizeof(tc_passage), sizeof(tc_task_state)};
    static constexpr std::array<std::uint32_t, 11> types = {TC_RECORD_LEDGER,  TC_RECORD_EXEC,      TC_RECORD_TASK_NEW,
                                                            TC_RECORD_SWITCH,  TC_RECORD_CALL,      TC_RECORD_TRANSFER,
                                                            TC_RECORD_FAULT,   TC_RECORD_EVENT,     TC_RECORD_GAP,
                                                            TC_RECORD_PASSAGE, TC_RECORD_TASK_STATE};
    const std::size_t kind = random_() % 32 == 0 ? random_() % 2 : 2 + random_() % 9;
    alignas(8) std::array<std::byte, sizeof(tc_ledger)> bytes{};
    for (std::size_t at = 0; at + 8 <= sizes[kind]; at += 8) {
      const std::uint64_t word = any_word();
      std::memcpy(&bytes[at], &word, sizeof(word));
    }
    const tc_record header{types[kind], static_cast<std::uint32_t>(sizes[kind])};
    std::memcpy(bytes.data(), &header, sizeof(header));
    return decode(std::span<const std::byte>(bytes.data(), sizes[kind]));
  }

 private:
  std::uint64_t any_word() {
    switch (random_() % 16) {
      case 0:
        return random_() << 32U | random_();
      case 1:
        return ~std::uint64_t{random_() % 4};
      case 2:
      case 3:
      case 4:
        return now_ += random_() % 50;
      default:
        return (random_() % 6) | (random_() % 6) << 32U;
    }
  }

  std::mt19937_64 random_;
  std::uint64_t now_ = 1000;
};

void expect_sane(const RebuiltTask& task) {
  std::uint64_t cells = 0;
  for (const std::uint64_t cell : task.ledger.cells) {
    ASSERT_LE(cell, std::uint64_t{1} << 63U);
    cells += cell;
  }
  EXPECT_EQ(cells + static_cast<std::uint64_t>(task.unknown.count()), task.ledger.end_ns - task.ledger.start_ns);
}

TEST(HostileReplay, AccountsCloseWhateverTheRecordsSay) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    Auditor auditor;
    Replay::Options options;
    options.calls = seed % 2 == 0;
    options.classes = test_classes();
    options.on_ended = [&](const RebuiltTask& task) {
      expect_sane(task);
      auditor.on_task(task);
    };
    Replay replayer(std::move(options));
    Nonsense nonsense(seed);
    std::size_t understood = 0;
    for (int i = 0; i < 5000; ++i) {
      if (const std::optional<Record> record = nonsense.next()) {
        ++understood;
        replayer.on_record(*record);
        auditor.on_record(*record);
      }
    }
    EXPECT_GT(understood, 500U);
    for (const RebuiltTask& task : replayer.living(Instant(std::chrono::seconds(1)))) {
      expect_sane(task);
      auditor.on_task(task);
    }
    const Audit audit = auditor.finish(replayer, Instant{});
    EXPECT_FALSE(audit.complete());
  }
}

}  // namespace
}  // namespace taskcost
