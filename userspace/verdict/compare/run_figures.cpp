// SPDX-License-Identifier: Apache-2.0
//
// Reduces the session of one run to the figures that are kept.
#include <algorithm>
#include <utility>

#include "verdict/compare/compare.h"
#include "verdict/diff/quantity_table.h"
#include "verdict/diff/session_figures.h"

namespace taskcost {
namespace {

using Kind = PartName::Kind;
using Parts = std::map<PartName, double>;

void add_part(Parts& parts, const std::string& comm, Kind kind, const std::string& key, double time) {
  if (time != 0) {
    parts[{comm, kind, key}] += time;
  }
}

void add_running(Parts& parts, const std::string& comm, const TimeSums& time) {
  for (const auto& [activity, running] : time.running) {
    add_part(parts, comm, Kind::running, activity, running);
  }
}

// Splits a lifetime into parts, with or without its waits for children.
void add_lifetime(Parts& parts, const std::string& comm, const TimeSums& time, bool with_waits_for_children) {
  add_running(parts, comm, time);
  add_part(parts, comm, Kind::queued, "", time.queued);
  for (const auto& [cause, blocked] : time.blocked) {
    if (with_waits_for_children || !is_for_children(cause)) {
      add_part(parts, comm, Kind::blocked, cause, blocked);
    }
  }
  add_part(parts, comm, Kind::residual, "", residual(time));
}

const Task* find_main_task(const Process& process) {
  const auto leader = std::ranges::find(process.tasks, true, &Task::leader);
  return leader != process.tasks.end() ? &*leader : process.tasks.empty() ? nullptr : &process.tasks.front();
}

TimeSums time_of(const Process& process) {
  TimeSums sum;
  for (const Task& task : process.tasks) {
    add(sum, time_of(task.account));
  }
  return sum;
}

void add_wall_parts(RunFigures& figures, const Process& launched, const Task& main) {
  add_lifetime(figures.wall_parts, "", time_of(main.account), true);
  figures.wall = in_ns(main.account->lifetime);
  // After an exec by another thread, that thread continues as the main task.
  Instant last = main.end;
  for (const Task& task : launched.tasks) {
    last = std::max(last, task.end);
  }
  const double after = in_ns(last - main.end);
  add_part(figures.wall_parts, "", Kind::threads, "", after);
  figures.wall += after;
}

}  // namespace

std::optional<RunFigures> run_figures(const Session& session, std::uint32_t pid) {
  // PIDs are reused: the launched process is the first one with its PID.
  const auto launched = std::ranges::find(session.processes, pid, &Process::tgid);
  const Task* const main = launched == session.processes.end() ? nullptr : find_main_task(*launched);
  if (main == nullptr) {
    return std::nullopt;
  }
  RunFigures figures;
  figures.program = launched->comm;
  figures.calls_seen = session.calls_seen;
  add_wall_parts(figures, *launched, *main);
  ReportFigures known = session_figures(session);
  for (const Process& process : session.processes) {
    const TimeSums time = time_of(process);
    if (process.id == launched->id) {
      add_running(figures.cpu_parts, "", time);
    } else if (!process.kernel) {
      add_running(figures.cpu_parts, process.comm, time);
      add_lifetime(figures.children_parts, process.comm, time, false);
    }
  }
  for (const AggregatedProcesses& aggregated : session.aggregated) {
    const TimeSums time = time_of(aggregated.total);
    add_running(figures.cpu_parts, aggregated.comm, time);
    add_lifetime(figures.children_parts, aggregated.comm, time, false);
  }
  QuantityTable table(known.quantities);
  known.quantities[{Topic::window, "wall", "wall_ns"}].value = figures.wall;
  if (known.time) {
    table.put(Topic::window, "all", "own_ns", own_time(*known.time, known.process_count > 1), Unit::ns);
    figures.cpu = known.time->running_total();
    figures.user = known.time->running[key_of(TC_ACTIVITY_USER)];
    figures.time = *std::move(known.time);
  }
  figures.quantities = std::move(known.quantities);
  figures.process_count = known.process_count;
  figures.processes = std::move(known.processes);
  figures.losses = std::move(known.losses);
  return figures;
}

}  // namespace taskcost
