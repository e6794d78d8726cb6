// SPDX-License-Identifier: Apache-2.0
#include "report/describe/comparison_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <set>
#include <utility>

#include "report/compare_words.h"
#include "report/describe/document.h"
#include "report/describe/read.h"
#include "report/describe/schema.h"
#include "report/describe/write.h"
#include "report/render.h"

namespace taskcost {
namespace {

// ---- To the document -----------------------------------------------------------------------------------------------

std::vector<Duration> durations(const std::vector<double>& ns) {
  std::vector<Duration> whole;
  whole.reserve(ns.size());
  std::ranges::transform(ns, std::back_inserter(whole), [](double each) { return Duration(std::llround(each)); });
  return whole;
}

HyperfineResult result_of(const CommandRuns& runs) {
  const auto seconds = [](double ns) { return ns / ns_per_second; };
  const Spread wall = compute_spread(runs.wall);
  HyperfineResult result;
  result.command = runs.name;
  result.wall = {seconds(wall.mean), seconds(wall.stddev), seconds(wall.median),
                 seconds(wall.min),  seconds(wall.max),    std::nullopt};
  result.user = seconds(compute_spread(runs.user).mean);
  result.system = seconds(compute_spread(runs.system()).mean);
  std::ranges::transform(runs.wall, std::back_inserter(result.times), seconds);
  result.exit_codes = runs.statuses;
  return result;
}

std::vector<MeanPart> parts_of(const CommandRuns& runs, const MeanParts& parts) {
  const PartWords words(runs, runs, several_processes(parts));
  std::vector<MeanPart> all;
  for (const auto& [name, mean] : parts) {
    all.push_back({words.text(name), name, mean});
  }
  return all;
}

TimeSums mean_of(const TimeSums& sums, double runs) {
  TimeSums mean;
  const auto divide = [runs](const std::map<std::string, double>& all, std::map<std::string, double>& means) {
    for (const auto& [item, sum] : all) {
      if (sum != 0) {
        means[item] = sum / runs;
      }
    }
  };
  mean.lifetime = sums.lifetime / runs;
  mean.queued = sums.queued / runs;
  divide(sums.running, mean.running);
  divide(sums.blocked, mean.blocked);
  return mean;
}

CommandSummary summary_of(const Experiment& experiment, std::size_t command) {
  const CommandRuns& runs = experiment.commands[command];
  const auto count = static_cast<double>(runs.count());
  CommandSummary summary;
  summary.label = command_label(experiment, command);
  summary.name = runs.name;
  summary.command = runs.command;
  summary.program = runs.program;
  summary.calls_seen = runs.calls_seen;
  summary.in_sequence = ran_in_sequence(runs);
  summary.rounds = runs.rounds;
  summary.statuses = runs.statuses;
  summary.wall = durations(runs.wall);
  summary.cpu = durations(runs.cpu);
  summary.user = durations(runs.user);
  summary.wall_parts = parts_of(runs, mean_wall_parts(runs));
  summary.cpu_parts = parts_of(runs, mean_cpu_parts(runs));
  for (const auto& [name, column] : runs.quantities) {
    std::vector<double> values = column.values;
    std::erase_if(values, [](double value) { return !std::isfinite(value); });
    if (!values.empty()) {
      summary.quantities.push_back({name, column.unit, compute_spread(values), values.size()});
    }
  }
  summary.time = mean_of(runs.time, count);
  summary.process_count = runs.process_count / count;
  for (const auto& [comm, named] : runs.processes) {
    summary.processes.push_back({comm, named.count / count, mean_of(named.time, count)});
  }
  summary.losses = runs.losses;
  return summary;
}

std::optional<DifferenceSummary> summary_of(const Experiment& experiment, const PairComparison& pair,
                                            const std::optional<TimeDifference>& difference) {
  if (!difference) {
    return std::nullopt;
  }
  const PartWords words(experiment.commands[pair.left], experiment.commands[pair.right],
                        several_processes(difference->parts));
  DifferenceSummary summary{difference->whole, difference->rounds, {}};
  for (const TimePart& part : difference->parts) {
    summary.parts.push_back({words.text(part.name), part});
  }
  return summary;
}

ComparisonDocument document_of(const Comparison& comparison) {
  const Experiment& experiment = comparison.experiment;
  ComparisonDocument document;
  document.experiment = experiment;
  document.experiment.commands.clear();
  document.confidence = comparison.confidence;
  document.same_up_to = comparison.band.same;
  document.end_text = end_text(experiment);
  document.head = answer_sentences(comparison);
  for (std::size_t command = 0; command < experiment.commands.size(); ++command) {
    document.results.push_back(result_of(experiment.commands[command]));
    document.commands.push_back(summary_of(experiment, command));
  }
  for (const PairComparison& pair : comparison.pairs) {
    document.pairs.push_back(
        {pair, summary_of(experiment, pair, pair.wall_time), summary_of(experiment, pair, pair.cpu_time)});
  }
  return document;
}

// ---- To figures ----------------------------------------------------------------------------------------------------

// These are medians with their intervals, and means of the times.
ReportFigures figures_of(const ComparisonDocument& document) {
  const CommandSummary& command = document.commands.front();
  const Host& host = document.experiment.host;
  ReportFigures figures;
  figures.tool_version = document.experiment.tool_version;
  figures.command = command.command;
  figures.target_mode = "run";
  figures.window_exit = "target-exited";  // true for every run that is kept
  const std::set<int> statuses(command.statuses.begin(), command.statuses.end());
  figures.ended = statuses.size() == 1 ? fmt::format("exit {}", *statuses.begin()) : "";
  figures.kernel = host.kernel;
  figures.arch = host.arch;
  figures.virtualization = host.virtualization;
  figures.cpus = host.cpus;
  figures.calls_seen = command.calls_seen;
  figures.evidence = document.experiment.evidence;
  figures.losses = command.losses;
  std::erase_if(figures.losses, [](const auto& loss) { return !(loss.second > 0); });
  for (const QuantitySummary& of : command.quantities) {
    // Own time is computed from `time`, as for every report.
    if (std::isfinite(of.spread.median) && of.name.aspect != "own_ns") {
      figures.quantities.try_emplace(
          of.name, Quantity{Quantity::State::measured, of.spread.median, of.spread.interval, of.unit});
    }
  }
  figures.time = command.time;
  figures.process_count = command.process_count;
  for (const ProcessSummary& process : command.processes) {
    NamedProcesses& named = figures.processes[process.comm];
    named.count += process.count;
    add(named.time, process.time);
  }
  return figures;
}

}  // namespace

void render_comparison_json(const Comparison& comparison, std::ostream& out) {
  write_document(document_of(comparison), out);
}

std::string comparison_schema() { return SchemaVisitor::of<ComparisonDocument>(); }

Result<ReportFigures> read_figures(std::string_view text) {
  const auto document = read_document(text);
  if (!document) {
    return document.error();
  }
  if (document->report) {
    return report_figures(*document->report);
  }
  ReadVisitor reader;
  ComparisonDocument comparison;
  reader.read(*document->comparison, comparison);
  if (reader.complaint()) {
    return not_a_report(*reader.complaint());
  }
  if (comparison.commands.size() != 1) {
    return Error{"this is a comparison of several commands",
                 fmt::format("it holds {} commands, and diff compares one with one", comparison.commands.size()),
                 "measure each by 'taskcost run --repeat N -o FILE.json'"};
  }
  return figures_of(comparison);
}

}  // namespace taskcost
