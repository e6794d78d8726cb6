// SPDX-License-Identifier: Apache-2.0
//
// Marks regions (taskcost/mark.h).
//
// marks threads THREADS LOOPS   each thread marks "outer", and inside of it "spin" and "sleep". Prints for each name a
//                               line: its count, and the sum of its times by the clock inside and outside of the marks
// marks misuse                  each kind of marks that do not match
// marks short                   marks "short" by 32-bit calls; prints how often, 0 where the kernel has none
// marks open                    prints "ready", begins a region on SIGUSR1, prints "begun", and waits for SIGTERM
// marks exec                    leaves a region open and becomes /bin/true
// marks cost LOOPS              an empty region, LOOPS times. Prints the time of a pair of marks in nanoseconds
#include "taskcost/mark.h"

#include <sys/syscall.h>

#include <cinttypes>
#include <csignal>
#include <string_view>
#include <thread>
#include <vector>

#include "program.h"
#include "short_call.h"

namespace {

struct Sum {
  std::int64_t count = 0;
  std::int64_t inside_ns = 0;
  std::int64_t outside_ns = 0;
};

template <typename Body>
void marked(const char* name, Sum& sum, Body body) {
  const std::int64_t outer_start = program::now_ns();
  taskcost_begin(name);
  const std::int64_t start = program::now_ns();
  body();
  const std::int64_t end = program::now_ns();
  taskcost_end(name);
  sum.outside_ns += program::now_ns() - outer_start;
  sum.inside_ns += end - start;
  ++sum.count;
}

constexpr const char* names[] = {"outer", "spin", "sleep"};

void add(Sum& all, const Sum& one) {
  all.count += one.count;
  all.inside_ns += one.inside_ns;
  all.outside_ns += one.outside_ns;
}

void run_threads(std::int64_t threads, std::int64_t loops) {
  std::vector<std::vector<Sum>> sums(static_cast<std::size_t>(threads), std::vector<Sum>(std::size(names)));
  std::vector<std::thread> running;
  for (auto& mine : sums) {
    running.emplace_back([&mine, loops] {
      constexpr std::int64_t microseconds = 1000;
      for (std::int64_t i = 0; i < loops; ++i) {
        marked("outer", mine[0], [&] {
          marked("spin", mine[1], [] { program::spin_ns(50 * microseconds); });
          marked("sleep", mine[2], [] { program::sleep_ns(100 * microseconds); });
        });
      }
    });
  }
  for (std::thread& thread : running) {
    thread.join();
  }
  for (std::size_t i = 0; i < std::size(names); ++i) {
    Sum all;
    for (const auto& mine : sums) {
      add(all, mine[i]);
    }
    std::printf("%s %" PRId64 " %" PRId64 " %" PRId64 "\n", names[i], all.count, all.inside_ns, all.outside_ns);
  }
}

void misuse() {
  std::thread([] { taskcost_begin("never ended"); }).join();
  taskcost_end("never begun");
  taskcost_begin("around");
  taskcost_begin("left open");
  taskcost_end("around");
  taskcost_begin("twice");
  taskcost_end("twice");
  taskcost_end("twice");
  const char* const levels[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"};
  for (const char* level : levels) {
    taskcost_begin(level);
  }
  for (std::size_t i = std::size(levels); i > 0; --i) {
    taskcost_end(levels[i - 1]);
  }
  taskcost_begin("\x1b[31mred\n\xff");
  taskcost_end("\x1b[31mred\n\xff");
  taskcost_begin("a name that is longer than thirty-one bytes");
  taskcost_end("a name that is longer than thirty-one bytes");
  taskcost_begin("innermost");
  taskcost_end(nullptr);
  taskcost_begin("");
  taskcost_end("");
  // Not by mark.h, which would touch the address.
  const auto bad_mark = [](unsigned long operation) { syscall(SYS_prctl, 0x74636d6bUL, operation, 1UL, 0UL, 0UL); };
  bad_mark(1);
  bad_mark(2);
  bad_mark(3);  // no operation: an ordinary call that fails
}

void mark_shortly() {
  constexpr long prctl_number = 172;
  constexpr long option = 0x74636d6b;
  const bool possible = program::has_short_calls();
  if (possible) {
    char* const name = program::short_memory(4096);
    std::strcpy(name, "short");
    for (const long operation : {1, 2}) {
      program::short_call(prctl_number, option, operation, program::address_of(name));
    }
  }
  std::printf("%d\n", possible ? 1 : 0);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = program::word(argc, argv, 1);
  if (mode == "threads") {
    run_threads(program::number(argc, argv, 2), program::number(argc, argv, 3));
  } else if (mode == "misuse") {
    misuse();
  } else if (mode == "short") {
    mark_shortly();
  } else if (mode == "open") {
    signal(SIGUSR1, [](int) {});
    std::puts("ready");
    std::fflush(stdout);
    pause();
    taskcost_begin("open");
    std::puts("begun");
    std::fflush(stdout);
    pause();
  } else if (mode == "exec") {
    taskcost_begin("before exec");
    execl("/bin/true", "true", nullptr);
    program::die("/bin/true");
  } else if (mode == "cost") {
    const std::int64_t loops = program::number(argc, argv, 2);
    const std::int64_t start = program::now_ns();
    for (std::int64_t i = 0; i < loops; ++i) {
      taskcost_begin("empty");
      taskcost_end("empty");
    }
    std::printf("%f\n", static_cast<double>(program::now_ns() - start) / static_cast<double>(loops));
  } else {
    program::die("unknown mode");
  }
  return 0;
}
