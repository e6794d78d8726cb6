// SPDX-License-Identifier: Apache-2.0
//
// Writes the parts of a capture file in their order.
#pragma once

#include <zstd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "capture/capture.h"
#include "capture/chunk_queue.h"
#include "capture/format.h"

namespace taskcost {

// Keeps the first error, and writes nothing more after it.
class CaptureOutput {
 public:
  explicit CaptureOutput(Fd file) : file_(std::move(file)) {}

  void write(std::span<const std::byte> bytes);
  void fail(int error) { error_ = error_ != 0 ? error_ : error; }
  // Some file systems, such as NFS, report a failed write at close() only.
  void close();

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool has_failed() const { return error_ != 0; }
  [[nodiscard]] Status status() const;

 private:
  Fd file_;
  std::uint64_t size_ = 0;
  int error_ = 0;
};

// Writes the header and the description.
void write_capture_header(CaptureOutput& output, const std::string& description, std::uint64_t salt);

// Compresses the records of one chunk.
class ChunkCompressor {
 public:
  // `chunk_size` and `level` as in CaptureOptions.
  ChunkCompressor(std::size_t chunk_size, int level);

  // Valid until the next call; empty if that fails.
  std::span<const std::byte> compress(std::span<const std::byte> records);

  [[nodiscard]] int level() const { return level_; }

 private:
  struct FreeCompression {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  int level_;
  std::unique_ptr<ZSTD_CCtx, FreeCompression> context_;
  std::vector<std::byte> compressed_;
};

// Writes chunks to the file, and their index at the end.
class ChunkFile : public ChunkStore {
 public:
  // `chunk_size` and `level` as in CaptureOptions.
  ChunkFile(CaptureOutput output, std::uint64_t salt, std::size_t chunk_size, int level)
      : output_(std::move(output)), salt_(salt), compressor_(chunk_size, level) {}

  bool write_records(std::span<const std::byte> records, const CaptureSpan& span) override;
  // Writes records of `size` bytes that are compressed already.
  void write_stored(std::span<const std::byte> stored, std::size_t size, const CaptureSpan& span);
  void write_dropped(const CaptureSpan& span) override;
  // Without a trailer the file is not complete, and nothing is written.
  void end_with(std::string trailer) { trailer_ = std::move(trailer); }
  void write_end() override;

  void close() { output_.close(); }
  void fail(int error) override { output_.fail(error); }
  [[nodiscard]] bool has_failed() const override { return output_.has_failed(); }
  [[nodiscard]] std::uint64_t size() const override { return output_.size(); }
  [[nodiscard]] const CaptureOutput& output() const { return output_; }

 private:
  capture_format::ChunkHeader write_chunk(capture_format::ChunkKind kind, const CaptureSpan& span, std::size_t size,
                                          std::span<const std::byte> body);

  CaptureOutput output_;
  std::uint64_t salt_;
  ChunkCompressor compressor_;
  std::optional<std::string> trailer_;
  std::vector<capture_format::ChunkHeader> index_;
  CaptureSpan all_;
};

}  // namespace taskcost
