// SPDX-License-Identifier: Apache-2.0
//
// The one decoder of records, from the ring buffer as well as from captures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "taskcost/abi.h"
#include "taskcost/events.h"

namespace taskcost {

using Record =
    std::variant<tc_ledger, tc_exec, tc_reap, tc_cpu_slice, tc_task_new, tc_switch, tc_call, tc_transfer, tc_fault,
                 tc_passage, tc_event, tc_gap, tc_edge_record, tc_flow_record, tc_histogram_record, tc_command,
                 tc_rename, tc_syscalls_record, tc_ran_record, tc_quota_record, tc_interrupts_record, tc_lock_record,
                 tc_task_state, tc_region, tc_regions_record, tc_wait_object_record>;

// A final ledger as the probes send it becomes a tc_ledger.
// nullopt if the record is too short, its size field does not match, its type is unknown, or an array index is out of
// range.
std::optional<Record> decode(std::span<const std::byte> bytes);

constexpr std::size_t record_alignment = 8;  // record sizes are multiples of this

// The size of the first record in a sequence of records; nullopt if the bytes are not a record or it exceeds them.
std::optional<std::size_t> record_size(std::span<const std::byte> bytes);

// The header of a record. REQUIRES: `bytes` has at least a header.
tc_record header_of(std::span<const std::byte> bytes);

// True for a record that sums up the whole recording. Such a sum is wrong for a part.
bool is_sum(std::uint32_t type);

// Calls visit() with the bytes of each record; it stops at bytes that are not a record.
template <typename Visit>
void for_each_record(std::span<const std::byte> bytes, Visit visit) {
  while (const auto size = record_size(bytes)) {
    visit(bytes.first(*size));
    bytes = bytes.subspan(*size);
  }
}

}  // namespace taskcost
