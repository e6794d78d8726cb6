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

using Record = std::variant<tc_ledger, tc_exec, tc_reap, tc_stint, tc_birth, tc_switch, tc_call, tc_transfer, tc_fault,
                            tc_step, tc_gap, tc_edge_record, tc_flow_record, tc_histogram_record, tc_command>;

// nullopt for a record that is short, torn (its size field disagrees), of unknown type or with an index out of range.
std::optional<Record> decode(std::span<const std::byte> bytes);

}  // namespace taskcost
