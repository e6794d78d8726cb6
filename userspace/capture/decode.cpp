// SPDX-License-Identifier: Apache-2.0
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
    case TC_IN_UNSEEN_FAULT:
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

bool is_valid(const tc_task_new& new_task) {
  return new_task.how <= TC_NR_CREATIONS && is_context(new_task.context) && new_task.condition < TC_NR_CONDITIONS &&
         new_task.wait < TC_NR_WAITS;
}

bool is_valid(const tc_switch& event) {
  return is_context(event.context) && event.wait < TC_NR_WAITS && event.flush <= TC_FLUSH_DONE &&
         event.next_wait <= TC_NR_WAITS;
}

bool is_valid(const tc_call& call) { return call.created <= TC_NR_CREATIONS; }

bool is_valid(const tc_transfer& transfer) { return is_valid(transfer.call); }

bool is_valid(const tc_passage& passage) { return passage.channel < TC_NR_CHANNELS; }

bool is_valid(const tc_fault& fault) {
  return is_context(fault.interrupted) && fault.interrupted != TC_IN_FAULT && fault.outcome <= TC_FAULT_UNRESOLVED;
}

bool is_valid(const tc_event& event) {
  switch (event.kind) {
    case TC_EV_CORRECTED:
      return event.arg >> 8 < TC_NR_ROWS && (event.arg & 0xff) < TC_NR_CONDITIONS;
    default:
      return event.kind < TC_NR_EVENTS;
  }
}

bool is_valid(const tc_gap&) { return true; }

bool is_valid(const tc_edge_record& edge) { return edge.edge.key.wait < TC_NR_WAITS; }

bool is_valid(const tc_flow_record&) { return true; }

bool is_valid(const tc_histogram_record& histogram) { return histogram.id < TC_NR_HISTOGRAMS; }

bool is_valid(const tc_command& command) { return command.size <= TC_COMMAND_LEN; }

bool is_valid(const tc_rename&) { return true; }

bool is_valid(const tc_syscalls_record&) { return true; }

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

}  // namespace

std::optional<std::size_t> record_size(std::span<const std::byte> bytes) {
  tc_record record{};
  if (bytes.size() < sizeof(record)) {
    return std::nullopt;
  }
  std::memcpy(&record, bytes.data(), sizeof(record));
  if (record.size < sizeof(record) || record.size > bytes.size() || record.size % record_alignment != 0) {
    return std::nullopt;
  }
  return record.size;
}

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
    default:
      return std::nullopt;
  }
}

}  // namespace taskcost
