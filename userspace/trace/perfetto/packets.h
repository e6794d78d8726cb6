// SPDX-License-Identifier: Apache-2.0
//
// Writes the packets of a trace one after the other, which is the format of the file.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

#include "perfetto/trace.pb.h"

namespace taskcost {

// The writer of a packet. Packets of one sequence are in order and share interned names.
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
