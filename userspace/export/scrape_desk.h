// SPDX-License-Identifier: Apache-2.0
//
// Where threads that serve scrapes ask the thread that observes for figures. The thread that observes never waits for
// them, nor for their clients.
#pragma once

#include <prometheus/collectable.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "base/fd.h"
#include "base/result.h"
#include "export/families.h"

namespace taskcost {

class ScrapeDesk : public prometheus::Collectable {
 public:
  // Error: the kernel has no eventfd.
  static Result<std::shared_ptr<ScrapeDesk>> make(std::chrono::milliseconds patience = std::chrono::seconds(10));

  // Any thread: waits for the next answer. Empty if none comes in time, or after close().
  [[nodiscard]] Families Collect() const override;

  // Readable while a scrape waits.
  [[nodiscard]] int fd() const { return asked_.get(); }
  [[nodiscard]] bool is_asked() const;
  // Answers all scrapes that wait.
  void answer(Families families);
  // No answer will come any more.
  void close();

 private:
  ScrapeDesk(Fd asked, std::chrono::milliseconds patience) : asked_(std::move(asked)), patience_(patience) {}
  void take_requests() const;

  Fd asked_;
  std::chrono::milliseconds patience_;
  mutable std::mutex mutex_;
  mutable std::condition_variable answered_;
  mutable unsigned waiting_ = 0;
  std::uint64_t answers_ = 0;
  bool closed_ = false;
  Families families_;
};

}  // namespace taskcost
