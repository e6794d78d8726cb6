// SPDX-License-Identifier: Apache-2.0
//
// Figures of one round. nullopt: the round has no such figure, because it has no source or because nothing of the kind
// happened.
#pragma once

#include <optional>
#include <string>

#include "taskcost/abi.h"
#include "verdict/rounds.h"

namespace taskcost {

// The middle of a distribution, interpolated within its bucket: ratios near 1 must not jump from bucket to bucket.
// nullopt with fewer values than a median deserves.
std::optional<double> middle_of(const Histogram& histogram);

// Phases of a creation of this kind, mean of the round.
std::optional<double> copy_of(const Round& round, tc_creation kind);
std::optional<double> publish_of(const Round& round, tc_creation kind);
std::optional<double> return_of(const Round& round, tc_creation kind);
std::optional<double> child_start_of(const Round& round, tc_creation kind);
// Copy and publish: what the kernel does until the new task can run.
std::optional<double> creation_of(const Round& round, tc_creation kind);

// Mean over the tasks, or processes, that the workload created.
std::optional<double> exit_of(const Round& round);
std::optional<double> teardown_of(const Round& round);
std::optional<double> zombie_of(const Round& round);

// Per operation.
std::optional<double> cell_of(const Round& round, tc_activity activity, tc_condition condition);
std::optional<double> counter_of(const Round& round, tc_counter counter);
std::optional<double> workers_lifetime_of(const Round& round);

// Page-table bytes of a task that the workload created, mean.
std::optional<double> page_tables_of(const Round& round);

// By key of Session::histograms.
std::optional<double> latency_of(const Round& round, const std::string& histogram);

// A task that the workload created, not the workload itself.
inline bool is_worker(const Task& task) { return task.creator != 0; }

}  // namespace taskcost
