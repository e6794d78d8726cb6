// SPDX-License-Identifier: Apache-2.0
//
// An io_uring by system calls alone: liburing is not installed everywhere.
#pragma once

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <atomic>
#include <cstdint>

#include "program.h"

namespace program {

class Ring {
 public:
  Ring() {
    io_uring_params parameters{};
    fd_ = must(static_cast<int>(syscall(SYS_io_uring_setup, 8, &parameters)), "io_uring_setup");
    const auto map = [this](std::size_t size, std::uint64_t offset) {
      void* memory =
          mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_, static_cast<off_t>(offset));
      if (memory == MAP_FAILED) {
        die("mmap of a ring");
      }
      return static_cast<char*>(memory);
    };
    char* submission = map(parameters.sq_off.array + parameters.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
    char* completion = map(parameters.cq_off.cqes + parameters.cq_entries * sizeof(io_uring_cqe), IORING_OFF_CQ_RING);
    entries_ = reinterpret_cast<io_uring_sqe*>(map(parameters.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES));
    tail_ = reinterpret_cast<unsigned*>(submission + parameters.sq_off.tail);
    mask_ = *reinterpret_cast<unsigned*>(submission + parameters.sq_off.ring_mask);
    array_ = reinterpret_cast<unsigned*>(submission + parameters.sq_off.array);
    done_ = reinterpret_cast<unsigned*>(completion + parameters.cq_off.head);
    done_mask_ = *reinterpret_cast<unsigned*>(completion + parameters.cq_off.ring_mask);
    results_ = reinterpret_cast<io_uring_cqe*>(completion + parameters.cq_off.cqes);
  }

  std::int64_t run(std::uint8_t operation, int fd, void* address, std::uint32_t size) {
    return must(static_cast<int>(try_run(operation, fd, address, size)), "an operation");
  }

  // Returns the result, which is negative if the operation failed.
  std::int64_t try_run(std::uint8_t operation, int fd, void* address, std::uint32_t size) {
    const unsigned tail = *tail_;
    io_uring_sqe& entry = entries_[tail & mask_];
    entry = {};
    entry.opcode = operation;
    entry.fd = fd;
    entry.addr = reinterpret_cast<std::uintptr_t>(address);
    entry.len = size;
    array_[tail & mask_] = tail & mask_;
    std::atomic_ref(*tail_).store(tail + 1, std::memory_order_release);
    must(static_cast<int>(syscall(SYS_io_uring_enter, fd_, 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0)),
         "io_uring_enter");
    const unsigned head = *done_;
    const std::int64_t result = results_[head & done_mask_].res;
    std::atomic_ref(*done_).store(head + 1, std::memory_order_release);
    return result;
  }

 private:
  int fd_ = -1;
  io_uring_sqe* entries_ = nullptr;
  unsigned* tail_ = nullptr;
  unsigned mask_ = 0;
  unsigned* array_ = nullptr;
  unsigned* done_ = nullptr;
  unsigned done_mask_ = 0;
  io_uring_cqe* results_ = nullptr;
};

}  // namespace program
