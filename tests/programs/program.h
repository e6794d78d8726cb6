// SPDX-License-Identifier: Apache-2.0
//
// What the test programs share. They are observed while they run and keep their own count of what they do; the tests
// compare taskcost with it.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace program {

// The status of a program that failed to do its job; the tests expect other ones.
constexpr int kBroken = 99;

[[noreturn]] inline void die(const char* what) {
  std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
  std::_Exit(kBroken);
}

inline int must(int result, const char* what) {
  if (result < 0) {
    die(what);
  }
  return result;
}

inline std::int64_t number(int argc, char** argv, int index) {
  std::int64_t value = 0;
  if (index >= argc || std::from_chars(argv[index], argv[index] + std::strlen(argv[index]), value).ec != std::errc{}) {
    std::fprintf(stderr, "argument %d: a number is expected\n", index);
    std::_Exit(kBroken);
  }
  return value;
}

inline const char* word(int argc, char** argv, int index, const char* otherwise = nullptr) {
  if (index < argc) {
    return argv[index];
  }
  if (otherwise == nullptr) {
    std::fprintf(stderr, "argument %d is missing\n", index);
    std::_Exit(kBroken);
  }
  return otherwise;
}

inline std::int64_t now_ns(clockid_t clock = CLOCK_MONOTONIC) {
  timespec time{};
  clock_gettime(clock, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

inline void sleep_ns(std::int64_t duration) {
  timespec left{duration / 1'000'000'000, duration % 1'000'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
  }
}

// Burns this thread's CPU time in user mode, except for a system call about every 100 us: this clock is not in the
// vDSO.
inline void spin_ns(std::int64_t duration) {
  constexpr int kLoops = 100'000;
  const std::int64_t end = now_ns(CLOCK_THREAD_CPUTIME_ID) + duration;
  while (now_ns(CLOCK_THREAD_CPUTIME_ID) < end) {
    volatile int sink = 0;  // keeps the compiler from removing the loop
    for (int i = 0; i < kLoops; ++i) {
      sink = i;
    }
    (void)sink;
  }
}

// Writes the result of wait4 for each child, one JSON object a line. The figures of wait4 include all descendants that
// the child itself has waited for. It neither buffers, which a fork would copy, nor allocates.
class WaitLog {
 public:
  explicit WaitLog(const char* path) : fd_(must(open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666), path)) {}

  // Waits for `child`, writes its line, and returns its wait status.
  int wait_for(pid_t child) const {
    int status = 0;
    rusage usage{};
    while (wait4(child, &status, __WALL, &usage) < 0) {
      if (errno != EINTR) {
        die("wait4");
      }
    }
    write_line(child, status, usage);
    return status;
  }

  void write_line(pid_t pid, int status, const rusage& usage) const {
    char line[512];
    const auto micros = [](const timeval& time) { return time.tv_sec * 1'000'000L + time.tv_usec; };
    const int size = std::snprintf(
        line, sizeof(line),
        "{\"pid\":%d,\"status\":%d,\"at_ns\":%lld,\"voluntary_switches\":%ld,\"involuntary_switches\":%ld,"
        "\"faults_minor\":%ld,\"faults_major\":%ld,\"user_us\":%ld,\"system_us\":%ld}\n",
        pid, status, static_cast<long long>(now_ns()), usage.ru_nvcsw, usage.ru_nivcsw, usage.ru_minflt,
        usage.ru_majflt, micros(usage.ru_utime), micros(usage.ru_stime));
    if (write(fd_, line, static_cast<size_t>(size)) != size) {
      die("the log");
    }
  }

 private:
  int fd_;
};

template <typename Body>
pid_t fork_child(Body body) {
  const pid_t child = must(fork(), "fork");
  if (child == 0) {
    body();
    _exit(0);
  }
  return child;
}

// The status that a shell would give.
inline int exit_status(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

}  // namespace program
