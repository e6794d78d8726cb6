// SPDX-License-Identifier: Apache-2.0
//
// Writes a capture while its records arrive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/fd.h"
#include "base/result.h"
#include "capture/capture.h"
#include "capture/chunk_file.h"
#include "capture/chunk_queue.h"

namespace taskcost {

// Takes an empty file that is open for writing, and writes the header to it. Errors: the file cannot be written, or the
// description is longer than 16 MiB.
Result<ChunkFile> begin_capture(Fd file, const std::string& description, const CaptureOptions& options);
// Sets the trailer, which write_end() writes. Error: it is longer than 256 MiB.
Status end_capture(ChunkFile& file, const std::string& trailer);

// Writes a capture. One thread calls append() and then finish(). A second thread, which the writer starts, compresses
// and writes. Without finish() the file has no index and no trailer: it is readable, but not complete.
class CaptureWriter {
 public:
  // Errors: those of begin_capture().
  static Result<std::unique_ptr<CaptureWriter>> create(Fd file, const std::string& description,
                                                       const CaptureOptions& options = {});
  CaptureWriter(const CaptureWriter&) = delete;
  CaptureWriter& operator=(const CaptureWriter&) = delete;

  // As ChunkQueue::append().
  void append(std::span<const std::byte> record, std::uint64_t time_ns) { queue_.append(record, time_ns); }

  // Writes the remaining records, the index and the trailer, and closes the file. Errors: the first write error, or the
  // trailer is longer than 256 MiB. It must not be called twice.
  Status finish(const std::string& trailer);

  // True after a write error: later records are lost, and finish() returns the error. Any thread may call it.
  [[nodiscard]] bool has_failed() const { return queue_.has_failed(); }

  // Any thread may call it. Until finish() returns, records in the buffers are not counted yet.
  [[nodiscard]] CaptureStatistics statistics() const { return queue_.statistics(); }

 private:
  CaptureWriter(ChunkFile file, const CaptureOptions& options) : file_(std::move(file)), queue_(file_, options) {}

  ChunkFile file_;
  ChunkQueue queue_;
};

}  // namespace taskcost
