// SPDX-License-Identifier: Apache-2.0
#include "verdict/figures.h"

#include <algorithm>

#include "verdict/paired_rounds.h"

namespace taskcost {
namespace {

constexpr std::uint64_t min_latencies = 30;

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

// Sums a figure over all kinds of creation.
template <typename T>
T sum_over_kinds(const Round& round, T CreationSums::*figure) {
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

// Mean over the created tasks that have the figure.
std::optional<double> mean_over_created(const Round& round, std::optional<Duration> Task::*figure) {
  Duration sum{};
  std::uint64_t count = 0;
  for_each_created(round.session, [&](const Task& task) {
    sum += (task.*figure).value_or(Duration{});
    count += (task.*figure).has_value() ? 1 : 0;
  });
  return mean(sum, count);
}

// The totals without the main task, so that aggregated tasks count too. nullopt if there was no other task.
template <typename Part>
std::optional<double> workers_per_operation(const Round& round, Part part) {
  const Account& totals = round.session.totals;
  const Task* main = main_task(round.session);
  const Account main_account = main == nullptr ? Account{} : Account(main->account);
  if (totals.lifetime <= main_account.lifetime) {
    return std::nullopt;
  }
  return per_operation(part(totals) - part(main_account), round);
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

std::optional<double> interpolate_median(const Histogram& histogram) {
  if (histogram.count() < min_latencies) {
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

std::optional<double> copy_ns(const Round& round) {
  return mean(sum_over_kinds(round, &CreationSums::copy), sum_over_kinds(round, &CreationSums::count));
}

std::optional<double> publish_ns(const Round& round) {
  return mean(sum_over_kinds(round, &CreationSums::publish), sum_over_kinds(round, &CreationSums::count));
}

std::optional<double> return_ns(const Round& round) {
  return mean(sum_over_kinds(round, &CreationSums::returned), sum_over_kinds(round, &CreationSums::returns));
}

std::optional<double> child_start_ns(const Round& round) {
  return mean(sum_over_kinds(round, &CreationSums::child_start), sum_over_kinds(round, &CreationSums::starts));
}

std::optional<double> creation_ns(const Round& round) {
  return mean(sum_over_kinds(round, &CreationSums::copy) + sum_over_kinds(round, &CreationSums::publish),
              sum_over_kinds(round, &CreationSums::count));
}

std::optional<double> exit_ns(const Round& round) { return mean_over_created(round, &Task::exit); }

std::optional<double> teardown_ns(const Round& round) { return mean_over_created(round, &Task::exit_teardown); }

std::optional<double> zombie_ns(const Round& round) {
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

std::optional<double> cell_ns(const Round& round, tc_activity activity, tc_condition condition) {
  return per_operation(round.session.totals.cells[activity][condition], round);
}

std::optional<double> counter_value(const Round& round, tc_counter counter) {
  const auto count = round.session.totals.counters[counter];
  return count ? per_operation(*count, round) : std::nullopt;
}

std::optional<double> condition_ns(const Round& round, tc_condition condition) {
  return per_operation(round.session.totals.total(condition), round);
}

std::optional<double> kernel_ns(const Round& round) {
  return per_operation(round.session.totals.kernel_running(), round);
}

std::optional<double> user_ns(const Round& round) { return cell_ns(round, TC_ACTIVITY_USER, TC_CONDITION_RUNNING); }

std::optional<double> wall_ns(const Round& round) {
  return round.wall == Duration{} ? std::nullopt : per_operation(round.wall, round);
}

std::optional<double> workers_lifetime_ns(const Round& round) {
  return workers_per_operation(round, [](const Account& account) { return account.lifetime; });
}

std::optional<double> workers_kernel_ns(const Round& round) {
  return workers_per_operation(round, [](const Account& account) { return account.kernel_running(); });
}

std::optional<double> workers_cell_ns(const Round& round, tc_activity activity, tc_condition condition) {
  return workers_per_operation(round, [=](const Account& account) { return account.cells[activity][condition]; });
}

std::optional<double> workers_user_ns(const Round& round) {
  return workers_cell_ns(round, TC_ACTIVITY_USER, TC_CONDITION_RUNNING);
}

std::optional<double> workers_counter(const Round& round, tc_counter counter) {
  if (!round.session.totals.counters[counter]) {
    return std::nullopt;
  }
  return workers_per_operation(round,
                               [counter](const Account& account) { return account.counters[counter].value_or(0); });
}

std::optional<double> workers_switches(const Round& round) {
  return workers_per_operation(round, [](const Account& account) { return account.switches(); });
}

std::optional<double> workers_machinery(const Round& round) {
  const auto calls = workers_counter(round, TC_COUNTER_SYSCALLS);
  const auto wakeups = workers_counter(round, TC_COUNTER_WAKEUPS);
  const auto switches = workers_switches(round);
  return calls && wakeups && switches ? std::optional(*calls + *wakeups + *switches) : std::nullopt;
}

ChannelUse workers_use(const Round& round, tc_channel channel) {
  ChannelUse use = round.session.totals.channels[channel].value_or(ChannelUse{});
  if (const Task* main = main_task(round.session)) {
    const ChannelUse main_use = main->account->channels[channel].value_or(ChannelUse{});
    use.calls -= main_use.calls;
    use.bytes_in -= main_use.bytes_in;
    use.bytes_out -= main_use.bytes_out;
    use.kernel -= main_use.kernel;
    use.uncounted -= main_use.uncounted;
  }
  return use;
}

std::optional<double> page_table_bytes(const Round& round) {
  std::uint64_t bytes = 0;
  std::uint64_t tasks = 0;
  for_each_created(round.session, [&](const Task& task) {
    const auto measured = task.account->counters[TC_COUNTER_PAGE_TABLE_BYTES];
    bytes += measured.value_or(0);
    tasks += measured ? 1 : 0;
  });
  return mean(bytes, tasks);
}

std::optional<double> shared_fraction(const Round& round, tc_shared object) {
  std::uint64_t shared = 0;
  std::uint64_t tasks = 0;
  for_each_created(round.session, [&](const Task& task) {
    shared += task.shares && (*task.shares)[object] ? 1 : 0;
    tasks += task.shares ? 1 : 0;
  });
  return mean(shared, tasks);
}

std::optional<double> median_latency(const Round& round, tc_histogram_id histogram) {
  const Histogram* const found = round.session.find_histogram(key_of(histogram));
  return found == nullptr ? std::nullopt : interpolate_median(*found);
}

std::optional<double> median_switch_latency(const Round& round) {
  const auto count = [&round](tc_histogram_id histogram) {
    const Histogram* const found = round.session.find_histogram(key_of(histogram));
    return found == nullptr ? 0 : found->count();
  };
  const bool other = count(TC_HISTOGRAM_SWITCH_OTHER) > count(TC_HISTOGRAM_SWITCH_SAME);
  return median_latency(round, other ? TC_HISTOGRAM_SWITCH_OTHER : TC_HISTOGRAM_SWITCH_SAME);
}

std::optional<double> find_fact(const Round& round, std::string_view name) {
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
