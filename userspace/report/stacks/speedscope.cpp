// SPDX-License-Identifier: Apache-2.0
//
// Writes the file format of speedscope.app: a table of frames, and two profiles of the same stacks, by time and by
// count.
#include <cstddef>
#include <ostream>
#include <string>
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
    Sample sample;
    sample.frames.push_back(table.frame_index(names.of(stack.process), ""));
    sample.frames.push_back(table.frame_index(cause_of(stack), ""));
    if (stack.cut) {
      sample.frames.push_back(table.frame_index(cut_frame, ""));
    }
    for (const Frame& frame : stack.frames) {
      sample.frames.push_back(table.frame_index(name_of(frame), frame.module));
    }
    sample.count = stack.count;
    sample.time_ns = static_cast<std::uint64_t>(stack.time.count());
    samples.push_back(std::move(sample));
  }
  return samples;
}

void write_profile(JsonWriter& json, std::string_view name, std::string_view unit, const std::vector<Sample>& samples,
                   std::uint64_t Sample::*weight) {
  std::uint64_t sum = 0;
  for (const Sample& sample : samples) {
    sum += sample.*weight;
  }
  json.object([&] {
    json.field("type", std::string_view("sampled"));
    json.field("name", name);
    json.field("unit", unit);
    json.field("startValue", 0);
    json.field("endValue", sum);
    json.array("samples", [&] {
      for (const Sample& sample : samples) {
        json.array(
            [&] {
              for (const std::size_t frame : sample.frames) {
                json.element(frame);
              }
            },
            Layout::row);
      }
    });
    json.array(
        "weights",
        [&] {
          for (const Sample& sample : samples) {
            json.element(sample.*weight);
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
      write_profile(json, "time", "nanoseconds", samples, &Sample::time_ns);
      write_profile(json, "count", "none", samples, &Sample::count);
    });
  });
  json.end_document();
}

}  // namespace taskcost
