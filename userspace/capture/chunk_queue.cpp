// SPDX-License-Identifier: Apache-2.0
#include "capture/chunk_queue.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <utility>

#include "base/start_thread.h"
#include "capture/format.h"
#include "capture/record.h"

namespace taskcost {

CaptureOptions bounded(const CaptureOptions& options) {
  CaptureOptions bounded = options;
  bounded.chunk_size = std::clamp(options.chunk_size, sizeof(tc_record), capture_format::max_chunk_size);
  bounded.buffers = std::max<std::size_t>(options.buffers, 2);
  return bounded;
}

ChunkQueue::ChunkQueue(ChunkStore& store, const CaptureOptions& options)
    : options_(bounded(options)), store_(store), buffers_(options_.buffers) {
  for (Buffer& buffer : buffers_) {
    buffer.bytes.resize(options_.chunk_size);  // touches every page, so that append() has no page faults
  }
  count_.bytes_out.set(store_.size());
}

Status ChunkQueue::start() {
  auto thread = start_thread([this] { write_all(); });
  if (!thread) {
    return thread.error();
  }
  thread_ = *std::move(thread);
  return Done{};
}

void ChunkQueue::append(std::span<const std::byte> record, std::uint64_t time_ns) {
  const auto size = record_size(record);
  if (size != record.size() || record.size() > options_.chunk_size) {
    count_.refused.add(1);
    return;
  }
  if (current_ != nullptr && !has_room(record.size(), time_ns)) {
    hand_over();
  }
  if (current_ == nullptr && !take_buffer()) {
    drop(time_ns);
    return;
  }
  Buffer& buffer = *current_;
  std::memcpy(buffer.bytes.data() + buffer.used, record.data(), record.size());
  buffer.used += record.size();
  buffer.span.include(time_ns, time_ns, 1);
}

CaptureStatistics ChunkQueue::statistics() const {
  const auto& count = count_;
  return {.records = count.records.get(),
          .bytes_in = count.bytes_in.get(),
          .bytes_out = count.bytes_out.get(),
          .refused = count.refused.get(),
          .unwritten = count.unwritten.get(),
          .dropped = {.first_ns = count.dropped_first_ns.get(),
                      .last_ns = count.dropped_last_ns.get(),
                      .records = count.dropped.get()}};
}

bool ChunkQueue::take_buffer() {
  if (filled_.load(std::memory_order_relaxed) - emptied_.load(std::memory_order_acquire) == buffers_.size()) {
    return false;
  }
  current_ = &buffers_[next_buffer_];
  next_buffer_ = (next_buffer_ + 1) % buffers_.size();
  current_->dropped_before = std::exchange(dropped_, {});
  return true;
}

void ChunkQueue::hand_over() {
  current_ = nullptr;
  const std::uint32_t filled = filled_.fetch_add(1, std::memory_order_release) + 1;
  filled_.notify_one();
  // The writing thread cannot raise its priority while it waits for a CPU.
  if (is_behind(filled - emptied_.load(std::memory_order_acquire)) && writer_tid_.load() != 0) {
    (void)set_priority(Priority::writer, writer_tid_.load());
  }
}

bool ChunkQueue::has_room(std::size_t size, std::uint64_t time_ns) const {
  if (current_->used + size > options_.chunk_size) {
    return false;
  }
  const CaptureSpan& span = current_->span;
  return span.records == 0 || time_ns < span.first_ns || time_ns - span.first_ns <= options_.chunk_time_ns;
}

void ChunkQueue::drop(std::uint64_t time_ns) {
  dropped_.include(time_ns, time_ns, 1);
  const std::uint64_t before = count_.dropped.get();
  count_.dropped_first_ns.set(before == 0 ? time_ns : std::min(count_.dropped_first_ns.get(), time_ns));
  count_.dropped_last_ns.set(std::max(count_.dropped_last_ns.get(), time_ns));
  count_.dropped.set(before + 1);
}

void ChunkQueue::wait_for_buffer() {
  while (current_ == nullptr && !take_buffer()) {
    const auto seen = emptied_.load(std::memory_order_acquire);
    if (filled_.load(std::memory_order_relaxed) - seen == buffers_.size()) {
      emptied_.wait(seen, std::memory_order_acquire);
    }
  }
}

void ChunkQueue::flush() {
  if (current_ != nullptr || dropped_.records > 0) {
    wait_for_buffer();
    hand_over();
  }
  const std::uint32_t filled = filled_.load(std::memory_order_relaxed);
  for (auto seen = emptied_.load(std::memory_order_acquire); seen != filled;
       seen = emptied_.load(std::memory_order_acquire)) {
    if (writer_tid_.load() != 0) {
      (void)set_priority(Priority::writer, writer_tid_.load());
    }
    emptied_.wait(seen, std::memory_order_acquire);
  }
}

void ChunkQueue::end() {
  if (!thread_.joinable()) {
    return;
  }
  wait_for_buffer();
  current_->is_last = true;
  hand_over();
  thread_.join();
}

void ChunkQueue::write_buffer(const Buffer& buffer) {
  if (buffer.dropped_before.records > 0) {
    store_.write_dropped(buffer.dropped_before);
  }
  if (buffer.used > 0) {
    if (!failed_.load(std::memory_order_relaxed) &&
        store_.write_records(std::span(buffer.bytes).first(buffer.used), buffer.span)) {
      count_.records.add(buffer.span.records);
      count_.bytes_in.add(buffer.used);
    } else {
      count_.unwritten.add(buffer.span.records);
    }
  }
  if (buffer.is_last) {
    store_.write_end();
  }
  count_.bytes_out.set(store_.size());
  failed_.store(store_.has_failed(), std::memory_order_relaxed);
}

// On a busy machine a thread of SCHED_OTHER may wait for a CPU until all buffers are full and records are dropped.
// While few buffers are full, there is no need to preempt observed tasks.
bool ChunkQueue::is_behind(std::uint32_t waiting) const { return waiting > buffers_.size() / 4; }

void ChunkQueue::write_all() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);  // a closed pipe makes write() fail with EPIPE, without SIGPIPE
  writer_tid_.store(gettid());
  bool is_last = false;
  for (std::uint32_t done = 0; !is_last; ++done) {
    filled_.wait(done, std::memory_order_acquire);
    Buffer& buffer = buffers_[done_buffer_];
    done_buffer_ = (done_buffer_ + 1) % buffers_.size();
    is_last = buffer.is_last;
    const bool behind = is_behind(filled_.load(std::memory_order_acquire) - done);
    (void)set_priority(behind ? Priority::writer : Priority::none);
    try {
      write_buffer(buffer);
    } catch (const std::bad_alloc&) {
      store_.fail(ENOMEM);
      failed_.store(true, std::memory_order_relaxed);
    }
    buffer.clear();
    emptied_.fetch_add(1, std::memory_order_release);
    emptied_.notify_one();
  }
}

}  // namespace taskcost
