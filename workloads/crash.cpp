// SPDX-License-Identifier: Apache-2.0
//
// crash: one of several tasks comes to harm, as one of the threads of a process or as one of several processes. Which
// others are harmed, and which run on? The main task supervises and stays outside.
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <thread>

#include "workload.h"

namespace taskcost::workload::crash {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t max_tasks = 64;
constexpr int unharmed = 7;
constexpr int victims_code = 3;
constexpr std::size_t victim = 0;

struct Options {
  std::string model = "thread";
  std::string how = "segv";
  std::uint64_t tasks = 4;
};

// The memory that the tasks and the supervisor share, for one region.
struct Watch {
  std::atomic<std::uint32_t> arrived{0};
  std::atomic<bool> crash{false};
  std::atomic<bool> crashed{false};  // set by a wild write, which kills no task
  std::atomic<bool> stop{false};
  std::atomic<bool> harmed{false};
  std::array<std::atomic<std::uint64_t>, max_tasks> turns{};
};

void sleep_for(std::chrono::nanoseconds time) { std::this_thread::sleep_for(time); }

void work_for(std::chrono::nanoseconds time) {
  const auto end = now() + time;
  while (now() < end) {
  }
}

// `jar` is at the same address in every task of either model; its right value is 1.
void do_harm(const std::string& how, volatile int* jar, Watch& watch) {
  if (how == "segv") {
    volatile int* nowhere = nullptr;
    *nowhere = 1;  // NOLINT(clang-analyzer-core.NullDereference): the point
  } else if (how == "abort") {
    abort();
  } else if (how == "kill") {
    kill(getpid(), SIGKILL);
  } else if (how == "exit") {
    syscall(SYS_exit_group, victims_code);
  } else {
    *jar = -1;
    watch.crashed = true;
  }
}

struct House {
  const Options& options;
  Watch& watch;
  volatile int* jar;
};

void live(const House& house, std::size_t index) {
  constexpr auto work = 10us;
  constexpr auto rest = 200us;
  Watch& watch = house.watch;
  ++watch.arrived;
  bool harmed_already = false;
  while (!watch.stop) {
    work_for(work);
    ++watch.turns[index];
    if (index != victim && *house.jar != 1) {
      watch.harmed = true;
    }
    if (index == victim && watch.crash && !std::exchange(harmed_already, true)) {
      do_harm(house.options.how, house.jar, watch);
    }
    sleep_for(rest);
  }
}

// All tasks are threads of one process.
[[noreturn]] void live_together(const House& house) {
  std::vector<std::thread> others;
  for (std::size_t index = 0; index < house.options.tasks; ++index) {
    others.emplace_back([&house, index] { live(house, index); });
  }
  for (std::thread& other : others) {
    other.join();
  }
  _exit(unharmed);
}

// The processes of one region; the victim is in the first.
std::vector<pid_t> move_in(const House& house) {
  const bool together = house.options.model == "thread";
  const pid_t self = getpid();
  std::vector<pid_t> processes(together ? 1 : house.options.tasks);
  for (std::size_t index = 0; index < processes.size(); ++index) {
    processes[index] = must(fork(), "create a process");
    if (processes[index] == 0) {
      end_with(self);
      if (together) {
        live_together(house);
      }
      live(house, index);
      _exit(unharmed);
    }
  }
  return processes;
}

template <typename Condition>
void wait_until(Condition condition) {
  constexpr auto look_every = 100us;
  constexpr auto limit = 5s;
  for (const auto start = now(); !condition(); sleep_for(look_every)) {
    if (now() - start > limit) {
      fail("see the tasks do their part", ETIMEDOUT);
    }
  }
}

std::uint64_t turns_of_others(const Watch& watch) {
  std::uint64_t sum = 0;
  for (std::size_t index = victim + 1; index < watch.turns.size(); ++index) {
    sum += watch.turns[index];
  }
  return sum;
}

// Counts of how the processes ended.
struct Ends {
  std::uint64_t by_crash = 0;
  std::uint64_t unharmed_ones = 0;
  std::uint64_t signal = 0;

  void add(int status) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == unharmed) {
      ++unharmed_ones;
      return;
    }
    ++by_crash;
    signal = WIFSIGNALED(status) ? static_cast<std::uint64_t>(WTERMSIG(status)) : signal;
  }
};

Outcome crash_once(const Options& options, Watch& watch, volatile int* jar) {
  const auto start = now();
  const std::vector<pid_t> processes = move_in({options, watch, jar});
  const bool deadly = options.how != "wild-write";
  Ends ends;
  wait_until([&] { return watch.arrived == options.tasks; });
  watch.crash = true;
  wait_until([&] {
    int status = 0;
    if (!deadly) {
      return watch.crashed.load();
    }
    if (must(waitpid(processes[victim], &status, WNOHANG), "wait for a process") == 0) {
      return false;
    }
    ends.add(status);
    return true;
  });
  // Waits for the harm to spread, and then looks which tasks still move.
  constexpr auto spread = 5ms;
  constexpr auto look = 15ms;
  sleep_for(spread);
  const std::uint64_t before = turns_of_others(watch);
  sleep_for(look);
  const std::uint64_t turns_after = turns_of_others(watch) - before;
  watch.stop = true;
  for (std::size_t i = deadly ? 1 : 0; i < processes.size(); ++i) {
    int status = 0;
    must(waitpid(processes[i], &status, 0), "wait for a process");
    ends.add(status);
  }
  const std::uint64_t others = processes.size() - (deadly ? 1 : 0);
  return {"crash",
          options.model,
          1,
          now() - start,
          std::nullopt,
          fmt::format("{} in one of {} {}: {} processes ended, {} ran on", options.how, options.tasks,
                      options.model == "thread" ? "threads" : "processes", ends.by_crash, ends.unharmed_ones),
          {{"how", options.how},
           {"tasks", options.tasks},
           {"ended_by_crash", ends.by_crash},
           {"survivors", ends.unharmed_ones},
           {"survivors_expected", others},
           {"turns_after", turns_after},
           {"neighbour_harmed", watch.harmed ? std::uint64_t{1} : 0},
           {"signal", ends.signal}}};
}

void run(const Options& options, Regions& regions) {
  const rlimit no_dumps{0, 0};
  must(setrlimit(RLIMIT_CORE, &no_dumps), "turn core dumps off");
  auto* jar = reinterpret_cast<volatile int*>(map_memory(sizeof(int), MAP_PRIVATE));
  *jar = 1;
  while (regions.next()) {
    std::byte* memory = map_memory(sizeof(Watch), MAP_SHARED);
    auto* watch = new (memory) Watch;
    const Outcome outcome = crash_once(options, *watch, jar);
    regions.done(outcome);
    munmap(memory, sizeof(Watch));
  }
}

}  // namespace

Workload add(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("crash", "Crash or corrupt one of several tasks, and see which others are affected");
  add_choice(*command, "--model", "MODEL", options->model, {"thread", "process"},
             "What the tasks are: threads of one process, or\nprocesses (default thread)");
  add_choice(*command, "--how", "HOW", options->how, {"segv", "abort", "kill", "exit", "wild-write"},
             "What happens to one of them: segv, abort, kill\n(SIGKILL), exit (exit_group), or wild-write, which\n"
             "changes a neighbor's memory (default segv)");
  add_number(*command, "--tasks", options->tasks, 2, max_tasks, "How many tasks there are (default 4)");
  return {command, [options](Regions& regions) { run(*options, regions); }};
}

}  // namespace taskcost::workload::crash
