// SPDX-License-Identifier: Apache-2.0
//
// Writes the final record of a ledger as the probes do, word by word.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "taskcost/abi.h"

namespace taskcost::test {

// A record of these words.
inline std::vector<std::byte> final_record(std::span<const std::uint32_t> words) {
  const std::size_t size = (sizeof(tc_record) + words.size_bytes() + 7) & ~std::size_t{7};
  const tc_record header{TC_RECORD_FINAL, static_cast<std::uint32_t>(size)};
  std::vector<std::byte> record(size);
  std::memcpy(record.data(), &header, sizeof header);
  std::memcpy(record.data() + sizeof header, words.data(), words.size_bytes());
  return record;
}

inline std::vector<std::uint32_t> final_words(const tc_ledger& ledger) {
  std::vector<std::uint32_t> words;
  for (std::uint32_t line = 0; line < TC_LEDGER_LINES; ++line) {
    std::array<std::uint32_t, TC_LINE_WORDS> all{};
    std::memcpy(all.data(), reinterpret_cast<const std::byte*>(&ledger) + std::size_t{line} * TC_LINE_BYTES,
                TC_LINE_BYTES);
    std::uint32_t tag = line << TC_LINE_SHIFT;
    std::vector<std::uint32_t> some;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i] != 0) {
        tag |= 1U << (TC_LINE_WORDS - 1 - i);
        some.push_back(all[i]);
      }
    }
    if (!some.empty()) {
      words.push_back(tag);
      words.insert(words.end(), some.begin(), some.end());
    }
  }
  return words;
}

inline std::vector<std::byte> final_record(const tc_ledger& ledger) { return final_record(final_words(ledger)); }

}  // namespace taskcost::test
