// SPDX-License-Identifier: Apache-2.0
//
// The table of prices.
#include "verdict/prices.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "verdict/claim_table.h"
#include "verdict/figures.h"
#include "verdict/sampling.h"

namespace taskcost {
namespace {

// A price from the rounds of one variant, per operation or per event.
struct PriceRow {
  std::string_view id;
  std::string_view group;
  std::string_view name;
  std::string_view per;
  std::string_view variant;
  std::optional<double> (*figure)(const Round&);
  bool across = false;  // also measured across CPUs
  Unit unit = Unit::ns;
  bool for_estimate = false;  // `taskcost estimate` needs it
};

// A price that is the slope of a sweep's line.
struct SlopeRow {
  std::string_view id;
  std::string_view group;
  std::string_view name;
  std::string_view per;
  std::string_view sweep;
  std::string_view series;
};

std::optional<double> minor_fault_ns(const Round& round) { return median_latency(round, TC_HISTOGRAM_FAULT_MINOR); }
std::optional<double> write_fault_ns(const Round& round) { return median_latency(round, TC_HISTOGRAM_FAULT_COW); }
std::optional<double> major_fault_ns(const Round& round) { return median_latency(round, TC_HISTOGRAM_FAULT_MAJOR); }

std::optional<double> exec_ns(const Round& round) { return cell_ns(round, TC_ACTIVITY_EXEC, TC_CONDITION_RUNNING); }
std::optional<double> exit_running_ns(const Round& round) {
  return cell_ns(round, TC_ACTIVITY_EXIT, TC_CONDITION_RUNNING);
}
std::optional<double> reap_ns(const Round& round) { return cell_ns(round, TC_ACTIVITY_WAIT, TC_CONDITION_RUNNING); }

// Parts of a lifetime that only one model has, and user code around them.
std::optional<double> create_ns(const Round& round) { return cell_ns(round, TC_ACTIVITY_CREATE, TC_CONDITION_RUNNING); }
std::optional<double> join_ns(const Round& round) { return cell_ns(round, TC_ACTIVITY_FUTEX, TC_CONDITION_RUNNING); }
std::optional<double> memory_ns(const Round& round) { return cell_ns(round, TC_ACTIVITY_MEMORY, TC_CONDITION_RUNNING); }
std::optional<double> thread_calls_ns(const Round& round) {
  double sum = 0;
  for (const tc_activity activity : {TC_ACTIVITY_MEMORY, TC_ACTIVITY_SIGNAL, TC_ACTIVITY_OTHER}) {
    const auto part = cell_ns(round, activity, TC_CONDITION_RUNNING);
    if (!part) {
      return std::nullopt;
    }
    sum += *part;
  }
  return sum;
}
std::optional<double> minor_faults(const Round& round) { return counter_value(round, TC_COUNTER_FAULTS_MINOR); }
std::optional<double> mean_fault_ns(const Round& round) {
  const auto time = cell_ns(round, TC_ACTIVITY_PAGE_FAULT, TC_CONDITION_RUNNING);
  const auto count = minor_faults(round);
  return time && count && *count > 0 ? std::optional(*time / *count) : std::nullopt;
}

std::optional<double> futex_call_ns(const Round& round) {
  const auto calls = round.session.totals.entries[TC_ACTIVITY_FUTEX];
  const double time = in_ns(round.session.totals.cells[TC_ACTIVITY_FUTEX][TC_CONDITION_RUNNING]);
  return calls && *calls > 0 ? std::optional(time / static_cast<double>(*calls)) : std::nullopt;
}

constexpr auto rows = std::to_array<PriceRow>({
    {"create.thread", "create", "thread, lifetime", "created thread", "create/thread", &kernel_ns, true},
    {"create.fork", "create", "process by fork, lifetime", "created process", "create/fork", &kernel_ns, true},
    {"create.vfork", "create", "process by vfork, lifetime", "created process", "create/vfork", &kernel_ns, true},
    {"create.clone-vm", "create", "process by clone(CLONE_VM), lifetime", "created process", "create/clone-vm",
     &kernel_ns},
    {"create.spawn", "create", "program by posix_spawn, lifetime", "created process", "create/spawn", &kernel_ns},
    {"create.vfork-exec", "create", "program by vfork and exec, lifetime", "created process", "create/vfork-exec",
     &kernel_ns},
    {"create.fork-exec", "create", "program by fork and exec, lifetime", "created process", "create/fork-exec",
     &kernel_ns, true},
    {"exec", "life", "exec", "exec", "create/fork-exec", &exec_ns},
    {"exit.process", "life", "exit of a process", "exit", "create/fork", &exit_running_ns, true, Unit::ns, true},
    {"exit.thread", "life", "exit of a thread", "exit", "create/thread", &exit_running_ns, true, Unit::ns, true},
    {"reap", "life", "reaping a process", "wait", "create/fork", &reap_ns, true, Unit::ns, true},
    {"join", "life", "joining a thread", "join", "create/thread", &join_ns, true, Unit::ns, true},
    {"clone.process", "life", "fork, both sides", "created process", "create/fork", &create_ns, true, Unit::ns, true},
    {"clone.thread", "life", "clone of a thread, both sides", "created thread", "create/thread", &create_ns, true,
     Unit::ns, true},
    {"calls.thread", "life", "stack and signal mask of a thread", "created thread", "create/thread", &thread_calls_ns,
     true, Unit::ns, true},
    {"user.process", "life", "user code around a fork", "created process", "create/fork", &user_ns, true, Unit::ns,
     true},
    {"user.thread", "life", "user code around a thread", "created thread", "create/thread", &user_ns, true, Unit::ns,
     true},
    {"faults.process", "life", "faults after a fork, both sides", "created process", "create/fork", &minor_faults, true,
     Unit::count, true},
    {"fault.process", "life", "mean fault after a fork", "fault", "create/fork", &mean_fault_ns, true, Unit::ns, true},
    {"page-tables.process", "life", "page tables of a forked process", "created process", "create/fork",
     &page_table_bytes, true, Unit::bytes, true},
    {"switch.same", "switch", "switch within an address space", "switch", "switch/thread", &median_switch_latency,
     false, Unit::ns, true},
    {"switch.other", "switch", "switch into another address space", "switch", "switch/process", &median_switch_latency,
     false, Unit::ns, true},
    {"switch.user.same", "switch", "hop by pipe between threads, user code", "hop", "switch/thread", &user_ns, false,
     Unit::ns, true},
    {"switch.user.other", "switch", "hop by pipe between processes, user code", "hop", "switch/process", &user_ns,
     false, Unit::ns, true},
    {"handoff.thread.futex", "handoff", "between threads by futex, wall time", "handoff", "handoff/thread/futex",
     &wall_ns, true},
    {"handoff.process.futex", "handoff", "between processes by futex, wall time", "handoff", "handoff/process/futex",
     &wall_ns, true},
    {"handoff.process.pipe", "handoff", "between processes by pipe, wall time", "handoff", "handoff/process/pipe",
     &wall_ns, true},
    {"handoff.process.socket", "handoff", "between processes by socket, wall time", "handoff", "handoff/process/socket",
     &wall_ns},
    {"handoff.kernel.thread", "handoff", "between threads by futex, kernel", "handoff", "handoff/thread/futex",
     &kernel_ns, true, Unit::ns, true},
    {"handoff.kernel.process", "handoff", "between processes by futex, kernel", "handoff", "handoff/process/futex",
     &kernel_ns, true, Unit::ns, true},
    {"futex.private", "handoff", "call on a futex of its process", "call", "handoff/thread/futex", &futex_call_ns,
     false, Unit::ns, true},
    {"futex.shared", "handoff", "call on a futex in shared memory", "call", "handoff/process/futex", &futex_call_ns,
     false, Unit::ns, true},
    {"remap.thread", "memory", "change of the memory map of threads", "change", "share/thread/remap", &memory_ns, false,
     Unit::ns, true},
    {"remap.process", "memory", "change of the memory map of processes", "change", "share/process/remap", &memory_ns,
     false, Unit::ns, true},
    {"fault.minor", "fault", "minor fault", "fault", "create/fork-exec", &minor_fault_ns},
    {"fault.copy-on-write", "fault", "fault on a write-protected page", "fault", "create/fork", &write_fault_ns},
    {"fault.major", "fault", "major fault", "fault", "create/fork-exec", &major_fault_ns},
});

constexpr auto slope_rows = std::to_array<SlopeRow>({
    {"create.fork.per-mib", "create", "fork, for each MiB that its parent has touched", "MiB", "creation-by-resident",
     "fork"},
    {"create.fork.per-mapping", "create", "fork, for each mapping of its parent", "mapping", "creation-by-mappings",
     "fork"},
});

// Each point of this sweep is the price of a message.
constexpr std::string_view message_sweep = "channel-by-size";

Price make_price(std::string_view id, std::string_view group, std::string_view name, std::string_view per) {
  Price price;
  price.id = id;
  price.group = group;
  price.name = name;
  price.per = per;
  price.unit = Unit::ns;
  return price;
}

void add_row(const Rounds& rounds, const PriceRow& row, Condition condition, std::vector<Price>& prices) {
  const auto found = rounds.find(variant_in(row.variant, condition));
  if (found == rounds.end() || found->second.empty()) {
    return;
  }
  Price& price = prices.emplace_back(make_price(row.id, row.group, row.name, row.per));
  price.unit = row.unit;
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

const Sweep::Series* find_series(const std::vector<Sweep>& sweeps, std::string_view sweep, std::string_view label) {
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
  const Sweep::Series* series = find_series(sweeps, row.sweep, row.series);
  if (series == nullptr) {
    return;
  }
  Price& price = prices.emplace_back(make_price(row.id, row.group, row.name, row.per));
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
      Price& price = prices.emplace_back(
          make_price(fmt::format("message.{}.{}", series.label, point.x), "message",
                     fmt::format("{}, {} {}", series.label, point.x, point.x == 1 ? "byte" : "bytes"), "message"));
      price.condition = Condition::same_cpu;
      price.value = point.y;
      price.interval = point.interval;
      price.rounds = point.rounds;
    }
  }
}

// The scatter between rounds of the same work: the square root of the ratio of the 90th and 10th percentiles.
std::optional<double> compute_scatter(const std::vector<Round>& rounds) {
  constexpr std::size_t least = 5;
  constexpr double tail = 0.1;
  const std::vector<double> times =
      figures(rounds, [](const Round& round) { return condition_ns(round, TC_CONDITION_RUNNING); });
  if (times.size() < least || quantile(times, tail) <= 0) {
    return std::nullopt;
  }
  return std::sqrt(quantile(times, 1 - tail) / quantile(times, tail));
}

// Over variants on one CPU, so that the scatter has no cause in the plan.
void add_scatter(const Rounds& rounds, std::vector<Price>& prices) {
  std::vector<double> factors;
  for (const char* const variant : {"create/thread", "create/fork", "switch/thread", "switch/process",
                                    "handoff/thread/futex", "handoff/process/futex"}) {
    if (const auto found = rounds.find(variant); found != rounds.end()) {
      if (const auto factor = compute_scatter(found->second)) {
        factors.push_back(*factor);
      }
    }
  }
  if (factors.empty()) {
    return;
  }
  Price& price =
      prices.emplace_back(make_price("scatter", "machine", "scatter between rounds of the same work", "round"));
  price.unit = Unit::factor;
  price.condition = Condition::same_cpu;
  price.value = median(factors);
  price.interval = Interval{*std::ranges::min_element(factors), *std::ranges::max_element(factors)};
  price.rounds = factors.size();
}

}  // namespace

std::vector<std::string> estimate_variants() {
  std::vector<std::string> variants;
  const auto add = [&variants](std::string variant) {
    if (std::ranges::find(variants, variant) == variants.end()) {
      variants.push_back(std::move(variant));
    }
  };
  for (const PriceRow& row : rows) {
    if (row.for_estimate) {
      add(std::string(row.variant));
      if (row.across) {
        add(variant_in(row.variant, Condition::across_cpus));
      }
    }
  }
  return variants;
}

std::vector<Price> make_prices(const Rounds& rounds, const std::vector<Sweep>& sweeps) {
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
  add_scatter(rounds, prices);
  return prices;
}

}  // namespace taskcost
