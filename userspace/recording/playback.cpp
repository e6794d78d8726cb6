// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>
#include <variant>

#include "taskcost/recording.h"

namespace taskcost {
namespace {

SessionBuilder::Options model_of(const RecordingStart& start) {
  SessionBuilder::Options options;
  options.measured = start.measured;
  options.calls = start.calls;
  options.exec_prepare = start.exec_prepare;
  options.fault_latency = start.fault_latency;
  options.switch_latency = start.switch_latency;
  options.syscall_name = [&start](std::uint32_t number, bool compat) { return call_name(start, number, compat); };
  return options;
}

void take(SessionBuilder& builder, const Record& record) {
  if (const auto* ledger = std::get_if<tc_ledger>(&record)) {
    builder.on_ledger(*ledger);
  } else if (const auto* exec = std::get_if<tc_exec>(&record)) {
    builder.on_exec(*exec);
  } else if (const auto* reap = std::get_if<tc_reap>(&record)) {
    builder.on_reap(*reap);
  } else if (const auto* edge = std::get_if<tc_edge_record>(&record)) {
    builder.on_edge(edge->edge);
  } else if (const auto* flow = std::get_if<tc_flow_record>(&record)) {
    builder.on_flow(flow->flow);
  } else if (const auto* histogram = std::get_if<tc_histogram_record>(&record)) {
    builder.on_histogram(static_cast<tc_histogram_id>(histogram->id), histogram->histogram);
  } else if (const auto* command = std::get_if<tc_command>(&record)) {
    builder.on_command(command->process, {command->text, command->size});
  }
}

}  // namespace

Result<Playback> play(CaptureReader& capture, const std::vector<PlaybackListener>& listeners) {
  const auto start = read_start(capture.description());
  if (!start) {
    return start.error();
  }
  RecordingEnd end;
  Playback playback;
  playback.end = capture.end();
  if (playback.end.state == CaptureEnd::State::complete) {
    auto told = read_end(playback.end.trailer);
    if (!told) {
      return told.error();
    }
    end = *std::move(told);
  }

  SessionBuilder builder(model_of(*start));
  for (auto item = capture.next(); !std::holds_alternative<EndOfCapture>(item); item = capture.next()) {
    if (const auto* interruption = std::get_if<Interruption>(&item)) {
      playback.interruptions.push_back(*interruption);
      for (const PlaybackListener& listener : listeners) {
        if (listener.on_interruption) {
          listener.on_interruption(*interruption);
        }
      }
      continue;
    }
    ++playback.records;
    const auto record = decode(std::get<std::span<const std::byte>>(item));
    if (!record) {
      ++playback.unreadable;
      continue;
    }
    take(builder, *record);
    for (const PlaybackListener& listener : listeners) {
      if (listener.on_record) {
        listener.on_record(*record);
      }
    }
  }

  Report& report = playback.report;
  report.tool_version = start->tool_version;
  report.command_line = start->command_line;
  report.host = start->host;
  report.evidence = start->evidence;
  report.target = std::move(end.target);
  report.window_end = end.window_end;
  report.observer = std::move(end.observer);
  report.stacks = std::move(end.stacks);
  report.session = builder.finish(end.start, end.end, end.losses, end.skipped_probes);
  return playback;
}

}  // namespace taskcost
