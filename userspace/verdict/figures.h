// SPDX-License-Identifier: Apache-2.0
//
// Figures of one round. nullopt: the round has no such figure, because it has no source or because nothing of the kind
// happened. No figure asks what model a round is of: two rounds of the same model must come out equal.
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

// Of the rounds that have the figure.
std::vector<double> figures(const std::vector<Round>& rounds, const Figure& figure);
// nullopt when no round has it.
std::optional<double> median_over(const std::vector<Round>& rounds, const Figure& figure);

// The middle of a distribution, interpolated within its bucket: ratios near 1 must not jump from bucket to bucket.
// nullopt with fewer values than a median deserves.
std::optional<double> middle_of(const Histogram& histogram);

// Phases of a creation of whatever kind, mean of the round.
std::optional<double> copy_of(const Round& round);
std::optional<double> publish_of(const Round& round);
std::optional<double> return_of(const Round& round);
std::optional<double> child_start_of(const Round& round);
// Copy and publish: what the kernel does until the new task can run.
std::optional<double> creation_of(const Round& round);

// Mean over the tasks, or processes, that the workload created.
std::optional<double> exit_of(const Round& round);
std::optional<double> teardown_of(const Round& round);
std::optional<double> zombie_of(const Round& round);

// Per operation, over all tasks.
std::optional<double> cell_of(const Round& round, tc_activity activity, tc_condition condition);
std::optional<double> condition_of(const Round& round, tc_condition condition);
std::optional<double> counter_of(const Round& round, tc_counter counter);
std::optional<double> kernel_running_of(const Round& round);
std::optional<double> user_running_of(const Round& round);
std::optional<double> wall_of(const Round& round);  // by the clock of the workload

// Per operation, over all tasks but the main one.
std::optional<double> workers_lifetime_of(const Round& round);
std::optional<double> workers_kernel_of(const Round& round);
std::optional<double> workers_cell_of(const Round& round, tc_activity activity, tc_condition condition);
std::optional<double> workers_user_of(const Round& round);
std::optional<double> workers_counter_of(const Round& round, tc_counter counter);
std::optional<double> workers_switches_of(const Round& round);
// System calls, wake-ups and switches together.
std::optional<double> workers_machinery_of(const Round& round);

// Of all tasks but the main one, not per operation.
ChannelUse workers_use(const Round& round, tc_channel channel);

// Page-table bytes of a task that the workload created, mean.
std::optional<double> page_tables_of(const Round& round);
// Share of the created tasks that use this object of their creator, 0 to 1.
std::optional<double> share_of(const Round& round, tc_shared object);

// By key of Session::histograms.
std::optional<double> latency_of(const Round& round, const std::string& histogram);
// Of the switches that the round has more of: within an address space or into another one.
std::optional<double> switch_latency_of(const Round& round);

std::optional<double> fact_of(const Round& round, std::string_view name);

// The main task of the workload; nullptr in a session without.
const Task* main_task(const Session& session);

// A task that the workload created in the round.
inline bool is_created(const Task& task) { return task.creator != 0; }

inline double in_ns(Duration duration) { return static_cast<double>(duration.count()); }

}  // namespace taskcost
