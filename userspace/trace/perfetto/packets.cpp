// SPDX-License-Identifier: Apache-2.0
#include "trace/perfetto/packets.h"

#include <google/protobuf/io/coded_stream.h>

#include <ostream>

namespace taskcost {
namespace {

using google::protobuf::io::CodedOutputStream;

constexpr std::size_t buffer_size = 1U << 16U;
constexpr std::uint8_t packet_tag = 1U << 3U | 2U;  // Trace.packet, length-delimited

}  // namespace

void PacketWriter::write(const wire::TracePacket& packet) {
  const auto size = static_cast<std::uint32_t>(packet.ByteSizeLong());
  const std::size_t head = 1 + CodedOutputStream::VarintSize32(size);
  const std::size_t begin = bytes_.size();
  bytes_.resize(begin + head + size);
  auto* at = reinterpret_cast<std::uint8_t*>(bytes_.data() + begin);
  *at++ = packet_tag;
  at = CodedOutputStream::WriteVarint32ToArray(size, at);
  packet.SerializeWithCachedSizesToArray(at);
  if (bytes_.size() >= buffer_size) {
    drain();
  }
}

void PacketWriter::drain() {
  out_->write(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
  bytes_.clear();
}

void PacketWriter::finish() {
  drain();
  out_->flush();
}

}  // namespace taskcost
