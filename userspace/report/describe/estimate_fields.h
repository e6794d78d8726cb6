// SPDX-License-Identifier: Apache-2.0
//
// The document of schema taskcost.estimate/1.
#pragma once

#include <optional>

#include "report/describe/verdict_keys.h"

namespace taskcost {

void describe(auto& v, Is<MeasuredOn> auto& on) {
  v.row("machine", "Kernel and hardware that something was measured on.");
  v.field("kernel", or_null(on.kernel), "Kernel release, as uname -r.");
  v.field("arch", or_null(on.arch), "Architecture, as uname -m.");
  v.field("cpus", on.cpus, "CPUs that can run tasks.");
  v.field("virtualization", or_null(on.virtualization), "none, kvm, ...; null: unknown.");
}

void describe(auto& v, Is<Estimate::Sum> auto& sum) {
  v.row("sum", "CPU time in both models.");
  v.field("here_ns", sum.measured, "Measured cost in the report.");
  v.field("there_ns", sum.estimated.value, "Estimated cost in the other model.");
  v.field("low_ns", sum.estimated.low, "Lower bound of there_ns.");
  v.field("high_ns", sum.estimated.high, "Upper bound of there_ns.");
}

void describe(auto& v, Is<EstimateLine> auto& line) {
  const bool priced = line.state == EstimateLine::State::priced;
  const auto if_priced = [priced](double value) { return priced ? std::optional(value) : std::nullopt; };
  const auto each = [&line](double sum) {
    return line.count && *line.count > 0 ? std::optional(sum / *line.count) : std::nullopt;
  };
  v.object("line", "A part of the CPU time with another cost in the other model.");
  v.field("id", line.id, "Stable key of the line.");
  v.field("quantity", line.quantity, "Name of the line, for people.");
  v.field("state", line.state,
          "priced; not priced: the price list lacks a price; not measured: the report lacks the count.");
  v.field("user", line.user, "true: time in user code; false: time in the kernel.");
  v.field("count", line.count, "Number of operations; null: not measured.");
  v.field("here_ns", line.measured, "CPU time in the report.");
  v.field("there_ns", if_priced(line.estimated.value), "Estimated cost in the other model.");
  v.field("low_ns", if_priced(line.estimated.low), "Lower bound of there_ns.");
  v.field("high_ns", if_priced(line.estimated.high), "Upper bound of there_ns.");
  v.field("difference_ns", if_priced(line.estimated.value - line.measured), "there_ns - here_ns");
  v.field("each_here_ns", each(line.measured), "Cost of one operation in the report.");
  v.field("each_there_ns", priced ? each(line.estimated.value) : std::nullopt,
          "Cost of one operation in the other model.");
  v.field("note", line.note, "Basis of the figures, for people.");
}

void describe(auto& v, Is<EstimateFact> auto& fact) {
  v.object("fact", "A figure that is the same in both models, or has no counterpart in the other one.");
  v.field("id", fact.id, "Stable key of the fact.");
  v.field("quantity", fact.quantity, "Name of the figure, for people.");
  v.field("state", fact.state,
          "unchanged: the same in both models; no counterpart: the other model has none; falls away: the other model "
          "does not need it; included: it is in the price of a line; at least: an additional cost that the sum does "
          "not include.");
  v.field("count", fact.count, "Number, or amount in `unit`.");
  v.field("unit", fact.unit, "Unit of the count.");
  v.field("running_ns", fact.time, "CPU time in the report; null: not measured.");
  v.field("note", fact.note, "Explanation, for people.");
}

void describe(auto& v, Is<Estimate> auto& estimate) {
  v.object("",
           "The cost of a program in the other model, from the counts of its report and a price list. Times are CPU "
           "times in nanoseconds.");
  v.constant("schema", "taskcost.estimate/1");
  v.derived(
      "estimate", [] { return true; }, "Always true: figures of the other model are estimated, not measured.");
  v.field("report", group([&] {
            v.field("name", or_null(estimate.name), "Name of the file.");
            v.field("command", or_null(estimate.command), "Command that was observed.");
            v.field("mode", or_null(estimate.mode), "How it was observed.");
            v.field("host", estimate.program_on, "Machine that the program ran on.");
          }),
          "The report that is priced.");
  v.field("prices", group([&] {
            v.field("name", or_null(estimate.prices_name),
                    "Name of the file; null: the prices were measured for this estimate.");
            v.field("host", estimate.prices_on, "Machine that the prices were measured on.");
          }),
          "The price list.");
  v.field("warnings", on_lines(estimate.warnings), "Warnings, for people.");
  v.field("as", estimate.to, "The other model, whose cost is estimated.");
  v.field("workers", estimate.workers, "Number of tasks that change their model.");
  v.field("cpu", estimate.cpu, "All CPU time, in user code and in the kernel.");
  v.field("kernel", estimate.kernel, "CPU time in the kernel; null: there is no split into user and kernel time.");
  v.derived(
      "lines_without_price", [&] { return estimate.without_price(); },
      "Number of lines without a price, whose cost stays unchanged in the sums.");
  v.field("run_to_run", estimate.run_to_run,
          "Factor between two runs of the same program, which the bounds of the sums include.");
  v.field("rest_ns", estimate.rest, "CPU time outside the lines, which is the same in both models.");
  v.field("lines", estimate.lines, "Costs that change.");
  v.field("facts", estimate.facts, "Figures that do not change, or have no counterpart.");
}

}  // namespace taskcost
