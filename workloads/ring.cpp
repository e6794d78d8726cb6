// SPDX-License-Identifier: Apache-2.0
#include "ring.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <new>

#include "laps.h"
#include "placement.h"

namespace taskcost::workload {
namespace {

constexpr std::uint64_t max_tasks = 4096;
constexpr std::uint64_t max_hops = 10'000'000'000;
constexpr std::size_t cache_line = 64;
constexpr std::uint64_t least_lap = 20;  // hops

// Rings a bell with one byte through a pipe or a socket.
class ByteBells : public Bells {
 public:
  using Make = void (*)(int* ends);
  ByteBells(std::size_t listeners, Make make) : ends_(listeners) {
    for (auto& ends : ends_) {
      make(ends.data());
    }
  }
  void ring(std::size_t listener) override { write_all(ends_[listener][1], "", 1); }
  void await(std::size_t listener) override {
    char byte = 0;
    read_all(ends_[listener][0], &byte, 1);
  }

 private:
  std::vector<std::array<int, 2>> ends_;
};

class EventBells : public Bells {
 public:
  explicit EventBells(std::size_t listeners) : events_(listeners) {
    for (int& event : events_) {
      event = must(eventfd(0, 0), "make an eventfd");
    }
  }
  void ring(std::size_t listener) override {
    const std::uint64_t one = 1;
    write_all(events_[listener], &one, sizeof(one));
  }
  void await(std::size_t listener) override {
    std::uint64_t count = 0;
    read_all(events_[listener], &count, sizeof(count));
  }

 private:
  std::vector<int> events_;
};

// The futex words lie in shared memory for both models, so that they do the same.
class FutexBells : public Bells {
 public:
  FutexBells(std::size_t listeners, bool one_process)
      : one_process_(one_process), words_(new (map_memory(listeners * sizeof(Word), MAP_SHARED)) Word[listeners]) {}
  void ring(std::size_t listener) override {
    words_[listener].rung.store(1, std::memory_order_release);
    Futex::wake(words_[listener].rung, one_process_);
  }
  void await(std::size_t listener) override {
    while (words_[listener].rung.exchange(0, std::memory_order_acquire) == 0) {
      Futex::wait(words_[listener].rung, 0, one_process_);
    }
  }

 private:
  struct alignas(cache_line) Word {
    std::atomic<std::uint32_t> rung = 0;
  };

  bool one_process_;
  Word* words_;
};

// The token lies in shared memory; its holder may read and write it.
struct Token {
  std::uint64_t hops = 0;
  std::uint64_t hops_wanted = 0;
  bool last_round = false;
  std::chrono::nanoseconds end{};
  Laps laps;
};

struct Ring {
  Bells& bells;  // one for each task, and the last one for the main task
  Token& token;
  std::size_t tasks;
  std::size_t working_set;
  const Placement& placement;
};

void touch(std::byte* memory, std::size_t bytes) {
  volatile std::byte* line = memory;
  for (std::size_t at = 0; at < bytes; at += cache_line) {
    line[at] = std::byte{1};
  }
}

// The number of a task's CPU: in a ring, the last task is a neighbor of the first.
std::size_t cpu_number(const Ring& ring, std::size_t index) {
  const bool meets_the_first = index + 1 == ring.tasks && index % ring.placement.cpus() == 0;
  return meets_the_first ? 1 : index;
}

// The body of each task.
void pass_token_on(const Ring& ring, std::size_t index) {
  ring.placement.pin(cpu_number(ring, index));
  std::byte* memory = ring.working_set > 0 ? map_memory(ring.working_set, MAP_PRIVATE) : nullptr;
  touch(memory, ring.working_set);
  const std::size_t next = (index + 1) % ring.tasks;
  while (true) {
    ring.bells.await(index);
    if (ring.token.last_round) {
      return;
    }
    touch(memory, ring.working_set);
    ring.token.laps.after(++ring.token.hops);
    if (ring.token.hops < ring.token.hops_wanted) {
      ring.bells.ring(next);
    } else {
      ring.token.end = now();
      ring.bells.ring(ring.tasks);
    }
  }
}

std::chrono::nanoseconds go_round(const Ring& ring, std::uint64_t hops) {
  ring.token.hops = 0;
  ring.token.hops_wanted = hops;
  ring.token.laps.begin(hops, least_lap);
  const auto start = now();
  ring.bells.ring(0);
  ring.bells.await(ring.tasks);
  return ring.token.end - start;
}

void let_them_end(const Ring& ring) {
  ring.token.last_round = true;
  for (std::size_t index = 0; index < ring.tasks; ++index) {
    ring.bells.ring(index);
  }
}

}  // namespace

std::unique_ptr<Bells> make_bells(const std::string& kind, std::size_t listeners, bool one_process) {
  if (kind == "futex") {
    return std::make_unique<FutexBells>(listeners, one_process);
  }
  if (kind == "eventfd") {
    return std::make_unique<EventBells>(listeners);
  }
  if (kind == "socket") {
    return std::make_unique<ByteBells>(
        listeners, [](int* ends) { must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "make a pair of sockets"); });
  }
  return std::make_unique<ByteBells>(listeners, [](int* ends) { must(pipe(ends), "make a pipe"); });
}

void add_ring_options(CLI::App& command, RingOptions& options) {
  add_choice(command, "--model", "MODEL", options.model, {"thread", "process"},
             "What the tasks are: thread or process\n(default thread)");
  add_number(command, "--tasks", options.tasks, 2, max_tasks, "How many tasks form the ring (default 2)");
  add_number(command, "--hops", options.hops, 1, max_hops, "How many hops the token makes (default 20000)");
  add_cpus_option(command, options.cpus,
                  fmt::format("same: all tasks on one CPU, so that each hop is\n"
                              "a switch; apart: each task on another CPU than its\n"
                              "neighbors; any: wherever the kernel puts them\n(default {})",
                              options.cpus));
  add_number(command, "--warm-up", options.warm_up, 0, max_hops, "Hops before the measured ones (default 0)");
}

void run_ring(const RingOptions& options, Regions& regions) {
  const Placement placement(options.cpus);
  if (placement.apart() && placement.cpus() == 2 && options.tasks % 2 == 1) {
    give_up(fmt::format("--cpus apart needs three CPUs for a ring of {} tasks, and two are allowed", options.tasks));
  }
  const bool threads = options.model == "thread";
  const auto bells = make_bells(options.bell, options.tasks + 1, threads);
  const Ring ring{*bells, in_shared_memory<Token>(), options.tasks, options.working_set, placement};
  Tasks tasks(threads, options.tasks, [&ring](std::size_t index) { pass_token_on(ring, index); });
  // One round at least, so that every task has reached its bell.
  go_round(ring, options.tasks + options.warm_up);
  while (regions.next()) {
    const auto wall = go_round(ring, options.hops);
    regions.done({options.workload,
                  options.model,
                  options.hops,
                  wall,
                  ring.token.laps.typical_ns(),
                  fmt::format("{} hops between {} {} by {}", options.hops, options.tasks,
                              threads ? "threads" : "processes", options.bell),
                  {{"hops", options.hops},
                   {"bell", options.bell},
                   {"tasks", options.tasks},
                   {"cpus", options.cpus},
                   {"working_set", options.working_set},
                   {"warm_up", options.warm_up}}});
  }
  let_them_end(ring);
  tasks.join();
}

}  // namespace taskcost::workload
