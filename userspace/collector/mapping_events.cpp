// SPDX-License-Identifier: Apache-2.0
#include "collector/mapping_events.h"

#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "collector/clocks.h"
#include "collector/probes.h"

namespace taskcost {
namespace {

// Together with the control page this is what an unprivileged user may lock for each CPU (kernel.perf_event_mlock_kb).
constexpr std::size_t ring_size = 512 * 1024;

std::size_t page_size() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }
std::size_t mapped_size() { return page_size() + ring_size; }

int open_event(unsigned cpu, bool build_ids) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_SOFTWARE;
  attr.config = PERF_COUNT_SW_DUMMY;
  attr.sample_type = PERF_SAMPLE_TIME;
  attr.sample_id_all = 1;
  attr.use_clockid = 1;
  attr.clockid = CLOCK_MONOTONIC;
  attr.mmap = 1;
  attr.mmap2 = 1;
  attr.build_id = build_ids ? 1 : 0;
  attr.comm = 1;
  attr.comm_exec = 1;
  attr.task = 1;
  attr.watermark = 1;
  attr.wakeup_watermark = ring_size / 4;
  return static_cast<int>(syscall(SYS_perf_event_open, &attr, -1, static_cast<int>(cpu), -1, PERF_FLAG_FD_CLOEXEC));
}

Error failure(unsigned cpu, const char* step, int number) {
  const bool forbidden = number == EPERM || number == EACCES;
  return {"cannot record mappings", std::string(step) + " on CPU " + std::to_string(cpu) + ": " + std::strerror(number),
          forbidden ? "run it as root, or with CAP_PERFMON" : ""};
}

}  // namespace

MappingEvents::CpuRing::~CpuRing() {
  if (memory_ != nullptr) {
    munmap(memory_, mapped_size());
  }
}

Result<std::unique_ptr<MappingEvents>> MappingEvents::open() {
  std::unique_ptr<MappingEvents> events(new MappingEvents());
  bool any = false;
  for (unsigned cpu = 0; cpu < possible_cpus(); ++cpu) {
    auto ring = open_ring(cpu);
    if (!ring) {
      return ring.error();
    }
    any = any || ring->memory() != nullptr;
    events->rings_.push_back(*std::move(ring));
  }
  if (!any) {
    return failure(0, "no perf event", ENODEV);
  }
  return events;
}

Result<MappingEvents::CpuRing> MappingEvents::open_ring(unsigned cpu) {
  Fd event(open_event(cpu, true));
  if (!event && errno == EINVAL) {
    event = Fd(open_event(cpu, false));  // before v5.12
  }
  if (!event) {
    // ENODEV: the CPU is offline.
    return errno == ENODEV ? Result<CpuRing>(CpuRing()) : Result<CpuRing>(failure(cpu, "perf_event_open", errno));
  }
  void* memory = mmap(nullptr, mapped_size(), PROT_READ | PROT_WRITE, MAP_SHARED, event.get(), 0);
  if (memory == MAP_FAILED) {
    return failure(cpu, "mmap of its ring", errno);
  }
  // fork() would copy the page tables of the ring.
  madvise(memory, mapped_size(), MADV_DONTFORK);
  return CpuRing(std::move(event), memory);
}

Status MappingEvents::reopen(unsigned cpu) {
  if (cpu >= rings_.size()) {
    return Done{};
  }
  // This may wait until the kernel has brought the CPU up: do not hold the lock.
  auto ring = open_ring(cpu);
  const std::lock_guard lock(mutex_);
  drain(rings_[cpu]);
  const bool offline = ring && ring->memory() == nullptr;
  if (!offline) {
    ++lost_;
    gap_ = true;
  }
  if (!ring) {
    rings_[cpu] = CpuRing();
    return ring.error();
  }
  rings_[cpu] = *std::move(ring);
  return Done{};
}

std::uint64_t MappingEvents::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

bool MappingEvents::take_gap() {
  const std::lock_guard lock(mutex_);
  return std::exchange(gap_, false);
}

void MappingEvents::drain(const CpuRing& ring) {
  if (ring.memory() == nullptr) {
    return;
  }
  auto* page = static_cast<perf_event_mmap_page*>(ring.memory());
  const auto* data = static_cast<const std::byte*>(ring.memory()) + page->data_offset;
  const std::uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
  std::uint64_t tail = page->data_tail;
  while (tail < head) {
    // Record sizes are multiples of 8 bytes, so a header never wraps around.
    perf_event_header header;
    const std::size_t at = tail % ring_size;
    std::memcpy(&header, data + at, sizeof header);
    if (header.size < sizeof header || header.size > head - tail) {
      break;
    }
    std::span<const std::byte> record(data + at, header.size);
    if (at + header.size > ring_size) {
      record_.assign(data + at, data + ring_size);
      record_.insert(record_.end(), data, data + (at + header.size - ring_size));
      record = record_;
    }
    if (auto event = decode_mapping_record(record)) {
      lost_ += event->lost;
      waiting_.push_back(std::move(*event));
    }
    tail += header.size;
  }
  __atomic_store_n(&page->data_tail, head, __ATOMIC_RELEASE);
}

void MappingEvents::hand_out(std::uint64_t until_ns, const OnEvent& on_event) {
  std::stable_sort(waiting_.begin(), waiting_.end(),
                   [](const MappingEvent& a, const MappingEvent& b) { return a.time_ns < b.time_ns; });
  auto each = waiting_.begin();
  for (; each != waiting_.end() && each->time_ns < until_ns; ++each) {
    on_event(*each);
  }
  waiting_.erase(waiting_.begin(), each);
}

void MappingEvents::drain_all() {
  for (const CpuRing& ring : rings_) {
    drain(ring);
  }
}

void MappingEvents::read_new(const OnEvent& on_event) {
  // A CPU takes less than this between reading the time of an event and publishing it in the ring.
  constexpr std::uint64_t on_the_way_ns = 1'000'000;
  const std::lock_guard lock(mutex_);
  const std::uint64_t begin = now_ns();
  drain_all();
  hand_out(begin - on_the_way_ns, on_event);
}

void MappingEvents::read_rest(const OnEvent& on_event) {
  const std::lock_guard lock(mutex_);
  drain_all();
  hand_out(std::numeric_limits<std::uint64_t>::max(), on_event);
}

}  // namespace taskcost
