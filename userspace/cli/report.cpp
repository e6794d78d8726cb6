// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "cli/load_report.h"
#include "cli/log.h"
#include "cli/outputs.h"
#include "collector/privileges.h"
#include "report/recorded/recording.h"
#include "report/render.h"
#include "trace/auditor.h"
#include "trace/replay.h"

namespace taskcost {
namespace {

// Warns that the capture is incomplete. Text and HTML reports contain this too, but not every output does.
void warn_if_incomplete(const CaptureEnd& end, const CaptureWalk& walked, const std::string& path) {
  if (end.state == CaptureEnd::State::cut) {
    log_line("'{}' is truncated at byte {}: the report ends there", path, end.offset);
  } else if (end.state == CaptureEnd::State::damaged) {
    log_line("'{}' is damaged at byte {}: the report ends there", path, end.offset);
  }
  if (!walked.interruptions.empty()) {
    log_line("records are missing in {} place{} of '{}'", walked.interruptions.size(),
             walked.interruptions.size() == 1 ? "" : "s", path);
  }
  if (walked.unreadable > 0) {
    log_line("{} records of '{}' have an unknown type", walked.unreadable, path);
  }
}

// Compares each task's replayed ledger with the kernel's. The replay is exact only because the gaps of the capture are
// known before it begins.
Result<int> audit(EventSource& source, const ReportCommand& command, Outputs& outputs) {
  CaptureReader& capture = source.capture;
  const auto start = read_start(capture.description());
  if (!start) {
    return start.error();
  }
  if (start->kept) {
    return Error{"--audit of what a flight recorder kept",
                 "the kernel's ledgers, which it compares, are those of the whole recording, and most events are gone",
                 "record without --keep", ErrorKind::usage};
  }
  Auditor auditor;
  Replay replay({start->calls, call_classes(*start), source.gaps,
                 [&](const RebuiltTask& task) { auditor.on_task(task); }, nullptr});
  const CaptureWalk walked = walk(capture, {[&](const Record& record) {
                                              replay.on_record(record);
                                              auditor.on_record(record);
                                            },
                                            {}});
  const auto end = end_of(capture, *start, walked);
  if (!end) {
    return end.error();
  }
  if (!command.quiet) {
    warn_if_incomplete(capture.end(), walked, command.file);
  }
  for (const RebuiltTask& task : replay.living(end->end)) {
    auditor.on_task(task);
  }
  const Audit both = auditor.finish(replay, end->start);
  const auto render = [&both](OutputFormat format, const TextOptions& text, std::ostream& out) -> Status {
    if (format == OutputFormat::json) {
      render_audit_json(both, out);
    } else {
      render_audit_text(both, out, text);
    }
    return Done{};
  };
  if (auto status = outputs.write(render); !status) {
    return status.error();
  }
  return both.agrees() ? 0 : 1;
}

// Renders a JSON report in its other formats.
Result<int> render_saved(int fd, const ReportCommand& command, const Environment& environment) {
  const auto of_events =
      std::ranges::find_if(command.outputs, [](const OutputFile& output) { return is_of_events(output.format); });
  const bool is_part = !command.part.is_whole();
  if (is_part || command.regions || command.audit || of_events != command.outputs.end()) {
    return Error{is_part           ? "a part of a report"
                 : command.regions ? "--region"
                 : command.audit   ? "--audit"
                                   : "--output " + of_events->path,
                 "a JSON report has no transitions", "name the capture", ErrorKind::usage};
  }
  auto report = load_report(fd, command.file);
  if (!report) {
    return report.error();
  }
  auto outputs = Outputs::open(command, environment);
  if (!outputs) {
    return outputs.error();
  }
  if (auto status = outputs->write(*report); !status) {
    return status.error();
  }
  return 0;
}

}  // namespace

Result<int> report(const ReportCommand& command, const Environment& environment) {
  if (auto status = enter_report_phase(); !status) {
    return status.error();
  }
  auto file = command.file == "-" ? open_standard_input() : CaptureReader::open_file(command.file);
  if (!file) {
    Error error = file.error();
    if (command.file == default_capture) {
      error.hint = "name a capture, or make this one with 'taskcost record'";
    }
    return error;
  }
  if (is_json_report(file->get())) {
    return render_saved(file->get(), command, environment);
  }
  auto capture = CaptureReader::read(*std::move(file), command.file);
  if (!capture) {
    return capture.error();
  }
  auto outputs = Outputs::open(command, environment);
  if (!outputs) {
    return outputs.error();
  }
  auto gaps = read_gaps(*capture);
  EventSource source{*std::move(capture), std::move(gaps)};
  if (command.audit) {
    return audit(source, command, *outputs);
  }
  const bool timeline = std::any_of(command.outputs.begin(), command.outputs.end(),
                                    [](const OutputFile& output) { return output.format == OutputFormat::html; });
  auto playback = play(source.capture, source.gaps, timeline, command.part, command.regions);
  if (!playback) {
    return playback.error();
  }
  if (!command.quiet) {
    warn_if_incomplete(source.capture.end(), playback->walked, command.file);
  }
  source.part = playback->part;
  if (auto status = outputs->write(playback->report, [&] { return std::move(source); }); !status) {
    return status.error();
  }
  return 0;
}

}  // namespace taskcost
