// SPDX-License-Identifier: Apache-2.0
#include "verdict/measures.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "verdict/claim_table.h"
#include "verdict/paired_rounds.h"
#include "verdict/structure.h"

namespace taskcost {
namespace {

constexpr std::string_view typical_fact = "typical_ns";

// ---- Creations, one by one -----------------------------------------------------------------------------------------

std::vector<std::vector<double>> list_creations(const Round& round) {
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

// The mean of all creations if tasks are only kept as sums.
std::optional<double> typical_creation_ns(const Round& round) {
  std::vector<double> wholes;
  for (const std::vector<double>& creation : list_creations(round)) {
    wholes.push_back(whole(creation));
  }
  return wholes.empty() ? creation_ns(round) : std::optional(median(std::move(wholes)));
}

// Mean of a phase over the middle half of all creations, by their whole time.
std::optional<double> typical_phase_ns(const Round& round, std::size_t phase) {
  std::vector<std::vector<double>> creations = list_creations(round);
  if (creations.empty()) {
    return phase == 0 ? copy_ns(round) : publish_ns(round);
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
          &typical_creation_ns,
          &creation_ns,
          "Typical creation by phase",
          {{"copy (system call to task_newtask)", [](const Round& round) { return typical_phase_ns(round, 0); }},
           {"publish (to sched_wakeup_new)", [](const Round& round) { return typical_phase_ns(round, 1); }}},
          &list_creations};
}

// ---- Time on CPUs --------------------------------------------------------------------------------------------------

Figure running(tc_activity activity) {
  return [activity](const Round& round) { return cell_ns(round, activity, TC_CONDITION_RUNNING); };
}

Figure workers_running(tc_activity activity) {
  return [activity](const Round& round) { return workers_cell_ns(round, activity, TC_CONDITION_RUNNING); };
}

// All activities except user code.
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

// The creator's time per operation, plus the median of the created tasks' time.
std::optional<double> typical_lifetime_ns(const Round& round) {
  const auto all = kernel_ns(round);
  const Task* main = main_task(round.session);
  std::vector<double> lives;
  for (const Process& process : round.session.processes) {
    for (const Task& task : process.tasks) {
      if (is_created(task)) {
        lives.push_back(in_ns(task.account->kernel_running()));
      }
    }
  }
  // Some tasks are only kept as sums: use the mean.
  if (!all || main == nullptr || lives.size() != round.operations) {
    return all;
  }
  return in_ns(main->account->kernel_running()) / static_cast<double>(round.operations) + median(std::move(lives));
}

Measure lifetime_measure() {
  return {MeasureId::lifetime, &typical_lifetime_ns, &kernel_ns, "Kernel time on CPUs, by activity",
          kernel_parts(&running)};
}

Measure kernel_measure() {
  return {MeasureId::kernel, &workers_kernel_ns, &workers_kernel_ns, "Kernel time on CPUs, by activity",
          kernel_parts(&workers_running)};
}

// ---- Wall time -----------------------------------------------------------------------------------------------------

std::optional<double> typical_wall_ns(const Round& round) {
  const auto typical = find_fact(round, typical_fact);
  return typical ? typical : wall_ns(round);
}

// Latencies of all context switches, until the incoming task's first event. Empty without a source.
Histogram switch_latencies(const Round& round) {
  Histogram all;
  for (const tc_histogram_id id : {TC_HISTOGRAM_SWITCH_SAME, TC_HISTOGRAM_SWITCH_OTHER}) {
    if (const Histogram* const found = round.session.find_histogram(key_of(id))) {
      all.merge(*found);
    }
  }
  return all;
}

double switching_ns(const Round& round) {
  return round.operations == 0 ? 0 : in_ns(switch_latencies(round).sum()) / static_cast<double>(round.operations);
}

std::optional<double> kernel_without_switching_ns(const Round& round) {
  const auto kernel = kernel_ns(round);
  return kernel ? std::optional(*kernel - switching_ns(round)) : std::nullopt;
}

std::optional<double> off_cpu_ns(const Round& round) {
  const auto wall = wall_ns(round);
  const auto kernel = kernel_ns(round);
  const auto user = user_ns(round);
  return wall && kernel && user ? std::optional(*wall - *kernel - *user) : std::nullopt;
}

Measure wall_measure() {
  return {MeasureId::wall,
          &typical_wall_ns,
          &wall_ns,
          "Wall time: CPU time of all tasks, and the rest",
          {{"user code", &user_ns},
           {"context switch to the first event of the incoming task", &switching_ns},
           {"other kernel code", &kernel_without_switching_ns},
           {"off-CPU time minus parallel CPU time", &off_cpu_ns}}};
}

// ---- Counts and switches -------------------------------------------------------------------------------------------

Measure machinery_measure() {
  return {MeasureId::machinery,
          &workers_machinery,
          &workers_machinery,
          "Requests to the kernel",
          {{"system calls", [](const Round& round) { return workers_counter(round, TC_COUNTER_SYSCALLS); }},
           {"wakeups", [](const Round& round) { return workers_counter(round, TC_COUNTER_WAKEUPS); }},
           {"context switches", &workers_switches}}};
}

std::optional<double> mean_switch_latency_ns(const Round& round) {
  const Histogram latencies = switch_latencies(round);
  const std::uint64_t count = latencies.count();
  return count == 0 ? std::nullopt : std::optional(in_ns(latencies.sum()) / static_cast<double>(count));
}

Measure switch_measure() {
  return {MeasureId::switch_latency,
          &median_switch_latency,
          &mean_switch_latency_ns,
          "Typical context switch",
          {{"to the first event of the incoming task", &median_switch_latency}}};
}

std::set<MeasureId> find_measures(std::string_view variant) {
  std::set<MeasureId> wanted;
  for (const ClaimRow& row : claim_table()) {
    const auto* rule = std::get_if<RatioRule>(&row.rule);
    if (rule != nullptr && needs(row, variant)) {
      wanted.insert(rule->measure);
      wanted.insert(MeasureId::wall);  // for Verdict::user_space
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
  for (const MeasureId id : find_measures(variant)) {
    const Measure& wanted = measure(id);
    Series& series = readings[variant][id];
    series.readings.push_back(read(wanted, number, round));
    series.lossy_rounds += lost_tasks(round.session) ? 1 : 0;
    if (wanted.operations != nullptr && series.operations.size() < kept_operations) {
      std::ranges::move(wanted.operations(round), std::back_inserter(series.operations));
    }
  }
}

}  // namespace taskcost
