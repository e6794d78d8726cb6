// SPDX-License-Identifier: Apache-2.0
//
// Records as they come out of the ring buffer or a capture: one decoder for every place that they are read from.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <variant>

#include "taskcost/abi.h"
#include "taskcost/events.h"

namespace taskcost {

using Record =
    std::variant<tc_ledger, tc_exec, tc_reap, tc_stint, tc_birth, tc_switch, tc_call, tc_transfer, tc_fault, tc_passage,
                 tc_step, tc_gap, tc_edge_record, tc_flow_record, tc_histogram_record, tc_command, tc_rename>;

// nullopt for a record that is short, torn (its size field disagrees), of unknown type or with an index out of range.
std::optional<Record> decode(std::span<const std::byte> bytes);

constexpr std::size_t record_alignment = 8;  // of their sizes

// Where records stand one behind the other: the size of the one that these bytes begin with; nullopt when it is none or
// goes beyond them.
std::optional<std::size_t> record_size(std::span<const std::byte> bytes);

// The bytes of each, up to what is none.
template <typename Visit>
void for_each_record(std::span<const std::byte> bytes, Visit visit) {
  while (const auto size = record_size(bytes)) {
    visit(bytes.first(*size));
    bytes = bytes.subspan(*size);
  }
}

}  // namespace taskcost
