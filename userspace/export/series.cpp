// SPDX-License-Identifier: Apache-2.0
#include "export/series.h"

#include <cstddef>
#include <string_view>

namespace taskcost {
namespace {

using Value = std::optional<std::int64_t>;
using Labels = std::vector<std::pair<std::string, std::string>>;

constexpr double nanoseconds_each = 1e-9;
constexpr GroupMetric task_seconds{
    "taskcost_task_seconds_total",
    "Time of the tasks of a group by state. Over all states and groups it grows by one second per second and task.",
    nanoseconds_each};
constexpr GroupMetric blocked_seconds{"taskcost_blocked_seconds_total",
                                      "Blocked time by what tasks waited for. It adds up to the state blocked.",
                                      nanoseconds_each};
constexpr GroupMetric kernel_seconds{"taskcost_kernel_seconds_total",
                                     "CPU time in the kernel by activity. It adds up to the state kernel.",
                                     nanoseconds_each};
constexpr GroupMetric switches{"taskcost_context_switches_total", "Context switches away from tasks of the group.", 1};
constexpr GroupMetric faults{"taskcost_page_faults_total", "Page faults.", 1};
constexpr GroupMetric created{"taskcost_tasks_created_total", "Tasks that tasks of the group created, by kind.", 1};
constexpr GroupMetric execs{"taskcost_execs_total", "Programs that tasks of the group executed.", 1};
constexpr GroupMetric channel_bytes{"taskcost_channel_bytes_total",
                                    "Bytes that tasks of the group received (in) and sent (out).", 1};

Value count(Duration time) { return time.count(); }

Value count(const std::optional<std::uint64_t>& counter) {
  return counter ? Value(static_cast<std::int64_t>(*counter)) : std::nullopt;
}

GroupSeries counter_series(const GroupMetric& metric, Labels labels, tc_counter counter) {
  return {&metric, std::move(labels), [counter](const Account& account) { return count(account.counters[counter]); }};
}

// Throttled tasks are preempted ones: where they are not told apart, preempted has them.
Duration throttled(const Account& account) {
  return nanoseconds(account.counters[TC_COUNTER_THROTTLED_NS].value_or(0));
}

void add_states(std::vector<GroupSeries>& all, bool calls) {
  const auto add = [&all](const char* state, std::function<Value(const Account&)> read) {
    all.push_back({&task_seconds, {{"state", state}}, std::move(read)});
  };
  if (calls) {
    add("user", [](const Account& account) { return count(account.cells[TC_ACTIVITY_USER][TC_CONDITION_RUNNING]); });
    add("kernel", [](const Account& account) { return count(account.kernel_running()); });
  } else {
    add("running", [](const Account& account) { return count(account.total(TC_CONDITION_RUNNING)); });
  }
  add("preempted",
      [](const Account& account) { return count(account.total(TC_CONDITION_PREEMPTED) - throttled(account)); });
  all.push_back(counter_series(task_seconds, {{"state", "throttled"}}, TC_COUNTER_THROTTLED_NS));
  add("runnable", [](const Account& account) { return count(account.total(TC_CONDITION_RUNNABLE)); });
  add("blocked", [](const Account& account) { return count(account.total(TC_CONDITION_BLOCKED)); });
}

void add_channels(std::vector<GroupSeries>& all) {
  using Bytes = std::uint64_t ChannelUse::*;
  for (int each = 0; each < TC_NR_CHANNELS; ++each) {
    const auto channel = static_cast<tc_channel>(each);
    if (channel == TC_CHANNEL_SHARED_MEMORY || channel == TC_CHANNEL_SYSV_SEMAPHORE) {
      continue;  // only wakeups pass through these
    }
    for (const auto& [direction, bytes] :
         {std::pair<const char*, Bytes>("in", &ChannelUse::bytes_in), {"out", &ChannelUse::bytes_out}}) {
      all.push_back({&channel_bytes,
                     {{"channel", key_of(channel)}, {"direction", direction}},
                     [channel, bytes = bytes](const Account& account) {
                       const auto& use = account.channels[channel];
                       return use ? count(std::optional(*use.*bytes)) : std::nullopt;
                     }});
    }
  }
}

}  // namespace

std::vector<GroupSeries> group_series(bool calls) {
  std::vector<GroupSeries> all;
  add_states(all, calls);
  for (int wait = 0; wait < TC_NR_WAITS; ++wait) {
    all.push_back({&blocked_seconds, {{"wait", key_of(static_cast<tc_wait>(wait))}}, [wait](const Account& account) {
                     return count(account.waits[wait].blocked);
                   }});
  }
  for (int activity = 0; calls && activity < TC_NR_ACTIVITIES; ++activity) {
    if (activity != TC_ACTIVITY_USER) {
      all.push_back(
          {&kernel_seconds,
           {{"activity", key_of(static_cast<tc_activity>(activity))}},
           [activity](const Account& account) { return count(account.cells[activity][TC_CONDITION_RUNNING]); }});
    }
  }
  all.push_back(counter_series(switches, {{"type", "voluntary"}}, TC_COUNTER_VOLUNTARY_SWITCHES));
  all.push_back(counter_series(switches, {{"type", "involuntary"}}, TC_COUNTER_INVOLUNTARY_SWITCHES));
  all.push_back(counter_series(faults, {{"type", "minor"}}, TC_COUNTER_FAULTS_MINOR));
  all.push_back(counter_series(faults, {{"type", "major"}}, TC_COUNTER_FAULTS_MAJOR));
  all.push_back(counter_series(created, {{"kind", "thread"}}, TC_COUNTER_CHILDREN_THREADS));
  all.push_back(counter_series(created, {{"kind", "fork"}}, TC_COUNTER_CHILDREN_FORKS));
  all.push_back(counter_series(created, {{"kind", "vfork"}}, TC_COUNTER_CHILDREN_VFORKS));
  all.push_back(counter_series(created, {{"kind", "spawn"}}, TC_COUNTER_CHILDREN_SPAWNS));
  all.push_back(counter_series(created, {{"kind", "clone_vm"}}, TC_COUNTER_CHILDREN_CLONE_VM));
  all.push_back(counter_series(created, {{"kind", "worker"}}, TC_COUNTER_CHILDREN_WORKERS));
  all.push_back(counter_series(execs, {}, TC_COUNTER_EXECS));
  if (calls) {
    add_channels(all);
  }
  return all;
}

}  // namespace taskcost
