// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "taskcost/recording.h"

namespace taskcost {
namespace {

using nlohmann::json;

constexpr const char* start_kind = "taskcost.recording/1";

// get<T>() would cut a number that T cannot hold.
template <std::integral T>
T whole(const json& value) {
  const bool fits = value.is_number_unsigned()
                        ? std::in_range<T>(value.get<std::uint64_t>())
                        : value.is_number_integer() && std::in_range<T>(value.get<std::int64_t>());
  if (!fits) {
    throw std::out_of_range("a number is not whole, or out of range");
  }
  return value.get<T>();
}

template <typename T>
json optional_json(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

template <std::integral T>
std::optional<T> optional_whole(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(whole<T>(value));
}

// Bytes of observed programs need not be UTF-8, JSON has to be: each byte becomes the character of its number.
std::string widened(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x80) {
      text += byte;
    } else {
      text += static_cast<char>(0xc0 | code >> 6);
      text += static_cast<char>(0x80 | (code & 0x3f));
    }
  }
  return text;
}

std::string narrowed(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = static_cast<unsigned char>(text[i]);
    if (code < 0x80) {
      bytes += text[i];
    } else if ((code & 0xfc) == 0xc0 && i + 1 < text.size()) {
      bytes += static_cast<char>((code & 0x03) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3f));
    } else {
      throw std::invalid_argument("a character that no byte can be");
    }
  }
  return bytes;
}

json bytes_json(std::string_view bytes) { return widened(bytes); }
std::string bytes_of(const json& value) { return narrowed(value.get_ref<const std::string&>()); }

// An enumeration by its number: it has to be one of the first `count`.
template <typename Enum>
Enum enum_of(const json& value, int count) {
  const int number = whole<int>(value);
  if (number < 0 || number >= count) {
    throw std::out_of_range(fmt::format("{} is none of {} values", number, count));
  }
  return static_cast<Enum>(number);
}

constexpr int target_modes = static_cast<int>(TargetMode::verify) + 1;
constexpr int window_ends = static_cast<int>(WindowEnd::failure) + 1;
constexpr int evidence_kinds = static_cast<int>(EvidenceKind::unavailable) + 1;
constexpr int stack_kinds = static_cast<int>(StackKind::involuntary_switch) + 1;
constexpr int frame_marks = static_cast<int>(Frame::Mark::unread) + 1;

json evidence_json(const EvidenceList& list) {
  json all = json::array();
  for (const Evidence& evidence : list) {
    all.push_back({{"figure", evidence.figure},
                   {"source", evidence.source},
                   {"kind", static_cast<int>(evidence.kind)},
                   {"why", evidence.why},
                   {"hint", evidence.hint}});
  }
  return all;
}

EvidenceList evidence_of(const json& all) {
  EvidenceList list;
  for (const json& one : all) {
    list.push_back({one.at("figure"), one.at("source"), enum_of<EvidenceKind>(one.at("kind"), evidence_kinds),
                    one.at("why"), one.at("hint")});
  }
  return list;
}

json host_json(const Report::Host& host) {
  return {{"kernel", host.kernel},
          {"arch", host.arch},
          {"cpus", host.cpus},
          {"virtualization", host.virtualization},
          {"name", bytes_json(host.name)},
          {"machine_id", bytes_json(host.machine_id)},
          {"boot_id", bytes_json(host.boot_id)}};
}

// Captures of before they were kept have none.
std::string optional_bytes(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? std::string() : bytes_of(*found);
}

Report::Host host_of(const json& host) {
  return {host.at("kernel"),
          host.at("arch"),
          whole<unsigned>(host.at("cpus")),
          host.at("virtualization"),
          optional_bytes(host, "name"),
          optional_bytes(host, "machine_id"),
          optional_bytes(host, "boot_id")};
}

json anchor_json(const std::optional<ClockAnchor>& anchor) {
  return anchor ? json{{"monotonic_ns", anchor->monotonic_ns},
                       {"realtime_ns", anchor->realtime_ns},
                       {"boottime_ns", anchor->boottime_ns}}
                : json(nullptr);
}

std::optional<ClockAnchor> anchor_of(const json& value) {
  if (value.is_null()) {
    return std::nullopt;
  }
  return ClockAnchor{whole<std::uint64_t>(value.at("monotonic_ns")), whole<std::uint64_t>(value.at("realtime_ns")),
                     whole<std::uint64_t>(value.at("boottime_ns"))};
}

// By name: a list may have grown since.
json measured_json(const PerCounter<bool>& measured) {
  json names = json::array();
#define TC_ADD(C, name, text)     \
  if (measured[TC_COUNTER_##C]) { \
    names.push_back(#name);       \
  }
  TC_COUNTERS(TC_ADD)
#undef TC_ADD
  return names;
}

PerCounter<bool> measured_of(const json& names) {
  PerCounter<bool> measured{};
#define TC_FIND(C, name, text) measured[TC_COUNTER_##C] = std::find(names.begin(), names.end(), #name) != names.end();
  TC_COUNTERS(TC_FIND)
#undef TC_FIND
  return measured;
}

json losses_json(const PerLoss<std::uint64_t>& losses) {
  json named = json::object();
#define TC_ADD(C, name, text) named[#name] = losses[TC_LOSS_##C];
  TC_LOSSES(TC_ADD)
#undef TC_ADD
  return named;
}

PerLoss<std::uint64_t> losses_of(const json& named) {
  PerLoss<std::uint64_t> losses{};
#define TC_FIND(C, name, text)                                      \
  if (const auto found = named.find(#name); found != named.end()) { \
    losses[TC_LOSS_##C] = whole<std::uint64_t>(*found);             \
  }
  TC_LOSSES(TC_FIND)
#undef TC_FIND
  return losses;
}

json target_json(const Report::Target& target) {
  return {{"mode", static_cast<int>(target.mode)},
          {"command", bytes_json(target.command)},
          {"pid", optional_json(target.pid)},
          {"exit_code", optional_json(target.exit_code)},
          {"exit_signal", optional_json(target.exit_signal)}};
}

Report::Target target_of(const json& target) {
  return {enum_of<TargetMode>(target.at("mode"), target_modes), bytes_of(target.at("command")),
          optional_whole<std::uint32_t>(target.at("pid")), optional_whole<int>(target.at("exit_code")),
          optional_whole<int>(target.at("exit_signal"))};
}

json nanoseconds_json(Duration duration) { return duration.count(); }
Duration duration_of(const json& value) { return Duration(whole<Duration::rep>(value)); }

std::optional<Duration> optional_duration(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(duration_of(value));
}

json optional_nanoseconds(const std::optional<Duration>& duration) {
  return duration ? nanoseconds_json(*duration) : json(nullptr);
}

json observer_json(const Observer& observer) {
  json probes = json::array();
  for (const ProbeCost& probe : observer.probes) {
    probes.push_back({{"name", probe.name},
                      {"runs", optional_json(probe.runs)},
                      {"run_time", optional_nanoseconds(probe.run_time)},
                      {"skipped", probe.skipped}});
  }
  return {{"probes", probes},
          {"userspace_cpu", nanoseconds_json(observer.userspace_cpu)},
          {"per_transition", optional_nanoseconds(observer.per_transition)},
          {"transitions", observer.transitions},
          {"stack_time", optional_nanoseconds(observer.stack_time)},
          {"share_of_wall", optional_json(observer.share_of_wall)},
          {"attach_time", optional_nanoseconds(observer.attach_time)},
          {"per_transition_cold", optional_nanoseconds(observer.per_transition_cold)},
          {"share_of_cpu", optional_json(observer.share_of_cpu)},
          {"share_of_cpu_cold", optional_json(observer.share_of_cpu_cold)}};
}

std::optional<double> optional_number(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

Observer observer_of(const json& value) {
  Observer observer;
  for (const json& probe : value.at("probes")) {
    observer.probes.push_back({probe.at("name"), optional_whole<std::uint64_t>(probe.at("runs")),
                               optional_duration(probe.at("run_time")), probe.at("skipped")});
  }
  observer.userspace_cpu = duration_of(value.at("userspace_cpu"));
  observer.per_transition = optional_duration(value.at("per_transition"));
  observer.transitions = whole<std::uint64_t>(value.at("transitions"));
  // Captures of before it was measured have none.
  observer.stack_time = optional_duration(value.value("stack_time", json()));
  if (const json& share = value.at("share_of_wall"); !share.is_null()) {
    observer.share_of_wall = share.get<double>();
  }
  observer.attach_time = optional_duration(value.at("attach_time"));
  observer.per_transition_cold = optional_duration(value.value("per_transition_cold", json()));
  observer.share_of_cpu = optional_number(value.value("share_of_cpu", json()));
  observer.share_of_cpu_cold = optional_number(value.value("share_of_cpu_cold", json()));
  return observer;
}

json stacks_json(const Stacks& stacks) {
  json all = json::array();
  for (const NamedStack& stack : stacks.stacks) {
    json frames = json::array();
    for (const Frame& frame : stack.frames) {
      frames.push_back({bytes_json(frame.function), bytes_json(frame.module), frame.offset,
                        static_cast<int>(frame.mark), frame.kernel});
    }
    all.push_back({{"process", stack.process},
                   {"kind", static_cast<int>(stack.kind)},
                   {"wait", static_cast<int>(stack.wait)},
                   {"frames", std::move(frames)},
                   {"cut", stack.cut},
                   {"count", stack.count},
                   {"time", nanoseconds_json(stack.time)}});
  }
  return {{"stacks", std::move(all)},
          {"events", stacks.events},
          {"cut_events", stacks.cut_events},
          {"lost_events", stacks.lost_events}};
}

Stacks stacks_of(const json& value) {
  Stacks stacks;
  for (const json& one : value.at("stacks")) {
    NamedStack stack;
    stack.process = whole<std::uint64_t>(one.at("process"));
    stack.kind = enum_of<StackKind>(one.at("kind"), stack_kinds);
    stack.wait = enum_of<tc_wait>(one.at("wait"), TC_NR_WAITS);
    for (const json& frame : one.at("frames")) {
      stack.frames.push_back({bytes_of(frame.at(0)), bytes_of(frame.at(1)), whole<std::uint64_t>(frame.at(2)),
                              enum_of<Frame::Mark>(frame.at(3), frame_marks), frame.at(4)});
    }
    stack.cut = one.at("cut");
    stack.count = whole<std::uint64_t>(one.at("count"));
    stack.time = duration_of(one.at("time"));
    stacks.stacks.push_back(std::move(stack));
  }
  stacks.events = whole<std::uint64_t>(value.at("events"));
  stacks.cut_events = whole<std::uint64_t>(value.at("cut_events"));
  stacks.lost_events = whole<std::uint64_t>(value.at("lost_events"));
  return stacks;
}

Instant instant_of(const json& value) { return Instant(duration_of(value)); }

RecordingStart start_of(const json& value) {
  RecordingStart start;
  start.tool_version = value.at("tool_version");
  start.command_line = bytes_of(value.at("command_line"));
  start.host = host_of(value.at("host"));
  start.mode = enum_of<TargetMode>(value.at("mode"), target_modes);
  start.command = bytes_of(value.at("command"));
  start.monotonic_ns = whole<std::uint64_t>(value.at("clock").at("monotonic_ns"));
  start.realtime_ns = whole<std::uint64_t>(value.at("clock").at("realtime_ns"));
  start.boottime_ns = whole<std::uint64_t>(value.at("clock").value("boottime_ns", json(0U)));
  start.evidence = evidence_of(value.at("evidence"));
  start.calls = value.at("calls");
  start.exec_prepare = value.at("exec_prepare");
  start.fault_latency = value.at("fault_latency");
  start.switch_latency = value.at("switch_latency");
  start.measured = measured_of(value.at("measured"));
  start.calls_by_number = value.at("calls_by_number");
  start.compat_calls_by_number = value.at("compat_calls_by_number");
  return start;
}

RecordingEnd ending_of(const json& value) {
  RecordingEnd end;
  end.window_end = enum_of<WindowEnd>(value.at("window_end"), window_ends);
  end.start = instant_of(value.at("start"));
  end.end = instant_of(value.at("end"));
  end.losses = losses_of(value.at("losses"));
  end.skipped_probes = whole<std::uint64_t>(value.at("skipped_probes"));
  end.target = target_of(value.at("target"));
  end.observer = observer_of(value.at("observer"));
  if (const json& stacks = value.at("stacks"); !stacks.is_null()) {
    end.stacks = stacks_of(stacks);
  }
  end.clocks.start = anchor_of(value.value("start_clocks", json()));
  end.clocks.end = anchor_of(value.value("end_clocks", json()));
  return end;
}

// Checksums were right, so this is for a text that something else wrote.
template <typename Read>
auto read(std::string_view text, const char* what, Read read_json) -> Result<std::invoke_result_t<Read, json>> {
  try {
    return read_json(json::parse(text));
  } catch (const std::exception& error) {  // nlohmann's, and those of whole, enum_of and narrowed
    return Error{fmt::format("cannot read the {} of the capture", what), error.what(), "record it anew"};
  }
}

}  // namespace

std::string text_of(const RecordingStart& start) {
  return json{
      {"kind", start_kind},
      {"record_layout", record_layout},
      {"tool_version", start.tool_version},
      {"command_line", bytes_json(start.command_line)},
      {"host", host_json(start.host)},
      {"clock",
       {{"monotonic_ns", start.monotonic_ns}, {"realtime_ns", start.realtime_ns}, {"boottime_ns", start.boottime_ns}}},
      {"mode", static_cast<int>(start.mode)},
      {"command", bytes_json(start.command)},
      {"evidence", evidence_json(start.evidence)},
      {"calls", start.calls},
      {"exec_prepare", start.exec_prepare},
      {"fault_latency", start.fault_latency},
      {"switch_latency", start.switch_latency},
      {"measured", measured_json(start.measured)},
      {"calls_by_number", start.calls_by_number},
      {"compat_calls_by_number", start.compat_calls_by_number}}
      .dump();
}

std::string text_of(const RecordingEnd& end) {
  return json{{"window_end", static_cast<int>(end.window_end)},
              {"start", end.start.time_since_epoch().count()},
              {"end", end.end.time_since_epoch().count()},
              {"losses", losses_json(end.losses)},
              {"skipped_probes", end.skipped_probes},
              {"target", target_json(end.target)},
              {"observer", observer_json(end.observer)},
              {"stacks", end.stacks ? stacks_json(*end.stacks) : json(nullptr)},
              {"start_clocks", anchor_json(end.clocks.start)},
              {"end_clocks", anchor_json(end.clocks.end)}}
      .dump();
}

Result<RecordingStart> read_start(std::string_view text) {
  const auto layout = read(text, "beginning", [](const json& value) {
    return std::pair(value.at("kind").get<std::string>(), whole<std::uint32_t>(value.at("record_layout")));
  });
  if (!layout) {
    return layout.error();
  }
  if (layout->first != start_kind || layout->second != record_layout) {
    return Error{"cannot read the capture",
                 fmt::format("its records have layout {}, this version reads {}", layout->second, record_layout),
                 "use the version of taskcost that recorded it"};
  }
  return read(text, "beginning", start_of);
}

Result<RecordingEnd> read_end(std::string_view text) { return read(text, "end", ending_of); }

std::string call_name(const RecordingStart& start, std::uint32_t number, bool compat) {
  const auto& names = compat ? start.compat_calls_by_number : start.calls_by_number;
  return number < names.size() ? names[number] : std::string();
}

}  // namespace taskcost
