// SPDX-License-Identifier: Apache-2.0
//
// uring_waits MODE: reads from a pipe through io_uring, a byte at a time, and waits for each in io_uring_enter; another
// process writes them, 30 ms apart. The two are named "uring-waiter" and "uring-writer". Prints "times N" and
// "waited_ns NS" by its own clock, and "disk_bytes N" of /proc/self/io; nothing where io_uring or that mode is missing.
//
//   plain      as io_uring_submit_and_wait() of liburing, which counts as waiting for I/O while requests are pending
//   no_iowait  with IORING_ENTER_NO_IOWAIT, so that it does not count as such
//   deferred   the kernel completes requests in that call alone (IORING_SETUP_DEFER_TASKRUN)
//   worker     a kernel thread does the read
#include <linux/io_uring.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <fstream>
#include <string>
#include <string_view>

#include "program.h"

namespace {

// These are younger than some headers.
constexpr unsigned kEnterNoIowait = 1U << 7U;     // IORING_ENTER_NO_IOWAIT
constexpr unsigned kFeatureNoIowait = 1U << 17U;  // IORING_FEAT_NO_IOWAIT
constexpr std::uint64_t kNoOffset = ~std::uint64_t{};
constexpr int kTimes = 5;
constexpr std::int64_t kApartNs = 30'000'000;

std::int64_t disk_bytes() {
  std::ifstream file("/proc/self/io");
  std::string key;
  for (std::int64_t value = 0; file >> key >> value;) {
    if (key == "read_bytes:") {
      return value;
    }
  }
  return 0;
}

class Ring {
 public:
  explicit Ring(unsigned setup) {
    parameters_.flags = setup;
    fd_ = static_cast<int>(syscall(SYS_io_uring_setup, 8, &parameters_));
    if (fd_ < 0) {
      return;
    }
    submissions_ = map(parameters_.sq_off.array + parameters_.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
    completions_ = map(parameters_.cq_off.cqes + parameters_.cq_entries * sizeof(io_uring_cqe), IORING_OFF_CQ_RING);
    entries_ = reinterpret_cast<io_uring_sqe*>(map(parameters_.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES));
  }

  [[nodiscard]] bool exists() const { return fd_ >= 0; }
  [[nodiscard]] bool has(unsigned feature) const { return (parameters_.features & feature) != 0; }

  // Reads a byte: one call submits and waits.
  void read_byte(int fd, unsigned enter, std::uint8_t request) {
    const unsigned index = tail_ & (parameters_.sq_entries - 1);
    entries_[index] = {};
    entries_[index].opcode = IORING_OP_READ;
    entries_[index].flags = request;
    entries_[index].fd = fd;
    entries_[index].addr = reinterpret_cast<std::uintptr_t>(&byte_);
    entries_[index].len = 1;
    entries_[index].off = kNoOffset;
    reinterpret_cast<unsigned*>(submissions_ + parameters_.sq_off.array)[index] = index;
    ++tail_;
    __atomic_store_n(reinterpret_cast<unsigned*>(submissions_ + parameters_.sq_off.tail), tail_, __ATOMIC_RELEASE);
    program::must(static_cast<int>(syscall(SYS_io_uring_enter, fd_, 1, 1, IORING_ENTER_GETEVENTS | enter, nullptr, 0)),
                  "io_uring_enter");
    auto* head = reinterpret_cast<unsigned*>(completions_ + parameters_.cq_off.head);
    const auto* done = reinterpret_cast<io_uring_cqe*>(completions_ + parameters_.cq_off.cqes) +
                       (*head & (parameters_.cq_entries - 1));
    if (done->res != 1) {
      program::die("read");
    }
    __atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
  }

 private:
  [[nodiscard]] char* map(std::size_t size, off_t offset) const {
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_, offset);
    if (memory == MAP_FAILED) {
      program::die("mmap");
    }
    return static_cast<char*>(memory);
  }

  io_uring_params parameters_{};
  int fd_ = -1;
  char* submissions_ = nullptr;
  char* completions_ = nullptr;
  io_uring_sqe* entries_ = nullptr;
  unsigned tail_ = 0;
  char byte_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = program::word(argc, argv, 1);
  const bool no_iowait = mode == "no_iowait";
  Ring ring(mode == "deferred" ? IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN : 0);
  if (!ring.exists() || (no_iowait && !ring.has(kFeatureNoIowait))) {
    return 0;
  }
  int ends[2];
  program::must(pipe(ends), "pipe");
  const std::int64_t disk_before = disk_bytes();
  const pid_t writer = program::fork_child([&ends] {
    prctl(PR_SET_NAME, "uring-writer");
    for (int i = 0; i < kTimes; ++i) {
      program::sleep_ns(kApartNs);
      program::must(static_cast<int>(write(ends[1], "x", 1)), "write");
    }
  });
  prctl(PR_SET_NAME, "uring-waiter");
  std::int64_t waited = 0;
  for (int i = 0; i < kTimes; ++i) {
    const std::int64_t start = program::now_ns();
    ring.read_byte(ends[0], no_iowait ? kEnterNoIowait : 0, mode == "worker" ? IOSQE_ASYNC : 0);
    waited += program::now_ns() - start;
  }
  program::must(waitpid(writer, nullptr, 0), "waitpid");
  std::printf("times %d\nwaited_ns %lld\ndisk_bytes %lld\n", kTimes, static_cast<long long>(waited),
              static_cast<long long>(disk_bytes() - disk_before));
  return 0;
}
