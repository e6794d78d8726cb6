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
  std::string_view unit = "ns";
  bool for_estimate = false;  // `taskcost estimate` needs it
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

std::optional<double> minor_fault(const Round& round) { return latency_of(round, "fault_minor"); }
std::optional<double> write_fault(const Round& round) { return latency_of(round, "fault_cow"); }
std::optional<double> major_fault(const Round& round) { return latency_of(round, "fault_major"); }

std::optional<double> exec_of(const Round& round) { return cell_of(round, TC_ACTIVITY_EXEC, TC_CONDITION_RUNNING); }
std::optional<double> exit_time_of(const Round& round) {
  return cell_of(round, TC_ACTIVITY_EXIT, TC_CONDITION_RUNNING);
}
std::optional<double> reap_of(const Round& round) { return cell_of(round, TC_ACTIVITY_WAIT, TC_CONDITION_RUNNING); }

// What only one model has of a life, and user code around it.
std::optional<double> user_of(const Round& round) { return cell_of(round, TC_ACTIVITY_USER, TC_CONDITION_RUNNING); }
std::optional<double> create_of(const Round& round) { return cell_of(round, TC_ACTIVITY_CREATE, TC_CONDITION_RUNNING); }
std::optional<double> join_of(const Round& round) { return cell_of(round, TC_ACTIVITY_FUTEX, TC_CONDITION_RUNNING); }
std::optional<double> memory_of(const Round& round) { return cell_of(round, TC_ACTIVITY_MEMORY, TC_CONDITION_RUNNING); }
std::optional<double> thread_calls_of(const Round& round) {
  double sum = 0;
  for (const tc_activity activity : {TC_ACTIVITY_MEMORY, TC_ACTIVITY_SIGNAL, TC_ACTIVITY_OTHER}) {
    const auto part = cell_of(round, activity, TC_CONDITION_RUNNING);
    if (!part) {
      return std::nullopt;
    }
    sum += *part;
  }
  return sum;
}
std::optional<double> faults_of(const Round& round) { return counter_of(round, TC_COUNTER_FAULTS_MINOR); }
std::optional<double> fault_of(const Round& round) {
  const auto time = cell_of(round, TC_ACTIVITY_PAGE_FAULT, TC_CONDITION_RUNNING);
  const auto count = faults_of(round);
  return time && count && *count > 0 ? std::optional(*time / *count) : std::nullopt;
}

std::optional<double> futex_call_of(const Round& round) {
  const auto calls = round.session.totals.entries[TC_ACTIVITY_FUTEX];
  const double time = in_ns(round.session.totals.cells[TC_ACTIVITY_FUTEX][TC_CONDITION_RUNNING]);
  return calls && *calls > 0 ? std::optional(time / static_cast<double>(*calls)) : std::nullopt;
}

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
    {"exit.process", "life", "exit of a process", "exit", "create/fork", &exit_time_of, true, "ns", true},
    {"exit.thread", "life", "exit of a thread", "exit", "create/thread", &exit_time_of, true, "ns", true},
    {"reap", "life", "reaping a process", "wait", "create/fork", &reap_of, true, "ns", true},
    {"join", "life", "joining a thread", "join", "create/thread", &join_of, true, "ns", true},
    {"clone.process", "life", "fork, both sides", "created process", "create/fork", &create_of, true, "ns", true},
    {"clone.thread", "life", "clone of a thread, both sides", "created thread", "create/thread", &create_of, true, "ns",
     true},
    {"calls.thread", "life", "stack and signal mask of a thread", "created thread", "create/thread", &thread_calls_of,
     true, "ns", true},
    {"user.process", "life", "user code around a fork", "created process", "create/fork", &user_of, true, "ns", true},
    {"user.thread", "life", "user code around a thread", "created thread", "create/thread", &user_of, true, "ns", true},
    {"faults.process", "life", "faults after a fork, both sides", "created process", "create/fork", &faults_of, true,
     "count", true},
    {"fault.process", "life", "mean fault after a fork", "fault", "create/fork", &fault_of, true, "ns", true},
    {"page-tables.process", "life", "page tables of a forked process", "created process", "create/fork",
     &page_tables_of, true, "bytes", true},
    {"switch.same", "switch", "switch within an address space", "switch", "switch/thread", &switch_latency_of, false,
     "ns", true},
    {"switch.other", "switch", "switch into another address space", "switch", "switch/process", &switch_latency_of,
     false, "ns", true},
    {"switch.user.same", "switch", "hop by pipe between threads, user code", "hop", "switch/thread", &user_of, false,
     "ns", true},
    {"switch.user.other", "switch", "hop by pipe between processes, user code", "hop", "switch/process", &user_of,
     false, "ns", true},
    {"handoff.thread.futex", "handoff", "between threads by futex, wall time", "hand-over", "handoff/thread/futex",
     &wall_of, true},
    {"handoff.process.futex", "handoff", "between processes by futex, wall time", "hand-over", "handoff/process/futex",
     &wall_of, true},
    {"handoff.process.pipe", "handoff", "between processes by pipe, wall time", "hand-over", "handoff/process/pipe",
     &wall_of, true},
    {"handoff.process.socket", "handoff", "between processes by socket, wall time", "hand-over",
     "handoff/process/socket", &wall_of},
    {"handoff.kernel.thread", "handoff", "between threads by futex, kernel", "hand-over", "handoff/thread/futex",
     &kernel_running_of, true, "ns", true},
    {"handoff.kernel.process", "handoff", "between processes by futex, kernel", "hand-over", "handoff/process/futex",
     &kernel_running_of, true, "ns", true},
    {"futex.private", "handoff", "call on a futex of its process", "call", "handoff/thread/futex", &futex_call_of,
     false, "ns", true},
    {"futex.shared", "handoff", "call on a futex in shared memory", "call", "handoff/process/futex", &futex_call_of,
     false, "ns", true},
    {"remap.thread", "memory", "change of the memory map of threads", "change", "share/thread/remap", &memory_of, false,
     "ns", true},
    {"remap.process", "memory", "change of the memory map of processes", "change", "share/process/remap", &memory_of,
     false, "ns", true},
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
      Price& price = prices.emplace_back(
          blank(fmt::format("message.{}.{}", series.label, point.x), "message",
                fmt::format("{}, {} {}", series.label, point.x, point.x == 1 ? "byte" : "bytes"), "message"));
      price.condition = Condition::same_cpu;
      price.value = point.y;
      price.interval = point.interval;
      price.rounds = point.rounds;
    }
  }
}

// How far rounds of the same work are apart: half of the distance of the outer tenths, as a factor.
std::optional<double> scatter_of(const std::vector<Round>& rounds) {
  constexpr std::size_t least = 5;
  constexpr double tail = 0.1;
  const std::vector<double> times =
      figures(rounds, [](const Round& round) { return condition_of(round, TC_CONDITION_RUNNING); });
  if (times.size() < least || quantile(times, tail) <= 0) {
    return std::nullopt;
  }
  return std::sqrt(quantile(times, 1 - tail) / quantile(times, tail));
}

// Over the variants on one CPU: what is left differs by nothing that the plan chooses.
void add_scatter(const Rounds& rounds, std::vector<Price>& prices) {
  std::vector<double> factors;
  for (const char* const variant : {"create/thread", "create/fork", "switch/thread", "switch/process",
                                    "handoff/thread/futex", "handoff/process/futex"}) {
    if (const auto found = rounds.find(variant); found != rounds.end()) {
      if (const auto factor = scatter_of(found->second)) {
        factors.push_back(*factor);
      }
    }
  }
  if (factors.empty()) {
    return;
  }
  Price& price = prices.emplace_back(blank("scatter", "machine", "the same work, from round to round", "round"));
  price.unit = "factor";
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
  add_scatter(rounds, prices);
  return prices;
}

}  // namespace taskcost
