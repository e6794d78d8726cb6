// SPDX-License-Identifier: Apache-2.0
//
// bake: the baking analogy as a graph of steps. One cook does all of them one after the other; a family of three in one
// house works on them together; three friends in houses of their own send each other what they have made.
//
//   ingredients -> dough --+
//   oven ------------------+-> bake
//   tray ------------------+
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include "placement.h"
#include "workload.h"

namespace taskcost::workload::bake {
namespace {

constexpr std::uint64_t max_batches = 10'000'000;
constexpr std::uint64_t max_work = 1'000'000;

enum Step : std::size_t { ingredients, dough, oven, tray, bake, steps };

// The amount of work of each step, in units of --work.
constexpr std::array<std::uint64_t, steps> weights = {2, 3, 3, 1, 2};

// The product of a step has real bytes, which friends have to send.
constexpr std::size_t ware_words = 512;
using Ware = std::array<std::uint64_t, ware_words>;

struct Options {
  std::string model = "threads";
  std::uint64_t batches = 20;
  std::uint64_t work = 20;
  std::string cpus = "any";
};

// This cannot be optimized away: every pass depends on the one before it.
Ware make(Step step, std::uint64_t batch, std::uint64_t work, const std::array<const Ware*, 3>& inputs) {
  constexpr std::uint64_t multiplier = 0x9e3779b97f4a7c15;
  constexpr unsigned fold = 29;
  Ware ware{};
  ware[0] = batch * steps + step + 1;
  for (const Ware* input : inputs) {
    for (std::size_t word = 0; input != nullptr && word < ware_words; ++word) {
      ware[word] ^= (*input)[word] * multiplier;
    }
  }
  std::uint64_t state = ware[0];
  for (std::uint64_t pass = 0; pass < weights[step] * work; ++pass) {
    for (std::uint64_t& word : ware) {
      state = (state ^ word) * multiplier;
      state ^= state >> fold;
      word = state;
    }
  }
  return ware;
}

// A baker announces a finished ware, and another one receives it.
class News {
 public:
  News() = default;
  News(const News&) = delete;
  News& operator=(const News&) = delete;
  virtual ~News() = default;
  virtual void publish(Step step, std::uint64_t batch, const Ware& ware) = 0;
  virtual Ware receive(Step step, std::uint64_t batch) = 0;
};

// In one house all bakers see the same table.
class Table : public News {
 public:
  void publish(Step step, std::uint64_t batch, const Ware& ware) override {
    Place& place = places_[step];
    // The last batch is eaten before the next one is put here.
    await(place.eaten, batch);
    place.ware = ware;
    announce(place.made, batch + 1);
  }
  Ware receive(Step step, std::uint64_t batch) override {
    Place& place = places_[step];
    await(place.made, batch + 1);
    Ware ware = place.ware;
    announce(place.eaten, batch + 1);
    return ware;
  }

 private:
  struct Place {
    std::atomic<std::uint32_t> made{0};  // number of batches
    std::atomic<std::uint32_t> eaten{0};
    Ware ware{};
  };
  static void await(std::atomic<std::uint32_t>& batches, std::uint64_t wanted) {
    for (std::uint32_t seen = batches; seen < wanted; seen = batches) {
      Futex::wait(batches, seen, true /*one_process*/);
    }
  }
  static void announce(std::atomic<std::uint32_t>& batches, std::uint64_t count) {
    batches.store(static_cast<std::uint32_t>(count));
    Futex::wake(batches, true /*one_process*/);
  }

  std::array<Place, steps> places_{};
};

// Between houses there is a pipe for each ware.
class Post : public News {
 public:
  Post() {
    for (auto& ends : pipes_) {
      must(pipe(ends.data()), "make a pipe");
    }
  }
  void publish(Step step, std::uint64_t /*batch*/, const Ware& ware) override {
    write_all(pipes_[step][1], ware.data(), sizeof(ware));
  }
  Ware receive(Step step, std::uint64_t /*batch*/) override {
    Ware ware{};
    read_all(pipes_[step][0], ware.data(), sizeof(ware));
    return ware;
  }

 private:
  std::array<std::array<int, 2>, steps> pipes_{};
};

// Memory that the bakers and the main task share.
struct Kitchen {
  std::uint64_t checksum = 0;  // XOR over everything that was baked in this region
  std::chrono::nanoseconds end{};
};

std::uint64_t checksum_of(const Ware& bread) { return bread[ware_words - 1]; }

// One cook does all steps in turn. Returns the checksum.
std::uint64_t bake_alone(std::uint64_t batches, std::uint64_t work) {
  std::uint64_t checksum = 0;
  for (std::uint64_t batch = 0; batch < batches; ++batch) {
    const Ware bought = make(ingredients, batch, work, {});
    const Ware mixed = make(dough, batch, work, {&bought});
    const Ware heated = make(oven, batch, work, {});
    const Ware arranged = make(tray, batch, work, {});
    checksum ^= checksum_of(make(bake, batch, work, {&mixed, &heated, &arranged}));
  }
  return checksum;
}

enum Baker : std::size_t { mother, sister, you, family };

// The number of a baker's CPU. "you" needs what the others make, and so never shares a CPU with one of them.
std::size_t cpu_number(std::size_t baker, std::size_t cpus) { return baker == you ? 0 : 1 + baker % (cpus - 1); }

// The part of one of three bakers. Batches are numbered across regions, since the table counts them.
class Bakery {
 public:
  Bakery(News& news, const Options& options, std::uint64_t done)
      : news_(news), batches_(options.batches), work_(options.work), done_(done) {}

  // Returns the checksum of the bread that this baker has baked.
  std::uint64_t work(std::size_t baker) {
    std::uint64_t checksum = 0;
    for (std::uint64_t batch = 0; batch < batches_; ++batch) {
      const std::uint64_t number = done_ + batch;
      if (baker == mother) {
        news_.publish(ingredients, number, make(ingredients, batch, work_, {}));
        news_.publish(tray, number, make(tray, batch, work_, {}));
      } else if (baker == sister) {
        news_.publish(oven, number, make(oven, batch, work_, {}));
      } else {
        checksum ^= bread(batch, number);
      }
    }
    return checksum;
  }

 private:
  std::uint64_t bread(std::uint64_t batch, std::uint64_t number) {
    const Ware bought = news_.receive(ingredients, number);
    const Ware mixed = make(dough, batch, work_, {&bought});
    const Ware heated = news_.receive(oven, number);
    const Ware arranged = news_.receive(tray, number);
    return checksum_of(make(bake, batch, work_, {&mixed, &heated, &arranged}));
  }

  News& news_;
  std::uint64_t batches_;
  std::uint64_t work_;
  std::uint64_t done_;  // batches of earlier regions
};

void run(const Options& options, Regions& regions) {
  const bool serial = options.model == "serial";
  const bool processes = options.model == "process" || options.model == "processes";
  const std::size_t bakers = serial ? 1 : std::size_t{family};
  const Placement placement(options.cpus);
  std::unique_ptr<News> news;
  if (processes) {
    news = std::make_unique<Post>();
  } else {
    news = std::make_unique<Table>();
  }
  auto& kitchen = in_shared_memory<Kitchen>();
  std::uint64_t done = 0;  // number of batches
  const auto live = [&](std::size_t baker) {
    if (placement.apart()) {
      placement.pin(cpu_number(baker, placement.cpus()));
    }
    const std::uint64_t checksum =
        serial ? bake_alone(options.batches, options.work) : Bakery(*news, options, done).work(baker);
    // Only one of them bakes, and it finishes last.
    if (serial || baker == you) {
      kitchen.checksum = checksum;
      kitchen.end = now();
    }
  };
  // Each region creates the bakers and joins them, so the time includes the cost of having them.
  const auto bake_once = [&] {
    const auto start = now();
    Tasks tasks(!processes, bakers, live);
    tasks.join();
    done += options.batches;
    return kitchen.end - start;
  };
  const std::uint64_t expected = bake_alone(options.batches, options.work);
  bake_once();
  while (regions.next()) {
    const auto wall = bake_once();
    regions.done({"bake",
                  options.model,
                  options.batches,
                  wall,
                  std::nullopt,
                  fmt::format("{} batches baked, {}", options.batches, options.model),
                  {{"steps", options.batches * steps},
                   {"bakers", bakers},
                   {"work", options.work},
                   {"cpus", options.cpus},
                   {"checksum_ok", kitchen.checksum == expected ? std::uint64_t{1} : 0}}});
  }
}

}  // namespace

Workload add(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("bake", "Bake bread in steps that depend on each other");
  add_choice(*command, "--model", "MODEL", options->model, {"serial", "thread", "threads", "process", "processes"},
             "serial: one cook; threads: a family in one house;\nprocesses: friends in houses of their own, who\n"
             "send each other what they made (default threads)");
  add_number(*command, "--batches", options->batches, 1, max_batches, "How many batches (default 20)");
  add_number(*command, "--work", options->work, 1, max_work, "How much work a unit of a step is (default 20)");
  add_cpus_option(*command, options->cpus,
                  "same: all bakers on one CPU; apart: bakers that need\neach other are on different CPUs;\n"
                  "any: wherever the kernel puts them (default any)");
  command->final_callback([options] {
    if (options->model == "serial" && options->cpus == "apart") {
      throw CLI::ValidationError("--cpus", "one cook alone cannot be apart");
    }
  });
  return {command, [options](Regions& regions) { run(*options, regions); }};
}

}  // namespace taskcost::workload::bake
