// SPDX-License-Identifier: Apache-2.0
//
// storm SECONDS LOG: two processes pass a byte to and fro, and a third one forks children that exit. LOG has a line for
// each of these, with times of CLOCK_MONOTONIC in ns:
//
//   child FORK WAITED         a child was forked after FORK, and had been waited for by WAITED
//   switches PID AT COUNT     voluntary context switches of the first process until AT, as getrusage has them
#include <initializer_list>

#include "program.h"

namespace {

constexpr int kPasses = 200;
constexpr std::int64_t kNap = 5'000'000;
constexpr std::int64_t kNapBetweenForks = 1'000'000;

struct Pipe {
  int ends[2]{};
  Pipe() { program::must(pipe2(ends, O_CLOEXEC), "pipe2"); }
};

void answer(const Pipe& there, const Pipe& back) {
  close(there.ends[1]);  // so that the end of the other process is the end of the file
  for (char byte = 0; read(there.ends[0], &byte, 1) == 1;) {
    program::must(static_cast<int>(write(back.ends[1], &byte, 1)), "write");
  }
}

std::int64_t log_switches(int log) {
  const std::int64_t at = program::now_ns();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  dprintf(log, "switches %d %lld %ld\n", getpid(), static_cast<long long>(at), usage.ru_nvcsw);
  return at;
}

void ask(const Pipe& there, const Pipe& back, std::int64_t end, int log) {
  while (log_switches(log) < end) {
    char byte = 0;
    for (int i = 0; i < kPasses; ++i) {
      program::must(static_cast<int>(write(there.ends[1], &byte, 1)), "write");
      program::must(static_cast<int>(read(back.ends[0], &byte, 1)), "read");
    }
    program::sleep_ns(kNap);
  }
  close(there.ends[1]);
}

void fork_children(std::int64_t end, int log) {
  for (std::int64_t at = program::now_ns(); at < end; at = program::now_ns()) {
    program::must(waitpid(program::fork_child([] {}), nullptr, 0), "waitpid");
    dprintf(log, "child %lld %lld\n", static_cast<long long>(at), static_cast<long long>(program::now_ns()));
    program::sleep_ns(kNapBetweenForks);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t end = program::now_ns() + program::number(argc, argv, 1) * 1'000'000'000;
  const char* const path = program::word(argc, argv, 2);
  const int log = program::must(open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666), path);
  const Pipe there;
  const Pipe back;
  const pid_t partner = program::fork_child([&] { answer(there, back); });
  const pid_t parent = program::fork_child([&] {
    close(there.ends[1]);
    fork_children(end, log);
  });
  ask(there, back, end, log);
  for (const pid_t child : {partner, parent}) {
    program::must(waitpid(child, nullptr, 0), "waitpid");
  }
  return 0;
}
