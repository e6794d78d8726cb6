// SPDX-License-Identifier: Apache-2.0
//
// Turns raw stacks into stacks with names.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "account/stacks.h"
#include "symbols/address_space.h"
#include "symbols/kernel_symbols.h"
#include "symbols/symbolizer.h"

namespace taskcost {

// Maps a Process::id to its tgid; nullopt if the process is not known.
using TgidOf = std::function<std::optional<std::uint32_t>(std::uint64_t process)>;

// Stacks that are equal by name are merged. `lost_events` is passed through: events for which the kernel stored no
// stack.
Stacks resolve(const std::vector<RawStack>& raw, const AddressSpaces& spaces, const TgidOf& tgid_of,
               Symbolizer& symbolizer, const KernelSymbols& kernel, std::uint64_t lost_events);

// A sleeper and its waker.
struct RawWakerStack {
  RawStack sleeper;
  RawStack waker;
};
std::vector<WakerStack> resolve(const std::vector<RawWakerStack>& raw, const AddressSpaces& spaces,
                                const TgidOf& tgid_of, Symbolizer& symbolizer, const KernelSymbols& kernel);

}  // namespace taskcost
