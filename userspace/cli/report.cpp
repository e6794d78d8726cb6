// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "cli/outputs.h"
#include "cli/say.h"
#include "taskcost/audit.h"
#include "taskcost/recording.h"

namespace taskcost {
namespace {

// What is missing in the capture, on standard error: the report says it too, but not every output has room for it.
void warn(const CaptureEnd& end, const CaptureWalk& walked, const std::string& path) {
  if (end.state == CaptureEnd::State::cut) {
    say("'{}' is cut off at byte {}: the report tells what came before", path, end.offset);
  } else if (end.state == CaptureEnd::State::damaged) {
    say("'{}' is damaged from byte {} on: the report tells what came before", path, end.offset);
  }
  if (!walked.interruptions.empty()) {
    say("records are missing in {} place{} of '{}'", walked.interruptions.size(),
        walked.interruptions.size() == 1 ? "" : "s", path);
  }
  if (walked.unreadable > 0) {
    say("{} records of '{}' are of no known kind", walked.unreadable, path);
  }
}

// Both books of each task. Everything that the capture lacks is known before the replay begins: only then it is exact.
Result<int> audit(CaptureReader& capture, const ReportCommand& command, Outputs& outputs) {
  const auto start = read_start(capture.description());
  if (!start) {
    return start.error();
  }
  Auditor auditor;
  Replay replay({start->calls, gaps_of(capture), [&](const RebuiltTask& task) { auditor.on_task(task); }, nullptr});
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
    warn(capture.end(), walked, command.capture);
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

}  // namespace

Result<int> report(const ReportCommand& command, const Surroundings& surroundings) {
  const OpenCapture open_capture = [&] { return CaptureReader::open(command.capture); };
  auto capture = open_capture();
  if (!capture) {
    return capture.error();
  }
  auto outputs = Outputs::open(output_options(command), surroundings);
  if (!outputs) {
    return outputs.error();
  }
  if (command.audit) {
    return audit(*capture, command, *outputs);
  }
  const bool timeline = std::any_of(command.outputs.begin(), command.outputs.end(),
                                    [](const OutputFile& output) { return output.format == OutputFormat::html; });
  const auto playback = play(*capture, timeline);
  if (!playback) {
    return playback.error();
  }
  if (!command.quiet) {
    warn(capture->end(), playback->walked, command.capture);
  }
  if (auto status = outputs->write(playback->report, open_capture); !status) {
    return status.error();
  }
  return 0;
}

}  // namespace taskcost
