// SPDX-License-Identifier: Apache-2.0
//
// Writes the final record of a ledger as the probes do.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "taskcost/abi.h"

namespace taskcost::test {

struct FinalRecord {
  std::array<std::uint8_t, TC_LEDGER_LINES> masks{};
  std::vector<std::uint64_t> words;

  [[nodiscard]] std::vector<std::byte> bytes() const {
    const std::size_t at_words = offsetof(tc_final_ledger, words);
    std::vector<std::byte> bytes(at_words + words.size() * sizeof(std::uint64_t));
    const tc_record header{TC_RECORD_FINAL, static_cast<std::uint32_t>(bytes.size())};
    std::memcpy(bytes.data(), &header, sizeof header);
    std::memcpy(bytes.data() + offsetof(tc_final_ledger, masks), masks.data(), masks.size());
    for (std::size_t i = 0; i < words.size(); ++i) {
      std::memcpy(bytes.data() + at_words + i * sizeof(std::uint64_t), &words[i], sizeof(std::uint64_t));
    }
    return bytes;
  }
};

inline FinalRecord final_record(const tc_ledger& ledger) {
  FinalRecord record;
  for (std::size_t i = 0; i < sizeof ledger / sizeof(std::uint64_t); ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, reinterpret_cast<const std::byte*>(&ledger) + i * sizeof word, sizeof word);
    if (word != 0) {
      record.masks[i / TC_LINE_WORDS] |= static_cast<std::uint8_t>(0x80U >> i % TC_LINE_WORDS);
      record.words.push_back(word);
    }
  }
  return record;
}

}  // namespace taskcost::test
