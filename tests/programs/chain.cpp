// SPDX-License-Identifier: Apache-2.0
//
// chain MILLISECONDS: a known chain of waits. chain-a reads a pipe that chain-b writes to; chain-b waits on a futex for
// its thread chain-c; chain-c waits for its child chain-d, which sleeps. Prints how long the sleep and the read took,
// in ns, by its own clock.
#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <atomic>
#include <thread>

#include "program.h"

namespace {

std::atomic<std::uint32_t> released{0};
std::atomic<bool> waits{false};

void futex(int operation, std::uint32_t value) {
  syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&released), operation | FUTEX_PRIVATE_FLAG, value, nullptr,
          nullptr, 0);
}

void sleep_in_child(std::int64_t duration, int report) {
  prctl(PR_SET_NAME, "chain-d");
  const std::int64_t start = program::now_ns();
  program::sleep_ns(duration);
  const std::int64_t slept = program::now_ns() - start;
  if (write(report, &slept, sizeof slept) != sizeof slept) {
    program::die("report");
  }
}

void wait_for_child(std::int64_t duration, int report) {
  prctl(PR_SET_NAME, "chain-c");
  while (!waits) {
    program::sleep_ns(100'000);
  }
  // chain-b sleeps by now.
  program::sleep_ns(5'000'000);
  program::WaitLog("/dev/null").wait_for(program::fork_child([&] { sleep_in_child(duration, report); }));
  released = 1;
  futex(FUTEX_WAKE, 1);
}

void wait_for_thread(std::int64_t duration, int out, int report) {
  prctl(PR_SET_NAME, "chain-b");
  // chain-a sleeps before the next wait begins, so that each wait lasts longer than the one that it waits for.
  program::sleep_ns(5'000'000);
  std::thread thread([&] { wait_for_child(duration, report); });
  waits = true;
  while (released == 0) {
    futex(FUTEX_WAIT, 0);
  }
  if (write(out, "x", 1) != 1) {
    program::die("write");
  }
  thread.join();
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t duration = program::number(argc, argv, 1) * 1'000'000;
  int line[2];
  int report[2];
  program::must(pipe(line), "pipe");
  program::must(pipe(report), "pipe");
  prctl(PR_SET_NAME, "chain-a");
  const pid_t child = program::fork_child([&] { wait_for_thread(duration, line[1], report[1]); });
  char byte = 0;
  const std::int64_t start = program::now_ns();
  if (read(line[0], &byte, 1) != 1) {
    program::die("read");
  }
  const std::int64_t waited = program::now_ns() - start;
  std::int64_t slept = 0;
  if (read(report[0], &slept, sizeof slept) != sizeof slept) {
    program::die("report");
  }
  program::WaitLog("/dev/null").wait_for(child);
  std::printf("%lld %lld\n", static_cast<long long>(slept), static_cast<long long>(waited));
}
