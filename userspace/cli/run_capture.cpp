// SPDX-License-Identifier: Apache-2.0
#include "cli/run_capture.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/units.h"
#include "cli/log.h"
#include "cli/outputs.h"
#include "cli/temporary_file.h"
#include "collector/clocks.h"
#include "collector/privileges.h"
#include "collector/syscall_numbers.h"

namespace taskcost {
namespace {

std::vector<std::string> list_syscall_names(bool compat) {
  std::vector<std::string> names;
  for (std::uint32_t number = 0; number < TC_MAX_SYSCALLS; ++number) {
    names.push_back(syscall_name(number, compat));
  }
  while (!names.empty() && names.back().empty()) {
    names.pop_back();
  }
  return names;
}

bool has_page(const OutputOptions& options) {
  return std::ranges::any_of(options.outputs,
                             [](const OutputFile& output) { return output.format == OutputFormat::html; });
}

}  // namespace

Result<std::unique_ptr<Recording>> Recording::open(const ObserveOptions& options) {
  if (!needs_events(options)) {
    return std::unique_ptr<Recording>();
  }
  std::unique_ptr<Recording> recording(new Recording);
  if (options.keep) {
    auto flight = FlightRecorder::open(options);
    if (!flight) {
      return flight.error();
    }
    recording->flight_ = *std::move(flight);
    return recording;
  }
  if (!options.capture) {
    auto file = open_temporary_file("keep the capture with -o FILE.tcap");
    if (!file) {
      return file.error();
    }
    recording->temporary_ = *std::move(file);
    return recording;
  }
  auto path = OutputPath::open(*options.capture, OutputPath::Access::read_and_write);
  if (!path) {
    return path.error();
  }
  recording->name_ = *options.capture;
  recording->path_.emplace(*std::move(path));
  return recording;
}

Status Recording::begin(Collector& collector, RecordingStart start) {
  if (path_) {
    if (auto status = path_->clear(); !status) {
      return status;
    }
  }
  const ClockAnchor clocks = read_clocks();
  start.monotonic_ns = clocks.monotonic_ns;
  start.realtime_ns = clocks.realtime_ns;
  start.boottime_ns = clocks.boottime_ns;
  if (flight_) {
    return flight_->begin(collector, std::move(start));
  }
  last_ns_ = start.monotonic_ns;
  Fd file(dup(fd()));
  if (!file) {
    return Error{"cannot write the capture", std::strerror(errno), ""};
  }
  auto writer = CaptureWriter::create(std::move(file), text_of(start));
  if (!writer) {
    return writer.error();
  }
  writer_ = *std::move(writer);
  if (path_) {
    path_->keep();
  }
  collector.record_to([this](std::span<const std::byte> record, std::optional<Instant> at) {
    if (at) {
      last_ns_ = static_cast<std::uint64_t>(at->time_since_epoch().count());
    }
    writer_->append(record, last_ns_);
  });
  return Done{};
}

Status Recording::end(const RecordingEnd& end) { return flight_ ? flight_->end(end) : writer_->finish(text_of(end)); }

Result<CaptureReader> Recording::read() const {
  return CaptureReader::read(Fd(dup(fd())), name_.empty() ? "the temporary capture" : name_);
}

std::string Recording::summary() const {
  if (flight_) {
    return flight_->summary();
  }
  const CaptureStatistics written = writer_->statistics();
  std::string text = fmt::format("{} records, {}", written.records, bytes_text(static_cast<double>(written.bytes_out)));
  if (!name_.empty()) {
    text += fmt::format(" in {}", name_);
  }
  if (written.dropped.records > 0) {
    text += fmt::format("; {} records were lost: the disk was too slow", written.dropped.records);
  }
  return text;
}

RecordingEnd recording_end(const Report& report) {
  RecordingEnd end;
  end.window_end = report.window_end;
  end.start = report.session.start;
  end.end = report.session.end;
  end.losses = report.session.losses.counts;
  end.skipped_probes = report.session.losses.skipped_probes;
  end.target = report.target;
  end.observer = report.observer;
  end.stacks = report.stacks;
  end.stack_places = report.stacks ? report.stacks->places : std::vector<StackPlace>();
  end.clocks = report.clocks;
  end.stolen = report.stolen;
  end.names = names_in(report.session);
  return end;
}

RecordingStart recording_start(const Report& report, const ObserveOptions& options, const Collector& collector) {
  RecordingStart start;
  start.tool_version = report.tool_version;
  start.command_line = report.command_line;
  start.host = report.host;
  start.mode = report.target.mode;
  start.command = report.target.command;
  start.evidence = collector.evidence();
  start.calls = options.detail == Detail::full;
  const SessionBuilder::Options& model = collector.model();
  start.exec_prepare = model.exec_prepare;
  start.fault_latency = model.fault_latency;
  start.switch_latency = model.switch_latency;
  start.regions = model.regions;
  start.measured = model.measured;
  start.calls_by_number = list_syscall_names(false /*compat*/);
  start.compat_calls_by_number = list_syscall_names(true /*compat*/);
  start.ring_operations = model.ring_operations;
  return start;
}

Status finish(Recording* recording, Outputs& outputs, Report& report, const ObserveOptions& options) {
  Status first = Done{};
  if (recording != nullptr) {
    first = recording->end(recording_end(report));
    if (!options.quiet && first) {
      log_line("{}", recording->summary());
    }
  }
  if (auto status = enter_report_phase(); !status && first) {
    first = status;
  }
  // The page of a recording has its timeline: it is made as from the capture.
  std::optional<Playback> playback;
  if (recording != nullptr && first && has_page(options)) {
    auto capture = recording->read();
    auto gaps = capture ? read_gaps(*capture) : std::vector<ReplayGap>();
    auto played = capture ? play(*capture, std::move(gaps), true /*with_timeline*/) : Result<Playback>(capture.error());
    if (played) {
      playback = *std::move(played);
    } else {
      first = played.error();
    }
  }
  const auto events = [recording]() -> Result<EventSource> {
    auto capture = recording->read();
    if (!capture) {
      return capture.error();
    }
    auto gaps = read_gaps(*capture);
    return EventSource{*std::move(capture), std::move(gaps)};
  };
  Report& shown = playback ? playback->report : report;
  if (Status status = outputs.write(shown, recording != nullptr ? OpenEvents(events) : OpenEvents());
      !status && first) {
    first = status;
  }
  return first;
}

}  // namespace taskcost
