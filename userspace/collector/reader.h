// SPDX-License-Identifier: Apache-2.0
//
// Drains the ring buffer of the probes on a thread of its own.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <thread>

#include "collector/handles.h"
#include "taskcost/fd.h"
#include "taskcost/record.h"
#include "taskcost/result.h"

namespace taskcost {

class Reader {
 public:
  // Called on the reader's thread, with each record in the order in which the probes wrote it.
  using OnRecord = std::function<void(const Record&)>;
  // Likewise with all records as they are, those that are no OnRecord's: the transitions.
  using OnBytes = std::function<void(std::span<const std::byte>)>;

  static Result<std::unique_ptr<Reader>> start(int ring_fd, OnRecord on_record);
  ~Reader();

  // Takes what is left and ends the thread. No call of OnRecord comes after it, until resume(). What one of them threw
  // is thrown here: the records that came later were not taken.
  void stop();
  Status resume();
  // REQUIRES: stopped. An empty function: nobody wants them.
  void tap(OnBytes on_bytes) { on_bytes_ = std::move(on_bytes); }

 private:
  explicit Reader(OnRecord on_record) : on_record_(std::move(on_record)) {}
  void drain();
  void join();
  Status watch_for_the_end();
  void set_wake(bool due) const;
  void take_record(std::span<const std::byte> bytes) const;
  static int handle(void* context, void* data, size_t size);

  OnRecord on_record_;
  OnBytes on_bytes_;
  Ring ring_;
  Fd wake_;  // timerfd, beside the ring in what the thread waits for: it need not sleep out its time when it is to end
  std::atomic<bool> stopping_{false};
  std::exception_ptr failure_;  // of the reader's thread
  std::thread thread_;
};

}  // namespace taskcost
