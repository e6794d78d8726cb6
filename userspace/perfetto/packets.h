// SPDX-License-Identifier: Apache-2.0
//
// Packets of a trace one after the other, as the file holds them.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

#include "perfetto/trace.pb.h"

namespace taskcost {

// Who writes: packets of one sequence are in their order, and share what was interned.
enum class Sequence : std::uint32_t { scene = 1, scheduling, tracks };

class PacketWriter {
 public:
  explicit PacketWriter(std::ostream& out) : out_(&out) {}

  void write(const wire::TracePacket& packet);
  void finish();

 private:
  void drain();

  std::ostream* out_;
  std::string bytes_;
};

}  // namespace taskcost
