// SPDX-License-Identifier: Apache-2.0
//
// One run of one workload under one tool.
//
//   start     what the tool is and when its probes are attached: see Start. A tool that watches another program than
//             the workload watches a shell that sleeps; the workload starts when that shell sleeps and the tool has it.
//   measure   the workload measures itself, so neither the tool's start nor its end is included.
//   end       a tool that launched its command ends with it; the others get SIGINT.
//
// Memory is the peak resident memory of the tool's process (VmHWM), read 50 times a second: growth in its last moments
// may be missing, and kernel buffers are not included. Output is what the tool wrote: its files, and its standard
// streams.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bench/peers/tools.h"
#include "bench/peers/workloads.h"

namespace taskcost::bench {

struct Measurement {
  double ns = 0;  // for each operation of the workload
  // nullopt: the tool does not report it, or there is no tool.
  std::optional<std::uint64_t> lost;
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::uint64_t> output_bytes;
};

// Error: the tool cannot do this here; `why` is its own message.
Result<Measurement> measure(const Tool& tool, const Workload& workload);

// The same run without any tool.
Result<Measurement> measure_untraced(const Workload& workload);

}  // namespace taskcost::bench
