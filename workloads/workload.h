// SPDX-License-Identifier: Apache-2.0
//
// The part that the bundled workloads share. A workload does a known number of operations as threads or as processes,
// with the same loop around both, and measures its own wall time: it is a benchmark even without an observer.
//
// Only a region is measured: warm-up and preparations stay outside. The region may be repeated. A socket (--marks)
// tells an observer where it begins and ends: before each region the workload writes "ready" and a newline and waits
// for a byte; after it the workload writes the region's JSON line and waits for a byte again.
#pragma once

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <pthread.h>
#include <sys/mman.h>
#include <sys/types.h>

namespace taskcost::workload {

// A key of the JSON form, and a word or a number.
using Fact = std::pair<const char*, std::variant<std::uint64_t, std::string>>;

struct Outcome {
  std::string workload;
  std::string model;
  std::uint64_t operations = 0;        // operations in the region
  std::chrono::nanoseconds wall{};     // wall time of the region
  std::optional<double> typical_ns{};  // time of one operation: the median over parts of the region
  std::string done;                    // for people: "2000 threads created and joined"
  std::vector<Fact> facts;             // options, known counts, and what was seen (1) or not (0)
};

// The measured regions of a run:
//
//   while (regions.next()) {
//     ... measure ...
//     regions.done(outcome);
//   }
class Regions {
 public:
  struct Options {
    std::uint64_t count = 1;
    int marks = -1;  // socket of an observer; -1: there is none
    bool json = false;
  };
  explicit Regions(const Options& options) : options_(options) {}

  // Returns when the next region may begin; false when it was the last.
  bool next();
  // Reports to the observer, or prints, outside of the measured time.
  void done(const Outcome& outcome);

 private:
  void await_observer() const;

  Options options_;
  std::uint64_t begun_ = 0;
};

struct Workload {
  CLI::App* command = nullptr;        // owned by the application
  std::function<void(Regions&)> run;  // called after the parse; ends the program on failure
};

// Each of these adds its subcommand.
namespace bake {
Workload add(CLI::App& app);
}
namespace channel {
Workload add(CLI::App& app);
}
namespace crash {
Workload add(CLI::App& app);
}
namespace create {
Workload add(CLI::App& app);
// Runs the hidden subcommand `noop [FD]` that created processes exec: it waits for a byte from FD, if one is given.
int noop(int argc, char** argv);
}  // namespace create
namespace handoff {
Workload add(CLI::App& app);
}
namespace share {
Workload add(CLI::App& app);
}
namespace switching {
Workload add(CLI::App& app);
}

// Prints "taskcost-workload: cannot WHAT: reason" and ends the process with status 1 at once. It is safe in a forked
// child and in one thread of many, where unwinding would destroy objects that others use.
[[noreturn]] void fail(const char* what, int error);
// Prints "taskcost-workload: LINE" and ends the process in the same way.
[[noreturn]] void give_up(const std::string& line);
// Checks calls that return -1 and set errno.
int must(int result, const char* what);
// Checks pthread_* calls, which return the error.
void must_succeed(int error, const char* what);
// Ends the process unless the child exited with 0. A child that ended by fail() has printed the reason.
void expect_success(int wait_status);

std::chrono::nanoseconds now();

// Returns zeroed anonymous memory that stays mapped until the process ends. `sharing` is MAP_PRIVATE or MAP_SHARED.
std::byte* map_memory(std::size_t bytes, int sharing);

template <typename T>
T& in_shared_memory() {
  return *new (map_memory(sizeof(T), MAP_SHARED)) T();
}

// Transfer the whole message, in however many parts. The end of the file ends the program.
void write_all(int fd, const void* bytes, std::size_t size);
void read_all(int fd, void* bytes, std::size_t size);

// A created process calls this: it ends when its creator does.
void end_with(pid_t creator);

// Tasks of either model that run `life(index)`, created one after the other.
class Tasks {
 public:
  Tasks(bool threads, std::size_t count, std::function<void(std::size_t)> life);
  Tasks(const Tasks&) = delete;
  Tasks& operator=(const Tasks&) = delete;
  ~Tasks() = default;
  // Waits for all of them. A process that failed ends the program.
  void join();

 private:
  struct Thread {
    pthread_t id{};
    const std::function<void(std::size_t)>* life = nullptr;
    std::size_t index = 0;
  };
  std::function<void(std::size_t)> life_;
  std::vector<Thread> threads_;
  std::vector<pid_t> processes_;
};

// A futex word. With `one_process` the kernel is told that only threads of this process use it (FUTEX_PRIVATE_FLAG).
class Futex {
 public:
  // Returns when `word` is no longer `value`, or spuriously.
  static void wait(std::atomic<std::uint32_t>& word, std::uint32_t value, bool one_process);
  static void wake(std::atomic<std::uint32_t>& word, bool one_process);
};

// Add options that look the same in all workloads. `limit` is the largest value allowed.
void add_number(CLI::App& command, const std::string& name, std::uint64_t& target, std::uint64_t least,
                std::uint64_t limit, const std::string& help);
void add_choice(CLI::App& command, const std::string& name, const std::string& value_name, std::string& target,
                const std::vector<std::string>& choices, const std::string& help);

}  // namespace taskcost::workload
