// SPDX-License-Identifier: Apache-2.0
#include "workload.h"

#include <fmt/format.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

namespace taskcost::workload {
void fail(const char* what, int error) {
  fmt::print(stderr, "taskcost-workload: cannot {}: {}\n", what,
             std::strerror(error));  // NOLINT(concurrency-mt-unsafe)
  _exit(1);
}

void give_up(const std::string& line) {
  fmt::print(stderr, "taskcost-workload: {}\n", line);
  _exit(1);
}

int must(int result, const char* what) {
  if (result == -1) {
    fail(what, errno);
  }
  return result;
}

void must_succeed(int error, const char* what) {
  if (error != 0) {
    fail(what, error);
  }
}

void expect_success(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    fmt::print(stderr, "taskcost-workload: a child was killed by signal {}\n", WTERMSIG(wait_status));
    _exit(1);
  }
  if (WEXITSTATUS(wait_status) != 0) {
    _exit(1);
  }
}

void write_all(int fd, const void* bytes, std::size_t size) {
  const auto* at = static_cast<const std::byte*>(bytes);
  while (size > 0) {
    const ssize_t written = write(fd, at, size);
    if (written == -1 && errno != EINTR) {
      fail("write", errno);
    }
    const auto moved = static_cast<std::size_t>(std::max<ssize_t>(written, 0));
    at += moved;
    size -= moved;
  }
}

void read_all(int fd, void* bytes, std::size_t size) {
  auto* at = static_cast<std::byte*>(bytes);
  while (size > 0) {
    const ssize_t got = read(fd, at, size);
    if (got == 0 || (got == -1 && errno != EINTR)) {
      fail("read", got == 0 ? EPIPE : errno);
    }
    const auto moved = static_cast<std::size_t>(std::max<ssize_t>(got, 0));
    at += moved;
    size -= moved;
  }
}

void end_with(pid_t creator) {
  must(prctl(PR_SET_PDEATHSIG, SIGKILL), "tie a process to its parent");
  if (getppid() != creator) {
    _exit(1);
  }
}

Tasks::Tasks(bool threads, std::size_t count, std::function<void(std::size_t)> life)
    : life_(std::move(life)), threads_(threads ? count : 0), processes_(threads ? 0 : count) {
  const auto live = [](void* thread) -> void* {
    const auto& self = *static_cast<Thread*>(thread);
    (*self.life)(self.index);
    return nullptr;
  };
  const pid_t self = getpid();
  for (std::size_t index = 0; index < count; ++index) {
    if (threads) {
      threads_[index].life = &life_;
      threads_[index].index = index;
      must_succeed(pthread_create(&threads_[index].id, nullptr, live, &threads_[index]), "create a thread");
      continue;
    }
    processes_[index] = must(fork(), "create a process");
    if (processes_[index] == 0) {
      end_with(self);
      life_(index);
      _exit(0);
    }
  }
}

void Tasks::join() {
  for (const Thread& thread : threads_) {
    must_succeed(pthread_join(thread.id, nullptr), "join a thread");
  }
  for (const pid_t process : processes_) {
    int status = 0;
    must(waitpid(process, &status, 0), "wait for a process");
    expect_success(status);
  }
}

void Futex::wait(std::atomic<std::uint32_t>& word, std::uint32_t value, bool one_process) {
  const int scope = one_process ? FUTEX_PRIVATE_FLAG : 0;
  if (syscall(SYS_futex, &word, FUTEX_WAIT | scope, value, nullptr, nullptr, 0) == -1 && errno != EAGAIN &&
      errno != EINTR) {
    fail("wait for a futex", errno);
  }
}

void Futex::wake(std::atomic<std::uint32_t>& word, bool one_process) {
  const int scope = one_process ? FUTEX_PRIVATE_FLAG : 0;
  must(static_cast<int>(syscall(SYS_futex, &word, FUTEX_WAKE | scope, 1, nullptr, nullptr, 0)), "wake a futex");
}

std::chrono::nanoseconds now() {
  timespec time{};
  must(clock_gettime(CLOCK_MONOTONIC, &time), "read the clock");
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::byte* map_memory(std::size_t bytes, int sharing) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    fail("map memory", errno);
  }
  return static_cast<std::byte*>(memory);
}

void add_number(CLI::App& command, const std::string& name, std::uint64_t& target, std::uint64_t least,
                std::uint64_t limit, const std::string& help) {
  const auto check = [least, limit](const std::string& word) -> std::string {
    std::uint64_t value = 0;
    if (CLI::detail::lexical_cast(word, value) && value >= least && value <= limit) {
      return {};
    }
    return fmt::format("'{}' is not a number from {} to {}", word, least, limit);
  };
  command.add_option(name, target, help)->type_name("N")->check(CLI::Validator(check, ""));
}

void add_choice(CLI::App& command, const std::string& name, const std::string& value_name, std::string& target,
                const std::vector<std::string>& choices, const std::string& help) {
  const auto check = [choices](const std::string& word) -> std::string {
    if (std::find(choices.begin(), choices.end(), word) != choices.end()) {
      return {};
    }
    return fmt::format("'{}' is none of {}", word, CLI::detail::join(choices, ", "));
  };
  command.add_option(name, target, help)->type_name(value_name)->check(CLI::Validator(check, ""));
}

}  // namespace taskcost::workload
