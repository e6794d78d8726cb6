// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "capture/record.h"

namespace taskcost {
namespace {

// is_valid() checks each field that is an array index later.
bool is_valid(const tc_ledger& ledger) {
  return ledger.activity < TC_NR_ROWS && ledger.condition < TC_NR_CONDITIONS && ledger.interrupted < TC_NR_ROWS &&
         ledger.how <= TC_NR_CREATIONS && ledger.created_kind <= TC_NR_CREATIONS &&
         ledger.switch_kind <= TC_NR_HISTOGRAMS && ledger.call_row < TC_NR_ACTIVITIES &&
         ledger.unseen_row < TC_NR_ROWS && ledger.unseen_condition < TC_NR_CONDITIONS;
}

bool is_context(std::uint8_t context) {
  switch (context) {
    case TC_IN_USER:
    case TC_IN_EXIT:
    case TC_IN_KERNEL:
    case TC_IN_FAULT:
    case TC_IN_CALL:
      return true;
    default:
      return false;
  }
}

bool is_valid(const tc_exec& exec) { return exec.command_size <= TC_COMMAND_LEN; }

bool is_valid(const tc_reap&) { return true; }

bool is_valid(const tc_cpu_slice&) { return true; }

bool is_valid(const tc_task_new& new_task) { return is_context(new_task.context); }

bool is_valid(const tc_switch& event) { return is_context(event.context) && event.flush <= TC_FLUSH_DONE; }

bool is_valid(const tc_call&) { return true; }

bool is_valid(const tc_transfer&) { return true; }

bool is_valid(const tc_passage&) { return true; }

bool is_valid(const tc_fault& fault) {
  return is_context(fault.interrupted) && fault.interrupted != TC_IN_FAULT && fault.outcome <= TC_FAULT_UNRESOLVED;
}

bool is_valid(const tc_event& event) { return event.kind < TC_NR_EVENTS; }

bool is_valid(const tc_gap&) { return true; }

bool is_valid(const tc_edge_record& edge) { return edge.edge.key.wait < TC_NR_WAITS; }

bool is_valid(const tc_flow_record&) { return true; }

bool is_valid(const tc_histogram_record& histogram) { return histogram.id < TC_NR_HISTOGRAMS; }

bool is_valid(const tc_command& command) { return command.size <= TC_COMMAND_LEN; }

bool is_valid(const tc_rename&) { return true; }

bool is_valid(const tc_syscalls_record&) { return true; }

bool is_valid(const tc_task_state& state) {
  return is_valid(state.task) && state.row < TC_NR_ROWS && state.condition < TC_NR_CONDITIONS &&
         state.wait < TC_NR_WAITS && state.interrupted < TC_NR_ROWS && state.interrupted != TC_ROW_FAULT_PENDING &&
         state.left_row < TC_NR_ROWS && state.why_preempted <= TC_PREEMPTED_BY_YIELD &&
         state.wait_in_call < TC_NR_WAITS && state.unseen_row < TC_NR_ROWS &&
         state.unseen_condition < TC_NR_CONDITIONS && state.creation <= TC_NR_CREATIONS &&
         state.creating <= TC_NR_CREATIONS && state.created <= TC_NR_CREATIONS;
}

bool is_valid(const tc_ran_record&) { return true; }

bool is_valid(const tc_quota_record&) { return true; }

bool is_valid(const tc_lock_record& lock) {
  return lock.key.type < TC_NR_LOCK_TYPES && lock.key.name < TC_NR_LOCK_NAMES &&
         std::memchr(lock.symbol, '\0', sizeof lock.symbol) != nullptr;
}

bool is_valid(const tc_wait_object_record& waits) {
  return waits.key.wait < TC_NR_WAITS && waits.sums.name_size <= sizeof waits.sums.name &&
         std::memchr(waits.sums.disk, '\0', sizeof waits.sums.disk) != nullptr;
}

bool is_valid(const tc_interrupts_record& interrupts) { return interrupts.kind < TC_NR_INTERRUPTS; }

bool is_valid(const tc_region& region) { return region.wait < TC_NR_WAITS && region.how <= TC_REGION_NOT_ENDED; }

bool is_valid(const tc_regions_record&) { return true; }

// The bytes may not be aligned: copy them before reading a field.
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

// Puts the words of a final ledger where its masks say.
std::optional<Record> decode_final_ledger(std::span<const std::byte> bytes) {
  constexpr std::size_t word_size = sizeof(std::uint64_t);
  constexpr std::size_t at_words = offsetof(tc_final_ledger, words);
  if (bytes.size() < at_words) {
    return std::nullopt;
  }
  std::array<std::uint8_t, TC_LEDGER_LINES> masks{};
  std::memcpy(masks.data(), bytes.data() + offsetof(tc_final_ledger, masks), sizeof masks);
  std::size_t words = 0;
  for (const std::uint8_t mask : masks) {
    words += static_cast<std::size_t>(std::popcount(mask));
  }
  if (bytes.size() != at_words + words * word_size) {
    return std::nullopt;
  }
  std::optional<Record> record(std::in_place, std::in_place_type<tc_ledger>);
  tc_ledger& ledger = std::get<tc_ledger>(*record);
  const std::byte* from = bytes.data() + at_words;
  for (std::size_t line = 0; line < masks.size(); ++line) {
    auto* const to = reinterpret_cast<std::byte*>(&ledger) + line * TC_LINE_WORDS * word_size;
    for (unsigned mask = masks[line]; mask != 0;) {
      const auto word = static_cast<unsigned>(TC_LINE_WORDS - std::bit_width(mask));
      std::memcpy(to + word * word_size, from, word_size);
      from += word_size;
      mask &= ~(1U << (TC_LINE_WORDS - 1 - word));
    }
  }
  const bool is_ledger = ledger.record.type == TC_RECORD_LEDGER && ledger.record.size == sizeof ledger;
  if (!is_ledger || ledger.end_ns == 0 || !is_valid(ledger)) {
    return std::nullopt;
  }
  return record;
}

}  // namespace

tc_record header_of(std::span<const std::byte> bytes) {
  tc_record header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

// Every type stands here, so that the compiler asks about a new one.
bool is_sum(std::uint32_t type) {
  if (type >= TC_RECORD_TYPES_END) {
    return false;
  }
  switch (static_cast<tc_record_type>(type)) {
    case TC_RECORD_EDGE:
    case TC_RECORD_FLOW:
    case TC_RECORD_HISTOGRAM:
    case TC_RECORD_SYSCALLS:
    case TC_RECORD_REGIONS:
    case TC_RECORD_RAN_INSTEAD:
    case TC_RECORD_QUOTA:
    case TC_RECORD_INTERRUPTS:
    case TC_RECORD_LOCK:
    case TC_RECORD_WAIT_OBJECT:
      return true;
    case TC_RECORD_LEDGER:
    case TC_RECORD_EXEC:
    case TC_RECORD_REAP:
    case TC_RECORD_CPU_SLICE:
    case TC_RECORD_TASK_NEW:
    case TC_RECORD_SWITCH:
    case TC_RECORD_CALL:
    case TC_RECORD_TRANSFER:
    case TC_RECORD_FAULT:
    case TC_RECORD_EVENT:
    case TC_RECORD_GAP:
    case TC_RECORD_COMMAND:
    case TC_RECORD_PASSAGE:
    case TC_RECORD_RENAME:
    case TC_RECORD_TASK_STATE:
    case TC_RECORD_REGION:
    case TC_RECORD_FINAL:
    case TC_RECORD_TYPES_END:
      break;
  }
  return false;
}

std::optional<std::size_t> record_size(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(tc_record)) {
    return std::nullopt;
  }
  const tc_record record = header_of(bytes);
  if (record.size < sizeof(record) || record.size > bytes.size() || record.size % record_alignment != 0) {
    return std::nullopt;
  }
  return record.size;
}

std::optional<Record> decode(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(tc_record)) {
    return std::nullopt;
  }
  const tc_record header = header_of(bytes);
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
    case TC_RECORD_CPU_SLICE:
      return decode_as<tc_cpu_slice>(bytes);
    case TC_RECORD_TASK_NEW:
      return decode_as<tc_task_new>(bytes);
    case TC_RECORD_SWITCH:
      return decode_as<tc_switch>(bytes);
    case TC_RECORD_CALL:
      return decode_as<tc_call>(bytes);
    case TC_RECORD_TRANSFER:
      return decode_as<tc_transfer>(bytes);
    case TC_RECORD_PASSAGE:
      return decode_as<tc_passage>(bytes);
    case TC_RECORD_FAULT:
      return decode_as<tc_fault>(bytes);
    case TC_RECORD_EVENT:
      return decode_as<tc_event>(bytes);
    case TC_RECORD_GAP:
      return decode_as<tc_gap>(bytes);
    case TC_RECORD_EDGE:
      return decode_as<tc_edge_record>(bytes);
    case TC_RECORD_FLOW:
      return decode_as<tc_flow_record>(bytes);
    case TC_RECORD_HISTOGRAM:
      return decode_as<tc_histogram_record>(bytes);
    case TC_RECORD_COMMAND:
      return decode_as<tc_command>(bytes);
    case TC_RECORD_RENAME:
      return decode_as<tc_rename>(bytes);
    case TC_RECORD_SYSCALLS:
      return decode_as<tc_syscalls_record>(bytes);
    case TC_RECORD_TASK_STATE:
      return decode_as<tc_task_state>(bytes);
    case TC_RECORD_RAN_INSTEAD:
      return decode_as<tc_ran_record>(bytes);
    case TC_RECORD_QUOTA:
      return decode_as<tc_quota_record>(bytes);
    case TC_RECORD_INTERRUPTS:
      return decode_as<tc_interrupts_record>(bytes);
    case TC_RECORD_LOCK:
      return decode_as<tc_lock_record>(bytes);
    case TC_RECORD_WAIT_OBJECT:
      return decode_as<tc_wait_object_record>(bytes);
    case TC_RECORD_REGION:
      return decode_as<tc_region>(bytes);
    case TC_RECORD_REGIONS:
      return decode_as<tc_regions_record>(bytes);
    case TC_RECORD_FINAL:
      return decode_final_ledger(bytes);
    default:
      return std::nullopt;
  }
}

}  // namespace taskcost
