// SPDX-License-Identifier: Apache-2.0
#include "collector/stack_maps.h"

#include <cstddef>
#include <cstdint>

namespace taskcost {
namespace {

// A stack takes about 1 KiB.
constexpr std::uint32_t max_stacks = 65536;
// Sums take about 150 bytes. Threads of different names and samples of different instructions share stacks.
constexpr std::uint32_t max_stack_sums = 4 * max_stacks;
constexpr std::uint32_t max_waker_stack_sums = 16384;
constexpr std::uint32_t max_unwind_tables = 4096;
constexpr std::uint32_t most_asked_tables = 256;
constexpr std::uint32_t wanted_tables_bytes = 32768;  // room for so many

std::uint32_t chunks_in(std::size_t bytes) {
  constexpr std::size_t chunk_bytes = sizeof(tc_unwind_page) * TC_UNWIND_CHUNK_PAGES;
  return static_cast<std::uint32_t>((bytes + chunk_bytes - 1) / chunk_bytes);
}

}  // namespace

void size_stack_maps(probes& object, bool unwind_tables, const CollectorOptions& options) {
  const auto resize = [](bpf_map* map, bool used, std::uint32_t entries) {
    bpf_map__set_max_entries(map, used ? entries : 1);
  };
  resize(object.maps.stacks, options.stacks, max_stacks);
  resize(object.maps.stack_counts, options.stacks, max_stack_sums);
  resize(object.maps.waker_stacks, options.stacks, options.max_tasks);
  resize(object.maps.waker_stack_counts, options.stacks, max_waker_stack_sums);
  resize(object.maps.maple_copies, options.stacks || options.interference, possible_cpus());
  resize(object.maps.unwind_chunks, unwind_tables, chunks_in(options.unwind_memory));
  resize(object.maps.unwind_tables, unwind_tables, max_unwind_tables);
  resize(object.maps.asked_tables, unwind_tables, most_asked_tables);
  bpf_map__set_max_entries(object.maps.wanted_tables, wanted_tables_bytes);
  resize(object.maps.unwind_walks, unwind_tables, possible_cpus());
}

}  // namespace taskcost
