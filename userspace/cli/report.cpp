// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "cli/outputs.h"
#include "taskcost/recording.h"

namespace taskcost {
namespace {

// What is missing in the capture, on standard error: the report says it too, but not every output has room for it.
void warn(const Playback& playback, const std::string& path) {
  if (playback.end.state == CaptureEnd::State::cut) {
    fmt::print(stderr, "taskcost: '{}' is cut off at byte {}: the report tells what came before\n", path,
               playback.end.offset);
  } else if (playback.end.state == CaptureEnd::State::damaged) {
    fmt::print(stderr, "taskcost: '{}' is damaged from byte {} on: the report tells what came before\n", path,
               playback.end.offset);
  }
  if (!playback.interruptions.empty()) {
    fmt::print(stderr, "taskcost: records are missing in {} place{} of '{}'\n", playback.interruptions.size(),
               playback.interruptions.size() == 1 ? "" : "s", path);
  }
  if (playback.unreadable > 0) {
    fmt::print(stderr, "taskcost: {} records of '{}' are of no known kind\n", playback.unreadable, path);
  }
}

}  // namespace

Result<int> report(const ReportCommand& command, const Surroundings& surroundings) {
  const OpenCapture open_capture = [&] { return CaptureReader::open(command.capture); };
  auto capture = open_capture();
  if (!capture) {
    return capture.error();
  }
  auto outputs = Outputs::open(command.outputs, command.format,
                               {surroundings.width, command.colour.value_or(surroundings.colour), command.verbose});
  if (!outputs) {
    return outputs.error();
  }
  const auto playback = play(*capture, {});
  if (!playback) {
    return playback.error();
  }
  if (!command.quiet) {
    warn(*playback, command.capture);
  }
  if (auto status = outputs->write(playback->report, open_capture); !status) {
    return status.error();
  }
  return 0;
}

}  // namespace taskcost
