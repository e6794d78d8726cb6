// SPDX-License-Identifier: Apache-2.0
//
// Writes a capture while its records arrive.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "capture/capture.h"
#include "capture/chunk_file.h"

namespace taskcost {

struct CaptureOptions {
  std::size_t chunk_size = 1 << 20;           // bytes of records before compression; at most 4 MiB
  std::size_t buffers = 32;                   // buffers of one chunk each, allocated at creation; at least 2
  std::uint64_t chunk_time_ns = 1000000000U;  // longest span of a chunk: bounds the loss by a crash and seek precision
  int compression_level = -2;                 // level of zstd
};

struct CaptureStatistics {
  std::uint64_t records = 0;    // records in the file
  std::uint64_t bytes_in = 0;   // bytes of these records before compression
  std::uint64_t bytes_out = 0;  // bytes of the file
  std::uint64_t refused = 0;    // not a record: the size field is wrong, or it is larger than a chunk
  std::uint64_t unwritten = 0;  // lost because the file could not be written
  CaptureSpan dropped;          // lost because all buffers were full
};

// Writes a capture. One thread calls append() and then finish(). A second thread, which the writer starts, compresses
// and writes.
class CaptureWriter {
 public:
  // Takes an empty file that is open for writing, and writes the header to it. Errors: the file cannot be written, or
  // the description is longer than 16 MiB.
  static Result<std::unique_ptr<CaptureWriter>> create(Fd file, const std::string& description,
                                                       const CaptureOptions& options = {});
  // Without finish() the file has no index and no trailer: it is readable, but not complete.
  ~CaptureWriter();
  CaptureWriter(const CaptureWriter&) = delete;
  CaptureWriter& operator=(const CaptureWriter&) = delete;

  // Copies the record. It never waits, allocates or takes a lock: if no buffer is free, it drops the record, and the
  // file has a chunk of kind dropped there.
  void append(std::span<const std::byte> record, std::uint64_t time_ns);

  // Writes the remaining records, the index and the trailer, and closes the file. Errors: the first write error, or the
  // trailer is longer than 16 MiB. It must not be called twice.
  Status finish(const std::string& trailer);

  // True after a write error: later records are lost, and finish() returns the error. Any thread may call it.
  [[nodiscard]] bool has_failed() const { return failed_.load(std::memory_order_relaxed); }

  // Any thread may call it. Until finish() returns, records in the buffers are not counted yet.
  [[nodiscard]] CaptureStatistics statistics() const;

 private:
  // The appending thread fills a buffer, the writing thread empties it and returns it.
  struct Buffer {
    std::vector<std::byte> bytes;
    std::size_t used = 0;
    CaptureSpan span;
    CaptureSpan dropped_before;
    bool is_last = false;

    void clear() {
      used = 0;
      span = {};
      dropped_before = {};
    }
  };

  // One thread writes the counter, any thread reads it.
  class Counter {
   public:
    void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
    void add(std::uint64_t value) { set(get() + value); }
    [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

   private:
    std::atomic<std::uint64_t> value_ = 0;
  };

  CaptureWriter(CaptureOutput output, std::uint64_t salt, const CaptureOptions& options);

  bool take_buffer();
  void hand_over();
  [[nodiscard]] bool has_room(std::size_t size, std::uint64_t time_ns) const;
  void drop(std::uint64_t time_ns);
  void hand_over_last();
  void write_buffer(const Buffer& buffer);
  [[nodiscard]] bool is_behind(std::uint32_t waiting) const;
  void write_all();

  CaptureOptions options_;
  ChunkFile file_;  // the writing thread uses it
  // The buffers are a ring: the appending thread hands over the next one by incrementing `filled_`, the writing thread
  // returns it by incrementing `emptied_`. With a lock, a preempted writer could block the appending thread, which has
  // real-time priority.
  std::vector<Buffer> buffers_;
  std::atomic<std::uint32_t> filled_ = 0;
  std::atomic<std::uint32_t> emptied_ = 0;
  std::atomic<pid_t> writer_tid_ = 0;  // of the writing thread; 0: it has not started to run
  std::atomic<bool> failed_ = false;
  std::optional<std::string> trailer_;  // set before the last buffer is handed over
  std::thread thread_;

  // The appending thread uses these.
  Buffer* current_ = nullptr;
  std::size_t next_buffer_ = 0;
  CaptureSpan dropped_;  // since the last buffer was handed over

  struct {
    Counter records, bytes_in, bytes_out, unwritten;              // the writing thread counts these
    Counter refused, dropped, dropped_first_ns, dropped_last_ns;  // the appending thread counts these
  } count_;

  // The writing thread uses these.
  std::size_t done_buffer_ = 0;
};

}  // namespace taskcost
