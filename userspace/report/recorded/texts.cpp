// SPDX-License-Identifier: Apache-2.0
//
// The texts are JSON with the same parts as reports, except that names of observed programs keep every byte.
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <sstream>
#include <type_traits>

#include "report/describe/read.h"
#include "report/describe/report_fields.h"
#include "report/describe/write.h"
#include "report/recorded/recording.h"
#include "trace/syscall_classes.h"

namespace taskcost {

void describe(auto& v, Is<ClockAnchor> auto& anchor) {
  v.row("clocks", "One instant by three clocks.");
  v.field("monotonic_ns", anchor.monotonic_ns, "CLOCK_MONOTONIC");
  v.field("realtime_ns", anchor.realtime_ns, "CLOCK_REALTIME");
  v.field("boottime_ns", anchor.boottime_ns, "CLOCK_BOOTTIME");
}

namespace {

using nlohmann::json;

// Increment it when a key here changes its meaning, or a type of a report that is stored here does.
constexpr const char* start_kind = "taskcost.recording/3";

// Counters are stored by name, because a later version may have more of them.
std::vector<std::string> names_of(const PerCounter<bool>& measured) {
  std::vector<std::string> names;
  for (const tc_counter counter : every<tc_counter>()) {
    if (measured[counter]) {
      names.emplace_back(key_of(counter));
    }
  }
  return names;
}

}  // namespace

void describe(auto& v, Is<RecordingStart> auto& start) {
  v.row("", "The beginning of a recording.");
  v.constant("kind", start_kind);
  auto layout = record_layout;
  v.field("record_layout", layout, "Layout of the records.");
  v.field("tool_version", start.tool_version, "Version of taskcost.");
  v.field("command_line", start.command_line, "Command line of taskcost.");
  v.field("host", start.host, "The machine that was observed.");
  ClockAnchor clock{start.monotonic_ns, start.realtime_ns, start.boottime_ns};
  v.field("clock", clock, "One instant by three clocks.");
  v.field("mode", start.mode, "How it was observed.");
  v.field("command", start.command, "The command as given.");
  v.field("evidence", start.evidence, "The source of each figure.");
  v.field("calls", start.calls, "System calls have probes.");
  v.field("exec_prepare", start.exec_prepare, "The phase of exec before sched_prepare_exec has a source.");
  v.field("fault_latency", start.fault_latency, "Latencies of page faults have a source.");
  v.field("switch_latency", start.switch_latency, "Latencies of context switches have a source.");
  v.field("regions", start.regions, "Marks of regions are recorded.");
  auto measured = names_of(start.measured);
  v.field("measured", measured, "Counters that have a source.");
  v.field("kept", start.kept, "The part that a flight recorder kept; null: nothing was forgotten.");
  v.field("calls_by_number", start.calls_by_number, "Names of system calls; empty where there is none.");
  v.field("compat_calls_by_number", start.compat_calls_by_number,
          "Names of 32-bit system calls; empty where there is none.");
  v.field("ring_operations", start.ring_operations, "Names of operations of io_uring; empty: they are not measured.");
  if constexpr (reads<decltype(v)>) {
    start.monotonic_ns = clock.monotonic_ns;
    start.realtime_ns = clock.realtime_ns;
    start.boottime_ns = clock.boottime_ns;
    for (const tc_counter counter : every<tc_counter>()) {
      start.measured[counter] = std::find(measured.begin(), measured.end(), key_of(counter)) != measured.end();
    }
  }
}

void describe(auto& v, Is<StackPlace> auto& place) {
  v.row("stack_place", "Where a task was when it left its CPU.");
  v.field("key", place.key, "Of the stack in recorded events.");
  v.field("frame", place.frame, "Its innermost frame in the program itself.");
}

void describe(auto& v, Is<RecordingEnd> auto& end) {
  v.row("", "The end of a recording.");
  v.field("window_end", end.window_end, "What ended the window.");
  v.field("start_ns", end.start, "Start of the window.");
  v.field("end_ns", end.end, "End of the window.");
  v.field("losses", row_group([&] {
            for (const tc_loss loss : every<tc_loss>()) {
              v.field(key_of(loss), end.losses[loss], text_of(loss));
            }
          }),
          "What was lost.");
  v.field("skipped_probes", end.skipped_probes, "Runs of programs that the kernel skipped.");
  v.field("target", end.target, "What was observed.");
  v.field("observer", end.observer, "The overhead of the observation.");
  v.field("stacks", end.stacks, "Call stacks; null: no --stacks.");
  v.field("stack_places", end.stack_places, "Frames of the events `stack`.");
  v.field("start_clocks", end.clocks.start, "Start of the window by three clocks; null: unknown.");
  v.field("end_clocks", end.clocks.end, "End of the window by three clocks; null: unknown.");
  v.field("stolen_ns", end.stolen, "Steal time of all CPUs in the window; null: not known.");
  v.field("users", end.names.users, "Names of users by uid.");
  v.field("cgroups", end.names.cgroups, "Paths of cgroups by id.");
  v.field("cpu_cgroups", end.names.cpu_cgroups, "Paths of cgroups with a CPU quota by id.");
  v.field("wakers", end.names.wakers, "Names of tasks that are not observed, by TID.");
}

namespace {

template <typename T>
std::string text_of_recording(const T& value) {
  std::ostringstream text;
  {
    JsonWriter json(text);
    WriteVisitor(json, WriteVisitor::Texts::widened).write(value);
  }
  return std::move(text).str();
}

Error unreadable(const char* what, std::string why) {
  return {fmt::format("cannot read the {} of the capture", what), std::move(why), "record it anew"};
}

Status require(const json& document, const char* what, std::initializer_list<const char*> keys) {
  for (const char* const key : keys) {
    if (!document.contains(key)) {
      return unreadable(what, fmt::format("it has no '{}'", key));
    }
  }
  return Done{};
}

// The checksum of the text was right: an error here means that another program wrote the text.
Result<json> parsed(std::string_view text, const char* what) {
  json document = json::parse(text, nullptr, false /*exceptions*/);
  if (!document.is_object()) {
    return unreadable(what, "it is no JSON object");
  }
  return document;
}

Error another_version(std::string why) {
  return {"cannot read the capture", std::move(why), "record again, or use the version of taskcost that recorded it"};
}

template <typename T>
Result<T> read_recording(const json& document, const char* what) {
  T value;
  ReadVisitor reader(ReadVisitor::Null::refused, WriteVisitor::Texts::widened);
  reader.read(document, value);
  return reader.complaint() ? Result<T>(unreadable(what, *reader.complaint())) : value;
}

}  // namespace

std::string text_of(const RecordingStart& start) { return text_of_recording(start); }
std::string text_of(const RecordingEnd& end) { return text_of_recording(end); }

Result<RecordingStart> read_start(std::string_view text) {
  constexpr const char* what = "beginning";
  const auto document = parsed(text, what);
  if (!document) {
    return document.error();
  }
  // The keys depend on the version, so it comes first.
  if (auto status = require(*document, what, {"kind", "record_layout"}); !status) {
    return status.error();
  }
  if (const json& kind = document->at("kind"); kind != start_kind) {
    constexpr std::size_t max_shown = 60;
    const std::string found = kind.is_string() ? kind.get<std::string>() : kind.dump();
    return another_version(fmt::format("its version is {}, and this version of taskcost needs '{}'",
                                       printable(found.substr(0, max_shown)), start_kind));
  }
  if (document->at("record_layout") != record_layout) {
    return another_version(fmt::format("this version of taskcost reads records of layout {}", record_layout));
  }
  if (auto status = require(*document, what, {"host", "clock", "evidence", "measured"}); !status) {
    return status.error();
  }
  return read_recording<RecordingStart>(*document, what);
}

Result<RecordingEnd> read_end(std::string_view text) {
  constexpr const char* what = "end";
  const auto document = parsed(text, what);
  if (!document) {
    return document.error();
  }
  const auto status =
      require(*document, what, {"window_end", "start_ns", "end_ns", "losses", "target", "observer", "stacks"});
  return status ? read_recording<RecordingEnd>(*document, what) : status.error();
}

std::string call_name(const RecordingStart& start, std::uint32_t number, bool compat) {
  const auto& names = compat ? start.compat_calls_by_number : start.calls_by_number;
  return number < names.size() ? names[number] : std::string();
}

CallClasses call_classes(const RecordingStart& start) {
  return classes_by_name([&](std::uint32_t number, bool compat) { return call_name(start, number, compat); });
}

}  // namespace taskcost
