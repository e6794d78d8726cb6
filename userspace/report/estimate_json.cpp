// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "report/json_writer.h"
#include "taskcost/estimate.h"

namespace taskcost {
namespace {

using Layout = JsonWriter::Layout;

std::string_view json_key(EstimateLine::State state) {
  switch (state) {
    case EstimateLine::State::priced:
      return "priced";
    case EstimateLine::State::not_priced:
      return "not priced";
    case EstimateLine::State::not_measured:
      break;
  }
  return "not measured";
}

std::string_view json_key(EstimateFact::State state) {
  switch (state) {
    case EstimateFact::State::unchanged:
      return "unchanged";
    case EstimateFact::State::no_counterpart:
      return "no counterpart";
    case EstimateFact::State::included:
      return "included";
    case EstimateFact::State::falls_away:
      return "falls away";
    case EstimateFact::State::bound:
      break;
  }
  return "at least";
}

std::optional<std::string_view> text_or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

void write_machine(JsonWriter& json, std::string_view key, const MeasuredOn& on) {
  json.object(
      key,
      [&] {
        json.field("kernel", text_or_null(on.kernel));
        json.field("arch", text_or_null(on.arch));
        json.field("cpus", on.cpus);
        json.field("virtualization", text_or_null(on.virtualization));
      },
      Layout::row);
}

void write_sum(JsonWriter& json, std::string_view key, const std::optional<Estimate::Sum>& sum) {
  if (!sum) {
    json.field(key, nullptr);
    return;
  }
  json.object(
      key,
      [&] {
        json.field("here_ns", sum->here);
        json.field("there_ns", sum->there.value);
        json.field("low_ns", sum->there.low);
        json.field("high_ns", sum->there.high);
      },
      Layout::row);
}

std::optional<double> each(double sum, const std::optional<double>& count) {
  return count && *count > 0 ? std::optional(sum / *count) : std::nullopt;
}

void write_line(JsonWriter& json, const EstimateLine& line) {
  const bool priced = line.state == EstimateLine::State::priced;
  const auto if_priced = [priced](double value) { return priced ? std::optional(value) : std::nullopt; };
  json.object([&] {
    json.field("id", line.id);
    json.field("quantity", line.quantity);
    json.field("state", json_key(line.state));
    json.field("user", line.user);
    json.field("count", line.count);
    json.field("here_ns", line.here);
    json.field("there_ns", if_priced(line.there.value));
    json.field("low_ns", if_priced(line.there.low));
    json.field("high_ns", if_priced(line.there.high));
    json.field("difference_ns", if_priced(line.there.value - line.here));
    json.field("each_here_ns", each(line.here, line.count));
    json.field("each_there_ns", priced ? each(line.there.value, line.count) : std::nullopt);
    json.field("note", line.note);
  });
}

void write_fact(JsonWriter& json, const EstimateFact& fact) {
  json.object([&] {
    json.field("id", fact.id);
    json.field("quantity", fact.quantity);
    json.field("state", json_key(fact.state));
    json.field("count", fact.count);
    json.field("unit", fact.unit);
    json.field("running_ns", fact.time);
    json.field("note", fact.note);
  });
}

}  // namespace

void render_estimate_json(const Estimate& estimate, std::ostream& out) {
  JsonWriter json(out);
  json.object([&] {
    json.field("schema", std::string_view("taskcost.estimate/1"));
    json.field("estimate", true);
    json.object("report", [&] {
      json.field("name", text_or_null(estimate.name));
      json.field("command", text_or_null(estimate.command));
      json.field("mode", text_or_null(estimate.mode));
      write_machine(json, "host", estimate.program_on);
    });
    json.object("prices", [&] {
      json.field("name", text_or_null(estimate.prices_name));
      write_machine(json, "host", estimate.prices_on);
    });
    json.array("warnings", [&] {
      for (const std::string& warning : estimate.warnings) {
        json.element(std::string_view(warning));
      }
    });
    json.field("as", std::string_view(to_string(estimate.to)));
    json.field("workers", estimate.workers);
    write_sum(json, "cpu", estimate.cpu);
    write_sum(json, "kernel", estimate.kernel);
    json.field("lines_without_price", estimate.without_price());
    json.field("run_to_run", estimate.run_to_run);
    json.field("rest_ns", estimate.rest);
    json.array("lines", [&] {
      for (const EstimateLine& line : estimate.lines) {
        write_line(json, line);
      }
    });
    json.array("facts", [&] {
      for (const EstimateFact& fact : estimate.facts) {
        write_fact(json, fact);
      }
    });
  });
  json.end_document();
}

}  // namespace taskcost
