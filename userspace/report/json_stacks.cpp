// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string_view>

#include "report/json_sections.h"
#include "report/json_writer.h"
#include "taskcost/stacks.h"

namespace taskcost {
namespace {

using Layout = JsonWriter::Layout;

std::optional<std::string_view> name_of(Frame::Mark mark) {
  switch (mark) {
    case Frame::Mark::none:
      return std::nullopt;
    case Frame::Mark::unlinked:
      return "unlinked";
    case Frame::Mark::replaced:
      return "replaced";
    case Frame::Mark::unknown:
      return "unknown";
    case Frame::Mark::unread:
      return "unread";
  }
  return std::nullopt;
}

std::optional<std::string_view> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

void write_frame(JsonWriter& json, const Frame& frame) {
  json.object(
      [&] {
        json.field("function", unless_empty(frame.function));
        json.field("module", unless_empty(frame.module));
        json.field("offset", frame.offset);
        json.field("mark", name_of(frame.mark));
        json.field("kernel", frame.kernel);
      },
      Layout::row);
}

void write_stack(JsonWriter& json, const NamedStack& stack) {
  const bool waits = stack.kind == StackKind::wait;
  json.object([&] {
    json.field("process", stack.process);
    json.field("kind", std::string_view(to_string(stack.kind)));
    json.field("wait", waits ? std::optional<std::string_view>(key_of(stack.wait)) : std::nullopt);
    json.field("cut", stack.cut);
    json.field("count", stack.count);
    json.field("time_ns", stack.time);
    json.array("frames", [&] {
      for (const Frame& frame : stack.frames) {
        write_frame(json, frame);
      }
    });
  });
}

}  // namespace

void write_json_stacks(JsonWriter& json, const std::optional<Stacks>& stacks) {
  if (!stacks) {
    json.field("stacks", nullptr);
    return;
  }
  json.object("stacks", [&] {
    json.field("events", stacks->events);
    json.field("cut_events", stacks->cut_events);
    json.field("lost_events", stacks->lost_events);
    json.array("stacks", [&] {
      for (const NamedStack& stack : stacks->stacks) {
        write_stack(json, stack);
      }
    });
  });
}

}  // namespace taskcost
