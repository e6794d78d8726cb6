// SPDX-License-Identifier: Apache-2.0
#include "report/html_stacks.h"

#include <cstdint>
#include <map>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "account/groups.h"
#include "base/json_writer.h"
#include "report/describe/session_fields.h"
#include "report/describe/write.h"
#include "report/stacks/stack_words.h"

namespace taskcost {
namespace {

constexpr std::size_t most_frames_in_page = 100'000;

// The rest of a report's stacks, so that all sums are as they were.
std::vector<NamedStack> other_stacks(const Report& report) {
  std::map<std::tuple<std::uint64_t, std::string, StackKind, tc_wait>, NamedStack> rest;
  for (const NamedStack& stack : std::span(report.stacks->stacks).subspan(stacks_in_page(report))) {
    NamedStack& sum = rest[{stack.process, stack.thread, stack.kind, stack.wait}];
    sum.process = stack.process;
    sum.thread = stack.thread;
    sum.kind = stack.kind;
    sum.wait = stack.wait;
    sum.frames = {{"[other stacks]", "", 0, Frame::Mark::none, false}};
    sum.count += stack.count;
    sum.time += stack.time;
    sum.runnable += stack.runnable;
  }
  std::vector<NamedStack> sums;
  sums.reserve(rest.size());
  for (auto& [key, sum] : rest) {
    sums.push_back(std::move(sum));
  }
  return sums;
}

class StackTable {
 public:
  explicit StackTable(JsonWriter& json) : json_(json) {}

  void write(const Report& report, GroupBy by, bool is_b) {
    const ProcessGroups groups(report.session, by);
    for (const NamedStack& stack : std::span(report.stacks->stacks).first(stacks_in_page(report))) {
      write(stack, groups.of(stack), is_b);
    }
    for (const NamedStack& stack : other_stacks(report)) {
      write(stack, groups.of(stack), is_b);
    }
  }

  void write_frames() {
    json_.array("frames", [&] {
      for (const Frame& frame : frames_) {
        json_.next();
        WriteVisitor(json_).write(frame);
      }
    });
  }

 private:
  using Key = std::tuple<std::string, std::string, std::uint64_t, Frame::Mark, bool>;

  void write(const NamedStack& stack, const std::string& group, bool is_b) {
    json_.object(
        [&] {
          json_.field("group", std::string_view(group));
          json_.field("kind", std::string_view(to_string(stack.kind)));
          json_.key("wait");
          stack.kind == StackKind::wait ? json_.value(std::string_view(key_of(stack.wait))) : json_.value(nullptr);
          json_.field("cut", stack.cut);
          json_.field("count", stack.count);
          json_.field("time_ns", stack.time);
          json_.field("runnable_ns", stack.runnable);
          if (is_b) {
            json_.field("is_b", true);
          }
          json_.array("frames", [&] {
            for (const Frame& frame : stack.frames) {
              json_.element(number_of(frame));
            }
          });
        },
        JsonWriter::Layout::row);
  }

  std::size_t number_of(const Frame& frame) {
    const auto [number, is_new] =
        numbers_.try_emplace(Key(frame.function, frame.module, frame.offset, frame.mark, frame.kernel), frames_.size());
    if (is_new) {
      frames_.push_back(frame);
    }
    return number->second;
  }

  JsonWriter& json_;
  std::vector<Frame> frames_;
  std::map<Key, std::size_t> numbers_;
};

template <typename WriteAll>
void write_stack_table(std::ostream& out, bool is_difference, WriteAll write_all) {
  JsonWriter json(out);
  StackTable table(json);
  json.object([&] {
    json.field("is_difference", is_difference);
    json.array("stacks", [&] { write_all(table); });
    table.write_frames();
  });
  json.end_document();
}

}  // namespace

std::size_t stacks_in_page(const Report& report) {
  std::size_t frames = 0;
  std::size_t shown = 0;
  if (!report.stacks) {
    return 0;
  }
  for (const NamedStack& stack : report.stacks->stacks) {
    frames += stack.frames.size();
    if (frames > most_frames_in_page) {
      break;
    }
    ++shown;
  }
  return shown;
}

bool has_all_stacks(const Report& report) {
  return !report.stacks || stacks_in_page(report) == report.stacks->stacks.size();
}

void write_stacks(const Report& report, std::ostream& out) {
  write_stack_table(out, false, [&](StackTable& table) { table.write(report, report.grouping(), false); });
}

void write_stacks(const Report& a, const Report& b, std::ostream& out) {
  write_stack_table(out, true, [&](StackTable& table) {
    const GroupBy by = common_grouping(a, b);
    table.write(a, by, false);
    table.write(b, by, true);
  });
}

}  // namespace taskcost
