// SPDX-License-Identifier: Apache-2.0
//
// One run of one workload under one tool.
//
//   start     what the tool is and when its probes are in place: see Start. A tool that watches another program than
//   the
//             workload watches a shell that sleeps; the workload starts when that shell sleeps and the tool has it.
//   measure   the workload measures itself, inside. Neither the tool's start nor its end is in it.
//   end       a tool that launched its command ends with it; the others are sent SIGINT.
//
// Memory is the peak resident memory of the tool's process (VmHWM), looked at 50 times a second: what it needed in its
// last moments may be missing, and buffers in the kernel are not in it. Output is what the tool wrote: its files, and
// its standard streams.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bench/peers/tools.h"
#include "bench/peers/workloads.h"

namespace taskcost::bench {

struct Measurement {
  double ns = 0;  // for each operation of the workload
  // nullopt: it does not tell, or there is no tool to speak of.
  std::optional<std::uint64_t> lost;
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::uint64_t> output_bytes;
};

// Error: this tool cannot do that here; `why` is in its own words.
Result<Measurement> measure(const Tool& tool, const Workload& workload);

// The same without any tool.
Result<Measurement> measure_untraced(const Workload& workload);

}  // namespace taskcost::bench
