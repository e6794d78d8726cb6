// SPDX-License-Identifier: Apache-2.0
//
// What the kernel tells about address spaces through perf events, from bytes: PERF_RECORD_MMAP2, COMM, FORK and LOST.
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
  std::uint32_t parent = 0;   // of a fork: tgid
  std::uint64_t lost = 0;     // of a loss: events that found the ring full
  Mapping mapping;            // of an mmap
};

// One whole record, with its header, of an event that samples PERF_SAMPLE_TIME alone with sample_id_all. nullopt for
// what says nothing about an address space: another name, a new thread, data, the kernel's own; and for torn records.
std::optional<MappingEvent> decode_mapping_record(std::span<const std::byte> record);

// A loss changes nothing.
void apply(const MappingEvent& event, AddressSpaces& spaces);

}  // namespace taskcost
