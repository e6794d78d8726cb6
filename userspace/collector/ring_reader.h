// SPDX-License-Identifier: Apache-2.0
//
// Drains the ring buffer of the probes on a separate thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <thread>

#include "base/fd.h"
#include "base/result.h"
#include "capture/record.h"
#include "collector/handles.h"

namespace taskcost {

class Reader {
 public:
  // Called on the reader's thread with each decoded record except events, in the order in which the probes wrote them.
  using OnRecord = std::function<void(const Record&)>;
  // Called on the reader's thread with the bytes of every record, including events. Final ledgers are whole there.
  using OnBytes = std::function<void(std::span<const std::byte>)>;

  static Result<std::unique_ptr<Reader>> start(int ring_fd, OnRecord on_record);
  ~Reader();

  // Drains the ring and ends the thread. OnRecord is not called again until resume(). If OnRecord has thrown, stop()
  // throws the exception, and later records were discarded.
  void stop();
  Status resume();
  // The number of records that are broken. Any thread may call it.
  [[nodiscard]] std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  // An empty function removes the tap. REQUIRES: the reader is stopped.
  void tap(OnBytes on_bytes) { on_bytes_ = std::move(on_bytes); }

 private:
  explicit Reader(OnRecord on_record) : on_record_(std::move(on_record)) {}
  void drain();
  void join();
  Status create_wake_timer();
  void set_wake(bool due) const;
  void take_record(std::span<const std::byte> bytes);
  void refuse() { refused_.fetch_add(1, std::memory_order_relaxed); }
  static int handle(void* context, void* data, size_t size);

  OnRecord on_record_;
  OnBytes on_bytes_;
  Ring ring_;
  Fd wake_;  // a timerfd in the epoll set of the ring: stop() wakes the thread by it
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> refused_{0};
  std::exception_ptr failure_;  // thrown by OnRecord or OnBytes
  std::thread thread_;
};

}  // namespace taskcost
