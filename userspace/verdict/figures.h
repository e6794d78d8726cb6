// SPDX-License-Identifier: Apache-2.0
//
// Figures of one round. nullopt: the figure has no source, or no such event happened in the round. No figure depends on
// the model of the round, so that two variants of the same model come out equal.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "taskcost/abi.h"
#include "verdict/rounds.h"

namespace taskcost {

using Figure = std::function<std::optional<double>(const Round&)>;

// Values of the rounds that have the figure.
std::vector<double> figures(const std::vector<Round>& rounds, const Figure& figure);
// nullopt if no round has the figure.
std::optional<double> median_over(const std::vector<Round>& rounds, const Figure& figure);

// The median, interpolated within its bucket: otherwise ratios near 1 would jump by the width of a bucket. nullopt with
// fewer than 30 values.
std::optional<double> interpolate_median(const Histogram& histogram);

// Phases of a creation, means over all kinds.
std::optional<double> copy_ns(const Round& round);
std::optional<double> publish_ns(const Round& round);
std::optional<double> return_ns(const Round& round);
std::optional<double> child_start_ns(const Round& round);
// Copy and publish, until the new task is runnable.
std::optional<double> creation_ns(const Round& round);

// Means over the created tasks or processes.
std::optional<double> exit_ns(const Round& round);
std::optional<double> teardown_ns(const Round& round);
std::optional<double> zombie_ns(const Round& round);

// Per operation, over all tasks.
std::optional<double> cell_ns(const Round& round, tc_activity activity, tc_condition condition);
std::optional<double> condition_ns(const Round& round, tc_condition condition);
std::optional<double> counter_value(const Round& round, tc_counter counter);
std::optional<double> kernel_ns(const Round& round);
std::optional<double> user_ns(const Round& round);
std::optional<double> wall_ns(const Round& round);  // by the workload's clock

// Per operation, over all tasks except the main task.
std::optional<double> workers_lifetime_ns(const Round& round);
std::optional<double> workers_kernel_ns(const Round& round);
std::optional<double> workers_cell_ns(const Round& round, tc_activity activity, tc_condition condition);
std::optional<double> workers_user_ns(const Round& round);
std::optional<double> workers_counter(const Round& round, tc_counter counter);
std::optional<double> workers_switches(const Round& round);
// The sum of system calls, wakeups and context switches.
std::optional<double> workers_machinery(const Round& round);

// Sum over all tasks except the main task, not per operation.
ChannelUse workers_use(const Round& round, tc_channel channel);

// Mean over the created tasks.
std::optional<double> page_table_bytes(const Round& round);
// Share of the created tasks that use this object of their creator, 0 to 1.
std::optional<double> shared_fraction(const Round& round, tc_shared object);

std::optional<double> median_latency(const Round& round, tc_histogram_id histogram);
// Within an address space, or to another one: whichever the round has more of.
std::optional<double> median_switch_latency(const Round& round);

std::optional<double> find_fact(const Round& round, std::string_view name);

// The main task of the workload; nullptr if the session has none.
const Task* main_task(const Session& session);

// Returns whether the task was created in the round.
inline bool is_created(const Task& task) { return task.creator != 0; }

}  // namespace taskcost
