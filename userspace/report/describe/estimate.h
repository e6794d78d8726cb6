// SPDX-License-Identifier: Apache-2.0
//
// The document of schema taskcost.estimate/1.
#pragma once

#include <optional>

#include "report/describe/keys.h"

namespace taskcost {

void describe(auto& v, Is<MeasuredOn> auto& on) {
  v.row("machine", "Kernel and hardware that something was measured on.");
  v.field("kernel", or_null(on.kernel), "As uname -r.");
  v.field("arch", or_null(on.arch), "As uname -m.");
  v.field("cpus", on.cpus, "CPUs that can run tasks.");
  v.field("virtualization", or_null(on.virtualization), "none, kvm, ...");
}

void describe(auto& v, Is<Estimate::Sum> auto& sum) {
  v.row("sum", "Time on CPUs in both models.");
  v.field("here_ns", sum.here, "Measured, in the report.");
  v.field("there_ns", sum.there.value, "In the other model.");
  v.field("low_ns", sum.there.low, "At least.");
  v.field("high_ns", sum.there.high, "At most.");
}

void describe(auto& v, Is<EstimateLine> auto& line) {
  const bool priced = line.state == EstimateLine::State::priced;
  const auto if_priced = [priced](double value) { return priced ? std::optional(value) : std::nullopt; };
  const auto each = [&line](double sum) {
    return line.count && *line.count > 0 ? std::optional(sum / *line.count) : std::nullopt;
  };
  v.object("line", "A part of the time that costs something else in the other model.");
  v.field("id", line.id, "Its name.");
  v.field("quantity", line.quantity, "For people.");
  v.field("state", line.state, "not priced: the price list lacks a price; not measured: the report lacks the count.");
  v.field("user", line.user, "User code; false: the kernel.");
  v.field("count", line.count, "How many; null: not measured.");
  v.field("here_ns", line.here, "In the report.");
  v.field("there_ns", if_priced(line.there.value), "In the other model.");
  v.field("low_ns", if_priced(line.there.low), "At least.");
  v.field("high_ns", if_priced(line.there.high), "At most.");
  v.field("difference_ns", if_priced(line.there.value - line.here), "there_ns - here_ns");
  v.field("each_here_ns", each(line.here), "Of one.");
  v.field("each_there_ns", priced ? each(line.there.value) : std::nullopt, "Of one.");
  v.field("note", line.note, "What the figures rest on; for people.");
}

void describe(auto& v, Is<EstimateFact> auto& fact) {
  v.object("fact", "What is the same in either model, or has no counterpart in the other one.");
  v.field("id", fact.id, "Its name.");
  v.field("quantity", fact.quantity, "For people.");
  v.field("state", fact.state, "included: in the price of a line; at least: it costs as much, perhaps more.");
  v.field("count", fact.count, "How many, or how much.");
  v.field("unit", fact.unit, "Of the count: count, bytes.");
  v.field("running_ns", fact.time, "On CPUs.");
  v.field("note", fact.note, "For people.");
}

void describe(auto& v, Is<Estimate> auto& estimate) {
  v.object("", "The counts of a report of taskcost, priced in the other model. Times are nanoseconds on CPUs.");
  v.constant("schema", "taskcost.estimate/1");
  v.derived(
      "estimate", [] { return true; }, "Nothing here was measured in the other model.");
  v.field("report", group([&] {
            v.field("name", or_null(estimate.name), "Of the file.");
            v.field("command", or_null(estimate.command), "That was observed.");
            v.field("mode", or_null(estimate.mode), "How it came to be observed.");
            v.field("host", estimate.program_on, "Where it ran.");
          }),
          "What is priced.");
  v.field("prices", group([&] {
            v.field("name", or_null(estimate.prices_name), "Of the file; null: measured for this estimate.");
            v.field("host", estimate.prices_on, "Where they were measured.");
          }),
          "The price list.");
  v.field("warnings", on_lines(estimate.warnings), "For people.");
  v.field("as", estimate.to, "The model that is priced.");
  v.field("workers", estimate.workers, "Tasks that change their model.");
  v.field("cpu", estimate.cpu, "All time on CPUs.");
  v.field("kernel", estimate.kernel, "The part of it in the kernel; null: user and kernel time are one.");
  v.derived(
      "lines_without_price", [&] { return estimate.without_price(); }, "Not in the sums.");
  v.field("run_to_run", estimate.run_to_run, "Factor between two runs that the sums allow for.");
  v.field("rest_ns", estimate.rest, "Of cpu, in no line: the same in both models.");
  v.field("lines", estimate.lines, "What changes.");
  v.field("facts", estimate.facts, "What does not.");
}

}  // namespace taskcost
