// SPDX-License-Identifier: Apache-2.0
//
// Writes the file format of speedscope.app: a table of frames, and profiles of the stacks.
#include <array>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "report/render.h"
#include "report/stacks/stack_words.h"

namespace taskcost {
namespace {

using Layout = JsonWriter::Layout;

class FrameTable {
 public:
  std::size_t frame_index(const std::string& name, const std::string& file) {
    const auto [found, is_new] = frame_indices_.try_emplace(name + '\0' + file, frames_.size());
    if (is_new) {
      frames_.emplace_back(name, file);
    }
    return found->second;
  }

  void write(JsonWriter& json) const {
    json.array("frames", [&] {
      for (const auto& [name, file] : frames_) {
        json.object(
            [&, &frame_name = name, &frame_file = file] {
              json.field("name", frame_name);
              if (!frame_file.empty()) {
                json.field("file", frame_file);
              }
            },
            Layout::row);
      }
    });
  }

 private:
  std::unordered_map<std::string, std::size_t> frame_indices_;
  std::vector<std::pair<std::string, std::string>> frames_;
};

struct Sample {
  StackKind kind = StackKind::wait;
  std::vector<std::size_t> frames;  // outermost first
  std::uint64_t count = 0;
  std::uint64_t time_ns = 0;
};

std::vector<Sample> samples_of(const Report& report, FrameTable& table) {
  std::vector<Sample> samples;
  if (!report.stacks) {
    return samples;
  }
  const ProcessGroups names(report.session, report.grouping());
  for (const NamedStack& stack : report.stacks->stacks) {
    for (const StackPart& part : parts_of(stack)) {
      Sample sample{.kind = stack.kind, .frames = {}, .count = part.count, .time_ns = 0};
      sample.frames.push_back(table.frame_index(names.of(stack), ""));
      sample.frames.push_back(table.frame_index(part.cause, ""));
      if (stack.cut) {
        sample.frames.push_back(table.frame_index(cut_frame, ""));
      }
      for (const Frame& frame : stack.frames) {
        sample.frames.push_back(table.frame_index(name_of(frame), frame.module));
      }
      sample.time_ns = static_cast<std::uint64_t>(part.time.count());
      samples.push_back(std::move(sample));
    }
  }
  return samples;
}

struct ProfileKind {
  const char* name;
  const char* unit;
  bool (*has)(const Sample&);
  std::uint64_t Sample::*weight;
};
// Faults and creations have profiles of their own: their time is a part of running and waiting.
constexpr std::array profile_kinds = {
    ProfileKind{"running and waiting", "nanoseconds", [](const Sample& each) { return is_of_lifetime(each.kind); },
                &Sample::time_ns},
    ProfileKind{"faults", "nanoseconds", [](const Sample& each) { return each.kind == StackKind::fault; },
                &Sample::time_ns},
    ProfileKind{"creations", "nanoseconds", [](const Sample& each) { return each.kind == StackKind::creation; },
                &Sample::time_ns},
    ProfileKind{"count", "none", [](const Sample& each) { return each.count > 0; }, &Sample::count},
};

void write_profile(JsonWriter& json, const ProfileKind& kind, const std::vector<const Sample*>& samples) {
  std::uint64_t sum = 0;
  for (const Sample* const sample : samples) {
    sum += sample->*kind.weight;
  }
  json.object([&] {
    json.field("type", std::string_view("sampled"));
    json.field("name", std::string_view(kind.name));
    json.field("unit", std::string_view(kind.unit));
    json.field("startValue", 0);
    json.field("endValue", sum);
    json.array("samples", [&] {
      for (const Sample* const sample : samples) {
        json.array(
            [&] {
              for (const std::size_t frame : sample->frames) {
                json.element(frame);
              }
            },
            Layout::row);
      }
    });
    json.array(
        "weights",
        [&] {
          for (const Sample* const sample : samples) {
            json.element(sample->*kind.weight);
          }
        },
        Layout::row);
  });
}

}  // namespace

void render_speedscope(const Report& report, std::ostream& out) {
  FrameTable table;
  const std::vector<Sample> samples = samples_of(report, table);
  JsonWriter json(out);
  json.object([&] {
    json.field("$schema", std::string_view("https://www.speedscope.app/file-format-schema.json"));
    json.field("exporter", "taskcost " + report.tool_version);
    json.field("name", report.target.command);
    json.field("activeProfileIndex", 0);
    json.object("shared", [&] { table.write(json); });
    json.array("profiles", [&] {
      for (const ProfileKind& kind : profile_kinds) {
        std::vector<const Sample*> shown;
        for (const Sample& sample : samples) {
          if (kind.has(sample)) {
            shown.push_back(&sample);
          }
        }
        if (!shown.empty() || &kind == &profile_kinds.front()) {
          write_profile(json, kind, shown);
        }
      }
    });
  });
  json.end_document();
}

}  // namespace taskcost
