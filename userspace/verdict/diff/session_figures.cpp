// SPDX-License-Identifier: Apache-2.0
#include "verdict/diff/session_figures.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "verdict/diff/compare_visitor.h"
#include "verdict/diff/quantity_table.h"

namespace taskcost {
namespace {

double count(std::uint64_t number) { return static_cast<double>(number); }

// The sums of time that several cells have.
void put_time(QuantityTable& table, const TimeSums& sums) {
  table.put(Topic::window, "all", "running_ns", sums.running_total(), Unit::ns);
  table.put(Topic::window, "all", "queued_ns", sums.queued, Unit::ns);
  table.put(Topic::window, "all", "blocked_ns", sums.blocked_total(), Unit::ns);
}

void put_totals(QuantityTable& table, const Account& totals) {
  CompareVisitor visitor(table);
  visitor.visit(Topic::window, "all", totals);
  for (const tc_creation kind : every<tc_creation>()) {
    visitor.visit(Topic::lifecycle, lifecycle_item(kind), totals.creations[kind]);
  }
}

void put_mean(QuantityTable& table, const std::string& item, const Histogram& histogram) {
  const bool none = histogram.count() == 0;
  table.put(Topic::lifecycle, item, "mean_ns",
            none ? std::nullopt : QuantityTable::Figure(in_ns(histogram.sum()) / count(histogram.count())), Unit::ns,
            Quantity::State::none);
}

void put_latencies(QuantityTable& table, const Session& session) {
  for (const auto& [key, histogram] : session.histograms) {
    CompareVisitor(table).visit(Topic::latency, key, histogram);
  }
  for (const char* const key : {key_of(TC_HISTOGRAM_EXEC), latency_key::exit, latency_key::zombie}) {
    if (const Histogram* const histogram = session.find_histogram(key)) {
      table.put(Topic::lifecycle, key, "count", count(histogram->count()), Unit::count);
      put_mean(table, key, *histogram);
    }
  }
  for (const tc_creation kind : every<tc_creation>()) {
    if (const Histogram* const histogram = session.find_histogram(latency_key::of(kind))) {
      put_mean(table, lifecycle_item(kind), *histogram);
    }
  }
}

std::map<std::string, double> losses_of(const Losses& losses) {
  std::map<QuantityName, Quantity> quantities;
  QuantityTable table(quantities);
  CompareVisitor(table).visit(Topic::counter, "", losses);
  std::map<std::string, double> by_key;
  for (const auto& [name, quantity] : quantities) {
    if (quantity.value > 0) {
      by_key[name.item] = quantity.value;
    }
  }
  return by_key;
}

void add_process(ReportFigures& figures, const std::string& comm, double number, const TimeSums& time) {
  NamedProcesses& named = figures.processes[comm];
  named.count += number;
  add(named.time, time);
}

}  // namespace

TimeSums time_of(const Account& account) {
  TimeSums time;
  time.lifetime = in_ns(account.lifetime);
  for (std::size_t activity = 0; activity < account.cells.size(); ++activity) {
    const auto& cells = account.cells[activity];
    time.running[key_of(static_cast<tc_activity>(activity))] = in_ns(cells[TC_CONDITION_RUNNING]);
    time.queued += in_ns(cells[TC_CONDITION_PREEMPTED] + cells[TC_CONDITION_RUNNABLE]);
  }
  for (std::size_t cause = 0; cause < account.waits.size(); ++cause) {
    if (account.waits[cause].count > 0 || account.waits[cause].blocked > Duration::zero()) {
      time.blocked[key_of(static_cast<tc_wait>(cause))] = in_ns(account.waits[cause].blocked);
    }
  }
  return time;
}

ReportFigures session_figures(const Session& session) {
  ReportFigures figures;
  QuantityTable table(figures.quantities);
  figures.losses = losses_of(session.losses);
  if (session.end > session.start) {  // a report of `verify` has no window of its own
    table.put(Topic::window, "wall", "wall_ns", in_ns(session.end - session.start), Unit::ns);
  }
  figures.process_count = count(session.process_count);
  if (session.task_count == 0) {
    return figures;  // no task was observed, so nothing was measured: not 0
  }
  figures.calls_seen = session.calls_seen;
  figures.time = time_of(session.totals);
  table.put(Topic::window, "all", "processes", figures.process_count, Unit::count);
  table.put(Topic::window, "all", "tasks", count(session.task_count), Unit::count);
  put_time(table, *figures.time);
  put_totals(table, session.totals);
  put_latencies(table, session);
  for (const Process& process : session.processes) {
    if (!process.kernel) {
      TimeSums time;
      for (const Task& task : process.tasks) {
        add(time, time_of(task.account));
      }
      add_process(figures, process.comm, 1, time);
    }
  }
  for (const AggregatedProcesses& aggregated : session.aggregated) {
    add_process(figures, aggregated.comm, count(aggregated.processes), time_of(aggregated.total));
  }
  if (session.kernel_totals.lifetime > Duration::zero()) {
    const TimeSums time = time_of(session.kernel_totals);
    table.put(Topic::kernel_threads, "all", "running_ns", time.running_total(), Unit::ns);
    table.put(Topic::kernel_threads, "all", "queued_ns", time.queued, Unit::ns);
  }
  return figures;
}

}  // namespace taskcost
