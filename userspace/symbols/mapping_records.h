// SPDX-License-Identifier: Apache-2.0
//
// Decodes the records of perf events that describe address spaces: PERF_RECORD_MMAP2, COMM, FORK and LOST.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "symbols/address_space.h"

namespace taskcost {

struct MappingEvent {
  enum class Kind { mmap, exec, fork, lost };
  Kind kind = Kind::mmap;
  std::uint64_t time_ns = 0;  // CLOCK_MONOTONIC
  std::uint32_t pid = 0;      // tgid
  std::uint32_t parent = 0;   // fork: tgid of the parent
  std::uint64_t lost = 0;     // lost: how many records did not fit the ring
  Mapping mapping;            // mmap
};

// Decodes one whole record, with its header, of an event opened with sample_id_all and PERF_SAMPLE_TIME alone. nullopt:
// it does not concern an address space (prctl(PR_SET_NAME), a new thread, a data mapping, the kernel), or is torn.
std::optional<MappingEvent> decode_mapping_record(std::span<const std::byte> record);

// Kind::lost changes nothing.
void apply(const MappingEvent& event, AddressSpaces& spaces);

}  // namespace taskcost
