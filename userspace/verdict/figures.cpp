// SPDX-License-Identifier: Apache-2.0
#include "verdict/figures.h"

#include <algorithm>

namespace taskcost {
namespace {

constexpr std::uint64_t least_latencies = 30;

double number(Duration duration) { return static_cast<double>(duration.count()); }

double number(std::uint64_t count) { return static_cast<double>(count); }

template <typename T>
std::optional<double> mean(T sum, std::uint64_t count) {
  return count == 0 ? std::nullopt : std::optional(number(sum) / number(count));
}

template <typename T>
std::optional<double> per_operation(T sum, const Round& round) {
  return mean(sum, round.operations);
}

const CreationSums& creations(const Round& round, tc_creation kind) { return round.session.totals.creations[kind]; }

template <typename Figure>
void for_each_worker(const Session& session, Figure figure) {
  for (const Process& process : session.processes) {
    for (const Task& task : process.tasks) {
      if (is_worker(task)) {
        figure(task);
      }
    }
  }
}

// Of those tasks that have the figure.
std::optional<double> mean_of_workers(const Round& round, std::optional<Duration> Task::*figure) {
  Duration sum{};
  std::uint64_t count = 0;
  for_each_worker(round.session, [&](const Task& task) {
    sum += (task.*figure).value_or(Duration{});
    count += (task.*figure).has_value() ? 1 : 0;
  });
  return mean(sum, count);
}

}  // namespace

std::optional<double> middle_of(const Histogram& histogram) {
  if (histogram.count() < least_latencies) {
    return std::nullopt;
  }
  const double half = number(histogram.count()) / 2;
  double below = 0;
  for (const Histogram::Bucket& bucket : histogram.buckets()) {
    const double count = number(bucket.count);
    if (below + count >= half) {
      return number(bucket.from) + number(bucket.to - bucket.from) * (half - below) / count;
    }
    below += count;
  }
  return std::nullopt;
}

std::optional<double> copy_of(const Round& round, tc_creation kind) {
  return mean(creations(round, kind).copy, creations(round, kind).count);
}

std::optional<double> publish_of(const Round& round, tc_creation kind) {
  return mean(creations(round, kind).publish, creations(round, kind).count);
}

std::optional<double> return_of(const Round& round, tc_creation kind) {
  return mean(creations(round, kind).returned, creations(round, kind).returns);
}

std::optional<double> child_start_of(const Round& round, tc_creation kind) {
  return mean(creations(round, kind).child_start, creations(round, kind).starts);
}

std::optional<double> creation_of(const Round& round, tc_creation kind) {
  return mean(creations(round, kind).copy + creations(round, kind).publish, creations(round, kind).count);
}

std::optional<double> exit_of(const Round& round) { return mean_of_workers(round, &Task::exit); }

std::optional<double> teardown_of(const Round& round) { return mean_of_workers(round, &Task::exit_teardown); }

std::optional<double> zombie_of(const Round& round) {
  Duration sum{};
  std::uint64_t count = 0;
  for (const Process& process : round.session.processes) {
    if (process.parent != 0 && process.zombie) {
      sum += *process.zombie;
      ++count;
    }
  }
  return mean(sum, count);
}

std::optional<double> cell_of(const Round& round, tc_activity activity, tc_condition condition) {
  return per_operation(round.session.totals.cells[activity][condition], round);
}

std::optional<double> counter_of(const Round& round, tc_counter counter) {
  const auto count = round.session.totals.counters[counter];
  return count ? per_operation(*count, round) : std::nullopt;
}

// By what is left of the totals, so that folded tasks count too.
std::optional<double> workers_lifetime_of(const Round& round) {
  Duration lifetime = round.session.totals.lifetime;
  for (const Process& process : round.session.processes) {
    for (const Task& task : process.tasks) {
      lifetime -= is_worker(task) ? Duration{} : task.account.lifetime;
    }
  }
  return per_operation(lifetime, round);
}

std::optional<double> page_tables_of(const Round& round) {
  std::uint64_t bytes = 0;
  std::uint64_t tasks = 0;
  for_each_worker(round.session, [&](const Task& task) {
    const auto measured = task.account.counters[TC_COUNTER_PAGE_TABLE_BYTES];
    bytes += measured.value_or(0);
    tasks += measured ? 1 : 0;
  });
  return mean(bytes, tasks);
}

std::optional<double> latency_of(const Round& round, const std::string& histogram) {
  const auto found = round.session.histograms.find(histogram);
  return found == round.session.histograms.end() ? std::nullopt : middle_of(found->second);
}

}  // namespace taskcost
