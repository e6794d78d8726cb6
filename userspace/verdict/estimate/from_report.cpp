// SPDX-License-Identifier: Apache-2.0
//
// Takes from a report what an estimate needs: the counts of a program, or the prices that `verify` measured.
#include <algorithm>
#include <utility>

#include "verdict/estimate/estimate.h"

namespace taskcost {
namespace {

std::optional<double> to_double(const std::optional<std::uint64_t>& count) {
  return count ? std::optional(static_cast<double>(*count)) : std::nullopt;
}

MeasuredOn measured_on(const Host& host) {
  return {host.kernel, host.arch, host.virtualization, static_cast<double>(host.cpus)};
}

WorkCounts count_work(const Account& account) {
  const auto running = [&account](tc_activity activity) {
    return in_ns(account.cells[activity][TC_CONDITION_RUNNING]);
  };
  const auto entries = [&account](tc_activity activity) { return to_double(account.entries[activity]); };
  const auto counter = [&account](tc_counter which) { return to_double(account.counters[which]); };
  WorkCounts work;
  work.running = in_ns(account.total(TC_CONDITION_RUNNING));
  work.user = running(TC_ACTIVITY_USER);
  work.create = running(TC_ACTIVITY_CREATE);
  work.exit = running(TC_ACTIVITY_EXIT);
  work.wait = running(TC_ACTIVITY_WAIT);
  work.memory = running(TC_ACTIVITY_MEMORY);
  work.futex = running(TC_ACTIVITY_FUTEX);
  work.signal_and_other = running(TC_ACTIVITY_SIGNAL) + running(TC_ACTIVITY_OTHER);
  work.page_fault = running(TC_ACTIVITY_PAGE_FAULT);
  work.exits = entries(TC_ACTIVITY_EXIT);
  work.memory_calls = entries(TC_ACTIVITY_MEMORY);
  work.futex_calls = entries(TC_ACTIVITY_FUTEX);
  work.faults = counter(TC_COUNTER_FAULTS_MINOR);
  work.faults_copy_on_write = counter(TC_COUNTER_FAULTS_COW);
  work.faults_copy_on_write_ns = counter(TC_COUNTER_FAULTS_COW_NS);
  work.faults_file = counter(TC_COUNTER_FAULTS_FILE);
  work.switches_same = counter(TC_COUNTER_SWITCHES_SAME_ADDRESS_SPACE);
  work.switches_other = counter(TC_COUNTER_SWITCHES_OTHER_ADDRESS_SPACE);
  work.tlb_flushes = counter(TC_COUNTER_TLB_FLUSHES_ON_SWITCH);
  work.shootdowns = counter(TC_COUNTER_SHOOTDOWNS_SENT);
  work.wakeups = counter(TC_COUNTER_WAKEUPS);
  work.execs = counter(TC_COUNTER_EXECS);
  work.threads_created = counter(TC_COUNTER_CHILDREN_THREADS);
  work.page_table_bytes = counter(TC_COUNTER_PAGE_TABLE_BYTES);
  // The only calls that shared memory has are those on futexes in it.
  if (const auto& shared_futexes = account.channels[TC_CHANNEL_SHARED_MEMORY]) {
    work.shared_futex_ns = in_ns(shared_futexes->kernel);
    work.shared_futex_calls = static_cast<double>(shared_futexes->calls);
  }
  return work;
}

ProcessCounts count_process(const Process& process) {
  ProcessCounts counts;
  counts.id = static_cast<double>(process.id);
  counts.parent = static_cast<double>(process.parent);
  counts.comm = process.comm;
  counts.command = process.command;
  counts.origin = to_string(process.origin);
  counts.tasks = std::max(1.0, static_cast<double>(process.tasks.size()));
  counts.reap = process.reap ? std::optional(in_ns(*process.reap)) : std::nullopt;
  counts.work = count_work(account_of(process));
  return counts;
}

// All aggregated tasks have exited, so the number of exits is the number of tasks.
ProcessCounts count_aggregated(const AggregatedProcesses& aggregated) {
  ProcessCounts counts;
  counts.comm = aggregated.comm;
  counts.processes = static_cast<double>(aggregated.processes);
  counts.work = count_work(aggregated.total);
  counts.tasks = std::max(counts.processes, counts.work.exits.value_or(0));
  return counts;
}

CreationCounts count_creations(const Session& session, tc_creation kind) {
  const CreationSums& sums = session.totals.creations[kind];
  CreationCounts creations{static_cast<double>(sums.count), in_ns(sums.running), 0};
  if (const LifecycleCost& costs = session.lifecycle_costs[kind]; session.calls_seen && costs.count > 0) {
    creations.start = in_ns(costs.start) / static_cast<double>(costs.count);
  }
  return creations;
}

std::optional<double> find_mean(const Session& session, tc_histogram_id id) {
  const Histogram* const histogram = session.find_histogram(key_of(id));
  if (histogram == nullptr || histogram->count() == 0) {
    return std::nullopt;
  }
  return in_ns(histogram->sum()) / static_cast<double>(histogram->count());
}

std::vector<ChannelCounts> count_channels(const Account& totals) {
  std::vector<ChannelCounts> channels;
  for (const tc_channel channel :
       {TC_CHANNEL_PIPE, TC_CHANNEL_UNIX_SOCKET, TC_CHANNEL_INET_SOCKET, TC_CHANNEL_MESSAGE_QUEUE}) {
    if (const auto& use = totals.channels[channel]; use && use->calls > 0) {
      channels.push_back({key_of(channel), static_cast<double>(use->calls), to_double(use->received()).value_or(0),
                          in_ns(use->kernel)});
    }
  }
  return channels;
}

// Drops a price that is negative or NaN, such as the slope of a noisy sweep. Widens an interval that does not include
// its price.
Price sanitize(Price price) {
  if (price.value && !(*price.value >= 0)) {
    price.value.reset();
  }
  if (!price.value) {
    price.interval.reset();
  } else if (price.interval) {
    price.interval =
        Interval{std::min(price.interval->low, *price.value), std::max(price.interval->high, *price.value)};
  }
  return price;
}

}  // namespace

Result<ProgramCounts> program_counts(const Report& report) {
  if (report.target.mode == TargetMode::verify) {
    return Error{"this is a report of 'taskcost verify'", "it has no program of yours in it",
                 "give a report of 'taskcost run', 'attach' or 'workload'; this one can be given to --prices"};
  }
  const Session& session = report.session;
  ProgramCounts program;
  program.mode = to_string(report.target.mode);
  program.command = report.target.command;
  program.measured_on = measured_on(report.host);
  program.work = count_work(session.totals);
  program.calls_seen = session.calls_seen;
  for (const Process& process : session.processes) {
    if (!process.kernel) {  // kernel threads are not converted
      program.processes.push_back(count_process(process));
    }
  }
  for (const AggregatedProcesses& aggregated : session.aggregated) {
    program.processes.push_back(count_aggregated(aggregated));
  }
  program.forks = count_creations(session, TC_CREATION_FORK);
  program.threads = count_creations(session, TC_CREATION_THREAD);
  program.switch_latency_same = find_mean(session, TC_HISTOGRAM_SWITCH_SAME);
  program.switch_latency_other = find_mean(session, TC_HISTOGRAM_SWITCH_OTHER);
  program.channels = count_channels(session.totals);
  return program;
}

Result<PriceList> price_list(const Report& report) {
  PriceList list;
  list.measured_on = measured_on(report.host);
  std::ranges::transform(report.prices, std::back_inserter(list.prices), sanitize);
  if (list.prices.empty()) {
    return Error{"there is no price list in it", "only 'taskcost verify' measures one",
                 "give a file that 'taskcost verify -o FILE.json' has written, or leave --prices out"};
  }
  return list;
}

}  // namespace taskcost
