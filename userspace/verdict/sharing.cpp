// SPDX-License-Identifier: Apache-2.0
//
// Claims about the workloads `share` and `channel`. In `share`, a created task changes memory and resources, and its
// creator looks for the changes. In `channel`, two workers pass data. What the workloads saw is in their facts.
#include <algorithm>
#include <array>
#include <cmath>

#include "verdict/figures.h"
#include "verdict/paired_rounds.h"
#include "verdict/structure.h"

namespace taskcost {
namespace {

// Runs of the same work differ by a few faults and system calls, for example by first touches of code and data.
constexpr double run_to_run_excess = 4;

const Task* created_task(const Session& session) {
  for (const Process& process : session.processes) {
    const auto task = std::ranges::find_if(process.tasks, is_created);
    if (task != process.tasks.end()) {
      return &*task;
    }
  }
  return nullptr;
}

double counter_or_zero(const Task& task, tc_counter counter) {
  return static_cast<double>(task.account->counters[counter].value_or(0));
}

double count_faults(const Task& task) {
  return counter_or_zero(task, TC_COUNTER_FAULTS_MINOR) + counter_or_zero(task, TC_COUNTER_FAULTS_MAJOR);
}

double count_syscalls(const Task& task) { return counter_or_zero(task, TC_COUNTER_SYSCALLS); }

// A fact is a number that the workload itself reports.
bool fact_is(const Round& round, std::string_view name, double value) { return find_fact(round, name) == value; }

constexpr std::array<std::string_view, 4> resource_facts = {"file_seen", "directory_seen", "limit_seen",
                                                            "handler_seen"};

bool all_resources_are(const Round& round, double seen) {
  return std::ranges::all_of(resource_facts, [&](std::string_view fact) { return fact_is(round, fact, seen); });
}

// The claim holds in a round if the creator saw every change of a resource (`seen` is 1) or none (0), and the sharing
// of the tasks' kernel objects (files_struct, fs_struct, ...) agrees.
Cases check_resources(const Rounds& rounds, std::string_view variant, double seen,
                      bool (*objects_agree)(const PerShared<bool>& shares)) {
  Cases cases;
  for (const Round* round : lossless_rounds(rounds, variant)) {
    const Task* worker = created_task(round->session);
    if (worker != nullptr && worker->shares) {
      cases.count(all_resources_are(*round, seen) && objects_agree(*worker->shares));
    }
  }
  return cases;
}

// The median of the created thread's figure in rounds where it does not write to memory.
std::optional<double> median_without_writes(const Rounds& rounds, double (*figure)(const Task&)) {
  std::vector<double> values;
  for (const Round* round : lossless_rounds(rounds, "share/thread/none")) {
    if (const Task* task = created_task(round->session)) {
      values.push_back(figure(*task));
    }
  }
  return values.empty() ? std::nullopt : std::optional(median(values));
}

struct Channel {
  std::string_view variant;
  tc_channel channel;
};

constexpr std::array channels = {Channel{"channel/process/pipe", TC_CHANNEL_PIPE},
                                 Channel{"channel/process/unix-stream", TC_CHANNEL_UNIX_SOCKET},
                                 Channel{"channel/process/unix-dgram", TC_CHANNEL_UNIX_SOCKET},
                                 Channel{"channel/process/tcp", TC_CHANNEL_INET_SOCKET},
                                 Channel{"channel/process/message-queue", TC_CHANNEL_MESSAGE_QUEUE}};

// Returns whether taskcost counted each byte that the workload sent, on both ends of the channel.
bool carries_all_bytes(const Round& round, tc_channel channel) {
  const ChannelUse use = workers_use(round, channel);
  const auto bytes = static_cast<double>(use.bytes_out);
  return use.uncounted == 0 && fact_is(round, "bytes", bytes) && use.bytes_in == use.bytes_out &&
         fact_is(round, "received_ok", 1);
}

}  // namespace

Cases separate_memory(const Rounds& rounds) {
  Cases cases;
  for (const Round* round : lossless_rounds(rounds, "share/process")) {
    const Task* child = created_task(round->session);
    if (child != nullptr && child->account->counters[TC_COUNTER_FAULTS_COW]) {
      cases.count(fact_is(*round, "write_seen", 0) &&
                  counter_or_zero(*child, TC_COUNTER_FAULTS_COW) >= find_fact(*round, "pages").value_or(0) &&
                  counter_or_zero(*child, TC_COUNTER_PAGE_TABLE_BYTES) > 0);
    }
  }
  return cases;
}

Cases shared_memory(const Rounds& rounds) {
  Cases cases;
  const auto faults = median_without_writes(rounds, &count_faults);
  const auto calls = median_without_writes(rounds, &count_syscalls);
  for (const Round* round : lossless_rounds(rounds, "share/thread")) {
    const Task* thread = created_task(round->session);
    if (thread != nullptr && faults && calls) {
      cases.count(find_fact(*round, "pages_seen") == find_fact(*round, "pages") &&
                  count_faults(*thread) <= *faults + run_to_run_excess &&
                  count_syscalls(*thread) <= *calls + run_to_run_excess);
    }
  }
  return cases;
}

Cases every_byte_by_channel(const Rounds& rounds) {
  Cases cases;
  for (const Round* round : lossless_rounds(rounds, "share/process")) {
    cases.count(fact_is(*round, "write_seen", 0));
  }
  for (const Channel& channel : channels) {
    for (const Round* round : lossless_rounds(rounds, channel.variant)) {
      cases.count(carries_all_bytes(*round, channel.channel));
    }
  }
  for (const Round* round : lossless_rounds(rounds, "channel/process/shared-memory")) {
    cases.count(workers_use(*round, TC_CHANNEL_SHARED_MEMORY).calls > 0 && fact_is(*round, "received_ok", 1));
  }
  return cases;
}

Cases separate_resources(const Rounds& rounds) { return check_resources(rounds, "share/process", 0, shares_nothing); }

Cases shared_resources(const Rounds& rounds) { return check_resources(rounds, "share/thread", 1, shares_everything); }

}  // namespace taskcost
