// SPDX-License-Identifier: Apache-2.0
//
// Writes a profile for pprof: one sample for each stack and its cause. The types of values have the names that
// OpenTelemetry's profiler gives them.
#include <zlib.h>

#include <array>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/escape.h"
#include "pprof/profile.pb.h"
#include "report/render.h"
#include "report/stacks/stack_words.h"

namespace taskcost {
namespace {

enum ValueIndex { sample_count, cpu_ns, off_cpu_count, off_cpu_ns, fault_count, fault_ns, creation_count, creation_ns };
struct ValueName {
  const char* type;
  const char* unit;
};
constexpr std::array value_names = {ValueName{"samples", "count"},   ValueName{"cpu", "nanoseconds"},
                                    ValueName{"waits", "count"},     ValueName{"off_cpu", "nanoseconds"},
                                    ValueName{"faults", "count"},    ValueName{"fault", "nanoseconds"},
                                    ValueName{"creations", "count"}, ValueName{"creation", "nanoseconds"}};

// The value that counts a stack of this kind; the next one is its time.
ValueIndex count_index(StackKind kind) {
  switch (kind) {
    case StackKind::on_cpu:
      return sample_count;
    case StackKind::fault:
      return fault_count;
    case StackKind::creation:
      return creation_count;
    default:
      return off_cpu_count;
  }
}

class ProfileBuilder {
 public:
  explicit ProfileBuilder(const Report& report) : report_(report) { (void)text(""); }

  pprof::Profile build() {
    for (const ValueName& name : value_names) {
      set_type(*profile_.add_sample_type(), name);
    }
    const Stacks none;
    const Stacks& stacks = report_.stacks ? *report_.stacks : none;
    for (const BuildId& build_id : stacks.build_ids) {
      build_ids_.emplace(build_id.file, build_id.id);
    }
    for (const Process& process : report_.session.processes) {
      processes_.emplace(process.id, &process);
    }
    for (const NamedStack& stack : stacks.stacks) {
      for (const StackPart& part : parts_of(stack)) {
        add(stack, part);
      }
    }
    if (report_.clocks.start) {
      profile_.set_time_nanos(static_cast<std::int64_t>(report_.clocks.start->realtime_ns));
    }
    profile_.set_duration_nanos((report_.session.end - report_.session.start).count());
    if (stacks.samples) {
      constexpr std::int64_t second = 1'000'000'000;
      set_type(*profile_.mutable_period_type(), value_names[cpu_ns]);
      profile_.set_period(second / stacks.samples->frequency);
    }
    profile_.set_default_sample_type(text(value_names.at(stacks.samples ? cpu_ns : off_cpu_ns).type));
    profile_.add_comment(text("taskcost " + report_.tool_version));
    return std::move(profile_);
  }

 private:
  void set_type(pprof::ValueType& type, const ValueName& name) {
    type.set_type(text(name.type));
    type.set_unit(text(name.unit));
  }

  // Texts of a profile are UTF-8.
  std::int64_t text(const std::string& raw) {
    const auto [found, is_new] = texts_.try_emplace(raw, profile_.string_table_size());
    if (is_new) {
      profile_.add_string_table(raw.empty() ? raw : std::string(TerminalText(raw).text()));
    }
    return found->second;
  }

  // Frames without a file have no mapping.
  std::uint64_t mapping(const std::string& file) {
    if (file.empty()) {
      return 0;
    }
    const auto [found, is_new] = mappings_.try_emplace(file, mappings_.size() + 1);
    if (is_new) {
      pprof::Mapping& made = *profile_.add_mapping();
      made.set_id(found->second);
      made.set_memory_limit(std::uint64_t{1} << 62U);  // addresses are offsets in the file
      made.set_filename(text(file));
      if (const auto build_id = build_ids_.find(file); build_id != build_ids_.end()) {
        made.set_build_id(text(build_id->second));
      }
      made.set_has_functions(true);
    }
    return found->second;
  }

  std::uint64_t function(const std::string& name, const std::string& file) {
    const auto [found, is_new] = functions_.try_emplace({name, file}, functions_.size() + 1);
    if (is_new) {
      pprof::Function& made = *profile_.add_function();
      made.set_id(found->second);
      made.set_name(text(name));
      made.set_system_name(text(name));
      made.set_filename(text(file));
    }
    return found->second;
  }

  std::uint64_t location(const std::string& name, const std::string& file, std::uint64_t offset) {
    const std::uint64_t of_function = function(name, file);
    const auto [found, is_new] = locations_.try_emplace({of_function, offset}, locations_.size() + 1);
    if (is_new) {
      pprof::Location& made = *profile_.add_location();
      made.set_id(found->second);
      made.set_mapping_id(mapping(file));
      made.set_address(offset);
      made.add_line()->set_function_id(of_function);
    }
    return found->second;
  }

  void add_label(pprof::Sample& sample, const char* key, const std::string& value) {
    pprof::Label& label = *sample.add_label();
    label.set_key(text(key));
    label.set_str(text(value));
  }

  void add(const NamedStack& stack, const StackPart& part) {
    pprof::Sample& sample = *profile_.add_sample();
    for (auto frame = stack.frames.rbegin(); frame != stack.frames.rend(); ++frame) {
      sample.add_location_id(location(name_of(*frame), frame->module, frame->offset));
    }
    if (stack.cut) {
      sample.add_location_id(location(cut_frame, "", 0));
    }
    for (std::size_t i = 0; i < value_names.size(); ++i) {
      sample.add_value(0);
    }
    const int count = count_index(stack.kind);
    sample.set_value(count, static_cast<std::int64_t>(part.count));
    sample.set_value(count + 1, part.time.count());
    add_label(sample, "cause", part.cause);
    add_label(sample, "thread", stack.thread);
    if (const auto process = processes_.find(stack.process); process != processes_.end()) {
      add_label(sample, "comm", process->second->comm);
      pprof::Label& pid = *sample.add_label();
      pid.set_key(text("pid"));
      pid.set_num(process->second->tgid);
    }
  }

  const Report& report_;
  pprof::Profile profile_;
  std::unordered_map<std::string, std::int64_t> texts_;
  std::map<std::string, std::uint64_t> mappings_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> functions_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> locations_;
  std::unordered_map<std::string, std::string> build_ids_;
  std::unordered_map<std::uint64_t, const Process*> processes_;
};

void write_gzip(std::string bytes, std::ostream& out) {
  constexpr int gzip_header = 16;
  constexpr int memory_level = 8;
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + gzip_header, memory_level,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    out.setstate(std::ios::badbit);
    return;
  }
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::array<char, 65536> buffer{};
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    result = deflate(&stream, Z_FINISH);
    out.write(buffer.data(), static_cast<std::streamsize>(buffer.size() - stream.avail_out));
  }
  deflateEnd(&stream);
}

}  // namespace

void render_pprof(const Report& report, std::ostream& out) {
  write_gzip(ProfileBuilder(report).build().SerializeAsString(), out);
}

}  // namespace taskcost
