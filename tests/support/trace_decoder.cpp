// SPDX-License-Identifier: Apache-2.0
#include "support/trace_decoder.h"

#include <algorithm>
#include <stdexcept>

namespace taskcost::test {
namespace {

enum class Type { number, text, message, numbers };  // numbers: repeated, each with its tag or packed

struct Known {
  std::string_view message;
  std::uint64_t number;
  std::string_view name;
  Type type;
  std::string_view inner = {};
};

// The fields of each message that our traces can contain: number, name and type.
constexpr Known published[] = {
    {"TracePacket", 1, "ftrace_events", Type::message, "FtraceEventBundle"},
    {"TracePacket", 2, "process_tree", Type::message, "ProcessTree"},
    {"TracePacket", 6, "clock_snapshot", Type::message, "ClockSnapshot"},
    {"TracePacket", 8, "timestamp", Type::number},
    {"TracePacket", 10, "trusted_packet_sequence_id", Type::number},
    {"TracePacket", 11, "track_event", Type::message, "TrackEvent"},
    {"TracePacket", 12, "interned_data", Type::message, "InternedData"},
    {"TracePacket", 13, "sequence_flags", Type::number},
    {"TracePacket", 42, "previous_packet_dropped", Type::number},
    {"TracePacket", 45, "system_info", Type::message, "SystemInfo"},
    {"TracePacket", 58, "timestamp_clock_id", Type::number},
    {"TracePacket", 59, "trace_packet_defaults", Type::message, "TracePacketDefaults"},
    {"TracePacket", 60, "track_descriptor", Type::message, "TrackDescriptor"},
    {"TracePacket", 87, "first_packet_on_sequence", Type::number},
    {"TracePacketDefaults", 58, "timestamp_clock_id", Type::number},
    {"FtraceEventBundle", 1, "cpu", Type::number},
    {"FtraceEventBundle", 2, "event", Type::message, "FtraceEvent"},
    {"FtraceEventBundle", 3, "lost_events", Type::number},
    {"FtraceEvent", 1, "timestamp", Type::number},
    {"FtraceEvent", 2, "pid", Type::number},
    {"FtraceEvent", 4, "sched_switch", Type::message, "SchedSwitch"},
    {"FtraceEvent", 5, "common_flags", Type::number},
    {"FtraceEvent", 20, "sched_waking", Type::message, "SchedWaking"},
    {"FtraceEvent", 114, "sched_wakeup_new", Type::message, "SchedWaking"},
    {"FtraceEvent", 235, "task_newtask", Type::message, "TaskNewtask"},
    {"FtraceEvent", 236, "task_rename", Type::message, "TaskRename"},
    {"FtraceEvent", 237, "sched_process_exec", Type::message, "SchedProcessExec"},
    {"FtraceEvent", 238, "sched_process_exit", Type::message, "SchedProcessExit"},
    {"SchedSwitch", 1, "prev_comm", Type::text},
    {"SchedSwitch", 2, "prev_pid", Type::number},
    {"SchedSwitch", 4, "prev_state", Type::number},
    {"SchedSwitch", 5, "next_comm", Type::text},
    {"SchedSwitch", 6, "next_pid", Type::number},
    {"SchedWaking", 1, "comm", Type::text},
    {"SchedWaking", 2, "pid", Type::number},
    {"TaskNewtask", 1, "pid", Type::number},
    {"TaskNewtask", 2, "comm", Type::text},
    {"TaskNewtask", 3, "clone_flags", Type::number},
    {"TaskRename", 1, "pid", Type::number},
    {"TaskRename", 2, "oldcomm", Type::text},
    {"TaskRename", 3, "newcomm", Type::text},
    {"SchedProcessExec", 1, "filename", Type::text},
    {"SchedProcessExec", 2, "pid", Type::number},
    {"SchedProcessExec", 3, "old_pid", Type::number},
    {"SchedProcessExit", 1, "comm", Type::text},
    {"SchedProcessExit", 2, "pid", Type::number},
    {"SchedProcessExit", 3, "tgid", Type::number},
    {"ProcessTree", 1, "processes", Type::message, "Process"},
    {"ProcessTree", 2, "threads", Type::message, "Thread"},
    {"Process", 1, "pid", Type::number},
    {"Process", 2, "ppid", Type::number},
    {"Process", 3, "cmdline", Type::text},
    {"Thread", 1, "tid", Type::number},
    {"Thread", 2, "name", Type::text},
    {"Thread", 3, "tgid", Type::number},
    {"ClockSnapshot", 1, "clocks", Type::message, "Clock"},
    {"ClockSnapshot", 2, "primary_trace_clock", Type::number},
    {"Clock", 1, "clock_id", Type::number},
    {"Clock", 2, "timestamp", Type::number},
    {"SystemInfo", 1, "utsname", Type::message, "Utsname"},
    {"SystemInfo", 4, "tracing_service_version", Type::text},
    {"SystemInfo", 8, "num_cpus", Type::number},
    {"Utsname", 1, "sysname", Type::text},
    {"Utsname", 3, "release", Type::text},
    {"Utsname", 4, "machine", Type::text},
    {"TrackEvent", 3, "category_iids", Type::numbers},
    {"TrackEvent", 4, "debug_annotations", Type::message, "DebugAnnotation"},
    {"TrackEvent", 9, "type", Type::number},
    {"TrackEvent", 10, "name_iid", Type::number},
    {"TrackEvent", 11, "track_uuid", Type::number},
    {"TrackEvent", 12, "extra_counter_values", Type::numbers},
    {"TrackEvent", 31, "extra_counter_track_uuids", Type::numbers},
    {"DebugAnnotation", 1, "name_iid", Type::number},
    {"DebugAnnotation", 2, "bool_value", Type::number},
    {"DebugAnnotation", 3, "uint_value", Type::number},
    {"DebugAnnotation", 4, "int_value", Type::number},
    {"DebugAnnotation", 6, "string_value", Type::text},
    {"InternedData", 1, "event_categories", Type::message, "Name"},
    {"InternedData", 2, "event_names", Type::message, "Name"},
    {"InternedData", 3, "debug_annotation_names", Type::message, "Name"},
    {"Name", 1, "iid", Type::number},
    {"Name", 2, "name", Type::text},
    {"TrackDescriptor", 1, "uuid", Type::number},
    {"TrackDescriptor", 2, "name", Type::text},
    {"TrackDescriptor", 3, "process", Type::message, "ProcessDescriptor"},
    {"TrackDescriptor", 4, "thread", Type::message, "ThreadDescriptor"},
    {"TrackDescriptor", 5, "parent_uuid", Type::number},
    {"TrackDescriptor", 8, "counter", Type::message, "CounterDescriptor"},
    {"ProcessDescriptor", 1, "pid", Type::number},
    {"ProcessDescriptor", 2, "cmdline", Type::text},
    {"ProcessDescriptor", 6, "process_name", Type::text},
    {"ThreadDescriptor", 1, "pid", Type::number},
    {"ThreadDescriptor", 2, "tid", Type::number},
    {"ThreadDescriptor", 5, "thread_name", Type::text},
    {"CounterDescriptor", 3, "unit", Type::number},
};

const Known& known_field(std::string_view message, std::uint64_t number) {
  const auto* found = std::find_if(std::begin(published), std::end(published), [&](const Known& known) {
    return known.message == message && known.number == number;
  });
  if (found == std::end(published)) {
    throw std::runtime_error("no field " + std::to_string(number) + " in " + std::string(message));
  }
  return *found;
}

std::uint64_t take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (bytes.empty()) {
      break;
    }
    const auto byte = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) {
      return value;
    }
  }
  throw std::runtime_error("a number without an end");
}

std::string_view take_bytes(std::string_view& bytes) {
  const std::uint64_t size = take_varint(bytes);
  if (size > bytes.size()) {
    throw std::runtime_error("a field longer than what it lies in");
  }
  const std::string_view taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return taken;
}

constexpr std::uint64_t wire_varint = 0;
constexpr std::uint64_t wire_bytes = 2;

Message decode_message(std::string_view name, std::string_view bytes) {
  Message message;
  while (!bytes.empty()) {
    const std::uint64_t tag = take_varint(bytes);
    const Known& known = known_field(name, tag >> 3U);
    const bool is_number = known.type == Type::number || known.type == Type::numbers;
    if ((tag & 7U) != (is_number ? wire_varint : wire_bytes)) {
      throw std::runtime_error("field " + std::string(known.name) + " has another wire type");
    }
    Field field{.name = known.name, .number = 0, .text = {}, .message = {}, .kind = Field::Kind::number};
    if (is_number) {
      field.number = take_varint(bytes);
    } else if (known.type == Type::text) {
      field.kind = Field::Kind::text;
      field.text = take_bytes(bytes);
    } else {
      field.kind = Field::Kind::message;
      field.message = decode_message(known.inner, take_bytes(bytes));
    }
    message.fields.push_back(std::move(field));
  }
  return message;
}

void append_text(std::string& out, const Message& message, std::size_t indent) {
  for (const Field& field : message.fields) {
    out.append(indent, ' ').append(field.name);
    switch (field.kind) {
      case Field::Kind::number:
        out.append(": ").append(std::to_string(field.number)).append("\n");
        break;
      case Field::Kind::text:
        out.append(": \"").append(field.text).append("\"\n");
        break;
      case Field::Kind::message:
        out.append("\n");
        append_text(out, field.message, indent + 2);
        break;
    }
  }
}

// The state that a reader keeps for a sequence.
struct Interned {
  std::map<std::uint64_t, std::string> categories;
  std::map<std::uint64_t, std::string> names;
  std::map<std::uint64_t, std::string> arguments;
  bool is_valid = false;
  bool has_clock = false;
};

void learn(std::map<std::uint64_t, std::string>& names, const Message& data, std::string_view field) {
  for (const Field* entry : data.all(field)) {
    names[entry->message.number("iid")] = entry->message.text("name");
  }
}

void follow(Interned& interned, const Message& packet) {
  const std::uint64_t flags = packet.has("sequence_flags") ? packet.number("sequence_flags") : 0;
  if (packet.has("previous_packet_dropped")) {
    interned = {};
  }
  if ((flags & 1U) != 0) {
    interned = {};
    interned.is_valid = true;
  }
  if (packet.has("trace_packet_defaults")) {
    interned.has_clock = packet.message("trace_packet_defaults").number("timestamp_clock_id") == 3;
  }
  if (packet.has("interned_data")) {
    const Message& data = packet.message("interned_data");
    learn(interned.categories, data, "event_categories");
    learn(interned.names, data, "event_names");
    learn(interned.arguments, data, "debug_annotation_names");
  }
}

std::string value_of(const Message& annotation) {
  for (const Field& field : annotation.fields) {
    if (field.name == "int_value") {
      return std::to_string(static_cast<std::int64_t>(field.number));
    }
    if (field.name == "bool_value") {
      return field.number != 0 ? "true" : "false";
    }
    if (field.name == "uint_value") {
      return std::to_string(field.number);
    }
    if (field.name == "string_value") {
      return field.text;
    }
  }
  return "nothing";
}

struct Point {
  std::uint64_t at;
  std::uint64_t type;
  Slice slice;
};

Point point_of(const Message& packet, const Interned& interned) {
  const Message& event = packet.message("track_event");
  Point point{packet.number("timestamp"), event.number("type"), {}};
  Slice& slice = point.slice;
  slice.track = event.number("track_uuid");
  slice.begin = point.at;
  if (event.has("name_iid")) {
    slice.name = interned.names.at(event.number("name_iid"));
    slice.category = interned.categories.at(event.number("category_iids"));
  }
  for (const Field* field : event.all("debug_annotations")) {
    slice.arguments[interned.arguments.at(field->message.number("name_iid"))] = value_of(field->message);
  }
  return point;
}

constexpr std::uint64_t type_begin = 1;
constexpr std::uint64_t type_end = 2;

}  // namespace

const Field* Message::find(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

namespace {

const Field& must(const Field* field, std::string_view name) {
  if (field == nullptr) {
    throw std::runtime_error("no " + std::string(name));
  }
  return *field;
}

}  // namespace

const Message& Message::message(std::string_view name) const { return must(find(name), name).message; }
std::uint64_t Message::number(std::string_view name) const { return must(find(name), name).number; }
const std::string& Message::text(std::string_view name) const { return must(find(name), name).text; }

std::vector<const Field*> Message::all(std::string_view name) const {
  std::vector<const Field*> found;
  for (const Field& field : fields) {
    if (field.name == name) {
      found.push_back(&field);
    }
  }
  return found;
}

std::vector<Message> decode_trace(std::string_view bytes) {
  std::vector<Message> packets;
  while (!bytes.empty()) {
    if (take_varint(bytes) != (1U << 3U | wire_bytes)) {
      throw std::runtime_error("not a packet");
    }
    packets.push_back(decode_message("TracePacket", take_bytes(bytes)));
  }
  return packets;
}

std::string to_text(const std::vector<Message>& packets) {
  std::string out;
  for (const Message& packet : packets) {
    out += "packet\n";
    append_text(out, packet, 2);
  }
  return out;
}

std::vector<Slice> slices_of(const std::vector<Message>& packets) {
  std::map<std::uint64_t, Interned> sequences;
  std::vector<Point> points;
  for (const Message& packet : packets) {
    Interned& interned = sequences[packet.number("trusted_packet_sequence_id")];
    follow(interned, packet);
    if (packet.has("track_event") && interned.is_valid && interned.has_clock) {
      points.push_back(point_of(packet, interned));
    }
  }
  std::stable_sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.at < b.at; });
  std::vector<Slice> slices;
  std::map<std::uint64_t, std::vector<std::size_t>> open;
  for (Point& point : points) {
    auto& stack = open[point.slice.track];
    if (point.type == type_end) {
      if (stack.empty()) {
        throw std::runtime_error("an end without a begin");
      }
      slices[stack.back()].end = point.at;
      stack.pop_back();
      continue;
    }
    point.slice.depth = stack.size();
    point.slice.is_instant = point.type != type_begin;
    if (point.type == type_begin) {
      stack.push_back(slices.size());
    }
    slices.push_back(std::move(point.slice));
  }
  return slices;
}

std::vector<FtraceEvent> ftrace_events_of(const std::vector<Message>& packets) {
  std::vector<FtraceEvent> events;
  for (const Message& packet : packets) {
    if (!packet.has("ftrace_events")) {
      continue;
    }
    const Message& bundle = packet.message("ftrace_events");
    for (const Field* field : bundle.all("event")) {
      const Message& event = field->message;
      const Field& kind = *std::find_if(event.fields.begin(), event.fields.end(),
                                        [](const Field& f) { return f.kind == Field::Kind::message; });
      events.push_back({bundle.number("cpu"), event.number("timestamp"), event.number("pid"), std::string(kind.name),
                        &kind.message});
    }
  }
  return events;
}

}  // namespace taskcost::test
