// SPDX-License-Identifier: Apache-2.0
//
// Lists the chunks of a capture file from its index, or else by reading one header after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "capture/capture.h"

namespace taskcost {

// A file of known size with random access.
class CaptureFile {
 public:
  CaptureFile(Fd file, std::uint64_t size) : file_(std::move(file)), size_(size) {}

  [[nodiscard]] std::uint64_t size() const { return size_; }

  // False if the range goes beyond the end of the file, or cannot be read.
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

// Lists the chunks from `begin` on, which is the end of header and description.
ChunkList list_chunks(const CaptureFile& file, std::uint64_t begin, std::uint64_t salt);

}  // namespace taskcost
