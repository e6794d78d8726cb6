// SPDX-License-Identifier: Apache-2.0
//
// Where the chunks of a capture file are: from its index, else by going from header to header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "taskcost/capture.h"

namespace taskcost {

// A file of known size, of which any part can be read.
class CaptureFile {
 public:
  CaptureFile(Fd file, std::uint64_t size) : file_(std::move(file)), size_(size) {}

  [[nodiscard]] std::uint64_t size() const { return size_; }

  // False when there is no such part, or it cannot be read.
  bool read(std::uint64_t offset, std::span<std::byte> into) const;

  template <typename T>
  bool read_structure(std::uint64_t offset, T& into) const {
    return read(offset, std::as_writable_bytes(std::span(&into, 1)));
  }

 private:
  Fd file_;
  std::uint64_t size_ = 0;
};

struct ChunkList {
  std::vector<CaptureChunk> chunks;
  CaptureEnd end;
};

// The chunks from `begin` on, where header and description end.
ChunkList list_chunks(const CaptureFile& file, std::uint64_t begin, std::uint64_t salt);

}  // namespace taskcost
