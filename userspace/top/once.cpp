// SPDX-License-Identifier: Apache-2.0
#include "top/once.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <string>

#include "report/describe/report.h"
#include "report/describe/schema.h"
#include "report/describe/write.h"
#include "report/escape.h"
#include "report/units.h"
#include "top/screen_text.h"
#include "top/table.h"

namespace taskcost {
namespace {

constexpr unsigned min_width = 40;

void write_line(std::string text, std::ostream& out) {
  text.erase(text.find_last_not_of(' ') + 1);
  out << text << '\n';
}

// The document of schema taskcost.top/1.
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
  v.field("cpu_share", share, "Of the interval, that it was on CPUs: 1 is all of one CPU.");
  time("cpu_ns", figures.cpu(), "On a CPU.");
  v.field("user_ns", if_split(figures.user), "In user code; null: user and kernel time are one.");
  v.field("kernel_ns", if_split(figures.kernel), "In the kernel; null likewise.");
  time("queue_ns", figures.queue(), "Waiting for a CPU.");
  time("preempted_ns", figures.preempted, "Waiting for a CPU after it was taken away.");
  time("runnable_ns", figures.runnable, "Waiting for a CPU after a wakeup.");
  time("blocked_ns", figures.blocked, "Asleep.");
  v.field("blocked_by", row_group([&] {
            for (const tc_wait wait : every<tc_wait>()) {
              const Duration blocked = figures.blocked_by[wait];
              v.field_if(blocked != Duration(), key_of(wait), signed_time(blocked), text_of(wait));
            }
          }),
          "By cause; those that occurred.");
  v.field("voluntary_switches", figures.voluntary_switches, "null: not measured.");
  v.field("involuntary_switches", figures.involuntary_switches, "null: not measured.");
  v.field("faults_minor", figures.faults_minor, "null: not measured.");
  v.field("faults_major", figures.faults_major, "null: not measured.");
  v.field("creations", figures.creations, "Of threads and processes; null: not measured.");
}

void describe_task(auto& v, const TopDocument& top, const TaskChange& task) {
  v.field("id", task.id, "Unique in this run of the tool.");
  v.field("tid", task.tid, "As the kernel numbers it.");
  v.field("comm", task.comm, "Its name.");
  v.field("leader", task.leader, "The first thread of its process.");
  v.field("kernel", task.kernel_thread, "A kernel thread.");
  v.field("born", task.born, "In the interval.");
  v.field("ended", task.ended, "In the interval.");
  v.field("activity", task.activity, "What it does now.");
  v.field("condition", task.condition, "How it does it.");
  describe_figures(v, top, task.figures);
}

void describe_process(auto& v, const TopDocument& top, const ProcessChange& process) {
  v.field("id", process.id, "Unique in this run of the tool.");
  v.field("parent", or_null(process.parent), "`id` of its parent; null: not observed.");
  v.field("tgid", process.tgid, "As the kernel numbers it.");
  v.field("comm", process.comm, "Its name.");
  v.field("kernel", process.kernel_thread, "A kernel thread.");
  v.field("ended", process.ended, "In the interval.");
  describe_figures(v, top, process.figures);
  v.field(
      "tasks",
      elements(process.tasks, [&](const TaskChange& task) { return row_group([&] { describe_task(v, top, task); }); }),
      "Its threads.");
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
  v.object("", "One interval of the live view. Times can be slightly negative: a wait that is taken back.");
  v.constant("schema", "taskcost.top/1");
  v.field("at_ns", changes.at, "The end of the interval, CLOCK_MONOTONIC.");
  v.field("interval_ns", changes.interval, "Its length.");
  v.field("sorted_by", std::string(to_string(top.view.sort)), "The order of processes.");
  v.field("overhead", group([&] {
            const auto total = overhead.total();
            v.field("cpu_share", total ? std::optional(changes.share(*total)) : std::nullopt,
                    "Of the interval: 1 is all of one CPU; null: not calibrated.");
            v.field("probes_ns", overhead.probes(), "In probes; null: not calibrated.");
            v.field("userspace_cpu_ns", overhead.userspace, "Of the collector.");
            v.field("transitions", overhead.transitions, "In the interval.");
            v.field("per_transition_ns", overhead.per_transition, "Calibrated at start.");
            v.field("glance_ns", overhead.glance, "Reading all tasks: a part of userspace_cpu_ns.");
          }),
          "What the observation itself cost.");
  v.field("losses", changes.losses, "In the interval.");
  v.field("losses_since_start", changes.losses_since_start, "Since the window opened.");
  v.field("totals", group([&] { describe_figures(v, top, changes.total); }), "Of all tasks.");
  const std::vector<ProcessChange> processes = processes_in_order(top);
  v.field("processes",
          elements(processes,
                   [&](const ProcessChange& process) { return group([&] { describe_process(v, top, process); }); }),
          "In the order of the view.");
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

void render_top_json(const Changes& changes, const View& view, const TopScene& scene, std::ostream& out) {
  write_document(TopDocument{changes, view, scene}, out);
}

std::string top_schema() { return SchemaVisitor::of(TopDocument{Changes(), View(), TopScene()}); }

}  // namespace taskcost
