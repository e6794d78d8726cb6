// SPDX-License-Identifier: Apache-2.0
#include "verdict/diff/session_figures.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "verdict/diff/quantity_table.h"

namespace taskcost {
namespace {

double ns(Duration duration) { return static_cast<double>(duration.count()); }

QuantityTable::Figure figure(const std::optional<std::uint64_t>& count) {
  return count ? std::optional(static_cast<double>(*count)) : std::nullopt;
}

QuantityTable::Figure figure(const std::optional<Duration>& duration) {
  return duration ? std::optional(ns(*duration)) : std::nullopt;
}

void put_activities(QuantityTable& table, const Account& account) {
  for (std::size_t activity = 0; activity < account.cells.size(); ++activity) {
    PerCondition<QuantityTable::Figure> times;
    for (std::size_t condition = 0; condition < times.size(); ++condition) {
      times[condition] = ns(account.cells[activity][condition]);
    }
    table.activity(key_of(static_cast<tc_activity>(activity)), times, figure(account.entries[activity]));
  }
}

void put_channels(QuantityTable& table, const Account& account) {
  for (std::size_t channel = 0; channel < account.channels.size(); ++channel) {
    QuantityTable::Channel figures;
    if (const auto& use = account.channels[channel]) {
      figures = {static_cast<double>(use->calls), figure(use->received()), figure(use->sent()), ns(use->kernel)};
    }
    table.channel(key_of(static_cast<tc_channel>(channel)), figures);
  }
}

void put_creations(QuantityTable& table, const Account& account) {
  for (std::size_t kind = 0; kind < account.creations.size(); ++kind) {
    const CreationSums& sums = account.creations[kind];
    table.creations(
        key_of(static_cast<tc_creation>(kind)),
        {static_cast<double>(sums.count), ns(sums.publish), ns(sums.returned), static_cast<double>(sums.returns),
         ns(sums.child_start), static_cast<double>(sums.starts), ns(sums.running)});
  }
}

void put_totals(QuantityTable& table, const Account& totals) {
  put_activities(table, totals);
  for (std::size_t cause = 0; cause < totals.waits.size(); ++cause) {
    table.wait(key_of(static_cast<tc_wait>(cause)), ns(totals.waits[cause].blocked),
               static_cast<double>(totals.waits[cause].count));
  }
  for (std::size_t counter = 0; counter < totals.counters.size(); ++counter) {
    table.counter(key_of(static_cast<tc_counter>(counter)), figure(totals.counters[counter]));
  }
  put_channels(table, totals);
  put_creations(table, totals);
}

void put_latencies(QuantityTable& table, const Session& session) {
  for (const auto& [key, histogram] : session.histograms) {
    table.latency(key, {static_cast<double>(histogram.count()), ns(histogram.sum()), figure(histogram.quantile(0.5)),
                        figure(histogram.quantile(0.9)), figure(histogram.quantile(0.99))});
  }
}

void put_losses(ReportFigures& figures, const Losses& losses) {
  const auto put = [&figures](const char* key, std::uint64_t count) {
    if (count > 0) {
      figures.losses[key] = static_cast<double>(count);
    }
  };
  for (std::size_t loss = 0; loss < losses.counts.size(); ++loss) {
    put(key_of(static_cast<tc_loss>(loss)), losses.counts[loss]);
  }
  put("skipped_probes", losses.skipped_probes);
  put("missed_switches", losses.missed_switches);
}

void add_process(ReportFigures& figures, const std::string& comm, double count, const TimeSums& time) {
  NamedProcesses& named = figures.processes[comm];
  named.count += count;
  add(named.time, time);
}

}  // namespace

TimeSums time_of(const Account& account) {
  TimeSums time;
  time.lifetime = ns(account.lifetime);
  for (std::size_t activity = 0; activity < account.cells.size(); ++activity) {
    const auto& cells = account.cells[activity];
    time.running[key_of(static_cast<tc_activity>(activity))] = ns(cells[TC_CONDITION_RUNNING]);
    time.queued += ns(cells[TC_CONDITION_PREEMPTED] + cells[TC_CONDITION_RUNNABLE]);
  }
  for (std::size_t cause = 0; cause < account.waits.size(); ++cause) {
    if (account.waits[cause].count > 0 || account.waits[cause].blocked > Duration::zero()) {
      time.blocked[key_of(static_cast<tc_wait>(cause))] = ns(account.waits[cause].blocked);
    }
  }
  return time;
}

ReportFigures session_figures(const Session& session) {
  ReportFigures figures;
  QuantityTable table(figures.quantities);
  put_losses(figures, session.losses);
  if (session.end > session.start) {  // a report of `verify` has no window of its own
    table.wall(ns(session.end - session.start));
  }
  figures.process_count = static_cast<double>(session.process_count);
  if (session.task_count == 0) {
    return figures;  // no task was observed, so nothing was measured: not 0
  }
  figures.calls_seen = session.calls_seen;
  figures.time = time_of(session.totals);
  table.numbers(figures.process_count, static_cast<double>(session.task_count));
  table.time(*figures.time);
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
  for (const AggregatedProcesses& folded : session.folded) {
    add_process(figures, folded.comm, static_cast<double>(folded.processes), time_of(folded.total));
  }
  if (session.kernel_totals.lifetime > Duration::zero()) {
    table.kernel_threads(time_of(session.kernel_totals));
  }
  return figures;
}

}  // namespace taskcost
