// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <variant>

#include "account/session_builder.h"
#include "base/monotonic_clock.h"
#include "capture/reader.h"
#include "report/recorded/recording.h"
#include "trace/replay.h"
#include "trace/timeline_builder.h"

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

// A capture that is cut off lacks histograms, and the snapshots of the tasks that still ran: both are rebuilt from the
// transitions.
void add_rebuilt(SessionBuilder& builder, const Replay& replay, std::vector<RebuiltTask> living) {
  for (RebuiltTask& task : living) {
    task.ledger.end_ns = 0;  // as in a snapshot
    builder.on_ledger(task.ledger);
    for (const tc_edge& edge : task.edges) {
      builder.on_edge(edge);
    }
    for (const tc_flow& flow : task.flows) {
      builder.on_flow(flow);
    }
  }
  for (int id = 0; id < TC_NR_HISTOGRAMS; ++id) {
    if (const auto histogram = replay.histogram(static_cast<tc_histogram_id>(id))) {
      builder.on_histogram(static_cast<tc_histogram_id>(id), histogram->raw());
    }
  }
}

// The time of a transition; 0 for any other record.
std::uint64_t time_of(const Record& record) {
  return std::visit(
      [](const auto& content) -> std::uint64_t {
        if constexpr (requires { content.call.at_ns; }) {
          return content.call.at_ns;
        } else if constexpr (requires { content.at_ns; }) {
          return content.at_ns;
        } else {
          return 0;
        }
      },
      record);
}

}  // namespace

CaptureWalk walk(CaptureReader& capture, const CaptureListener& listener) {
  CaptureWalk walked;
  for (auto item = capture.next(); !std::holds_alternative<EndOfCapture>(item); item = capture.next()) {
    if (const auto* interruption = std::get_if<Interruption>(&item)) {
      walked.interruptions.push_back(*interruption);
      walked.lost += interruption->span ? interruption->span->records : 0;
      if (listener.on_interruption) {
        listener.on_interruption(*interruption);
      }
      continue;
    }
    ++walked.records;
    const auto record = decode(std::get<std::span<const std::byte>>(item));
    if (!record) {
      ++walked.unreadable;
      continue;
    }
    if (const auto* gap = std::get_if<tc_gap>(&*record)) {
      walked.lost += gap->count;
    }
    walked.first_ns = walked.first_ns == 0 ? time_of(*record) : walked.first_ns;
    if (listener.on_record) {
      listener.on_record(*record);
    }
  }
  return walked;
}

Result<RecordingEnd> end_of(const CaptureReader& capture, const RecordingStart& start, const CaptureWalk& walked) {
  if (capture.end().state == CaptureEnd::State::complete) {
    return read_end(capture.end().trailer);
  }
  RecordingEnd end;
  end.window_end = WindowEnd::cut;
  end.target.mode = start.mode;
  end.target.command = start.command;
  end.start = instant(walked.first_ns);
  end.end = instant(capture.end().last_ns.value_or(walked.first_ns));
  end.losses[TC_LOSS_DROPPED_TRANSITIONS] = walked.lost;
  if (start.boottime_ns != 0) {
    end.clocks.start = {start.monotonic_ns, start.realtime_ns, start.boottime_ns};
  }
  return end;
}

std::vector<ReplayGap> read_gaps(CaptureReader& capture) {
  std::vector<ReplayGap> gaps;
  for (auto item = capture.next(); !std::holds_alternative<EndOfCapture>(item); item = capture.next()) {
    if (const auto* interruption = std::get_if<Interruption>(&item)) {
      gaps.push_back(to_gap(*interruption));
      continue;
    }
    const auto bytes = std::get<std::span<const std::byte>>(item);
    tc_record header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.type != TC_RECORD_GAP) {
      continue;
    }
    if (const auto record = decode(bytes)) {
      gaps.push_back(to_gap(std::get<tc_gap>(*record)));
    }
  }
  capture.seek(0);
  return gaps;
}

Result<Playback> play(CaptureReader& capture, std::vector<ReplayGap> gaps, bool with_timeline) {
  const auto start = read_start(capture.description());
  if (!start) {
    return start.error();
  }
  SessionBuilder builder(model_of(*start));
  std::optional<TimelineBuilder> timeline;
  if (with_timeline) {
    timeline.emplace();
  }
  Replay replay({start->calls, call_classes(*start), std::move(gaps), {}, timeline ? &*timeline : nullptr});

  Playback playback;
  playback.walked = walk(capture, {[&](const Record& record) {
                                     take(builder, record);
                                     replay.on_record(record);
                                   },
                                   {}});
  auto end = end_of(capture, *start, playback.walked);
  if (!end) {
    return end.error();
  }
  std::vector<RebuiltTask> living = replay.living(end->end);
  if (capture.end().state != CaptureEnd::State::complete) {
    add_rebuilt(builder, replay, std::move(living));
  }

  Report& report = playback.report;
  report.tool_version = start->tool_version;
  report.command_line = start->command_line;
  report.host = start->host;
  report.evidence = start->evidence;
  report.target = std::move(end->target);
  report.window_end = end->window_end;
  report.observer = std::move(end->observer);
  report.stacks = std::move(end->stacks);
  report.clocks = end->clocks;
  report.session = builder.finish(end->start, end->end, end->losses, end->skipped_probes);
  set_names(report.session, end->names);
  report.records = replay.check();
  if (timeline) {
    report.timeline =
        timeline->take(end->start, end->end,
                       {[&](std::uint64_t ledger) { return builder.task_number(ledger); },
                        [&](std::uint32_t number, bool compat) { return call_name(*start, number, compat); }});
  }
  return playback;
}

}  // namespace taskcost
