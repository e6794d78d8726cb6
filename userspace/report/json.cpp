// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>

#include "report/json_sections.h"
#include "report/json_writer.h"
#include "report/remarks.h"
#include "report/units.h"

namespace taskcost {
namespace {

using Layout = JsonWriter::Layout;

const char* name_of(WindowEnd end) {
  switch (end) {
    case WindowEnd::target_exited:
      return "target-exited";
    case WindowEnd::duration:
      return "duration";
    case WindowEnd::signal:
      return "signal";
    case WindowEnd::cut:
      return "cut";
    case WindowEnd::failure:
      return "failure";
  }
  return "signal";
}

const char* name_of(TargetMode mode) {
  switch (mode) {
    case TargetMode::run:
      return "run";
    case TargetMode::attach:
      return "attach";
    case TargetMode::workload:
      return "workload";
    case TargetMode::verify:
      return "verify";
  }
  return "run";
}

void write_tool_and_host(JsonWriter& json, const Report& report) {
  json.object("tool", [&] {
    json.field("version", report.tool_version);
    json.field("command_line", report.command_line);
  });
  write_json_host(json, report.host);
}

void write_window_and_target(JsonWriter& json, const Report& report) {
  const Session& session = report.session;
  json.object("window", [&] {
    json.field("start_ns", session.start.time_since_epoch());
    json.field("end_ns", session.end.time_since_epoch());
    json.field("wall_ns", session.end - session.start);
    json.field("exit", std::string_view(name_of(report.window_end)));
    json.field("stolen_ns", report.stolen);
    if (session.end > session.start) {
      write_json_clocks(json, report.clocks, session.start, session.end);
    } else {
      write_json_clocks(json, report.clocks);  // of a verification, which has many windows
    }
  });
  json.object("target", [&] {
    json.field("mode", std::string_view(name_of(report.target.mode)));
    json.field("command", report.target.command);
    json.field("pid", report.target.pid);
    json.field("exit_code", report.target.exit_code);
    json.field("exit_signal", report.target.exit_signal);
  });
}

void write_losses(JsonWriter& json, const Losses& losses) {
  json.object("losses", [&] {
    for (int i = 0; i < TC_NR_LOSSES; ++i) {
      json.field(key_of(static_cast<tc_loss>(i)), losses.counts[i]);
    }
    json.field("skipped_probes", losses.skipped_probes);
    json.field("missed_switches", losses.missed_switches);
  });
}

void write_remarks(JsonWriter& json, const Report& report) {
  json.array("remarks", [&] {
    for (const Remark& remark : remarks_of(report)) {
      json.object([&] {
        json.field("about", remark.about);
        json.field("text", remark.text);
        json.field("matters", remark.matters);
      });
    }
  });
}

void write_measured_overhead(JsonWriter& json, const std::optional<MeasuredOverhead>& measured) {
  if (!measured) {
    json.field("measured", nullptr);
    return;
  }
  json.object("measured", [&] {
    json.field("rounds", measured->rounds);
    for (const auto& [key, figure] : {std::pair("wall", &measured->wall), std::pair("cpu", &measured->cpu)}) {
      json.object(
          key,
          [&, of = figure] {
            write_json_number(json, "without_ns", of->without);
            write_json_number(json, "with_ns", of->with);
            json.field("ratio", of->ratio);
            write_json_interval(json, "ratio_low", "ratio_high", of->interval);
          },
          Layout::row);
    }
  });
}

void write_observer(JsonWriter& json, const Observer& observer) {
  json.object("observer", [&] {
    json.array("probes", [&] {
      for (const ProbeCost& probe : observer.probes) {
        json.object(
            [&] {
              json.field("name", probe.name);
              json.field("runs", probe.runs);
              json.field("run_ns", probe.run_time);
              json.field("skipped", probe.skipped);
            },
            Layout::row);
      }
    });
    json.field("userspace_cpu_ns", observer.userspace_cpu);
    json.field("per_transition_ns", observer.per_transition);
    json.field("transitions", observer.transitions);
    json.field("stacks_ns", observer.stack_time);
    json.field("share_of_wall", observer.share_of_wall);
    json.field("attach_ns", observer.attach_time);
    json.field("per_transition_cold_ns", observer.per_transition_cold);
    json.field("share_of_cpu", observer.share_of_cpu);
    json.field("share_of_cpu_cold", observer.share_of_cpu_cold);
    write_measured_overhead(json, observer.measured);
  });
}

void write_histogram(JsonWriter& json, std::string_view key, const Histogram& histogram) {
  json.object(key, [&] {
    json.field("count", histogram.count());
    json.field("sum_ns", histogram.sum());
    json.field("min_ns", histogram.min());
    json.field("max_ns", histogram.max());
    json.field("p50_ns", histogram.quantile(0.5));
    json.field("p90_ns", histogram.quantile(0.9));
    json.field("p99_ns", histogram.quantile(0.99));
    json.field("p999_ns", histogram.quantile(0.999));
    json.array("buckets", [&] {
      for (const Histogram::Bucket& bucket : histogram.buckets()) {
        json.object(
            [&] {
              json.field("from_ns", bucket.from);
              json.field("to_ns", bucket.to);
              json.field("count", bucket.count);
            },
            Layout::row);
      }
    });
  });
}

void write_histograms(JsonWriter& json, const std::map<std::string, Histogram>& histograms) {
  // Always present, as null when there was no source.
  constexpr std::array<std::string_view, 9> promised{"creation",    "exec",        "exit",
                                                     "run_queue",   "switch_same", "switch_other",
                                                     "fault_minor", "fault_major", "fault_cow"};
  json.object("histograms", [&] {
    for (const std::string_view key : promised) {
      if (histograms.count(std::string(key)) == 0) {
        json.field(key, nullptr);
      }
    }
    for (const auto& [key, histogram] : histograms) {
      write_histogram(json, key, histogram);
    }
  });
}

}  // namespace

void write_json_interval(JsonWriter& json, std::string_view low_key, std::string_view high_key,
                         const std::optional<Interval>& interval) {
  json.field(low_key, interval ? std::optional(interval->low) : std::nullopt);
  json.field(high_key, interval ? std::optional(interval->high) : std::nullopt);
}

void write_json_clocks(JsonWriter& json, const WindowClocks& clocks) {
  const auto of = [](const std::optional<ClockAnchor>& anchor, std::uint64_t ClockAnchor::*clock) {
    return anchor ? std::optional((*anchor).*clock) : std::nullopt;
  };
  const auto time = [](const std::optional<ClockAnchor>& anchor) {
    return anchor ? std::optional(iso_time_text(anchor->realtime_ns)) : std::nullopt;
  };
  json.field("start_time", time(clocks.start));
  json.field("start_realtime_ns", of(clocks.start, &ClockAnchor::realtime_ns));
  json.field("start_boottime_ns", of(clocks.start, &ClockAnchor::boottime_ns));
  json.field("end_time", time(clocks.end));
  json.field("end_realtime_ns", of(clocks.end, &ClockAnchor::realtime_ns));
  json.field("end_boottime_ns", of(clocks.end, &ClockAnchor::boottime_ns));
}

void write_json_clocks(JsonWriter& json, const WindowClocks& clocks, Instant start, Instant end) {
  const auto moved_to = [](std::optional<ClockAnchor> anchor, Instant instant) {
    if (anchor) {
      const std::uint64_t later =
          static_cast<std::uint64_t>(instant.time_since_epoch().count()) - anchor->monotonic_ns;  // wraps below 0
      anchor->monotonic_ns += later;
      anchor->realtime_ns += later;
      anchor->boottime_ns += later;
    }
    return anchor;
  };
  write_json_clocks(json, {moved_to(clocks.start, start), moved_to(clocks.end, end)});
}

void write_json_host(JsonWriter& json, const Report::Host& host) {
  json.object("host", [&] {
    json.field("kernel", host.kernel);
    json.field("arch", host.arch);
    json.field("cpus", host.cpus);
    json.field("virtualization",
               host.virtualization.empty() ? std::nullopt : std::optional<std::string_view>(host.virtualization));
    json.field("name", text_or_nothing(host.name));
    json.field("machine_id", text_or_nothing(host.machine_id));
    json.field("boot_id", text_or_nothing(host.boot_id));
  });
}

void write_json_evidence(JsonWriter& json, const EvidenceList& list) {
  json.array("evidence", [&] {
    for (const Evidence& evidence : list) {
      json.object([&] {
        json.field("figure", evidence.figure);
        json.field("source", evidence.source);
        json.field("kind", std::string_view(to_string(evidence.kind)));
        json.field("why", evidence.why);
        json.field("hint", evidence.hint);
      });
    }
  });
}

void write_json_number(JsonWriter& json, std::string_view key, const std::optional<double>& value) {
  constexpr double exact = 9e15;
  if (value && std::abs(*value) < exact && *value == std::floor(*value)) {
    json.field(key, static_cast<std::int64_t>(*value));
  } else {
    json.field(key, value);
  }
}

void render_json(const Report& report, std::ostream& out) {
  JsonWriter json(out);
  json.object([&] {
    json.field("schema", std::string_view("taskcost.report/1"));
    write_tool_and_host(json, report);
    write_window_and_target(json, report);
    write_json_evidence(json, report.evidence);
    write_losses(json, report.session.losses);
    write_remarks(json, report);
    write_json_records(json, report.records);
    write_observer(json, report.observer);
    write_json_session(json, report.session);
    write_histograms(json, report.session.histograms);
    write_json_conversations(json, report.session);
    write_json_consequences(json, report.session);
    write_json_claims(json, report);
    write_json_sweeps_and_tables(json, report);
    write_json_stacks(json, report.stacks);
  });
  json.end_document();
}

}  // namespace taskcost
