// SPDX-License-Identifier: Apache-2.0
//
// The table of prices.
#include "verdict/prices.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "verdict/claim_table.h"
#include "verdict/figures.h"
#include "verdict/statistics.h"

namespace taskcost {
namespace {

// Over all rounds of a variant, per operation or per event.
struct PriceRow {
  std::string_view id;
  std::string_view group;
  std::string_view name;
  std::string_view per;
  std::string_view variant;
  std::optional<double> (*figure)(const Round&);
  bool across = false;  // measured across CPUs too
};

// The slope of a line of a sweep.
struct SlopeRow {
  std::string_view id;
  std::string_view group;
  std::string_view name;
  std::string_view per;
  std::string_view sweep;
  std::string_view series;
};

std::optional<double> latency(const Round& round, const char* key) { return latency_of(round, key); }

std::optional<double> minor_fault(const Round& round) { return latency(round, "fault_minor"); }
std::optional<double> write_fault(const Round& round) { return latency(round, "fault_cow"); }
std::optional<double> major_fault(const Round& round) { return latency(round, "fault_major"); }

std::optional<double> exec_of(const Round& round) { return cell_of(round, TC_ACTIVITY_EXEC, TC_CONDITION_RUNNING); }
std::optional<double> exit_time_of(const Round& round) {
  return cell_of(round, TC_ACTIVITY_EXIT, TC_CONDITION_RUNNING);
}
std::optional<double> reap_of(const Round& round) { return cell_of(round, TC_ACTIVITY_WAIT, TC_CONDITION_RUNNING); }

constexpr auto rows = std::to_array<PriceRow>({
    {"create.thread", "create", "thread, whole life", "created thread", "create/thread", &kernel_running_of, true},
    {"create.fork", "create", "process by fork, whole life", "created process", "create/fork", &kernel_running_of,
     true},
    {"create.vfork", "create", "process by vfork, whole life", "created process", "create/vfork", &kernel_running_of,
     true},
    {"create.clone-vm", "create", "process in the same memory, whole life", "created process", "create/clone-vm",
     &kernel_running_of},
    {"create.spawn", "create", "program by posix_spawn, whole life", "created process", "create/spawn",
     &kernel_running_of},
    {"create.vfork-exec", "create", "program by vfork and exec, whole life", "created process", "create/vfork-exec",
     &kernel_running_of},
    {"create.fork-exec", "create", "program by fork and exec, whole life", "created process", "create/fork-exec",
     &kernel_running_of, true},
    {"exec", "life", "exec", "exec", "create/fork-exec", &exec_of},
    {"exit.process", "life", "exit of a process", "exit", "create/fork", &exit_time_of},
    {"exit.thread", "life", "exit of a thread", "exit", "create/thread", &exit_time_of},
    {"reap", "life", "reaping a process", "wait", "create/fork", &reap_of},
    {"switch.same", "switch", "switch within an address space", "switch", "switch/thread", &switch_latency_of},
    {"switch.other", "switch", "switch into another address space", "switch", "switch/process", &switch_latency_of},
    {"handoff.thread.futex", "handoff", "between threads by futex, wall time", "hand-over", "handoff/thread/futex",
     &wall_of, true},
    {"handoff.process.futex", "handoff", "between processes by futex, wall time", "hand-over", "handoff/process/futex",
     &wall_of, true},
    {"handoff.process.pipe", "handoff", "between processes by pipe, wall time", "hand-over", "handoff/process/pipe",
     &wall_of, true},
    {"handoff.process.socket", "handoff", "between processes by socket, wall time", "hand-over",
     "handoff/process/socket", &wall_of},
    {"fault.minor", "fault", "minor fault", "fault", "create/fork-exec", &minor_fault},
    {"fault.copy-on-write", "fault", "fault on a write-protected page", "fault", "create/fork", &write_fault},
    {"fault.major", "fault", "major fault", "fault", "create/fork-exec", &major_fault},
});

constexpr auto slope_rows = std::to_array<SlopeRow>({
    {"create.fork.per-mib", "create", "fork, for each MiB that its parent has touched", "MiB", "creation-by-resident",
     "fork"},
    {"create.fork.per-mapping", "create", "fork, for each mapping of its parent", "mapping", "creation-by-mappings",
     "fork"},
});

// Each point of this sweep is the price of a message.
constexpr std::string_view message_sweep = "channel-by-size";

Price blank(std::string_view id, std::string_view group, std::string_view name, std::string_view per) {
  Price price;
  price.id = id;
  price.group = group;
  price.name = name;
  price.per = per;
  price.unit = "ns";
  return price;
}

void add_row(const Rounds& rounds, const PriceRow& row, Condition condition, std::vector<Price>& prices) {
  const auto found = rounds.find(variant_in(row.variant, condition));
  if (found == rounds.end() || found->second.empty()) {
    return;
  }
  Price& price = prices.emplace_back(blank(row.id, row.group, row.name, row.per));
  price.condition = condition;
  if (condition == Condition::across_cpus) {
    price.id += ".across-cpus";
  }
  if (const std::vector<double> values = figures(found->second, row.figure); !values.empty()) {
    price.value = median(values);
    price.interval = median_interval(values);
    price.rounds = values.size();
  }
}

const Sweep::Series* line_of(const std::vector<Sweep>& sweeps, std::string_view sweep, std::string_view label) {
  for (const Sweep& each : sweeps) {
    for (const Sweep::Series& series : each.series) {
      if (each.id == sweep && series.label == label) {
        return &series;
      }
    }
  }
  return nullptr;
}

void add_slope(const std::vector<Sweep>& sweeps, const SlopeRow& row, std::vector<Price>& prices) {
  const Sweep::Series* series = line_of(sweeps, row.sweep, row.series);
  if (series == nullptr) {
    return;
  }
  Price& price = prices.emplace_back(blank(row.id, row.group, row.name, row.per));
  price.value = series->slope;
  price.interval = series->interval;
  for (const Sweep::Point& point : series->points) {
    price.rounds = std::max(price.rounds, point.rounds);
  }
}

void add_messages(const std::vector<Sweep>& sweeps, std::vector<Price>& prices) {
  const auto sweep = std::ranges::find(sweeps, message_sweep, &Sweep::id);
  if (sweep == sweeps.end()) {
    return;
  }
  for (const Sweep::Series& series : sweep->series) {
    for (const Sweep::Point& point : series.points) {
      Price& price = prices.emplace_back(blank(fmt::format("message.{}.{}", series.label, point.x), "message",
                                               fmt::format("{}, {} bytes", series.label, point.x), "message"));
      price.condition = Condition::same_cpu;
      price.value = point.y;
      price.interval = point.interval;
      price.rounds = point.rounds;
    }
  }
}

}  // namespace

std::vector<Price> prices_of(const Rounds& rounds, const std::vector<Sweep>& sweeps) {
  std::vector<Price> prices;
  for (const PriceRow& row : rows) {
    add_row(rounds, row, Condition::same_cpu, prices);
    if (row.across) {
      add_row(rounds, row, Condition::across_cpus, prices);
    }
  }
  for (const SlopeRow& row : slope_rows) {
    add_slope(sweeps, row, prices);
  }
  add_messages(sweeps, prices);
  return prices;
}

}  // namespace taskcost
