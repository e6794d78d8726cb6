// SPDX-License-Identifier: Apache-2.0
//
// arrivals COUNT LINK LOG [CGROUP]: runs COUNT programs, one after the other. Each moves to CGROUP, if that is given,
// and execs the program that LINK leads to (this one). Each ends with another status than the one before it.
// arrivals hold: prints "ready" and ends by SIGTERM.
// arrivals end STATUS [THREADS]: the command that LINK is started with.
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "program.h"

namespace {

int end(int argc, char** argv) {
  std::vector<std::thread> threads;
  for (std::int64_t i = argc > 3 ? program::number(argc, argv, 3) : 0; i > 0; --i) {
    threads.emplace_back([] { program::sleep_ns(100'000); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  return static_cast<int>(program::number(argc, argv, 2));
}

void move_to(const char* cgroup) {
  const int procs = program::must(open((std::string(cgroup) + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC), cgroup);
  program::must(static_cast<int>(write(procs, "0", 1)), "cgroup.procs");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = program::word(argc, argv, 1);
  if (what == "end") {
    return end(argc, argv);
  }
  if (what == "hold") {
    std::puts("ready");
    std::fflush(stdout);
    pause();
    return 0;
  }
  constexpr int kStatuses = 7;
  const auto count = program::number(argc, argv, 1);
  const char* link = program::word(argc, argv, 2);
  const program::WaitLog log(program::word(argc, argv, 3));
  for (int i = 0; i < count; ++i) {
    const std::string status = std::to_string(i % kStatuses);
    const char* threads = i % 2 == 0 ? "0" : "2";
    log.wait_for(program::fork_child([&] {
      if (argc > 4) {
        move_to(argv[4]);
      }
      execl(link, link, "end", status.c_str(), threads, nullptr);
      program::die(link);
    }));
  }
  return 0;
}
