// SPDX-License-Identifier: Apache-2.0
#include "collector/ring_reader.h"

#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/timerfd.h>

#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>
#include <variant>

#include "base/start_thread.h"

namespace taskcost {
namespace {

// The probes wake the reader only if a quarter of the ring is in use. Otherwise it polls.
constexpr int drain_every_ms = 10;

// Events are frequent, and only the tap uses them: they are not decoded.
bool is_transition(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(tc_record)) {
    return false;
  }
  const tc_record header = header_of(bytes);
  return header.type >= TC_RECORD_TASK_NEW && header.type <= TC_RECORD_GAP;
}

// fork() takes several times as long with the ring mapped, because it copies its page tables. libbpf does not return
// the address of the mapping, so search for it.
void madvise_ring_dontfork() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    if (line.find("bpf-map") != std::string::npos &&
        std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR, &from, &to) == 2) {  // NOLINT(cert-err34-c): ours
      madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTFORK);          // NOLINT(performance-no-int-to-ptr)
    }
  }
}

}  // namespace

// An exception must not unwind through libbpf, which is C. After one, the ring is still drained, so that the probes do
// not count lost records because of a failure here.
int Reader::handle(void* context, void* data, size_t size) {
  auto* reader = static_cast<Reader*>(context);
  if (!reader->failure_) {
    try {
      std::size_t taken = 0;
      for_each_record({static_cast<const std::byte*>(data), size}, [&](std::span<const std::byte> record) {
        taken += record.size();
        reader->take_record(record);
      });
      if (taken != size) {
        reader->refuse();
      }
    } catch (...) {
      reader->failure_ = std::current_exception();
    }
  }
  return 0;
}

void Reader::take_record(std::span<const std::byte> bytes) {
  if (is_transition(bytes)) {
    if (on_bytes_) {
      on_bytes_(bytes);
    }
    return;
  }
  const auto record = decode(bytes);
  if (!record) {
    refuse();
    return;
  }
  if (on_bytes_) {
    const auto* const ledger = std::get_if<tc_ledger>(&*record);
    on_bytes_(ledger != nullptr ? std::as_bytes(std::span(ledger, 1)) : bytes);
  }
  on_record_(*record);
}

Result<std::unique_ptr<Reader>> Reader::start(int ring_fd, OnRecord on_record) {
  std::unique_ptr<Reader> reader(new Reader(std::move(on_record)));
  reader->ring_.reset(ring_buffer__new(ring_fd, handle, reader.get(), nullptr));
  if (!reader->ring_) {
    return Error{"cannot map the ring buffer", std::strerror(errno), ""};
  }
  madvise_ring_dontfork();
  if (auto status = reader->create_wake_timer(); !status) {
    return status.error();
  }
  if (auto status = reader->resume(); !status) {
    return status.error();
  }
  return reader;
}

Reader::~Reader() { join(); }

Status Reader::create_wake_timer() {
  wake_ = Fd(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  epoll_event event{};
  event.events = EPOLLIN;
  if (!wake_ || epoll_ctl(ring_buffer__epoll_fd(ring_.get()), EPOLL_CTL_ADD, wake_.get(), &event) != 0) {
    return Error{"cannot watch the ring buffer", std::strerror(errno), ""};
  }
  return Done{};
}

void Reader::drain() {
  lower_nice();
  epoll_event event{};
  while (!stopping_.load(std::memory_order_acquire)) {
    if (epoll_wait(ring_buffer__epoll_fd(ring_.get()), &event, 1, drain_every_ms) < 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(drain_every_ms));
    }
    // On a busy machine, a thread of SCHED_OTHER may be preempted until the ring has overflowed and records are lost.
    const ScopedPriority working(Priority::reader);
    ring_buffer__consume(ring_.get());
  }
  ring_buffer__consume(ring_.get());
}

// Arms the timer to expire at once, or disarms it.
void Reader::set_wake(bool due) const {
  itimerspec time{};
  time.it_value.tv_nsec = due ? 1 : 0;
  timerfd_settime(wake_.get(), 0, &time, nullptr);
}

Status Reader::resume() {
  stopping_.store(false, std::memory_order_release);
  set_wake(false);
  auto thread = start_thread([this] { drain(); });
  if (!thread) {
    return thread.error();
  }
  thread_ = *std::move(thread);
  return Done{};
}

void Reader::stop() {
  join();
  if (failure_) {
    std::rethrow_exception(std::exchange(failure_, nullptr));
  }
}

void Reader::join() {
  stopping_.store(true, std::memory_order_release);
  set_wake(true);
  if (thread_.joinable()) {
    thread_.join();
  }
}

}  // namespace taskcost
