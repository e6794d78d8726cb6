// SPDX-License-Identifier: Apache-2.0
//
// Reads the names of users, cgroups and unobserved wakers from this machine.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "account/glance.h"
#include "account/host_names.h"

namespace taskcost {

// The names that the session's numbers have now. `start_boottime_ns` is the start of the window by CLOCK_BOOTTIME: a
// task that started later may have the tid of a waker that has exited, so it gives no name. nullopt: tids are not those
// of /proc, or the time is not known.
HostNames read_host_names(const Session& session, std::optional<std::uint64_t> start_boottime_ns);

// Adds the users and cgroups of these tasks that `names` does not have yet.
void add_owner_names(HostNames& names, const std::vector<Glance::Task>& tasks);

// Makes `names` have the cgroups of these tasks and no others. Users are not looked up, which may ask the network.
void update_cgroup_names(HostNames& names, const std::vector<Glance::Task>& tasks);

}  // namespace taskcost
