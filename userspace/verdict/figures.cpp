// SPDX-License-Identifier: Apache-2.0
#include "verdict/figures.h"

#include <algorithm>

namespace taskcost {
namespace {

constexpr std::uint64_t least_latencies = 30;

double number(Duration duration) { return in_ns(duration); }

double number(std::uint64_t count) { return static_cast<double>(count); }

template <typename T>
std::optional<double> mean(T sum, std::uint64_t count) {
  return count == 0 ? std::nullopt : std::optional(number(sum) / number(count));
}

template <typename T>
std::optional<double> per_operation(T sum, const Round& round) {
  return mean(sum, round.operations);
}

// Of the creations of all kinds.
template <typename T>
T over_kinds(const Round& round, T CreationSums::*figure) {
  T sum{};
  for (const CreationSums& kind : round.session.totals.creations) {
    sum += kind.*figure;
  }
  return sum;
}

template <typename Look>
void for_each_created(const Session& session, Look look) {
  for (const Process& process : session.processes) {
    for (const Task& task : process.tasks) {
      if (is_created(task)) {
        look(task);
      }
    }
  }
}

// Of those tasks that have the figure.
std::optional<double> mean_of_created(const Round& round, std::optional<Duration> Task::*figure) {
  Duration sum{};
  std::uint64_t count = 0;
  for_each_created(round.session, [&](const Task& task) {
    sum += (task.*figure).value_or(Duration{});
    count += (task.*figure).has_value() ? 1 : 0;
  });
  return mean(sum, count);
}

// By what is left of the totals, so that folded tasks count too. nullopt when there was nobody else.
template <typename Part>
std::optional<double> per_operation_of_workers(const Round& round, Part part) {
  const Account& totals = round.session.totals;
  const Task* main = main_task(round.session);
  const Account none{};
  const Account& of_main = main == nullptr ? none : main->account;
  if (totals.lifetime <= of_main.lifetime) {
    return std::nullopt;
  }
  return per_operation(part(totals) - part(of_main), round);
}

}  // namespace

std::vector<double> figures(const std::vector<Round>& rounds, const Figure& figure) {
  std::vector<double> values;
  for (const Round& round : rounds) {
    if (const auto value = figure(round)) {
      values.push_back(*value);
    }
  }
  return values;
}

std::optional<double> median_over(const std::vector<Round>& rounds, const Figure& figure) {
  const std::vector<double> values = figures(rounds, figure);
  return values.empty() ? std::nullopt : std::optional(median(values));
}

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

std::optional<double> copy_of(const Round& round) {
  return mean(over_kinds(round, &CreationSums::copy), over_kinds(round, &CreationSums::count));
}

std::optional<double> publish_of(const Round& round) {
  return mean(over_kinds(round, &CreationSums::publish), over_kinds(round, &CreationSums::count));
}

std::optional<double> return_of(const Round& round) {
  return mean(over_kinds(round, &CreationSums::returned), over_kinds(round, &CreationSums::returns));
}

std::optional<double> child_start_of(const Round& round) {
  return mean(over_kinds(round, &CreationSums::child_start), over_kinds(round, &CreationSums::starts));
}

std::optional<double> creation_of(const Round& round) {
  return mean(over_kinds(round, &CreationSums::copy) + over_kinds(round, &CreationSums::publish),
              over_kinds(round, &CreationSums::count));
}

std::optional<double> exit_of(const Round& round) { return mean_of_created(round, &Task::exit); }

std::optional<double> teardown_of(const Round& round) { return mean_of_created(round, &Task::exit_teardown); }

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

std::optional<double> condition_of(const Round& round, tc_condition condition) {
  return per_operation(round.session.totals.total(condition), round);
}

std::optional<double> kernel_running_of(const Round& round) {
  return per_operation(round.session.totals.kernel_running(), round);
}

std::optional<double> user_running_of(const Round& round) {
  return cell_of(round, TC_ACTIVITY_USER, TC_CONDITION_RUNNING);
}

std::optional<double> wall_of(const Round& round) {
  return round.wall == Duration{} ? std::nullopt : per_operation(round.wall, round);
}

std::optional<double> workers_lifetime_of(const Round& round) {
  return per_operation_of_workers(round, [](const Account& account) { return account.lifetime; });
}

std::optional<double> workers_kernel_of(const Round& round) {
  return per_operation_of_workers(round, [](const Account& account) { return account.kernel_running(); });
}

std::optional<double> workers_cell_of(const Round& round, tc_activity activity, tc_condition condition) {
  return per_operation_of_workers(round, [=](const Account& account) { return account.cells[activity][condition]; });
}

std::optional<double> workers_user_of(const Round& round) {
  return workers_cell_of(round, TC_ACTIVITY_USER, TC_CONDITION_RUNNING);
}

std::optional<double> workers_counter_of(const Round& round, tc_counter counter) {
  if (!round.session.totals.counters[counter]) {
    return std::nullopt;
  }
  return per_operation_of_workers(round,
                                  [counter](const Account& account) { return account.counters[counter].value_or(0); });
}

std::optional<double> workers_switches_of(const Round& round) {
  return per_operation_of_workers(round, [](const Account& account) { return account.switches(); });
}

std::optional<double> workers_machinery_of(const Round& round) {
  const auto calls = workers_counter_of(round, TC_COUNTER_SYSCALLS);
  const auto wakeups = workers_counter_of(round, TC_COUNTER_WAKEUPS);
  const auto switches = workers_switches_of(round);
  return calls && wakeups && switches ? std::optional(*calls + *wakeups + *switches) : std::nullopt;
}

ChannelUse workers_use(const Round& round, tc_channel channel) {
  ChannelUse use = round.session.totals.channels[channel].value_or(ChannelUse{});
  if (const Task* main = main_task(round.session)) {
    const ChannelUse of_main = main->account.channels[channel].value_or(ChannelUse{});
    use.calls -= of_main.calls;
    use.bytes_in -= of_main.bytes_in;
    use.bytes_out -= of_main.bytes_out;
    use.kernel -= of_main.kernel;
    use.uncounted -= of_main.uncounted;
  }
  return use;
}

std::optional<double> page_tables_of(const Round& round) {
  std::uint64_t bytes = 0;
  std::uint64_t tasks = 0;
  for_each_created(round.session, [&](const Task& task) {
    const auto measured = task.account.counters[TC_COUNTER_PAGE_TABLE_BYTES];
    bytes += measured.value_or(0);
    tasks += measured ? 1 : 0;
  });
  return mean(bytes, tasks);
}

std::optional<double> share_of(const Round& round, tc_shared object) {
  std::uint64_t shared = 0;
  std::uint64_t tasks = 0;
  for_each_created(round.session, [&](const Task& task) {
    shared += task.shares && (*task.shares)[object] ? 1 : 0;
    tasks += task.shares ? 1 : 0;
  });
  return mean(shared, tasks);
}

std::optional<double> latency_of(const Round& round, const std::string& histogram) {
  const auto found = round.session.histograms.find(histogram);
  return found == round.session.histograms.end() ? std::nullopt : middle_of(found->second);
}

std::optional<double> switch_latency_of(const Round& round) {
  const auto count = [&round](const char* histogram) {
    const auto found = round.session.histograms.find(histogram);
    return found == round.session.histograms.end() ? 0 : found->second.count();
  };
  return latency_of(round, count("switch_other") > count("switch_same") ? "switch_other" : "switch_same");
}

std::optional<double> fact_of(const Round& round, std::string_view name) {
  const auto found = round.facts.find(name);
  return found == round.facts.end() ? std::nullopt : std::optional(found->second);
}

const Task* main_task(const Session& session) {
  if (session.processes.empty()) {
    return nullptr;
  }
  const std::vector<Task>& tasks = session.processes.front().tasks;
  const auto leader = std::find_if(tasks.begin(), tasks.end(), [](const Task& task) { return task.leader; });
  return leader == tasks.end() ? nullptr : &*leader;
}

}  // namespace taskcost
