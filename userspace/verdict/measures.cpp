// SPDX-License-Identifier: Apache-2.0
#include "verdict/measures.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "taskcost/statistics.h"
#include "verdict/claim_table.h"
#include "verdict/structure.h"

namespace taskcost {
namespace {

constexpr std::string_view typical_fact = "typical_ns";

// ---- Creations, one by one -----------------------------------------------------------------------------------------

std::vector<std::vector<double>> creations_of(const Round& round) {
  std::vector<std::vector<double>> creations;
  for (const Process& process : round.session.processes) {
    for (const Task& task : process.tasks) {
      if (is_created(task) && task.copy && task.publish) {
        creations.push_back({in_ns(*task.copy), in_ns(*task.publish)});
      }
    }
  }
  return creations;
}

double whole(const std::vector<double>& parts) {
  double sum = 0;
  for (const double part : parts) {
    sum += part;
  }
  return sum;
}

// Where no task is kept one by one: the mean of all.
std::optional<double> typical_creation(const Round& round) {
  std::vector<double> wholes;
  for (const std::vector<double>& creation : creations_of(round)) {
    wholes.push_back(whole(creation));
  }
  return wholes.empty() ? creation_of(round) : std::optional(median(std::move(wholes)));
}

// Mean of a phase over the creations whose whole lies in the middle half.
std::optional<double> typical_phase(const Round& round, std::size_t phase) {
  std::vector<std::vector<double>> creations = creations_of(round);
  if (creations.empty()) {
    return phase == 0 ? copy_of(round) : publish_of(round);
  }
  std::ranges::sort(creations, {}, whole);
  const std::size_t cut = creations.size() / 4;
  double sum = 0;
  for (std::size_t i = cut; i < creations.size() - cut; ++i) {
    sum += creations[i][phase];
  }
  return sum / static_cast<double>(creations.size() - 2 * cut);
}

Measure creation_measure() {
  return {MeasureId::creation,
          &typical_creation,
          &creation_of,
          "The typical creation, by phase",
          {{"copy (system call to task_newtask)", [](const Round& round) { return typical_phase(round, 0); }},
           {"publish (to sched_wakeup_new)", [](const Round& round) { return typical_phase(round, 1); }}},
          &creations_of};
}

// ---- Time on CPUs --------------------------------------------------------------------------------------------------

Figure running(tc_activity activity) {
  return [activity](const Round& round) { return cell_of(round, activity, TC_CONDITION_RUNNING); };
}

Figure workers_running(tc_activity activity) {
  return [activity](const Round& round) { return workers_cell_of(round, activity, TC_CONDITION_RUNNING); };
}

// Every activity but user code.
std::vector<MeasurePart> kernel_parts(Figure (*figure)(tc_activity)) {
  std::vector<MeasurePart> parts;
  for (int i = 0; i < TC_NR_ACTIVITIES; ++i) {
    const auto activity = static_cast<tc_activity>(i);
    if (activity != TC_ACTIVITY_USER) {
      parts.push_back({text_of(activity), figure(activity)});
    }
  }
  return parts;
}

// The creator's share, and the median of what the created tasks cost.
std::optional<double> typical_lifetime(const Round& round) {
  const auto all = kernel_running_of(round);
  const Task* main = main_task(round.session);
  std::vector<double> lives;
  for (const Process& process : round.session.processes) {
    for (const Task& task : process.tasks) {
      if (is_created(task)) {
        lives.push_back(in_ns(task.account.kernel_running()));
      }
    }
  }
  // Tasks that are not kept one by one have no life of their own here.
  if (!all || main == nullptr || lives.size() != round.operations) {
    return all;
  }
  return in_ns(main->account.kernel_running()) / static_cast<double>(round.operations) + median(std::move(lives));
}

Measure lifetime_measure() {
  return {MeasureId::lifetime, &typical_lifetime, &kernel_running_of, "Kernel time on CPUs, by activity",
          kernel_parts(&running)};
}

Measure kernel_measure() {
  return {MeasureId::kernel, &workers_kernel_of, &workers_kernel_of, "Kernel time on CPUs, by activity",
          kernel_parts(&workers_running)};
}

// ---- Wall time -----------------------------------------------------------------------------------------------------

std::optional<double> typical_wall(const Round& round) {
  const auto typical = fact_of(round, typical_fact);
  return typical ? typical : wall_of(round);
}

// Of all context switches, until the incoming task's first sign of life. Empty without a source.
Histogram switch_latencies(const Round& round) {
  Histogram all;
  for (const char* key : {"switch_same", "switch_other"}) {
    if (const auto found = round.session.histograms.find(key); found != round.session.histograms.end()) {
      all.merge(found->second);
    }
  }
  return all;
}

double switching_of(const Round& round) {
  return round.operations == 0 ? 0 : in_ns(switch_latencies(round).sum()) / static_cast<double>(round.operations);
}

std::optional<double> kernel_without_switching(const Round& round) {
  const auto kernel = kernel_running_of(round);
  return kernel ? std::optional(*kernel - switching_of(round)) : std::nullopt;
}

std::optional<double> off_cpu_of(const Round& round) {
  const auto wall = wall_of(round);
  const auto kernel = kernel_running_of(round);
  const auto user = user_running_of(round);
  return wall && kernel && user ? std::optional(*wall - *kernel - *user) : std::nullopt;
}

Measure wall_measure() {
  return {MeasureId::wall,
          &typical_wall,
          &wall_of,
          "Wall time: what the tasks did on CPUs, and the rest",
          {{"user code", &user_running_of},
           {"context switch to the first sign of life", &switching_of},
           {"other kernel code", &kernel_without_switching},
           {"off-CPU time less what two did at once", &off_cpu_of}}};
}

// ---- Counts and switches -------------------------------------------------------------------------------------------

Measure machinery_measure() {
  return {MeasureId::machinery,
          &workers_machinery_of,
          &workers_machinery_of,
          "What the kernel was asked for",
          {{"system calls", [](const Round& round) { return workers_counter_of(round, TC_COUNTER_SYSCALLS); }},
           {"wakeups", [](const Round& round) { return workers_counter_of(round, TC_COUNTER_WAKEUPS); }},
           {"context switches", &workers_switches_of}}};
}

std::optional<double> mean_switch_latency(const Round& round) {
  const Histogram latencies = switch_latencies(round);
  const std::uint64_t count = latencies.count();
  return count == 0 ? std::nullopt : std::optional(in_ns(latencies.sum()) / static_cast<double>(count));
}

Measure switch_measure() {
  return {MeasureId::switch_latency,
          &switch_latency_of,
          &mean_switch_latency,
          "The typical context switch",
          {{"to the first sign of life of the incoming task", &switch_latency_of}}};
}

std::set<MeasureId> measures_of(std::string_view variant) {
  std::set<MeasureId> wanted;
  for (const ClaimRow& row : claim_table()) {
    const auto* rule = std::get_if<RatioRule>(&row.rule);
    if (rule != nullptr && needs(row, variant)) {
      wanted.insert(rule->measure);
      wanted.insert(MeasureId::wall);  // the view of user space
    }
  }
  return wanted;
}

Reading read(const Measure& measure, unsigned number, const Round& round) {
  Reading reading{number, measure.typical(round), measure.mean(round), {}};
  for (const MeasurePart& part : measure.parts) {
    const auto value = part.figure(round);
    if (!value) {
      reading.parts.clear();
      break;
    }
    reading.parts.push_back(*value);
  }
  return reading;
}

}  // namespace

const Measure& measure(MeasureId id) {
  static const std::array all = {creation_measure(), lifetime_measure(),  wall_measure(),
                                 kernel_measure(),   machinery_measure(), switch_measure()};
  return *std::ranges::find(all, id, &Measure::id);
}

void read_round(Readings& readings, const std::string& variant, unsigned number, const Round& round) {
  for (const MeasureId id : measures_of(variant)) {
    const Measure& wanted = measure(id);
    Series& series = readings[variant][id];
    series.readings.push_back(read(wanted, number, round));
    series.lossy_rounds += lost_tasks(round.session) ? 1 : 0;
    if (wanted.operations != nullptr && series.operations.size() < kept_operations) {
      std::ranges::move(wanted.operations(round), std::back_inserter(series.operations));
    }
  }
}

Readings readings_of(const Rounds& rounds) {
  Readings readings;
  for (const auto& [variant, all] : rounds) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      read_round(readings, variant, static_cast<unsigned>(i), all[i]);
    }
  }
  return readings;
}

}  // namespace taskcost
