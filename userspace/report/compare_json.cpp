// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <ostream>

#include "report/compare_words.h"
#include "report/diff_words.h"
#include "report/json_sections.h"
#include "report/json_writer.h"

namespace taskcost {
namespace {

using Layout = JsonWriter::Layout;

template <typename Values>
void row_of(JsonWriter& json, std::string_view key, const Values& values) {
  json.array(
      key,
      [&] {
        for (const auto& value : values) {
          json.element(value);
        }
      },
      Layout::row);
}

// Nanoseconds are counted in whole numbers.
std::vector<std::int64_t> whole_ns(const std::vector<double>& values) {
  std::vector<std::int64_t> whole;
  whole.reserve(values.size());
  for (const double value : values) {
    whole.push_back(std::llround(value));
  }
  return whole;
}

// ---- As hyperfine writes it ----------------------------------------------------------------------------------------

void write_result(JsonWriter& json, const CommandRuns& runs) {
  json.object([&] {
    const Spread wall = spread_of(runs.wall);
    const auto mean_of = [](const std::vector<double>& values) { return spread_of(values).mean / ns_per_second; };
    json.field("command", runs.name);
    json.field("mean", wall.mean / ns_per_second);
    json.field("stddev", wall.stddev / ns_per_second);
    json.field("median", wall.median / ns_per_second);
    json.field("user", mean_of(runs.user));
    json.field("system", mean_of(runs.system()));
    json.field("min", wall.min / ns_per_second);
    json.field("max", wall.max / ns_per_second);
    std::vector<double> times = runs.wall;
    std::ranges::for_each(times, [](double& time) { time /= ns_per_second; });
    row_of(json, "times", times);
    row_of(json, "exit_codes", runs.statuses);
  });
}

// ---- Commands ------------------------------------------------------------------------------------------------------

void write_spread(JsonWriter& json, const Spread& spread) {
  write_json_number(json, "median", spread.median);
  write_json_interval(json, "low", "high", spread.interval);
  write_json_number(json, "mean", spread.mean);
  json.field("stddev", spread.stddev);
  write_json_number(json, "min", spread.min);
  write_json_number(json, "max", spread.max);
}

void write_name(JsonWriter& json, const QuantityName& name, const std::string& unit) {
  json.field("topic", std::string_view(key_of(name.topic)));
  json.field("item", name.item);
  json.field("aspect", name.aspect);
  json.field("unit", unit);
}

// Of the runs that measured it.
void write_quantity(JsonWriter& json, const QuantityName& name, const CommandRuns::Column& column) {
  std::vector<double> values = column.values;
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) {
    return;
  }
  json.object(
      [&] {
        write_name(json, name, column.unit);
        write_spread(json, spread_of(values));
        json.field("runs", values.size());
      },
      Layout::row);
}

// Means of sums over `runs`.
void write_time(JsonWriter& json, std::string_view key, const TimeSums& time, double runs) {
  const auto write_all = [&](std::string_view name, const std::map<std::string, double>& sums) {
    json.object(name, [&] {
      for (const auto& [item, sum] : sums) {
        if (sum != 0) {
          json.field(item, sum / runs);
        }
      }
    });
  };
  json.object(
      key,
      [&] {
        json.field("lifetime_ns", time.lifetime / runs);
        write_all("running_ns", time.running);
        json.field("queued_ns", time.queued / runs);
        write_all("blocked_ns", time.blocked);
      },
      Layout::row);
}

void write_part_name(JsonWriter& json, const PartName& name, const PartWords& words) {
  json.field("text", words.text(name));
  json.field("process", text_or_nothing(name.comm));
  json.field("kind", std::string_view(key_of(name.kind)));
  json.field("key", text_or_nothing(name.key));
}

void write_mean_parts(JsonWriter& json, std::string_view key, const CommandRuns& runs, const MeanParts& parts) {
  const PartWords words(runs, runs, several_processes(parts));
  json.array(key, [&] {
    for (const auto& part : parts) {
      json.object(
          [&] {
            write_part_name(json, part.first, words);
            json.field("mean_ns", part.second);
          },
          Layout::row);
    }
  });
}

void write_command(JsonWriter& json, const Experiment& experiment, std::size_t command) {
  const CommandRuns& runs = experiment.commands[command];
  const auto count = static_cast<double>(runs.count());
  json.object([&] {
    json.field("label", command_label(experiment, command));
    json.field("name", runs.name);
    json.field("command", runs.command);
    json.field("program", runs.program);
    json.field("calls_seen", runs.calls_seen);
    json.field("in_sequence", ran_in_sequence(runs));
    row_of(json, "rounds", runs.rounds);
    row_of(json, "statuses", runs.statuses);
    row_of(json, "wall_ns", whole_ns(runs.wall));
    row_of(json, "cpu_ns", whole_ns(runs.cpu));
    row_of(json, "user_ns", whole_ns(runs.user));
    write_mean_parts(json, "wall_parts", runs, mean_wall_parts(runs));
    write_mean_parts(json, "cpu_parts", runs, mean_cpu_parts(runs));
    json.array("quantities", [&] {
      for (const auto& [name, column] : runs.quantities) {
        write_quantity(json, name, column);
      }
    });
    write_time(json, "time", runs.time, count);
    json.field("process_count", runs.process_count / count);
    json.array("processes", [&] {
      for (const auto& [comm, named] : runs.processes) {
        json.object([&, &name = comm, &sums = named] {
          json.field("comm", name);
          json.field("count", sums.count / count);
          write_time(json, "time", sums.time, count);
        });
      }
    });
    json.object("losses", [&] {
      for (const auto& [loss, number] : runs.losses) {
        write_json_number(json, loss, number);
      }
    });
  });
}

// ---- Pairs ---------------------------------------------------------------------------------------------------------

void write_answer(JsonWriter& json, const QuantityAnswer& answer) {
  write_name(json, answer.name, answer.unit);
  write_json_number(json, "left", answer.left);
  write_json_number(json, "right", answer.right);
  json.field("ratio", answer.ratio ? std::optional(answer.ratio->ratio) : std::nullopt);
  write_json_interval(json, "ratio_low", "ratio_high",
                      answer.ratio ? std::optional(answer.ratio->interval) : std::nullopt);
  json.field("answer", std::string_view(to_string(answer.answer)));
  json.field("rounds_to_decide", answer.rounds_to_decide);
}

void write_part_figures(JsonWriter& json, const PartOfDifference& part) {
  json.field("left_ns", part.left);
  json.field("right_ns", part.right);
  json.field("difference_ns", part.difference);
  write_json_interval(json, "low_ns", "high_ns", part.interval);
}

void write_difference(JsonWriter& json, std::string_view key, const Experiment& experiment, const PairComparison& pair,
                      const std::optional<TimeDifference>& difference) {
  if (!difference) {
    json.field(key, nullptr);
    return;
  }
  const PartWords words(experiment.commands[pair.left], experiment.commands[pair.right],
                        several_processes(difference->parts));
  json.object(key, [&] {
    write_part_figures(json, difference->whole);
    json.field("rounds", difference->rounds);
    json.array("parts", [&] {
      for (const TimePart& part : difference->parts) {
        json.object(
            [&] {
              write_part_name(json, part.name, words);
              write_part_figures(json, part.figures);
            },
            Layout::row);
      }
    });
  });
}

void write_pair(JsonWriter& json, const Experiment& experiment, const PairComparison& pair) {
  json.object([&] {
    json.field("left", pair.left);
    json.field("right", pair.right);
    json.field("rounds", pair.rounds);
    json.field("children", pair.children);
    json.field("in_sequence", pair.in_sequence);
    json.object(
        "wall", [&] { write_answer(json, pair.wall); }, Layout::row);
    json.object(
        "cpu", [&] { write_answer(json, pair.cpu); }, Layout::row);
    write_difference(json, "wall_time", experiment, pair, pair.wall_time);
    write_difference(json, "cpu_time", experiment, pair, pair.cpu_time);
    json.array("quantities", [&] {
      for (const QuantityAnswer& answer : pair.quantities) {
        json.object([&] { write_answer(json, answer); }, Layout::row);
      }
    });
  });
}

void write_end(JsonWriter& json, const Experiment& experiment) {
  json.object(
      "window",
      [&] {
        json.field("end", std::string_view(to_string(experiment.end)));
        json.field("text", end_text(experiment));
        json.field("rounds", experiment.rounds);
        json.field("asked_for", experiment.asked_for);
        json.field("max_time_ns", experiment.budget);
        json.field("elapsed_ns", experiment.elapsed);
        write_json_clocks(json, experiment.clocks);
      },
      Layout::row);
}

}  // namespace

void render_comparison_json(const Comparison& comparison, std::ostream& out) {
  const Experiment& experiment = comparison.experiment;
  JsonWriter json(out);
  json.object([&] {
    json.field("schema", std::string_view("taskcost.compare/1"));
    json.object("tool", [&] {
      json.field("version", experiment.tool_version);
      json.field("command_line", experiment.command_line);
    });
    write_json_host(json, experiment.host);
    write_json_evidence(json, experiment.evidence);
    json.array("head", [&] {
      for (const std::string& sentence : answer_sentences(comparison)) {
        json.element(sentence);
      }
    });
    write_end(json, experiment);
    json.field("confidence", comparison.confidence);
    json.field("same_up_to", comparison.band.same);
    json.array("results", [&] {
      for (const CommandRuns& runs : experiment.commands) {
        write_result(json, runs);
      }
    });
    json.array("pairs", [&] {
      for (const PairComparison& pair : comparison.pairs) {
        write_pair(json, experiment, pair);
      }
    });
    json.array("commands", [&] {
      for (std::size_t command = 0; command < experiment.commands.size(); ++command) {
        write_command(json, experiment, command);
      }
    });
  });
  json.end_document();
}

}  // namespace taskcost
