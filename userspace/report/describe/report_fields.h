// SPDX-License-Identifier: Apache-2.0
//
// Describes the report as a whole, and the parts about tool, host and evidence that all documents have.
#pragma once

#include <optional>
#include <string>

#include "base/units.h"
#include "report/describe/claims_fields.h"
#include "report/describe/session_fields.h"
#include "report/describe/summary_fields.h"
#include "report/remarks.h"
#include "report/words.h"
#include "verdict/report.h"

namespace taskcost {

void describe(auto& v, Is<Host> auto& host) {
  v.object("host", "The machine that was observed.");
  v.field("kernel", host.kernel, "Kernel release, as uname -r.");
  v.field("arch", host.arch, "Architecture, as uname -m.");
  v.field("cpus", host.cpus, "CPUs that can run tasks.");
  v.field("virtualization", or_null(host.virtualization), "none, kvm, ...; null: unknown.");
  v.field("name", or_null(host.name), "Host name, as uname -n; null: unknown.");
  v.field("machine_id", or_null(host.machine_id), "Id of the installation, from machine-id(5); null: unknown.");
  v.field("boot_id", or_null(host.boot_id),
          "Random id of the boot: instants of one boot are comparable. null: unknown.");
}

void describe(auto& v, Is<Evidence> auto& evidence) {
  v.object("evidence", "The source of a figure.");
  v.field("figure", evidence.figure, "Stable key of the figure.");
  v.field("source", evidence.source, "The hooks in use; empty if the figure is unavailable.");
  v.field("kind", evidence.kind, "How exact the source is.");
  v.field("why", evidence.why, "Why no better source is used; empty for the best source.");
  v.field("hint", evidence.hint, "How to get a better source; may be empty.");
  v.field("left_out", evidence.left_out, "The options left the figure out; `hint` has the one that adds it.");
}

void describe(auto& v, Is<Remark> auto& remark) {
  v.object("remark", "What a figure lacks, and why.");
  v.field("about", remark.about, "Path of the figure in this document.");
  v.field("text", remark.text, "Explanation, for people.");
  v.field("matters", remark.matters, "The figure is noticeably wrong because of it.");
}

// The version and the command line of the tool.
template <typename Text>
auto describe_tool(auto& v, Text& version, Text& command_line) {
  v.field("tool", group([&] {
            v.field("version", version, "Version of taskcost.");
            v.field("command_line", command_line, "Command line of taskcost.");
          }),
          "The tool that wrote this document.");
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
      "Start or end of the window by CLOCK_REALTIME, as ISO 8601 in UTC; null: unknown.");
  v.field(keys.realtime, realtime, "Start or end of the window by CLOCK_REALTIME, in ns since 1970; null: unknown.");
  v.field(keys.boottime, boottime, "Start or end of the window by CLOCK_BOOTTIME; null: unknown.");
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

void describe(auto& v, Is<UnitsOfWork> auto& per) {
  v.object("per", "What the caller counts as work.");
  v.field("units", per.number, "Number of units; 0 if they are those of the counter or of the region.");
  v.field("counter", per.counter,
          "The counter whose total is the number of units; null: they were given, or are regions.");
  v.field("region", or_null(per.region), "The marked region whose count is the number of units; null: none.");
}

void describe(auto& v, Is<FoundRegion> auto& region) {
  v.row("found_region", "A region that a program marked. user_ns to blocked_ns add up to time_ns.");
  v.field("name", or_null(region.name), "Name of the region; null: it has none, or it could not be read.");
  v.field("task", or_null(region.task), "`id` of its task; null: that is not kept one by one.");
  v.field("tid", or_null(region.tid), "TID in the initial pid namespace; null: unknown.");
  v.field("comm", or_null(region.comm), "Name of the task; null: unknown.");
  v.field("start_ns", region.start, "Return of the mark that begins it.");
  v.field("time_ns", region.time, "From there to the entry of the mark that ends it.");
  v.field("ended", region.ended, "False: its thread or program ended, or a region around it.");
  v.field("depth", region.depth, "Number of regions around it.");
  v.field("user_ns", region.user, "Running in user code.");
  v.field("calls_ns", region.calls, "Running in system calls.");
  v.field("faults_ns", region.faults, "Running in page faults.");
  v.field("preempted_ns", region.preempted, "Without a CPU after a switch-out of a runnable task.");
  v.field("runnable_ns", region.runnable, "From a wakeup to the switch-in.");
  v.field("blocked_ns", region.blocked, "Asleep.");
  v.field("wait", region.wait, "The cause of most of blocked_ns; null: it was not blocked.");
}

void describe(auto& v, Is<FoundRegions> auto& found) {
  v.object("found_regions", "The longest regions of a capture that --region and --longer-than admit.");
  v.field("name", found.name, "The pattern of their names.");
  v.field("longer_than_ns", found.longer_than, "They are longer than this; null: of any length.");
  v.field("count", found.count, "Number of all such regions; `regions` has the longest of them.");
  v.field("longest_ns", found.longest, "The longest region with such a name.");
  v.field("regions", found.regions, "The longest first.");
}

void describe_window(auto& v, Is<Report> auto& report) {
  auto& session = report.session;
  v.field("start_ns", session.start, "Start of the window by CLOCK_MONOTONIC, like all instants.");
  v.field("end_ns", session.end, "End of the window by CLOCK_MONOTONIC.");
  v.derived(
      "wall_ns", [&] { return session.end - session.start; }, "end_ns - start_ns");
  v.field("exit", report.window_end, "What ended the window.");
  v.field("stolen_ns", report.stolen,
          "Steal time of all CPUs from /proc/stat, in clock ticks; the kernel counts it for the interrupted tasks. "
          "null: not virtualized, or not known.");
  WindowClocks clocks = window_clocks(report);
  describe_clocks(v, clocks);
  if constexpr (reads<decltype(v)>) {
    if (session.end < session.start) {
      v.complain("not a window: it ends before it begins");
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

void describe(auto& v, Is<ReportedPart> auto& part) {
  v.object("capture_part", "A part of a capture. Tasks that live beyond it are cut at its bounds.");
  v.field("from_ns", part.from, "Start of the part since the start of the capture.");
  v.field("to_ns", part.to, "End of the part since the start of the capture.");
  v.field("capture_ns", part.whole, "Length of the capture.");
  v.field("pids", part.pids, "Processes that the part is limited to; empty: all.");
  v.field("comm", or_null(part.comm), "Pattern for the names of tasks that the part is limited to; null: all.");
}

void describe(auto& v, Is<KeptPart> auto& kept) {
  v.object("kept_part",
           "The last part of a recording, as a flight recorder (record --keep) kept it. Tasks that live beyond it are "
           "cut at its bounds.");
  v.field("why", kept.why, "Why it was written: a signal, a trigger, or the end of the recording.");
  v.field("recording_start_ns", kept.recording_start, "Start of the recording.");
  v.field("from_ns", kept.from, "Start of the kept part.");
  v.field("to_ns", kept.to, "End of the kept part.");
  v.field("trigger", or_null(kept.trigger), "The condition of --when that fired; null: none did.");
  v.field("value", kept.value,
          "The figure that made it fire: nanoseconds for latencies, otherwise a number or a number per second; null: "
          "none did.");
  v.field("value_text", or_null(kept.value_text), "The same with its unit; null: none did.");
  if constexpr (reads<decltype(v)>) {
    if (kept.to < kept.from || kept.from < kept.recording_start) {
      v.complain("not a part of a recording: it ends before it begins");
    }
  }
}

void describe(auto& v, Is<CriticalPath::Part> auto& part) {
  v.row("critical_part", "Time of one program in one state on the critical path.");
  v.field("comm", or_null(part.comm), "Last name of the tasks; null: not known.");
  v.field("condition", part.condition, "How the time passed; null: events were lost.");
  v.field("wait", part.wait, "What the tasks waited for, if blocked.");
  v.field("time_ns", part.time, "The time on the path.");
}

void describe(auto& v, Is<CriticalPath::FunctionPart> auto& part) {
  v.row("critical_function", "Time on the critical path of one program in one state and function.");
  v.field("comm", or_null(part.comm), "Last name of the tasks; null: not known.");
  v.field("function", or_null(part.function),
          "In which the tasks left their CPU: a wait is in it, a time on a CPU ends in it; null: not known.");
  v.field("condition", part.condition, "How the time passed; null: events were lost.");
  v.field("wait", part.wait, "What the tasks waited for, if blocked.");
  v.field("time_ns", part.time, "The time on the path.");
}

void describe(auto& v, Is<CriticalPath> auto& path) {
  v.object(
      "critical_path",
      "Backwards from the last exit: a wait that an observed task ended continues in that task, and all other time "
      "counts.");
  v.field("start_ns", path.start, "Where the path begins.");
  v.field("end_ns", path.end, "The last exit.");
  v.field("wakeups", path.wakeups, "How often the path goes from a task to its waker.");
  v.field("parts", path.parts, "They add up to end_ns - start_ns; the longest first.");
  v.field("functions", path.functions, "The same time by function; null: the capture has no stacks.");
}

void describe(auto& v, Is<ObservedTarget> auto& target) {
  v.object("target", "What was observed.");
  v.field("mode", target.mode, "How it was observed.");
  v.field("command", target.command, "The command as given.");
  v.field("pid", target.pid, "PID of the target; null: several, or none.");
  v.field("exit_code", target.exit_code, "Exit status; null: it still runs, or a signal killed it.");
  v.field("exit_signal", target.exit_signal, "Signal that killed it; null: it still runs, or it exited.");
}

void describe(auto& v, Is<ProbeCost> auto& probe) {
  v.row("probe", "The cost of a probe.");
  v.field("name", probe.name, "Name of the BPF program.");
  v.field("runs", probe.runs, "Number of runs; null: not requested by --probe-stats.");
  v.field("run_ns", probe.run_time, "Time of all runs; null: not requested by --probe-stats.");
  v.field("skipped", probe.skipped,
          "Runs that the kernel skipped because the program was running on that CPU already.");
}

void describe(auto& v, Is<MeasuredOverhead::Figure> auto& figure) {
  v.row("overhead", "A cost of the command with probes and without.");
  v.field("without_ns", in_full(figure.without), "Median without probes.");
  v.field("with_ns", in_full(figure.with), "Median with probes.");
  v.field("ratio", figure.ratio,
          "with_ns / without_ns, over pairs of runs; null: there are too few, or a side is 0 in one.");
  describe_interval(v, "ratio_low", "ratio_high", figure.interval,
                    "Lower end of the interval of the ratio; null: there is no ratio.");
}

void describe(auto& v, Is<MeasuredOverhead> auto& measured) {
  v.object("measured_overhead", "The command with probes compared with the command without probes.");
  v.field("rounds", measured.rounds, "Number of rounds.");
  v.field("wall", measured.wall, "Wall time of the command.");
  v.field("cpu", measured.cpu, "CPU time of the command and the children that it waited for, by getrusage(2).");
}

void describe(auto& v, Is<Observer> auto& observer) {
  v.object("observer", "The overhead of the observation.");
  v.field("probes", observer.probes, "Costs of the BPF programs.");
  v.field("userspace_cpu_ns", observer.userspace_cpu,
          "CPU time of taskcost in the window; null: the report is of a part of a capture.");
  v.field("per_transition_ns", observer.per_transition,
          "Cost of one transition with warm caches, calibrated at start.");
  v.field("transitions", observer.transitions,
          "Transitions in the window, as far as they were counted; null: as above.");
  v.field("stacks_ns", observer.stack_time,
          "CPU time spent unwinding stacks in the window, on all CPUs; null: no --stacks.");
  v.field("share_of_wall", observer.share_of_wall, "Time of probes and taskcost as a part of the wall time.");
  v.field("attach_ns", observer.attach_time, "Time from loading the programs to the first window.");
  v.field("per_transition_cold_ns", observer.per_transition_cold, "Cost of one transition with cold caches.");
  v.field("share_of_cpu", observer.share_of_cpu,
          "Time of the probes as a part of the observed tasks' CPU time, with warm caches.");
  v.field("share_of_cpu_cold", observer.share_of_cpu_cold,
          "The same with cold caches; null: it would exceed the CPU time.");
  v.field("measured", observer.measured, "Result of --measure-overhead; null: not requested.");
}

void describe(auto& v, Is<Report> auto& report) {
  v.object("",
           "What the kernel spent on each observed process and thread. Times are integer nanoseconds, instants "
           "CLOCK_MONOTONIC, sizes bytes. null: not measured; 0: measured, and none. Names, commands and arguments "
           "come from observed programs: every byte that is not valid UTF-8 is replaced with U+FFFD, and everything "
           "outside printable ASCII is \\u-escaped.");
  v.constant("schema", "taskcost.report/2");
  describe_tool(v, report.tool_version, report.command_line);
  v.field("host", report.host, "The machine that was observed.");
  v.field("window", group([&] { describe_window(v, report); }), "Time of the observation.");
  v.field("part", report.part,
          "The part of a capture that this report is of: its losses and the check of its records are those of the "
          "capture. null: all of the observation.");
  v.field("kept", report.kept,
          "The part of a recording that a flight recorder kept; null: nothing of the recording was forgotten.");
  v.field("target", report.target, "What was observed.");
  v.field("evidence", report.evidence, "The source of each figure.");
  v.field("losses", report.session.losses, "What was lost.");
  v.derived(
      "remarks", [&] { return remarks_of(report); }, "Explanations of what figures lack.");
  v.derived(
      "summary", [&] { return summary_of(report.session, report.group_by); },
      "Where the time of all tasks went, and the largest costs.");
  v.field("records", report.records, "Check of the recorded events; null: they were not recorded.");
  v.field("observer", report.observer, "The overhead of the observation.");
  v.field(
      "critical_path", report.critical_path,
      "What the time up to the last exit consists of; null: not recorded, no exit, a part of the tasks, or too many "
      "events.");
  describe_tasks(v, report.session);
  GroupBy by = report.grouping();
  v.field("groups", group([&] {
            v.field("by", by, "What the tasks of a group have in common.");
            v.derived(
                "groups", [&] { return groups_of(report.session, by); },
                "Groups, sorted by CPU time and the time that they waited for a CPU. They add up to `totals`.");
            v.derived(
                "edges", [&] { return edges_between_groups(report.session, by); },
                "Edges between groups, sorted by waiting time; kernel threads are one group here.");
            v.derived(
                "locks", [&] { return lock_waits_by_group(report.session, by); },
                "Sums of `locks` by group, sorted by time; empty if they were not measured.");
            v.derived(
                "wait_objects", [&] { return object_waits_by_group(report.session, by); },
                "Sums of `wait_objects` by group, sorted by time; empty if they were not measured.");
            v.derived(
                "ran_instead", [&] { return ran_instead_by_group(report.session, by); },
                "Sums of `ran_instead` by group, sorted by time; empty if it was not measured.");
            if constexpr (reads<decltype(v)>) {
              report.group_by = by == report.grouping() ? report.group_by : by;
            }
          }),
          "Sums over groups of tasks.");
  v.field("per", report.per, "The work that --per, --per-count or --per-region names; null: none was given.");
  describe_findings(v, report.session);
  v.field("found_regions", report.found_regions, "The regions that --region names; null: it was not given.");
  v.field("claims", report.claims, "Verdicts of `verify`.");
  v.field("comparisons", report.comparisons, "Pairs of variants of a workload.");
  v.field("price_list", report.prices, "Prices of operations on this machine, measured by `verify`.");
  v.field("sweeps", report.sweeps, "Figures as functions of a size.");
  v.field("tables", report.tables, "Figures of several variants.");
  v.field("stacks", report.stacks, "Call stacks; null: no --stacks.");
}

}  // namespace taskcost
