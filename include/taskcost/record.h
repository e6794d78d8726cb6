// SPDX-License-Identifier: Apache-2.0
//
// Records as they come out of the ring buffer: one decoder for every place that they are read from.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <variant>

#include "taskcost/abi.h"

namespace taskcost {

using Record = std::variant<tc_ledger, tc_exec, tc_reap, tc_stint>;

// nullopt for a record that is short, torn (its size field disagrees), of unknown type or with an index out of range.
std::optional<Record> decode(std::span<const std::byte> bytes);

}  // namespace taskcost
