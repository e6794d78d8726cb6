// SPDX-License-Identifier: Apache-2.0
#include "export/scrape_desk.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace taskcost {

Result<std::shared_ptr<ScrapeDesk>> ScrapeDesk::make(std::chrono::milliseconds patience) {
  Fd asked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!asked) {
    return Error{"cannot wait for scrapes", std::strerror(errno), ""};
  }
  return std::shared_ptr<ScrapeDesk>(new ScrapeDesk(std::move(asked), patience));
}

Families ScrapeDesk::Collect() const {
  std::unique_lock lock(mutex_);
  if (closed_) {
    return {};
  }
  const std::uint64_t before = answers_;
  ++waiting_;
  (void)eventfd_write(asked_.get(), 1);
  const bool in_time = answered_.wait_for(lock, patience_, [&] { return closed_ || answers_ != before; });
  if (!in_time && --waiting_ == 0) {
    take_requests();
  }
  return answers_ != before ? families_ : Families();
}

bool ScrapeDesk::is_asked() const {
  const std::lock_guard lock(mutex_);
  return waiting_ > 0;
}

void ScrapeDesk::answer(Families families) {
  const std::lock_guard lock(mutex_);
  take_requests();
  waiting_ = 0;
  families_ = std::move(families);
  ++answers_;
  answered_.notify_all();
}

void ScrapeDesk::take_requests() const {
  eventfd_t count = 0;
  (void)eventfd_read(asked_.get(), &count);
}

void ScrapeDesk::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  answered_.notify_all();
}

}  // namespace taskcost
