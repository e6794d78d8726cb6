// SPDX-License-Identifier: Apache-2.0
#include "bench/peers/workloads.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace taskcost::bench {
namespace {

// taskcost-workload prints a line of JSON for each region. This is their mean.
std::optional<double> mean_of_json(const std::string& output) {
  std::istringstream lines(output);
  double sum = 0;
  unsigned count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto outcome = nlohmann::json::parse(line, nullptr, false /*allow_exceptions*/);
    if (!outcome.is_object() || !outcome.contains("ns_per_operation")) {
      return std::nullopt;
    }
    sum += outcome["ns_per_operation"].get<double>();
  }
  return count > 0 ? std::optional(sum / count) : std::nullopt;
}

// The last number of the output, in units of `ns`, divided by the number of operations.
auto last_number(double ns, double operations) {
  return [=](const std::string& output) -> std::optional<double> {
    std::istringstream words(output);
    std::optional<double> last;
    for (double number = 0; words >> number;) {
      last = number;
    }
    return last ? std::optional(*last * ns / operations) : std::nullopt;
  };
}

constexpr double ns_per_second = 1e9;
constexpr int groups = 2;
constexpr int senders_and_receivers = 20;  // in each group of perf bench
constexpr int loops = 200;
constexpr double messages = 1.0 * groups * senders_and_receivers * senders_and_receivers * loops;
constexpr int pages = 50'000;
constexpr int calls = 200'000;

}  // namespace

std::vector<Workload> all_workloads(const std::string& directory) {
  const std::string own = directory + "/taskcost-workload";
  const std::string ping_pong = own + " switch --model process --json --warm-up 2000 --hops 30000";
  const std::string messaging = fmt::format("perf bench --format=simple sched messaging -g {} -l {}", groups, loops);
  // It creates one task after the other on one CPU, so that the kernel's placement does not matter.
  const auto create = [&](std::string_view model, int count) {
    return fmt::format("taskset -c 0 {} create --model {} --json --warm-up 20 --count {}", own, model, count);
  };
  return {
      {"pipe", "two processes pass a byte through pipes on one CPU", "hop", ping_pong, mean_of_json},
      {"pipe-two-cpus", "the same, each process on a CPU of its own", "hop",
       own + " handoff --model process --through pipe --cpus apart --json --warm-up 200 --hops 4000", mean_of_json},
      {"socket-two-cpus", "the same through a socket: its waits have an object", "hop",
       own + " handoff --model process --through socket --cpus apart --json --warm-up 200 --hops 4000", mean_of_json},
      {"pipe-saturated", "a pair of pipe, pinned, on each of two CPUs", "hop",
       fmt::format("taskset -c 0 {0} & taskset -c 1 {0} & wait", ping_pong), mean_of_json},
      {"messaging", "perf bench sched messaging, processes", "message", messaging,
       last_number(ns_per_second, messages)},
      {"messaging-threads", "the same with threads", "message", messaging + " -t",
       last_number(ns_per_second, messages)},
      {"fork", "fork, exit, wait, on one CPU", "process", create("fork", 800), mean_of_json},
      {"thread", "pthread create and join, on one CPU", "thread", create("thread", 4000), mean_of_json},
      {"faults", "first writes to pages of fresh memory", "fault",
       fmt::format("{}/tests/programs/faults anonymous {}", directory, pages), last_number(1, pages)},
      {"spawn", "posix_spawn of a program that does nothing, wait, on one CPU", "process", create("spawn", 200),
       mean_of_json},
      {"syscall", "perf bench syscall basic: getppid in a loop", "call",
       fmt::format("perf bench --format=simple syscall basic -l {}", calls), last_number(ns_per_second, calls)},
      {"marks", "an empty region in a loop: two marks (taskcost/mark.h)", "region",
       fmt::format("{}/tests/programs/marks cost {}", directory, calls), last_number(1, 1)},
      {"bystander", "pipe, while the tool watches another program", "hop", ping_pong, mean_of_json, true},
  };
}

}  // namespace taskcost::bench
