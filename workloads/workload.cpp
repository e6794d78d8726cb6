// SPDX-License-Identifier: Apache-2.0
#include "workload.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>

namespace taskcost::workload {
namespace {

// As many as the kernel can be built for; a plain cpu_set_t ends at 1024.
constexpr int max_cpus = 8192;

struct FreeCpuSet {
  void operator()(cpu_set_t* set) const { CPU_FREE(set); }
};

}  // namespace

void fail(const char* what, int error) {
  fmt::print(stderr, "taskcost-workload: cannot {}: {}\n", what,
             std::strerror(error));  // NOLINT(concurrency-mt-unsafe)
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

void pin_to_first_allowed_cpu() {
  const std::unique_ptr<cpu_set_t, FreeCpuSet> set(CPU_ALLOC(max_cpus));
  if (!set) {
    fail("allocate a set of CPUs", ENOMEM);
  }
  const std::size_t size = CPU_ALLOC_SIZE(max_cpus);
  must(sched_getaffinity(0, size, set.get()), "ask for the allowed CPUs");
  int first = 0;
  while (first < max_cpus && !CPU_ISSET_S(first, size, set.get())) {
    ++first;
  }
  CPU_ZERO_S(size, set.get());
  CPU_SET_S(first, size, set.get());
  must(sched_setaffinity(0, size, set.get()), "pin to one CPU");
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
