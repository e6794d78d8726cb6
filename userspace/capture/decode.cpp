// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <type_traits>

#include "taskcost/record.h"

namespace taskcost {
namespace {

// What indexes an array later, in whatever order the fields stand in the record.
bool is_valid(const tc_ledger& ledger) {
  return ledger.activity < TC_NR_ROWS && ledger.condition < TC_NR_CONDITIONS && ledger.interrupted < TC_NR_ROWS &&
         ledger.how <= TC_NR_CREATIONS && ledger.created_kind <= TC_NR_CREATIONS &&
         ledger.switch_kind <= TC_NR_HISTOGRAMS && ledger.call_row < TC_NR_ACTIVITIES &&
         ledger.unseen_row < TC_NR_ROWS && ledger.unseen_condition < TC_NR_CONDITIONS;
}

bool is_valid(const tc_exec& exec) { return exec.command_size <= TC_COMMAND_LEN; }

bool is_valid(const tc_reap&) { return true; }

bool is_valid(const tc_stint&) { return true; }

// The bytes may lie at any address, so they are copied before they are looked at.
template <typename T>
std::optional<Record> decode_as(std::span<const std::byte> bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (bytes.size() != sizeof(T)) {
    return std::nullopt;
  }
  std::optional<Record> record(std::in_place, std::in_place_type<T>);
  T& value = std::get<T>(*record);
  std::memcpy(&value, bytes.data(), sizeof(T));
  if (!is_valid(value)) {
    return std::nullopt;
  }
  return record;
}

}  // namespace

std::optional<Record> decode(std::span<const std::byte> bytes) {
  tc_record header{};
  if (bytes.size() < sizeof(header)) {
    return std::nullopt;
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.size != bytes.size()) {
    return std::nullopt;
  }
  switch (header.type) {
    case TC_RECORD_LEDGER:
      return decode_as<tc_ledger>(bytes);
    case TC_RECORD_EXEC:
      return decode_as<tc_exec>(bytes);
    case TC_RECORD_REAP:
      return decode_as<tc_reap>(bytes);
    case TC_RECORD_STINT:
      return decode_as<tc_stint>(bytes);
    default:
      return std::nullopt;
  }
}

}  // namespace taskcost
