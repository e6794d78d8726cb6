// SPDX-License-Identifier: Apache-2.0
#include "account/account.h"

#include <algorithm>
#include <cstddef>

namespace taskcost {
namespace {

void add(CreationSums& sum, const CreationSums& other) {
  sum.count += other.count;
  sum.copy += other.copy;
  sum.copies += other.copies;
  sum.publish += other.publish;
  sum.returned += other.returned;
  sum.running += other.running;
  sum.returns += other.returns;
  sum.child_start += other.child_start;
  sum.starts += other.starts;
}

void add(ChannelUse& sum, const ChannelUse& other) {
  sum.calls += other.calls;
  sum.bytes_in += other.bytes_in;
  sum.bytes_out += other.bytes_out;
  sum.kernel += other.kernel;
  sum.uncounted += other.uncounted;
}

void add(WaitSums& sum, const WaitSums& other) {
  sum.count += other.count;
  sum.blocked += other.blocked;
  sum.open += other.open;
}

void add(TaskStats& sum, const TaskStats& other) {
  sum.voluntary_switches += other.voluntary_switches;
  sum.involuntary_switches += other.involuntary_switches;
  sum.faults_minor += other.faults_minor;
  sum.faults_major += other.faults_major;
  sum.cpu_time += other.cpu_time;
  sum.user_time += other.user_time;
  sum.system_time += other.system_time;
}

void add(std::uint64_t& sum, std::uint64_t other) { sum += other; }

void add(Duration& sum, Duration other) { sum += other; }

// A sum is unknown if one of its parts is.
template <typename T>
void add(std::optional<T>& sum, const std::optional<T>& other) {
  if (sum && other) {
    add(*sum, *other);
  } else {
    sum.reset();
  }
}

template <typename T, std::size_t Size>
void add_each(std::array<T, Size>& sums, const std::array<T, Size>& others) {
  for (std::size_t i = 0; i < Size; ++i) {
    add(sums[i], others[i]);
  }
}

constexpr std::array<tc_wait, TC_NR_CHANNELS> waits_of_channels = {
    TC_WAIT_PIPE,         TC_WAIT_UNIX_SOCKET, TC_WAIT_INET_SOCKET, TC_WAIT_MESSAGE_QUEUE,  TC_WAIT_FUTEX_SHARED,
    TC_WAIT_OTHER_SOCKET, TC_WAIT_TERMINAL,    TC_WAIT_SYSV_QUEUE,  TC_WAIT_SYSV_SEMAPHORE, TC_WAIT_PROCESS_MEMORY};

}  // namespace

tc_wait wait_of(tc_channel channel) {
  return channel < TC_NR_CHANNELS ? waits_of_channels[static_cast<std::size_t>(channel)] : TC_WAIT_OTHER;
}

tc_channel channel_of(tc_wait wait) {
  const auto* found = std::ranges::find(waits_of_channels, wait);
  return found == waits_of_channels.end() ? TC_CHANNEL_NONE
                                          : static_cast<tc_channel>(found - waits_of_channels.begin());
}

Duration Account::total() const {
  Duration sum{};
  for (const auto& row : cells) {
    for (const Duration cell : row) {
      sum += cell;
    }
  }
  return sum;
}

Duration Account::total(tc_activity activity) const {
  Duration sum{};
  for (const Duration cell : cells[activity]) {
    sum += cell;
  }
  return sum;
}

Duration Account::total(tc_condition condition) const {
  Duration sum{};
  for (const auto& row : cells) {
    sum += row[condition];
  }
  return sum;
}

Duration Account::kernel_running() const {
  return total(TC_CONDITION_RUNNING) - cells[TC_ACTIVITY_USER][TC_CONDITION_RUNNING];
}

std::uint64_t Account::switches() const {
  return counters[TC_COUNTER_VOLUNTARY_SWITCHES].value_or(0) + counters[TC_COUNTER_INVOLUNTARY_SWITCHES].value_or(0);
}

void add(Account& sum, const Account& other) {
  sum.lifetime += other.lifetime;
  for (std::size_t row = 0; row < sum.cells.size(); ++row) {
    add_each(sum.cells[row], other.cells[row]);
  }
  add_each(sum.entries, other.entries);
  add_each(sum.counters, other.counters);
  add_each(sum.creations, other.creations);
  add_each(sum.channels, other.channels);
  add_each(sum.waits, other.waits);
  add(sum.task_stats, other.task_stats);
}

Account empty_account() {
  Account account;
  account.entries.fill(0);
  account.counters.fill(0);
  account.channels.fill(ChannelUse{});
  account.task_stats = TaskStats{};
  return account;
}

Account account_of(const Process& process) {
  Account sum = empty_account();
  for (const Task& task : process.tasks) {
    add(sum, task.account);
  }
  return sum;
}

std::size_t Process::workers() const {
  return static_cast<std::size_t>(std::ranges::count(tasks, TaskOrigin::worker, &Task::origin));
}

bool Losses::any() const {
  const bool counted = std::any_of(counts.begin(), counts.end(), [](std::uint64_t count) { return count != 0; });
  return counted || skipped_probes != 0 || missed_switches != 0;
}

const Histogram* Session::find_histogram(const std::string& key) const {
  const auto found = histograms.find(key);
  return found == histograms.end() ? nullptr : &found->second;
}

}  // namespace taskcost
