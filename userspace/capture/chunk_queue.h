// SPDX-License-Identifier: Apache-2.0
//
// Passes records to a store in chunks. One thread appends, and never waits; a second thread, which the queue starts,
// compresses and writes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <thread>
#include <vector>

#include "base/result.h"
#include "capture/capture.h"

namespace taskcost {

struct CaptureOptions {
  std::size_t chunk_size = 1 << 20;           // bytes of records before compression; at most 4 MiB
  std::size_t buffers = 32;                   // buffers of one chunk each, allocated at creation; at least 2
  std::uint64_t chunk_time_ns = 1000000000U;  // longest span of a chunk: bounds the loss by a crash and seek precision
  int compression_level = -2;                 // level of zstd
};

// Within the limits of the format.
CaptureOptions bounded(const CaptureOptions& options);

struct CaptureStatistics {
  std::uint64_t records = 0;    // records in the file
  std::uint64_t bytes_in = 0;   // bytes of these records before compression
  std::uint64_t bytes_out = 0;  // bytes of the file
  std::uint64_t refused = 0;    // not a record: the size field is wrong, or it is larger than a chunk
  std::uint64_t unwritten = 0;  // lost because the file could not be written
  CaptureSpan dropped;          // lost because all buffers were full
};

// Takes the chunks in their order, on the thread of the queue.
class ChunkStore {
 public:
  ChunkStore() = default;
  ChunkStore(ChunkStore&&) = default;
  ChunkStore& operator=(ChunkStore&&) = default;
  virtual ~ChunkStore() = default;

  // False if the records are lost.
  virtual bool write_records(std::span<const std::byte> records, const CaptureSpan& span) = 0;
  virtual void write_dropped(const CaptureSpan& span) = 0;
  // No chunk follows.
  virtual void write_end() = 0;

  // `error` is an errno: nothing more can be written.
  virtual void fail(int error) = 0;
  [[nodiscard]] virtual bool has_failed() const = 0;
  [[nodiscard]] virtual std::uint64_t size() const = 0;  // bytes in the store
};

class ChunkQueue {
 public:
  // `store` must outlive the queue.
  ChunkQueue(ChunkStore& store, const CaptureOptions& options);
  ~ChunkQueue() { end(); }
  ChunkQueue(const ChunkQueue&) = delete;
  ChunkQueue& operator=(const ChunkQueue&) = delete;
  // Starts the second thread. Error: it could not be started.
  Status start();

  // Copies the record. It never waits, allocates or takes a lock: if no buffer is free, it drops the record, and the
  // store gets a chunk of kind dropped there. `time_ns` is CLOCK_MONOTONIC.
  void append(std::span<const std::byte> record, std::uint64_t time_ns);
  // Returns when the store has every record so far. The appending thread calls it, or another one while that does not
  // append; until the next append(), the store may be used.
  void flush();
  // Passes the rest to the store and ends the second thread. No append() may follow.
  void end();

  // True after a write error: later records are lost. Any thread may call it.
  [[nodiscard]] bool has_failed() const { return failed_.load(std::memory_order_relaxed); }
  // Any thread may call it. Records in the buffers are not counted yet.
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

  bool take_buffer();
  void wait_for_buffer();
  void hand_over();
  [[nodiscard]] bool has_room(std::size_t size, std::uint64_t time_ns) const;
  void drop(std::uint64_t time_ns);
  void write_buffer(const Buffer& buffer);
  [[nodiscard]] bool is_behind(std::uint32_t waiting) const;
  void write_all();

  CaptureOptions options_;
  ChunkStore& store_;  // the writing thread uses it
  // The buffers are a ring: the appending thread hands over the next one by incrementing `filled_`, the writing thread
  // returns it by incrementing `emptied_`. With a lock, a preempted writer could block the appending thread, which has
  // real-time priority.
  std::vector<Buffer> buffers_;
  std::atomic<std::uint32_t> filled_ = 0;
  std::atomic<std::uint32_t> emptied_ = 0;
  std::atomic<pid_t> writer_tid_ = 0;  // of the writing thread; 0: it has not started to run
  std::atomic<bool> failed_ = false;
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
