// SPDX-License-Identifier: Apache-2.0
#include "trace/chunk_ring.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <unordered_set>
#include <utility>

#include "capture/format.h"
#include "capture/record.h"
#include "capture/writer.h"

namespace taskcost {
namespace {

// take() may be asked for an earlier end than that of the last event: events arrive while the end is prepared.
constexpr std::uint64_t longest_preparation_ns = 250'000'000;

std::uint64_t memory_of(const KeptChunk& chunk) {
  return sizeof(KeptChunk) + chunk.stored.size() + chunk.new_tasks.size() * sizeof(std::uint64_t);
}

void note_records(KeptChunk& chunk, std::span<const std::byte> records) {
  for_each_record(records, [&chunk](std::span<const std::byte> bytes) {
    const tc_record header = header_of(bytes);
    if (header.type == TC_RECORD_TASK_NEW && bytes.size() == sizeof(tc_task_new)) {
      std::uint64_t id = 0;
      std::memcpy(&id, bytes.data() + offsetof(tc_task_new, id), sizeof id);
      chunk.new_tasks.push_back(id);
    } else if (header.type == TC_RECORD_GAP && bytes.size() == sizeof(tc_gap)) {
      std::uint64_t count = 0;
      std::memcpy(&count, bytes.data() + offsetof(tc_gap, count), sizeof count);
      chunk.lost += count;
    }
  });
}

// Writes any number of records as chunks that the format allows.
void write_in_chunks(ChunkFile& file, std::span<const std::byte> records, std::size_t chunk_size, std::uint64_t at_ns) {
  while (!records.empty()) {
    std::size_t size = 0;
    std::uint64_t count = 0;
    for (std::size_t next = record_size(records).value_or(0); next != 0 && size + next <= chunk_size;
         next = record_size(records.subspan(size)).value_or(0)) {
      size += next;
      ++count;
    }
    if (size == 0) {
      return;
    }
    file.write_records(records.first(size), {at_ns, at_ns, count});
    records = records.subspan(size);
  }
}

}  // namespace

CaptureOptions chunk_options(const KeepLimits& limits) {
  constexpr std::uint64_t parts = 16;
  constexpr std::uint64_t shortest_ns = 50'000'000;
  constexpr std::size_t smallest = std::size_t{64} << 10U;
  CaptureOptions options;
  // Records compress to about a tenth.
  options.chunk_size = std::clamp<std::size_t>(limits.bytes / 4, smallest, options.chunk_size);
  if (limits.time_ns) {
    options.chunk_time_ns = std::clamp<std::uint64_t>(*limits.time_ns / parts, shortest_ns, options.chunk_time_ns);
  }
  return options;
}

Status write_kept(Fd file, const std::string& description, const KeptRecording& kept,
                  std::span<const std::byte> end_records, const std::string& trailer) {
  const CaptureOptions options;
  auto begun = begin_capture(std::move(file), description, options);
  if (!begun) {
    return begun.error();
  }
  ChunkFile& capture = *begun;
  for (const CaptureSpan& span : kept.lost_before) {
    capture.write_dropped(span);
  }
  write_in_chunks(capture, kept.checkpoint, options.chunk_size, kept.from_ns);
  for (const auto& chunk : kept.chunks) {
    if (chunk->stored.empty()) {
      capture.write_dropped(chunk->span);
    } else {
      capture.write_stored(chunk->stored, chunk->size, chunk->span);
    }
    if (capture.has_failed()) {
      break;
    }
  }
  write_in_chunks(capture, end_records, options.chunk_size, kept.to_ns);
  const Status status = end_capture(capture, trailer);
  capture.write_end();
  capture.close();
  return status ? capture.output().status() : status;
}

ChunkRing::ChunkRing(const KeepLimits& limits, std::uint64_t start_ns, bool calls, CallClasses classes)
    : limits_(limits),
      start_ns_(start_ns),
      checkpoint_(calls, std::move(classes)),
      compressor_(chunk_options(limits).chunk_size, CaptureOptions{}.compression_level),
      context_(ZSTD_createDCtx()),
      newest_ns_(start_ns) {
  if (!context_) {
    throw std::bad_alloc();
  }
}

bool ChunkRing::write_records(std::span<const std::byte> records, const CaptureSpan& span) {
  const auto stored = compressor_.compress(records);
  try {
    auto chunk = std::make_shared<KeptChunk>();
    chunk->span = span;
    if (!stored.empty()) {
      chunk->size = static_cast<std::uint32_t>(records.size());
      chunk->stored.assign(stored.begin(), stored.end());
      note_records(*chunk, records);
    }
    add(std::move(chunk));
    return !stored.empty();
  } catch (const std::bad_alloc&) {
    // The ring goes on with a hole, and with more memory: the oldest chunk makes room.
    if (!chunks_.empty()) {
      drop_front();
    }
    write_dropped(span);
    return false;
  }
}

void ChunkRing::write_dropped(const CaptureSpan& span) {
  auto chunk = std::make_shared<KeptChunk>();
  chunk->span = span;
  add(std::move(chunk));
}

void ChunkRing::add(std::shared_ptr<const KeptChunk> chunk) {
  bytes_ += memory_of(*chunk);
  newest_ns_ = std::max(newest_ns_, chunk->span.last_ns);
  chunks_.push_back(std::move(chunk));
  drop_old(newest_ns_ - std::min(newest_ns_, longest_preparation_ns));
}

void ChunkRing::drop_old(std::uint64_t now_ns) {
  while (!chunks_.empty()) {
    const bool too_large = bytes_ > limits_.bytes && chunks_.size() > 1;
    const bool too_old = limits_.time_ns && std::max(dropped_to_ns_, chunks_.front()->span.last_ns) + 1 <=
                                                now_ns - std::min(now_ns, *limits_.time_ns);
    if (!too_large && !too_old) {
      return;
    }
    drop_front();
  }
}

void ChunkRing::drop_front() {
  const std::shared_ptr<const KeptChunk> chunk = std::move(chunks_.front());
  chunks_.pop_front();
  bytes_ -= memory_of(*chunk);
  dropped_to_ns_ = std::max(dropped_to_ns_, chunk->span.last_ns);
  if (chunk->stored.empty()) {
    checkpoint_.add_dropped(chunk->span);
    return;
  }
  forgotten_.resize(chunk->size);
  const std::size_t size = ZSTD_decompressDCtx(context_.get(), forgotten_.data(), forgotten_.size(),
                                               chunk->stored.data(), chunk->stored.size());
  if (size == forgotten_.size()) {
    checkpoint_.add(forgotten_);
  } else {
    checkpoint_.add_dropped(chunk->span);
  }
}

KeptRecording ChunkRing::take(std::uint64_t end_ns) {
  drop_old(end_ns);
  KeptRecording kept;
  kept.to_ns = end_ns;
  const std::uint64_t begins_ns = dropped_to_ns_ != 0 ? std::max(dropped_to_ns_ + 1, start_ns_) : start_ns_;
  if (begins_ns >= end_ns) {
    kept.to_ns = std::max(newest_ns_, begins_ns) + 1;  // the ring is shorter than the arrival of events takes
  }
  const std::uint64_t asked_ns = limits_.time_ns ? kept.to_ns - std::min(kept.to_ns, *limits_.time_ns) : 0;
  kept.from_ns = std::max(begins_ns, asked_ns);
  kept.is_whole = dropped_to_ns_ == 0 && asked_ns <= start_ns_;
  kept.full = limits_.time_ns && dropped_to_ns_ != 0 && begins_ns > asked_ns;
  kept.chunks.assign(chunks_.begin(), chunks_.end());
  std::unordered_set<std::uint64_t> tasks;
  if (dropped_to_ns_ != 0) {
    kept.lost_before = checkpoint_.dropped();
    checkpoint_.write([&kept](std::span<const std::byte> record) {
      kept.checkpoint.insert(kept.checkpoint.end(), record.begin(), record.end());
    });
    tasks = checkpoint_.living();
  }
  for (const auto& chunk : kept.chunks) {
    tasks.insert(chunk->new_tasks.begin(), chunk->new_tasks.end());
    (chunk->stored.empty() ? kept.lost : kept.events) += chunk->span.records;
    kept.lost += chunk->lost;
  }
  kept.tasks = tasks.size();
  return kept;
}

}  // namespace taskcost
