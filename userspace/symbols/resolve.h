// SPDX-License-Identifier: Apache-2.0
//
// Raw stacks to stacks with names.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "symbols/address_space.h"
#include "symbols/kernel_symbols.h"
#include "symbols/symbolizer.h"
#include "taskcost/stacks.h"

namespace taskcost {

// The tgid of a Process::id; nullopt when the process is not known.
using TgidOf = std::function<std::optional<std::uint32_t>(std::uint64_t process)>;

// Stacks that have become equal are one. `lost_events` had no stack.
Stacks resolve(const std::vector<RawStack>& raw, const AddressSpaces& spaces, const TgidOf& tgid_of,
               Symbolizer& symbolizer, const KernelSymbols& kernel, std::uint64_t lost_events);

}  // namespace taskcost
