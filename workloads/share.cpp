// SPDX-License-Identifier: Apache-2.0
//
// share: a worker changes what it may or may not share with its creator, and the creator looks. Or it measures what one
// task's changes of its address space cost when another task uses it.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <memory>
#include <string>

#include "placement.h"
#include "ring.h"

namespace taskcost::workload::share {
namespace {

constexpr std::uint64_t max_pages = 1 << 20;
constexpr std::uint64_t max_count = 100'000'000;
constexpr std::size_t block_bytes = 64 * 1024;

struct Options {
  std::string model = "thread";
  std::string what = "visibility";
  std::string act = "write";
  std::uint64_t pages = 256;
  std::uint64_t count = 500;
  std::string cpus;  // empty: the default of `what`
};

std::size_t page_size() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

std::uint64_t as_fact(bool seen) { return seen ? 1 : 0; }

// Shared memory, which both tasks see in any model.
struct Desk {
  std::atomic<std::uint32_t> changed{0};
  std::atomic<std::uint32_t> looked{0};
  int file = -1;
};

void await(std::atomic<std::uint32_t>& word) {
  while (word.load() == 0) {
    Futex::wait(word, 0, false /*one_process*/);
  }
}

void announce(std::atomic<std::uint32_t>& word) {
  word.store(1);
  Futex::wake(word, false /*one_process*/);
}

std::string directory() {
  std::array<char, PATH_MAX> path{};
  return getcwd(path.data(), path.size()) == nullptr ? std::string() : std::string(path.data());
}

rlimit file_limit() {
  rlimit limit{};
  must(getrlimit(RLIMIT_NOFILE, &limit), "ask for a limit");
  return limit;
}

bool handles_signal() {
  struct sigaction action {};
  must(sigaction(SIGUSR2, nullptr, &action), "ask for a signal handler");
  return action.sa_handler != SIG_DFL;
}

// The state before the changes, to detect and to undo them.
struct Before {
  std::string path = directory();
  rlimit limit = file_limit();
};

class Visibility {
 public:
  explicit Visibility(const Options& options)
      : options_(options),
        placement_(options.cpus),
        memory_(map_memory(options.pages * page_size(), MAP_PRIVATE)),
        desk_(in_shared_memory<Desk>()) {}

  void run(Regions& regions) {
    placement_.pin(0);
    while (regions.next()) {
      write_pages(0);
      desk_.changed = desk_.looked = 0;
      const auto start = now();
      Tasks worker(options_.model == "thread", 1, [this](std::size_t /*index*/) { change_everything(); });
      await(desk_.changed);
      Outcome outcome = look();
      announce(desk_.looked);
      worker.join();
      outcome.wall = now() - start;
      restore();
      regions.done(outcome);
    }
  }

 private:
  void write_pages(int value) {
    for (std::uint64_t page = 0; page < options_.pages; ++page) {
      static_cast<volatile std::byte*>(memory_)[page * page_size()] = static_cast<std::byte>(value);
    }
  }

  // The worker runs this.
  void change_everything() {
    placement_.pin(1);
    if (options_.act == "write") {
      write_pages(1);
    }
    desk_.file = must(open("/dev/null", O_RDONLY), "open a file");
    must(chdir(before_.path == "/" ? "/tmp" : "/"), "change the directory");
    const rlimit lower{before_.limit.rlim_cur - 1, before_.limit.rlim_max};
    must(setrlimit(RLIMIT_NOFILE, &lower), "set a limit");
    struct sigaction action {};
    action.sa_handler = [](int /*signal*/) {};
    must(sigaction(SIGUSR2, &action, nullptr), "set a signal handler");
    announce(desk_.changed);
    await(desk_.looked);
  }

  // The creator runs this.
  [[nodiscard]] Outcome look() const {
    std::uint64_t seen = 0;
    for (std::uint64_t page = 0; page < options_.pages; ++page) {
      seen += memory_[page * page_size()] == std::byte{1} ? 1 : 0;
    }
    return {"share",
            options_.model,
            options_.pages,
            {},
            std::nullopt,
            fmt::format("{} of {} written pages seen by the creator of the {}", seen, options_.pages, options_.model),
            {{"pages", options_.pages},
             {"pages_seen", seen},
             {"write_seen", as_fact(seen > 0)},
             {"cpus", options_.cpus},
             {"written", as_fact(options_.act == "write")},
             {"file_seen", as_fact(fcntl(desk_.file, F_GETFD) != -1)},
             {"directory_seen", as_fact(directory() != before_.path)},
             {"limit_seen", as_fact(file_limit().rlim_cur != before_.limit.rlim_cur)},
             {"handler_seen", as_fact(handles_signal())}}};
  }

  void restore() const {
    if (fcntl(desk_.file, F_GETFD) != -1) {
      close(desk_.file);
    }
    must(chdir(before_.path.c_str()), "change the directory");
    must(setrlimit(RLIMIT_NOFILE, &before_.limit), "set a limit");
    must(static_cast<int>(signal(SIGUSR2, SIG_DFL) == SIG_ERR ? -1 : 0), "reset a signal handler");
  }

  const Options& options_;
  Placement placement_;
  Before before_;
  std::byte* memory_;
  Desk& desk_;
};

enum Listener : std::size_t { remapper, sibling, main_for_remapper, main_for_sibling, listeners };

struct Bench {
  std::atomic<bool> stop{false};
  std::atomic<bool> over{false};
  std::uint64_t sibling_turns = 0;
  std::chrono::nanoseconds wall{};
};

// Touching fills the TLB with the pages; unmapping flushes it on all CPUs that have used them.
void remap(std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    void* block = mmap(nullptr, block_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) {
      fail("map memory", errno);
    }
    for (std::size_t at = 0; at < block_bytes; at += page_size()) {
      static_cast<volatile std::byte*>(block)[at] = std::byte{1};
    }
    must(munmap(block, block_bytes), "unmap memory");
  }
}

void live_on_bench(std::size_t who, Bench& bench, Bells& bells, std::uint64_t count) {
  while (true) {
    bells.await(who);
    if (bench.over) {
      return;
    }
    if (who == remapper) {
      const auto start = now();
      remap(count);
      bench.wall = now() - start;
      bench.stop = true;
      bells.ring(main_for_remapper);
    } else {
      std::uint64_t turns = 0;
      while (!bench.stop.load(std::memory_order_relaxed)) {
        ++turns;
      }
      bench.sibling_turns = turns;
      bells.ring(main_for_sibling);
    }
  }
}

void run_remap(const Options& options, Regions& regions) {
  const Placement placement(options.cpus);
  auto& bench = in_shared_memory<Bench>();
  const auto bells = make_bells("futex", listeners, options.model == "thread");
  Tasks tasks(options.model == "thread", 2, [&](std::size_t who) {
    placement.pin(who);
    live_on_bench(who, bench, *bells, options.count);
  });
  while (regions.next()) {
    bench.stop = false;
    bells->ring(sibling);
    bells->ring(remapper);
    bells->await(main_for_remapper);
    bells->await(main_for_sibling);
    regions.done({"share",
                  options.model,
                  options.count,
                  bench.wall,
                  std::nullopt,
                  fmt::format("{} blocks mapped, touched and unmapped beside a busy {}", options.count, options.model),
                  {{"count", options.count}, {"cpus", options.cpus}, {"sibling_turns", bench.sibling_turns}}});
  }
  bench.over = true;
  bells->ring(remapper);
  bells->ring(sibling);
  tasks.join();
}

}  // namespace

Workload add(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("share", "See what a task shares with its creator, and what that costs");
  add_choice(*command, "--model", "MODEL", options->model, {"thread", "process"},
             "What the worker is: thread or process\n(default thread)");
  add_choice(*command, "--what", "WHAT", options->what, {"visibility", "remap"},
             "visibility: the worker writes to pages, opens a\nfile, changes directory, a limit and a signal\n"
             "handler, and its creator looks; remap: it maps and\nunmaps memory beside a busy sibling\n"
             "(default visibility)");
  add_choice(*command, "--act", "ACT", options->act, {"write", "none"},
             "visibility: whether the worker writes to the pages\n(default write)");
  add_number(*command, "--pages", options->pages, 1, max_pages, "visibility: pages written (default 256)");
  add_number(*command, "--count", options->count, 1, max_count, "remap: blocks of 64 KiB (default 500)");
  add_cpus_option(*command, options->cpus,
                  "same: the tasks on one CPU; apart: on different\nCPUs; any: wherever the kernel puts them\n"
                  "(default any; for remap apart, with one CPU same)");
  return {command, [options](Regions& regions) {
            if (options->cpus.empty()) {
              options->cpus = options->what != "remap" ? "any" : allowed_cpus().size() > 1 ? "apart" : "same";
            }
            if (options->what == "remap") {
              run_remap(*options, regions);
            } else {
              Visibility(*options).run(regions);
            }
          }};
}

}  // namespace taskcost::workload::share
