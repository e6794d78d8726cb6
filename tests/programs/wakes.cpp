// SPDX-License-Identifier: Apache-2.0
//
// wakes TIMES MILLISECONDS: a child sleeps in a read of a pipe, which ring() ends TIMES times and knock() half as
// often, each after at least MILLISECONDS of sleep. Prints the child's pid, and for ring() and knock() the number of
// the sleeps that they ended and how long these took, in ns, by the child's own clock.
#include <sys/prctl.h>

#include <fstream>
#include <string>

#include "program.h"

namespace {

// Keeps a call from being a tail call.
void stay() { asm volatile("" ::: "memory"); }

struct Sums {
  long long count = 0;
  long long ns = 0;
};

[[gnu::noinline]] char sleep_until_woken(int bell) {
  char by = 0;
  program::must(static_cast<int>(read(bell, &by, 1)), "read");
  stay();
  return by;
}

void sleep_all(int bell, std::int64_t times) {
  prctl(PR_SET_NAME, "sleeper");
  Sums rung;
  Sums knocked;
  for (std::int64_t i = 0; i < times; ++i) {
    const std::int64_t start = program::now_ns();
    Sums& sums = sleep_until_woken(bell) == 'r' ? rung : knocked;
    sums.ns += program::now_ns() - start;
    ++sums.count;
  }
  std::printf("%d %lld %lld %lld %lld\n", getpid(), rung.count, rung.ns, knocked.count, knocked.ns);
  std::fflush(stdout);
}

[[gnu::noinline]] void ring(int bell) {
  program::must(static_cast<int>(write(bell, "r", 1)), "write");
  stay();
}

[[gnu::noinline]] void knock(int bell) {
  program::must(static_cast<int>(write(bell, "k", 1)), "write");
  stay();
}

// The child sleeps nowhere else: a page of its own program that is not in memory is another state.
void await_sleep(pid_t child) {
  for (std::string line; line.find(") S ") == std::string::npos;) {
    std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
    if (!std::getline(stat, line)) {
      program::die("the child");
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t times = program::number(argc, argv, 1);
  const std::int64_t delay_ns = program::number(argc, argv, 2) * 1'000'000;
  int bell[2];
  program::must(pipe(bell), "pipe");
  const std::int64_t all = times + times / 2;
  const pid_t child = program::fork_child([&] { sleep_all(bell[0], all); });
  for (std::int64_t i = 0; i < all; ++i) {
    await_sleep(child);
    program::sleep_ns(delay_ns);
    if (i % 3 == 2) {
      knock(bell[1]);
    } else {
      ring(bell[1]);
    }
  }
  program::WaitLog("/dev/null").wait_for(child);
  return 0;
}
