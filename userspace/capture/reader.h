// SPDX-License-Identifier: Apache-2.0
//
// Reads captures, also those that are cut off or damaged.
#pragma once

#include <zstd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "capture/capture.h"
#include "capture/chunk_list.h"

namespace taskcost {

struct EndOfCapture {};

// Reads a capture from its beginning or from a given time on. It keeps one chunk in memory, and about 100 bytes for
// each chunk in the file. Any damage is an error of open(), or it is reported by next() and end().
class CaptureReader {
 public:
  // Errors: the file cannot be opened, is not regular, is not a capture, has another version or byte order, or its
  // header is cut off or damaged.
  static Result<CaptureReader> open(const std::string& path);
  // Opens the file alone. Error: it cannot be opened.
  static Result<Fd> open_file(const std::string& path);
  // Does the same as open() for an open file; `name` is used in errors.
  static Result<CaptureReader> read(Fd file, const std::string& name);

  [[nodiscard]] const std::string& description() const { return description_; }
  [[nodiscard]] const std::vector<CaptureChunk>& chunks() const { return list_.chunks; }  // in the order of the file
  [[nodiscard]] const CaptureEnd& end() const { return list_.end; }  // known as soon as the file is open

  // The bytes of a record are valid until the next call and aligned to 8 bytes. Their number is a multiple of 8, at
  // least 8, and equal to the size field; the content is not checked.
  using Item = std::variant<std::span<const std::byte>, Interruption, EndOfCapture>;
  Item next();

  // Moves next() to the first chunk that has records of this time or later. Some records of this chunk may be earlier.
  void seek(std::uint64_t time_ns);

 private:
  struct FreeDecompression {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  CaptureReader(CaptureFile file, std::uint64_t salt, std::string description, ChunkList list);

  // False if the chunk is damaged.
  bool load(const CaptureChunk& chunk);

  CaptureFile file_;
  std::uint64_t salt_;
  std::string description_;
  ChunkList list_;
  std::unique_ptr<ZSTD_DCtx, FreeDecompression> context_;
  std::vector<std::byte> stored_;
  std::vector<std::byte> bytes_;            // records of the current chunk
  std::span<const std::byte> unread_ = {};  // part of `bytes_`
  std::size_t next_chunk_ = 0;
};

}  // namespace taskcost
