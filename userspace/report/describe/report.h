// SPDX-License-Identifier: Apache-2.0
//
// Describes the report as a whole, and the parts about tool, host and evidence that all documents have.
#pragma once

#include <optional>
#include <string>

#include "report/describe/claims.h"
#include "report/describe/session.h"
#include "report/remarks.h"
#include "report/units.h"
#include "taskcost/report.h"

namespace taskcost {

void describe(auto& v, Is<Report::Host> auto& host) {
  v.object("host", "The machine that was observed.");
  v.field("kernel", host.kernel, "As uname -r.");
  v.field("arch", host.arch, "As uname -m.");
  v.field("cpus", host.cpus, "CPUs that can run tasks.");
  v.field("virtualization", or_null(host.virtualization), "none, kvm, ...; null: unknown.");
  v.field("name", or_null(host.name), "As uname -n.");
  v.field("machine_id", or_null(host.machine_id), "machine-id(5)");
  v.field("boot_id", or_null(host.boot_id), "Random for each boot: instants of one boot are comparable.");
}

void describe(auto& v, Is<Evidence> auto& evidence) {
  v.object("evidence", "Where a figure comes from.");
  v.field("figure", evidence.figure, "Its name.");
  v.field("source", evidence.source, "The hooks in use; empty when unavailable.");
  v.field("kind", evidence.kind, "How good the source is.");
  v.field("why", evidence.why, "Why there is no better source; empty when this is the best.");
  v.field("hint", evidence.hint, "What would make it better.");
}

void describe(auto& v, Is<Remark> auto& remark) {
  v.object("remark", "What a figure lacks, and why.");
  v.field("about", remark.about, "Its place in this document.");
  v.field("text", remark.text, "For people.");
  v.field("matters", remark.matters, "A figure is noticeably different for it.");
}

// The version and the command line of the tool.
template <typename Text>
auto describe_tool(auto& v, Text& version, Text& command_line) {
  v.field("tool", group([&] {
            v.field("version", version, "Of taskcost.");
            v.field("command_line", command_line, "As it was called.");
          }),
          "What wrote this.");
}

// The keys of an instant, one for each clock that was read.
struct ClockKeys {
  const char* time;
  const char* realtime;
  const char* boottime;
};
void describe_clocks(auto& v, const ClockKeys& keys, Is<std::optional<ClockAnchor>> auto& anchor) {
  auto realtime = anchor ? std::optional(anchor->realtime_ns) : std::nullopt;
  auto boottime = anchor ? std::optional(anchor->boottime_ns) : std::nullopt;
  v.derived(
      keys.time, [&] { return realtime ? std::optional(iso_time_text(*realtime)) : std::nullopt; },
      "By CLOCK_REALTIME, as ISO 8601.");
  v.field(keys.realtime, realtime, "By CLOCK_REALTIME.");
  v.field(keys.boottime, boottime, "By CLOCK_BOOTTIME.");
  if constexpr (reads<decltype(v)>) {
    if (realtime && boottime) {
      anchor = ClockAnchor{0, *realtime, *boottime};
    }
  }
}
void describe_clocks(auto& v, Is<WindowClocks> auto& clocks) {
  describe_clocks(v, {"start_time", "start_realtime_ns", "start_boottime_ns"}, clocks.start);
  describe_clocks(v, {"end_time", "end_realtime_ns", "end_boottime_ns"}, clocks.end);
}

// The anchor at another instant. Times before 0 wrap around.
inline std::optional<ClockAnchor> moved(const std::optional<ClockAnchor>& anchor, Instant to) {
  if (!anchor) {
    return std::nullopt;
  }
  const std::uint64_t later = static_cast<std::uint64_t>(to.time_since_epoch().count()) - anchor->monotonic_ns;
  return ClockAnchor{anchor->monotonic_ns + later, anchor->realtime_ns + later, anchor->boottime_ns + later};
}

void describe_window(auto& v, Is<Report> auto& report) {
  auto& session = report.session;
  v.field("start_ns", session.start, "CLOCK_MONOTONIC, as all instants.");
  v.field("end_ns", session.end, "CLOCK_MONOTONIC.");
  v.derived(
      "wall_ns", [&] { return session.end - session.start; }, "Between them.");
  v.field("exit", report.window_end, "What ended it.");
  v.field("stolen_ns", report.stolen,
          "That the hypervisor ran instead of this machine's CPUs, summed over them, in steps of a clock tick; the "
          "kernel books it to what it interrupted. null: not virtualized, or not known.");
  WindowClocks clocks = report.clocks;
  if (session.end > session.start) {  // a report of `verify` has many windows, and no times of its own
    clocks = {moved(clocks.start, session.start), moved(clocks.end, session.end)};
  }
  describe_clocks(v, clocks);
  if constexpr (reads<decltype(v)>) {
    if (session.end < session.start) {
      v.complain("no window: it ends before it begins");
    }
    report.clocks = {clocks.start, clocks.end};
    if (report.clocks.start) {
      report.clocks.start->monotonic_ns = static_cast<std::uint64_t>(session.start.time_since_epoch().count());
    }
    if (report.clocks.end) {
      report.clocks.end->monotonic_ns = static_cast<std::uint64_t>(session.end.time_since_epoch().count());
    }
  }
}

void describe(auto& v, Is<Report::Target> auto& target) {
  v.object("target", "What was observed.");
  v.field("mode", target.mode, "How it came to be observed.");
  v.field("command", target.command, "As it was given.");
  v.field("pid", target.pid, "null: several, or none.");
  v.field("exit_code", target.exit_code, "null: it lives, or a signal ended it.");
  v.field("exit_signal", target.exit_signal, "null: it lives, or it exited.");
}

void describe(auto& v, Is<ProbeCost> auto& probe) {
  v.row("probe", "What a probe cost.");
  v.field("name", probe.name, "Of the program.");
  v.field("runs", probe.runs, "null: not asked for (--probe-stats).");
  v.field("run_ns", probe.run_time, "Of all runs.");
  v.field("skipped", probe.skipped, "Runs that the kernel left out.");
}

void describe(auto& v, Is<MeasuredOverhead::Figure> auto& figure) {
  v.row("overhead", "A cost of the command, with probes and without.");
  v.field("without_ns", in_full(figure.without), "Median.");
  v.field("with_ns", in_full(figure.with), "Median.");
  v.field("ratio", figure.ratio, "With over without, by pairs; null: too few.");
  describe_interval(v, "ratio_low", "ratio_high", figure.interval, "Of its interval.");
}

void describe(auto& v, Is<MeasuredOverhead> auto& measured) {
  v.object("measured_overhead", "The command with probes over the command without any.");
  v.field("rounds", measured.rounds, "That were measured.");
  v.field("wall", measured.wall, "Wall time.");
  v.field("cpu", measured.cpu, "Of the command and the children that it waited for, by getrusage(2).");
}

void describe(auto& v, Is<Observer> auto& observer) {
  v.object("observer", "What the observation itself cost.");
  v.field("probes", observer.probes, "By program.");
  v.field("userspace_cpu_ns", observer.userspace_cpu, "Of the collector, until the end of the window.");
  v.field("per_transition_ns", observer.per_transition, "Calibrated at start, with warm caches.");
  v.field("transitions", observer.transitions, "In the window, as far as they are counted.");
  v.field("stacks_ns", observer.stack_time, "Of unwinding; null: no stacks were asked for.");
  v.field("share_of_wall", observer.share_of_wall, "Of wall time, that probes and collector took.");
  v.field("attach_ns", observer.attach_time, "From loading to the first ledger.");
  v.field("per_transition_cold_ns", observer.per_transition_cold, "With cold caches.");
  v.field("share_of_cpu", observer.share_of_cpu,
          "What the probes took of the observed tasks' time on CPUs, with warm caches.");
  v.field("share_of_cpu_cold", observer.share_of_cpu_cold, "With cold caches; null: it would be all of it.");
  v.field("measured", observer.measured, "Of --measure-overhead.");
}

void describe(auto& v, Is<Report> auto& report) {
  v.object("",
           "What the kernel spent on each observed process and thread. Times are integer nanoseconds, instants "
           "CLOCK_MONOTONIC, sizes bytes. null: not measured; 0: measured, and none. Names, commands and arguments "
           "come from observed programs: every byte that is not valid UTF-8 stands as U+FFFD, and everything outside "
           "printable ASCII is \\u-escaped.");
  v.constant("schema", "taskcost.report/1");
  describe_tool(v, report.tool_version, report.command_line);
  v.field("host", report.host, "The machine that was observed.");
  v.field("window", group([&] { describe_window(v, report); }), "When it was observed.");
  v.field("target", report.target, "What was observed.");
  v.field("evidence", report.evidence, "Where each figure comes from.");
  v.field("losses", report.session.losses, "What went missing.");
  v.derived(
      "remarks", [&] { return remarks_of(report); }, "What figures lack.");
  v.field("records", report.records, "null: the transitions were not recorded.");
  v.field("observer", report.observer, "What the observation itself cost.");
  describe_tasks(v, report.session);
  describe_findings(v, report.session);
  v.field("claims", report.claims, "Of `verify`.");
  v.field("comparisons", report.comparisons, "Variants of a workload, two by two.");
  v.field("price_list", report.prices, "What one of something costs on this machine; of `verify`.");
  v.field("sweeps", report.sweeps, "Figures by size.");
  v.field("tables", report.tables, "Figures of several variants.");
  v.field("stacks", report.stacks, "null: not asked for.");
}

}  // namespace taskcost
