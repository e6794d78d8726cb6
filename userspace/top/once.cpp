// SPDX-License-Identifier: Apache-2.0
#include "top/once.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <string>

#include "report/escape.h"
#include "report/json_sections.h"
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

void write_losses(JsonWriter& json, std::string_view key, const Losses& losses) {
  json.object(key, [&] {
    for (std::size_t loss = 0; loss < losses.counts.size(); ++loss) {
      json.field(key_of(static_cast<tc_loss>(loss)), losses.counts[loss]);
    }
    json.field("skipped_probes", losses.skipped_probes);
    json.field("missed_switches", losses.missed_switches);
  });
}

class TopJson {
 public:
  TopJson(const Changes& changes, const View& view, const TopScene& scene, std::ostream& out)
      : changes_(changes), view_(view), scene_(scene), json_(out) {}

  void write() {
    json_.object([this] {
      json_.field("schema", "taskcost.top/1");
      json_.field("at_ns", changes_.at.time_since_epoch());
      json_.field("interval_ns", changes_.interval);
      json_.field("sorted_by", to_string(view_.sort));
      write_overhead();
      write_losses(json_, "losses", changes_.losses);
      write_losses(json_, "losses_since_start", changes_.losses_since_start);
      json_.object("totals", [this] { write_figures(changes_.total); });
      json_.array("processes", [this] { write_processes(); });
      write_json_host(json_, scene_.host);
      json_.field("time", scene_.clocks ? std::optional(iso_time_text(scene_.clocks->realtime_ns)) : std::nullopt);
      json_.field("realtime_ns", scene_.clocks ? std::optional(scene_.clocks->realtime_ns) : std::nullopt);
      json_.field("boottime_ns", scene_.clocks ? std::optional(scene_.clocks->boottime_ns) : std::nullopt);
    });
    json_.end_document();
  }

 private:
  void write_overhead() {
    const Overhead& overhead = changes_.overhead;
    json_.object("overhead", [&] {
      const auto total = overhead.total();
      json_.field("cpu_share", total ? std::optional(changes_.share(*total)) : std::nullopt);
      json_.field("probes_ns", overhead.probes());
      json_.field("userspace_cpu_ns", overhead.userspace);
      json_.field("transitions", overhead.transitions);
      json_.field("per_transition_ns", overhead.per_transition);
      json_.field("glance_ns", overhead.glance);
    });
  }

  void write_figures(const Figures& figures) {
    const auto if_split = [this](Duration time) {
      return view_.user_kernel_split ? std::optional(time) : std::nullopt;
    };
    json_.field("cpu_share", changes_.share(figures.cpu()));
    json_.field("cpu_ns", figures.cpu());
    json_.field("user_ns", if_split(figures.user));
    json_.field("kernel_ns", if_split(figures.kernel));
    json_.field("queue_ns", figures.queue());
    json_.field("preempted_ns", figures.preempted);
    json_.field("runnable_ns", figures.runnable);
    json_.field("blocked_ns", figures.blocked);
    json_.object(
        "blocked_by",
        [&] {
          for (std::size_t wait = 0; wait < figures.blocked_by.size(); ++wait) {
            if (figures.blocked_by[wait] != Duration::zero()) {
              json_.field(key_of(static_cast<tc_wait>(wait)), figures.blocked_by[wait]);
            }
          }
        },
        JsonWriter::Layout::row);
    json_.field("voluntary_switches", figures.voluntary_switches);
    json_.field("involuntary_switches", figures.involuntary_switches);
    json_.field("faults_minor", figures.faults_minor);
    json_.field("faults_major", figures.faults_major);
    json_.field("creations", figures.creations);
  }

  // Keeps the order of the rows: the first process in JSON is the first one on the screen.
  void write_processes() {
    View view = view_;
    view.shape = View::Shape::processes;
    for (const Row& row : rows_of(changes_, view).rows) {
      const ProcessChange& process = *row.process;
      json_.object([&] {
        json_.field("id", process.id);
        json_.field("parent", process.parent == 0 ? std::nullopt : std::optional(process.parent));
        json_.field("tgid", process.tgid);
        json_.field("comm", process.comm);
        json_.field("kernel", process.kernel_thread);
        json_.field("ended", process.ended);
        write_figures(process.figures);
        json_.array("tasks", [&] {
          for (const TaskChange& task : process.tasks) {
            write_task(task);
          }
        });
      });
    }
  }

  void write_task(const TaskChange& task) {
    json_.object(
        [&] {
          json_.field("id", task.id);
          json_.field("tid", task.tid);
          json_.field("comm", task.comm);
          json_.field("leader", task.leader);
          json_.field("kernel", task.kernel_thread);
          json_.field("born", task.born);
          json_.field("ended", task.ended);
          json_.field("activity", key_of(task.activity));
          json_.field("condition", key_of(task.condition));
          write_figures(task.figures);
        },
        JsonWriter::Layout::row);
  }

  const Changes& changes_;
  const View& view_;
  const TopScene& scene_;
  JsonWriter json_;
};

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
  TopJson(changes, view, scene, out).write();
}

}  // namespace taskcost
