// SPDX-License-Identifier: Apache-2.0
//
// Keeps the last chunks of a recording in memory, compressed. An old chunk is dropped whole; what its events say of the
// time after it stays (checkpoint.h). So what is kept is a capture by itself, at any time.
#pragma once

#include <zstd.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "capture/chunk_file.h"
#include "capture/chunk_queue.h"
#include "trace/checkpoint.h"

namespace taskcost {

struct KeepLimits {
  std::optional<std::uint64_t> time_ns;  // the last events for this long; nullopt: as long as they fit
  std::uint64_t bytes = 0;               // of compressed chunks; at least the last one is kept
};

// Sizes of chunks for these limits: at most a chunk more than was asked for is kept.
CaptureOptions chunk_options(const KeepLimits& limits);

struct KeptChunk {
  CaptureSpan span;
  std::uint32_t size = 0;                // bytes of records before compression
  std::vector<std::byte> stored;         // empty: dropped, the queue was full
  std::vector<std::uint64_t> new_tasks;  // ledger ids in its tc_task_new
  std::uint64_t lost = 0;                // events that its tc_gap count
};

// A capture without its texts. Chunks are shared with the ring, which may go on.
struct KeptRecording {
  bool is_whole = true;       // every event since the start is kept, and no time is left out
  std::uint64_t from_ns = 0;  // figures of earlier times are not complete
  std::uint64_t to_ns = 0;
  bool full = false;  // the limit of bytes made it shorter than the limit of time
  std::uint64_t tasks = 0;
  std::uint64_t events = 0;
  std::uint64_t lost = 0;
  std::vector<CaptureSpan> lost_before;  // losses before that may touch what is open
  std::vector<std::byte> checkpoint;     // records
  std::vector<std::shared_ptr<const KeptChunk>> chunks;
};

// Writes the capture to an empty file, and closes it. `end_records` follow the chunks. Error: it could not be written.
Status write_kept(Fd file, const std::string& description, const KeptRecording& kept,
                  std::span<const std::byte> end_records, const std::string& trailer);

class ChunkRing : public ChunkStore {
 public:
  // The recording starts at `start_ns`. `calls` and `classes` as in Checkpoint.
  ChunkRing(const KeepLimits& limits, std::uint64_t start_ns, bool calls, CallClasses classes);

  bool write_records(std::span<const std::byte> records, const CaptureSpan& span) override;
  void write_dropped(const CaptureSpan& span) override;
  void write_end() override {}
  void fail(int error) override { error_ = error; }
  [[nodiscard]] bool has_failed() const override { return error_ != 0; }
  [[nodiscard]] std::uint64_t size() const override { return bytes_; }

  // What is kept at `end_ns` (CLOCK_MONOTONIC), up to which every event has arrived. Chunks are shared, not copied.
  KeptRecording take(std::uint64_t end_ns);
  [[nodiscard]] const Checkpoint& checkpoint() const { return checkpoint_; }

 private:
  struct FreeDecompression {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  void add(std::shared_ptr<const KeptChunk> chunk);
  void drop_old(std::uint64_t now_ns);
  void drop_front();

  KeepLimits limits_;
  std::uint64_t start_ns_;
  Checkpoint checkpoint_;
  ChunkCompressor compressor_;
  std::unique_ptr<ZSTD_DCtx, FreeDecompression> context_;
  std::vector<std::byte> forgotten_;  // records of the chunk that is dropped
  std::deque<std::shared_ptr<const KeptChunk>> chunks_;
  std::uint64_t bytes_ = 0;
  std::uint64_t dropped_to_ns_ = 0;  // latest time in a dropped chunk; 0: none was dropped
  std::uint64_t newest_ns_ = 0;
  int error_ = 0;
};

}  // namespace taskcost
