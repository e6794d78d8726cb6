// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <utility>

#include "verdict/compare/compare.h"

namespace taskcost {
namespace {

// A program may name its children differently in each run, so the number of names is bounded.
constexpr std::size_t max_names = 256;
constexpr const char* other_names = "(others)";

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

void add_parts(CommandRuns::Parts& columns, const std::map<PartName, double>& parts, std::size_t run) {
  for (const auto& [name, value] : parts) {
    auto found = columns.find(name);
    if (found == columns.end()) {
      PartName kept = name;
      if (columns.size() >= max_names * TC_NR_ACTIVITIES) {
        kept.comm = other_names;
      }
      found = columns.try_emplace(std::move(kept)).first;
    }
    found->second.resize(run + 1);
    found->second.back() += value;
  }
}

void add_processes(std::map<std::string, NamedProcesses>& sums, const std::map<std::string, NamedProcesses>& more) {
  for (const auto& [comm, named] : more) {
    const auto found = sums.find(comm);
    NamedProcesses& sum =
        found != sums.end() ? found->second : sums[sums.size() < max_names ? comm : std::string(other_names)];
    sum.count += named.count;
    add(sum.time, named.time);
  }
}

}  // namespace

const char* key_of(PartName::Kind kind) {
  switch (kind) {
    case PartName::Kind::running:
      return "running";
    case PartName::Kind::queued:
      return "queued";
    case PartName::Kind::blocked:
      return "blocked";
    case PartName::Kind::handover:
      return "handover";
    case PartName::Kind::threads:
      return "threads";
    case PartName::Kind::residual:
      break;
  }
  return "residual";
}

const char* to_string(RoundsEnd end) {
  switch (end) {
    case RoundsEnd::answered:
      return "answered";
    case RoundsEnd::rounds:
      return "rounds";
    case RoundsEnd::budget:
      return "budget";
    case RoundsEnd::signal:
      return "signal";
    case RoundsEnd::failure:
      break;
  }
  return "failure";
}

void CommandRuns::add(std::size_t round, int status, const RunFigures& figures) {
  const std::size_t run = count();
  program = figures.program;
  calls_seen = figures.calls_seen;
  rounds.push_back(round);
  statuses.push_back(status);
  wall.push_back(figures.wall);
  cpu.push_back(figures.cpu);
  user.push_back(figures.user);
  for (const auto& [quantity_name, quantity] : figures.quantities) {
    Column& column = quantities[quantity_name];
    column.unit = quantity.unit;
    column.values.resize(run, missing);
    column.values.push_back(quantity.measured() ? quantity.value : missing);
  }
  add_parts(cpu_parts, figures.cpu_parts, run);
  add_parts(wall_parts, figures.wall_parts, run);
  add_parts(children_parts, figures.children_parts, run);
  taskcost::add(time, figures.time);
  process_count += figures.process_count;
  add_processes(processes, figures.processes);
  for (const auto& [loss, number] : figures.losses) {
    losses[loss] += number;
  }
}

std::vector<double> CommandRuns::system() const {
  std::vector<double> values(cpu.size());
  for (std::size_t run = 0; run < values.size(); ++run) {
    values[run] = cpu[run] - user[run];
  }
  return values;
}

}  // namespace taskcost
