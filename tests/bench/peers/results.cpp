// SPDX-License-Identifier: Apache-2.0
#include "bench/peers/results.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/units.h"
#include "report/text/page.h"
#include "verdict/sampling.h"

namespace taskcost::bench {
namespace {

template <typename Pick>
std::vector<double> of_rounds(const Row& row, Pick pick) {
  std::vector<double> values;
  for (const Row::Round& round : row.rounds) {
    values.push_back(pick(round));
  }
  return values;
}

std::vector<double> added_ns(const Row& row) {
  return of_rounds(row, [](const Row::Round& round) { return round.traced.ns - round.untraced_ns; });
}

std::vector<double> untraced_ns(const Block& block) {
  std::vector<double> all;
  for (const Row& row : block.rows) {
    const auto some = of_rounds(row, [](const Row::Round& round) { return round.untraced_ns; });
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

// The values of the rounds that have this figure.
std::vector<double> known_values(const Row& row, std::optional<std::uint64_t> Measurement::*figure) {
  std::vector<double> values;
  for (const Row::Round& round : row.rounds) {
    if (const auto& value = round.traced.*figure) {
      values.push_back(static_cast<double>(*value));
    }
  }
  return values;
}

std::optional<std::uint64_t> whole(const std::vector<double>& values, double value) {
  return values.empty() ? std::nullopt : std::optional(static_cast<std::uint64_t>(value));
}

std::string estimate_text(const std::optional<Estimate>& estimate) {
  return estimate
             ? fmt::format("{:.2f} [{:.2f}, {:.2f}]", estimate->value, estimate->interval.low, estimate->interval.high)
             : "-";
}

template <typename Text>
std::string text_or_dash(const std::optional<std::uint64_t>& value, Text text) {
  return value ? text(static_cast<double>(*value)) : "-";
}

sections::Table table_of(const Block& block) {
  sections::Table table({sections::left("tool"), "slowdown [95 %]", "of empty [95 %]", "lost", "memory", "output"});
  for (const Row& row : block.rows) {
    if (!row.not_possible.empty()) {
      table.row({row.tool.name});
      table.note("not possible: " + row.not_possible, sections::margin);
      continue;
    }
    table.row({row.tool.name, estimate_text(slowdown(row)), estimate_text(multiple_of_empty(row, block)),
               text_or_dash(lost_in_all(row), number_text), text_or_dash(peak_memory(row), bytes_text),
               text_or_dash(median_output(row), bytes_text)});
  }
  return table;
}

using Json = nlohmann::ordered_json;

Json json_of(const std::optional<Estimate>& estimate) {
  return estimate ? Json{{"value", estimate->value}, {"low", estimate->interval.low}, {"high", estimate->interval.high}}
                  : Json();
}

Json json_of(const std::optional<std::uint64_t>& value) { return value ? Json(*value) : Json(); }

Json json_of(const Row& row, const Block& block) {
  const bool possible = row.not_possible.empty();
  Json json = {{"name", row.tool.name}, {"what", row.tool.what}};
  json["not_possible"] = possible ? Json() : Json(row.not_possible);
  json["slowdown"] = json_of(possible ? slowdown(row) : std::nullopt);
  json["of_empty"] = json_of(possible ? multiple_of_empty(row, block) : std::nullopt);
  json["lost"] = json_of(lost_in_all(row));
  json["memory_bytes"] = json_of(peak_memory(row));
  json["output_bytes"] = json_of(median_output(row));
  json["rounds"] = Json::array();
  for (const Row::Round& round : row.rounds) {
    json["rounds"].push_back({{"untraced_ns", round.untraced_ns}, {"traced_ns", round.traced.ns}});
  }
  return json;
}

}  // namespace

std::optional<Estimate> slowdown(const Row& row) {
  if (row.rounds.empty()) {
    return std::nullopt;
  }
  const auto ratios = of_rounds(row, [](const Row::Round& round) { return round.traced.ns / round.untraced_ns; });
  return Estimate{median(ratios), median_interval(ratios)};
}

std::optional<Estimate> multiple_of_empty(const Row& row, const Block& block) {
  const auto empty = std::ranges::find(block.rows, row.tool.empty, [](const Row& other) { return other.tool.name; });
  if (row.tool.empty.empty() || empty == block.rows.end()) {
    return std::nullopt;
  }
  const auto ratio = compare(added_ns(row), added_ns(*empty));
  return ratio ? std::optional(Estimate{ratio->ratio, ratio->interval}) : std::nullopt;
}

std::optional<std::uint64_t> lost_in_all(const Row& row) {
  const auto lost = known_values(row, &Measurement::lost);
  double sum = 0;
  for (const double value : lost) {
    sum += value;
  }
  return whole(lost, sum);
}

std::optional<std::uint64_t> peak_memory(const Row& row) {
  const auto memory = known_values(row, &Measurement::memory_bytes);
  return whole(memory, memory.empty() ? 0 : *std::ranges::max_element(memory));
}

std::optional<std::uint64_t> median_output(const Row& row) {
  const auto output = known_values(row, &Measurement::output_bytes);
  return whole(output, output.empty() ? 0 : median(output));
}

void render_text(const Results& results, std::ostream& out) {
  constexpr unsigned width = 100;
  sections::Section head("head");
  head.say(fmt::format("Linux {}, {}, clock source {}; {}; load {:.2f} before, {:.2f} after", results.kernel,
                       counted(results.cpus, "CPU", "CPUs"), results.clock_source,
                       counted(results.rounds, "round", "rounds"), results.load_before, results.load_after),
           sections::Tone::plain, 0);
  std::vector<sections::Section> page{std::move(head)};
  for (const Block& block : results.blocks) {
    sections::Section section(std::string(block.workload.name),
                              fmt::format("{}: {}", block.workload.name, block.workload.what));
    if (const auto untraced = untraced_ns(block); !untraced.empty()) {
      section.say(fmt::format("untraced: {} a {}", nanoseconds_text(median(untraced)), block.workload.each));
    }
    section.add(table_of(block));
    page.push_back(std::move(section));
  }
  paint_text(page, out, {.width = width});
}

void render_json(const Results& results, std::ostream& out) {
  Json json = {{"schema", "taskcost.overhead/1"},
               {"kernel", results.kernel},
               {"cpus", results.cpus},
               {"clock_source", results.clock_source},
               {"load_before", results.load_before},
               {"load_after", results.load_after},
               {"rounds", results.rounds},
               {"workloads", Json::array()}};
  for (const Block& block : results.blocks) {
    const auto untraced = untraced_ns(block);
    Json workload = {{"name", block.workload.name},
                     {"what", block.workload.what},
                     {"each", block.workload.each},
                     {"untraced_ns", untraced.empty() ? Json() : Json(median(untraced))},
                     {"tools", Json::array()}};
    for (const Row& row : block.rows) {
      workload["tools"].push_back(json_of(row, block));
    }
    json["workloads"].push_back(workload);
  }
  out << json.dump(2) << "\n";
}

}  // namespace taskcost::bench
