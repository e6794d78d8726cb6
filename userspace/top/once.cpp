// SPDX-License-Identifier: Apache-2.0
#include "top/once.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <string>

#include "base/escape.h"
#include "base/units.h"
#include "report/describe/report_fields.h"
#include "report/describe/schema.h"
#include "report/describe/write.h"
#include "top/screen_text.h"
#include "top/table.h"

namespace taskcost {
namespace {

constexpr unsigned min_width = 40;

void write_line(std::string text, std::ostream& out) {
  text.erase(text.find_last_not_of(' ') + 1);
  out << text << '\n';
}

// The document of schema taskcost.top/2.
struct TopDocument {
  const Changes& changes;
  const View& view;
  const TopScene& scene;
};

void describe_figures(auto& v, const TopDocument& top, const Figures& figures) {
  const auto time = [&v](const char* key, Duration value, const char* meaning) {
    v.field(key, signed_time(value), meaning);
  };
  const auto if_split = [&top](Duration value) {
    return top.view.user_kernel_split ? std::optional(SignedTime<Duration>{value}) : std::nullopt;
  };
  const double share = top.changes.share(figures.cpu());
  v.field("cpu_share", share, "CPU time as a part of the interval: 1 is one CPU that is always busy.");
  time("cpu_ns", figures.cpu(), "CPU time.");
  v.field("user_ns", if_split(figures.user),
          "CPU time in user code; null: there is no split into user and kernel time.");
  v.field("kernel_ns", if_split(figures.kernel),
          "CPU time in the kernel; null: there is no split into user and kernel time.");
  time("queued_ns", figures.queue(), "Time on the run queue.");
  time("preempted_ns", figures.preempted, "Time on the run queue after a preemption.");
  time("runnable_ns", figures.runnable, "Time on the run queue after a wakeup.");
  time("blocked_ns", figures.blocked, "Time asleep.");
  v.field("blocked_by", row_group([&] {
            for (const tc_wait wait : every<tc_wait>()) {
              const Duration blocked = figures.blocked_by[wait];
              v.field_if(blocked != Duration(), key_of(wait), signed_time(blocked), text_of(wait));
            }
          }),
          "Blocked time by what the tasks waited for; only causes that occurred.");
  v.field("voluntary_switches", figures.voluntary_switches, "Voluntary context switches; null: not measured.");
  v.field("involuntary_switches", figures.involuntary_switches, "Involuntary context switches; null: not measured.");
  v.field("faults_minor", figures.faults_minor, "Minor faults; null: not measured.");
  v.field("faults_major", figures.faults_major, "Major faults; null: not measured.");
  v.field("creations", figures.creations, "Created threads and processes; null: not measured.");
}

void describe_task(auto& v, const TopDocument& top, const TaskChange& task) {
  v.field("id", task.id, "Unique in this run of the tool.");
  v.field("tid", task.tid, "TID in the initial pid namespace.");
  v.field("comm", task.comm, "Name of the task.");
  v.field("leader", task.leader, "True for the thread group leader.");
  v.field("kernel", task.kernel_thread, "True for a kernel thread.");
  v.field("created", task.born, "Created in the interval.");
  v.field("exited", task.ended, "Exited in the interval.");
  v.field("activity", task.activity, "Activity at the end of the interval.");
  v.field("condition", task.condition, "Condition at the end of the interval.");
  describe_figures(v, top, task.figures);
}

void describe_group(auto& v, const TopDocument& top, const Row& group) {
  static const ProcessChange of_no_row;  // the schema describes a Row() that shows nothing
  const ProcessChange& sums = group.process == nullptr ? of_no_row : *group.process;
  v.field("name", sums.comm, "What the tasks have in common; kernel threads are one group.");
  v.field("kernel", sums.kernel_thread, "True for the group of kernel threads.");
  v.field("processes", group.processes, "Number of processes with a task in the group.");
  const std::size_t tasks = sums.tasks.size();
  v.field("tasks", tasks, "Number of tasks.");
  describe_figures(v, top, sums.figures);
}

void describe_process(auto& v, const TopDocument& top, const ProcessChange& process) {
  v.field("id", process.id, "Unique in this run of the tool.");
  v.field("parent", or_null(process.parent), "`id` of its parent; null: not observed.");
  v.field("tgid", process.tgid, "TGID in the initial pid namespace.");
  v.field("comm", process.comm, "Name of the process.");
  v.field("kernel", process.kernel_thread, "True if all of its tasks are kernel threads.");
  v.field("exited", process.ended, "All of its tasks have exited.");
  describe_figures(v, top, process.figures);
  v.field(
      "tasks",
      elements(process.tasks, [&](const TaskChange& task) { return row_group([&] { describe_task(v, top, task); }); }),
      "Threads of the process.");
}

// The order is that of the table's rows, so that the first process for a script is the first one on the screen.
std::vector<ProcessChange> processes_in_order(const TopDocument& top) {
  View view = top.view;
  view.shape = View::Shape::processes;
  std::vector<ProcessChange> processes;
  for (const Row& row : rows_of(top.changes, view).rows) {
    processes.push_back(*row.process);
  }
  return processes;
}

void describe(auto& v, const TopDocument& top) {
  const Changes& changes = top.changes;
  const Overhead& overhead = changes.overhead;
  v.object("",
           "One interval of the live view. A time may be slightly negative if an earlier interval counted too much "
           "waiting.");
  v.constant("schema", "taskcost.top/2");
  v.field("at_ns", changes.at, "End of the interval by CLOCK_MONOTONIC.");
  v.field("interval_ns", changes.interval, "Length of the interval.");
  v.field("sorted_by", std::string(to_string(top.view.sort)), "The order of processes.");
  v.field("overhead", group([&] {
            const auto total = overhead.total();
            v.field("cpu_share", total ? std::optional(changes.share(*total)) : std::nullopt,
                    "CPU time as a part of the interval: 1 is one CPU that is always busy; null: not calibrated.");
            v.field("probes_ns", overhead.probes(), "CPU time of the probes; null: not calibrated.");
            v.field("userspace_cpu_ns", overhead.userspace, "CPU time of taskcost.");
            v.field("transitions", overhead.transitions, "Transitions in the interval.");
            v.field("per_transition_ns", overhead.per_transition, "Cost of one transition, calibrated at start.");
            v.field("refresh_ns", overhead.glance,
                    "CPU time for reading all tasks, which is a part of userspace_cpu_ns.");
          }),
          "The overhead of the observation.");
  v.field("losses", changes.losses, "Losses in the interval.");
  v.field("losses_since_start", changes.losses_since_start, "Losses since the window opened.");
  v.field("totals", group([&] { describe_figures(v, top, changes.total); }), "Sum over all tasks.");
  const std::vector<ProcessChange> processes = processes_in_order(top);
  v.field("processes",
          elements(processes,
                   [&](const ProcessChange& process) { return group([&] { describe_process(v, top, process); }); }),
          "Processes in the order of the view.");
  const bool grouped = top.view.shape == View::Shape::groups;
  v.field("grouped_by", grouped ? std::optional(top.view.by) : std::nullopt,
          "What the tasks of a group have in common; null: no --by.");
  const Rows groups = grouped ? rows_of(changes, top.view) : Rows();
  v.field("groups",
          elements(groups.rows, [&](const Row& group) { return row_group([&] { describe_group(v, top, group); }); }),
          "Groups in the order of the view; empty without --by.");
  v.field("host", top.scene.host, "The machine that was observed.");
  describe_clocks(v, {"time", "realtime_ns", "boottime_ns"}, top.scene.clocks);
}

}  // namespace

void render_top_text(const Changes& changes, const View& view, std::ostream& out, unsigned width) {
  width = std::max(width, min_width);
  const Rows rows = rows_of(changes, view);
  for (const HeaderLine& line : make_header(changes, rows, view)) {
    for (const TerminalText& part : TerminalText(fmt::format("{}", fmt::join(line.parts, between_parts))).wrap(width)) {
      write_line(part.text(), out);
    }
  }
  const TopTable table(changes, rows, view, width);
  write_line("", out);
  write_line(table.titles().text(), out);
  for (const Row& row : rows.rows) {
    write_line(table.row(row).text(), out);
  }
}

void render_top_json(const Changes& changes, const View& view, const TopScene& scene, std::ostream& out,
                     JsonWriter::Layout layout) {
  write_document(TopDocument{changes, view, scene}, out, layout);
}

std::string top_schema() { return SchemaVisitor::of(TopDocument{Changes(), View(), TopScene()}); }

}  // namespace taskcost
