// SPDX-License-Identifier: Apache-2.0
//
// switch: a token goes round a ring of tasks, and each sleeps until it arrives. On one CPU every hop is a context
// switch. The ring, the bells and the loop are the same for threads and for processes.
#include <fmt/format.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>
#include <new>
#include <vector>

#include "workload.h"

namespace taskcost::workload {
namespace {

constexpr std::uint64_t max_tasks = 4096;
constexpr std::uint64_t max_rounds = 10'000'000'000;
constexpr std::uint64_t max_working_set = std::uint64_t{1} << 36;
constexpr std::size_t cache_line = 64;

struct Options {
  std::string model = "thread";
  std::string bell = "pipe";
  std::string cpus = "same";
  std::uint64_t tasks = 2;
  std::uint64_t rounds = 20'000;
  std::uint64_t working_set = 0;
  std::uint64_t warm_up = 0;
};

// Whom the token is for. One bell per task, all made before the tasks.
class Bells {
 public:
  Bells() = default;
  Bells(const Bells&) = delete;
  Bells& operator=(const Bells&) = delete;
  virtual ~Bells() = default;
  virtual void ring(std::size_t task) = 0;
  virtual void await(std::size_t task) = 0;
};

void write_all(int fd, const void* bytes, std::size_t size) {
  while (write(fd, bytes, size) != static_cast<ssize_t>(size)) {
    if (errno != EINTR) {
      fail("write to a bell", errno);
    }
  }
}

void read_all(int fd, void* bytes, std::size_t size) {
  while (read(fd, bytes, size) != static_cast<ssize_t>(size)) {
    if (errno != EINTR) {
      fail("read from a bell", errno);
    }
  }
}

class PipeBells : public Bells {
 public:
  explicit PipeBells(std::size_t tasks) : pipes_(tasks) {
    for (auto& ends : pipes_) {
      must(pipe(ends.data()), "make a pipe");
    }
  }
  void ring(std::size_t task) override { write_all(pipes_[task][1], "", 1); }
  void await(std::size_t task) override {
    char byte = 0;
    read_all(pipes_[task][0], &byte, 1);
  }

 private:
  std::vector<std::array<int, 2>> pipes_;
};

class EventBells : public Bells {
 public:
  explicit EventBells(std::size_t tasks) : events_(tasks) {
    for (int& event : events_) {
      event = must(eventfd(0, 0), "make an eventfd");
    }
  }
  void ring(std::size_t task) override {
    const std::uint64_t one = 1;
    write_all(events_[task], &one, sizeof(one));
  }
  void await(std::size_t task) override {
    std::uint64_t count = 0;
    read_all(events_[task], &count, sizeof(count));
  }

 private:
  std::vector<int> events_;
};

// In memory that both models map alike. Threads may tell the kernel that nobody else waits there, so they do.
class FutexBells : public Bells {
 public:
  FutexBells(std::size_t tasks, bool one_process) : private_(one_process ? FUTEX_PRIVATE_FLAG : 0) {
    std::byte* memory = map_memory(tasks * sizeof(Word), MAP_SHARED);
    words_ = new (memory) Word[tasks];
  }
  void ring(std::size_t task) override {
    words_[task].rung.store(1, std::memory_order_release);
    must(static_cast<int>(syscall(SYS_futex, &words_[task].rung, FUTEX_WAKE | private_, 1, nullptr, nullptr, 0)),
         "wake a futex");
  }
  void await(std::size_t task) override {
    while (words_[task].rung.exchange(0, std::memory_order_acquire) == 0) {
      sleep_on(words_[task].rung);
    }
  }

 private:
  struct alignas(cache_line) Word {
    std::atomic<std::uint32_t> rung = 0;
  };

  void sleep_on(std::atomic<std::uint32_t>& word) const {
    if (syscall(SYS_futex, &word, FUTEX_WAIT | private_, 0, nullptr, nullptr, 0) == -1 && errno != EAGAIN &&
        errno != EINTR) {
      fail("wait for a futex", errno);
    }
  }

  int private_;
  Word* words_ = nullptr;
};

// In shared memory: written by the task that holds the token, read when all tasks have ended.
struct Stamps {
  std::chrono::nanoseconds start{};
  std::chrono::nanoseconds end{};
};

struct Ring {
  std::unique_ptr<Bells> bells;
  Stamps* stamps = nullptr;
  std::size_t tasks = 0;
  std::size_t working_set = 0;
  std::uint64_t warm_up = 0;
  std::uint64_t hops = 0;  // warm-up included
};

void touch(std::byte* memory, std::size_t bytes) {
  volatile std::byte* line = memory;
  for (std::size_t at = 0; at < bytes; at += cache_line) {
    line[at] = std::byte{1};
  }
}

// The life of a task. `hop` counts the hops that the token has made when it arrives here.
void pass_token(const Ring& ring, std::size_t index) {
  std::byte* memory = ring.working_set > 0 ? map_memory(ring.working_set, MAP_PRIVATE) : nullptr;
  touch(memory, ring.working_set);
  for (std::uint64_t hop = index; hop <= ring.hops; hop += ring.tasks) {
    ring.bells->await(index);
    if (hop == ring.warm_up) {
      ring.stamps->start = now();
    }
    if (hop == ring.hops) {
      ring.stamps->end = now();
      return;
    }
    touch(memory, ring.working_set);
    ring.bells->ring((index + 1) % ring.tasks);
  }
}

struct Thread {
  pthread_t id{};
  const Ring* ring = nullptr;
  std::size_t index = 0;
};

void go_round_in_threads(const Ring& ring) {
  std::vector<Thread> threads(ring.tasks);
  const auto live = [](void* thread) -> void* {
    const auto& self = *static_cast<Thread*>(thread);
    pass_token(*self.ring, self.index);
    return nullptr;
  };
  for (std::size_t index = 0; index < ring.tasks; ++index) {
    threads[index].ring = &ring;
    threads[index].index = index;
    must_succeed(pthread_create(&threads[index].id, nullptr, live, &threads[index]), "create a thread");
  }
  ring.bells->ring(0);
  for (const Thread& thread : threads) {
    must_succeed(pthread_join(thread.id, nullptr), "join a thread");
  }
}

// A ring with a gap would sleep for ever: nobody outlives the process that made it.
void end_with(pid_t creator) {
  must(prctl(PR_SET_PDEATHSIG, SIGKILL), "tie a process to its parent");
  if (getppid() != creator) {
    _exit(1);
  }
}

void go_round_in_processes(const Ring& ring) {
  const pid_t self = getpid();
  for (std::size_t index = 0; index < ring.tasks; ++index) {
    if (must(fork(), "create a process") == 0) {
      end_with(self);
      pass_token(ring, index);
      _exit(0);
    }
  }
  ring.bells->ring(0);
  for (std::size_t index = 0; index < ring.tasks; ++index) {
    int status = 0;
    must(waitpid(-1, &status, 0), "wait for a process");
    expect_success(status);
  }
}

std::unique_ptr<Bells> make_bells(const Options& options) {
  if (options.bell == "futex") {
    return std::make_unique<FutexBells>(options.tasks, options.model == "thread");
  }
  if (options.bell == "eventfd") {
    return std::make_unique<EventBells>(options.tasks);
  }
  return std::make_unique<PipeBells>(options.tasks);
}

Outcome run(const Options& options) {
  if (options.cpus == "same") {
    pin_to_first_allowed_cpu();
  }
  Ring ring;
  ring.bells = make_bells(options);
  ring.stamps = new (map_memory(sizeof(Stamps), MAP_SHARED)) Stamps;
  ring.tasks = options.tasks;
  ring.working_set = options.working_set;
  ring.warm_up = options.warm_up;
  ring.hops = options.warm_up + options.rounds;
  const bool threads = options.model == "thread";
  (threads ? go_round_in_threads : go_round_in_processes)(ring);
  return {"switch",
          options.model,
          options.rounds,
          ring.stamps->end - ring.stamps->start,
          fmt::format("{} hops between {} {} by {}", options.rounds, options.tasks, threads ? "threads" : "processes",
                      options.bell),
          {{"hops", ring.hops},
           {"bell", options.bell},
           {"tasks", options.tasks},
           {"rounds", options.rounds},
           {"cpus", options.cpus},
           {"working_set", options.working_set},
           {"warm_up", options.warm_up}}};
}

}  // namespace

Workload add_switch(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("switch", "Pass a token round a ring of tasks that sleep for it");
  add_choice(*command, "--model", "MODEL", options->model, {"thread", "process"},
             "What the tasks are: thread or process\n(default thread)");
  add_choice(*command, "--bell", "BELL", options->bell, {"pipe", "futex", "eventfd"},
             "What wakes the next task: pipe, futex or eventfd\n(default pipe)");
  add_number(*command, "--tasks", options->tasks, 2, max_tasks, "How many tasks form the ring (default 2)");
  add_number(*command, "--rounds", options->rounds, 1, max_rounds, "How many hops the token makes (default 20000)");
  add_choice(*command, "--cpus", "WHERE", options->cpus, {"same", "any"},
             "same: all tasks on one CPU, so that each hop is\n"
             "a switch; any: wherever the kernel puts them\n(default same)");
  add_number(*command, "--working-set", options->working_set, 0, max_working_set,
             "Bytes that each task writes to, one per cache\nline, before it passes the token on (default 0)");
  add_number(*command, "--warm-up", options->warm_up, 0, max_rounds, "Hops before the measured ones (default 0)");
  return {command, [options] { return run(*options); }};
}

}  // namespace taskcost::workload
