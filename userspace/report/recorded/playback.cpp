// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>

#include "account/session_builder.h"
#include "base/monotonic_clock.h"
#include "capture/reader.h"
#include "capture/record.h"
#include "report/recorded/chosen_tasks.h"
#include "report/recorded/recording.h"
#include "report/recorded/region_finder.h"
#include "report/stacks/stack_words.h"
#include "trace/critical_path.h"
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
  options.ring_operations = start.ring_operations;
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
  } else if (const auto* syscalls = std::get_if<tc_syscalls_record>(&record)) {
    builder.on_syscalls(syscalls->entry.key, syscalls->entry.sums);
  } else if (const auto* ran = std::get_if<tc_ran_record>(&record)) {
    builder.on_ran_instead(ran->entry.key, ran->entry.sums);
  } else if (const auto* quota = std::get_if<tc_quota_record>(&record)) {
    builder.on_quota(quota->key, quota->sums);
  } else if (const auto* interrupts = std::get_if<tc_interrupts_record>(&record)) {
    builder.on_interrupts(static_cast<tc_interrupt>(interrupts->kind), interrupts->sums);
  } else if (const auto* lock = std::get_if<tc_lock_record>(&record)) {
    builder.on_lock(lock->key, lock->sums, lock->symbol);
  } else if (const auto* object = std::get_if<tc_wait_object_record>(&record)) {
    builder.on_wait_object(object->key, object->sums);
  } else if (const auto* regions = std::get_if<tc_regions_record>(&record)) {
    builder.on_regions(regions->entry.key, regions->entry.sums);
  }
}

// Passes what a part has of the records beside its ledgers.
void take_in(SessionBuilder& builder, const Record& record, const TraceSpan& span) {
  if (const auto* exec = std::get_if<tc_exec>(&record); exec != nullptr && span.is_before_end(exec->at_ns)) {
    builder.on_exec(*exec);
  } else if (const auto* reap = std::get_if<tc_reap>(&record); reap != nullptr && span.contains(reap->at_ns)) {
    builder.on_reap(*reap);
  } else if (const auto* command = std::get_if<tc_command>(&record)) {
    builder.on_command(command->process, {command->text, command->size});
  }
}

// A capture that is cut off lacks histograms, and the snapshots of the tasks that still ran: both are rebuilt from the
// transitions.
void add_histograms(SessionBuilder& builder, const Replay& replay) {
  for (int id = 0; id < TC_NR_HISTOGRAMS; ++id) {
    if (const auto histogram = replay.histogram(static_cast<tc_histogram_id>(id))) {
      builder.on_histogram(static_cast<tc_histogram_id>(id), histogram->raw());
    }
  }
}

}  // namespace

std::uint64_t time_of(const Record& record) {
  return std::visit(
      [](const auto& content) -> std::uint64_t {
        if constexpr (requires { content.call.at_ns; }) {
          return content.call.at_ns;
        } else if constexpr (requires { content.at_ns; }) {
          return content.at_ns;
        } else if constexpr (requires { content.end_ns; }) {
          return content.end_ns;
        } else {
          return 0;
        }
      },
      record);
}

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
  if (start.kept) {
    end.start = start.kept->from;
    end.end = std::min(start.kept->to, std::max(end.end, end.start));
  }
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
    if (header_of(bytes).type != TC_RECORD_GAP) {
      continue;
    }
    if (const auto record = decode(bytes)) {
      gaps.push_back(to_gap(std::get<tc_gap>(*record)));
    }
  }
  capture.seek(0);
  return gaps;
}

namespace {

// The time of the first event; 0: there is none. It seeks back to the beginning.
std::uint64_t first_time(CaptureReader& capture) {
  std::uint64_t first_ns = 0;
  for (auto item = capture.next(); first_ns == 0 && !std::holds_alternative<EndOfCapture>(item);
       item = capture.next()) {
    if (const auto* bytes = std::get_if<std::span<const std::byte>>(&item)) {
      const auto record = decode(*bytes);
      first_ns = record ? time_of(*record) : 0;
    }
  }
  capture.seek(0);
  return first_ns;
}

Result<TraceSpan> span_in(CaptureReader& capture, const RecordingStart& start, const CapturePart& part) {
  CaptureWalk bounds;
  bounds.first_ns = capture.end().state == CaptureEnd::State::complete ? 0 : first_time(capture);
  const auto end = end_of(capture, start, bounds);
  if (!end) {
    return end.error();
  }
  auto span = part.from || part.to ? span_of(part, end->start, end->end) : Result<TraceSpan>(TraceSpan{});
  if (span && start.kept) {
    const auto since_boot = [](Instant at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); };
    span->from_ns = std::max(span->from_ns, since_boot(start.kept->from));
    // At the end no event is later, and what is open there is a snapshot of the kernel's ledger.
    span->to_ns = start.kept->why == KeptWhy::end ? span->to_ns : std::min(span->to_ns, since_boot(start.kept->to));
  }
  return span;
}

ReportedPart reported(const CapturePart& part, const TraceSpan& span, Instant start, Instant end) {
  const Duration whole = end - start;
  return {span.from_ns == 0 ? Duration::zero() : instant(span.from_ns) - start,
          span.to_ns == TraceSpan::unbounded ? whole : instant(span.to_ns) - start,
          whole,
          {part.pids.begin(), part.pids.end()},
          part.comm.value_or("")};
}

}  // namespace

Result<Playback> play(CaptureReader& capture, std::vector<ReplayGap> gaps, bool with_timeline, const CapturePart& part,
                      const std::optional<RegionFilter>& regions) {
  const auto start = read_start(capture.description());
  if (!start) {
    return start.error();
  }
  if (regions && !start->regions) {
    return Error{fmt::format("no region '{}'", regions->name), "the capture has no marks of regions",
                 "record without --detail switches"};
  }
  Playback playback;
  const bool whole = part.is_whole() && !start->kept;
  if (!whole) {
    const auto span = span_in(capture, *start, part);
    if (!span) {
      return span.error();
    }
    playback.part.span = *span;
  }
  const TraceSpan& span = playback.part.span;
  SessionBuilder::Options model = model_of(*start);
  // The sums of system calls and regions are written at the end, for the whole capture.
  model.syscalls = whole && start->calls && capture.end().state == CaptureEnd::State::complete;
  if (!whole || capture.end().state != CaptureEnd::State::complete) {
    // Ledgers that are rebuilt from events lack them.
    for (const tc_counter counter : {TC_COUNTER_IRQS, TC_COUNTER_IRQ_NS, TC_COUNTER_SOFTIRQS, TC_COUNTER_SOFTIRQ_NS}) {
      model.measured[counter] = false;
    }
  }
  model.regions = model.syscalls && start->regions;
  SessionBuilder builder(model);
  ChosenTasks chosen(part, builder);
  std::optional<TimelineBuilder> timeline;
  if (with_timeline) {
    timeline.emplace(span);
  }
  CriticalPathBuilder path(timeline ? &*timeline : nullptr, span);
  Replay::Options options{start->calls, call_classes(*start), std::move(gaps), {}, &path, {}};
  if (!whole) {
    options.span = span;
    options.on_ended = [&chosen](const RebuiltTask& task) { chosen.on_task(task); };
  }
  Replay replay(std::move(options));
  std::optional<RegionFinder> finder;
  if (regions) {
    finder.emplace(*regions, span);
  }

  playback.walked =
      walk(capture, {[&](const Record& record) {
                       whole ? take(builder, record) : take_in(builder, record, span);
                       if (const auto* event = std::get_if<tc_event>(&record); event && event->kind == TC_EV_STACK) {
                         path.on_stack(event->id, event->value);
                       }
                       replay.on_record(record);
                       if (const auto* region = std::get_if<tc_region>(&record); region && finder) {
                         finder->on(*region);
                       }
                       if (const auto* region = std::get_if<tc_region>(&record); region && timeline) {
                         timeline->on_region(*region);
                       }
                     },
                     {}});
  auto end = end_of(capture, *start, playback.walked);
  if (!end) {
    return end.error();
  }
  const bool complete = capture.end().state == CaptureEnd::State::complete;
  for (RebuiltTask& task : replay.living(end->end)) {
    if (!whole) {
      chosen.on_task(task);
    } else if (!complete) {
      task.ledger.end_ns = 0;  // as in a snapshot
      add_rebuilt(builder, task);
    }
  }
  if (!whole || !complete) {
    add_histograms(builder, replay);
  }

  Report& report = playback.report;
  if (!whole) {
    if (auto status = chosen.check(); !status) {
      return status.error();
    }
    playback.part.tasks = chosen.take();
    if (!part.is_whole()) {
      report.part = reported(part, span, end->start, end->end);
      end->start += report.part->from;
      end->end -= report.part->whole - report.part->to;
    }
    // These are sums over the whole capture.
    end->stacks.reset();
    Observer calibrated;
    calibrated.per_transition = end->observer.per_transition;
    calibrated.per_transition_cold = end->observer.per_transition_cold;
    calibrated.attach_time = end->observer.attach_time;
    end->observer = calibrated;
  }
  report.tool_version = start->tool_version;
  report.command_line = start->command_line;
  report.host = start->host;
  report.evidence = start->evidence;
  report.target = std::move(end->target);
  report.window_end = end->window_end;
  report.kept = start->kept;
  report.observer = std::move(end->observer);
  report.stacks = std::move(end->stacks);
  report.clocks = end->clocks;
  report.stolen = whole ? end->stolen : std::nullopt;
  report.session = builder.finish(end->start, end->end, end->losses, end->skipped_probes);
  set_names(report.session, end->names);
  report.records = replay.check();
  if (finder) {
    auto found =
        finder->take(report.session.processes, [&](std::uint64_t ledger) { return builder.task_number(ledger); });
    if (!found) {
      return found.error();
    }
    report.found_regions = *std::move(found);
  }
  if (part.pids.empty() && !part.comm) {
    std::unordered_map<std::uint64_t, const std::string*> comms;
    for (const Process& process : report.session.processes) {
      for (const Task& task : process.tasks) {
        comms.emplace(task.id, &task.comm);
      }
    }
    std::unordered_map<std::uint64_t, std::string> functions;
    for (const StackPlace& place : end->stack_places) {
      functions.emplace(place.key, name_of(place.frame));
    }
    CriticalPathBuilder::NameOf function;
    if (!functions.empty()) {
      function = [&functions](std::uint64_t key) {
        const auto found = functions.find(place_key(key));
        return found == functions.end() ? std::string() : found->second;
      };
    }
    report.critical_path = path.take(
        [&](std::uint64_t ledger) {
          const auto comm = comms.find(builder.task_number(ledger));
          return comm == comms.end() ? std::string() : *comm->second;
        },
        function);
  }
  if (timeline) {
    report.timeline =
        timeline->take(end->start, end->end,
                       {[&](std::uint64_t ledger) { return builder.task_number(ledger); },
                        [&](std::uint32_t number, bool compat) { return call_name(*start, number, compat); }});
  }
  return playback;
}

}  // namespace taskcost
