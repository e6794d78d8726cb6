// SPDX-License-Identifier: Apache-2.0
//
// Writes Brendan Gregg's folded stacks, the input of flamegraph.pl and others: one line "outermost;...;innermost
// weight" for each.
#include <map>
#include <ostream>
#include <string>

#include "base/escape.h"
#include "report/render.h"
#include "report/stacks/stack_words.h"

namespace taskcost {
namespace {

constexpr const char* kernel_suffix = "_[k]";

void append_frame(std::string& line, const std::string& name) {
  if (!line.empty()) {
    line += ';';
  }
  const TerminalText harmless(name);
  for (const char each : harmless.text()) {
    line += each == ';' ? ':' : each;
  }
}

std::string folded(const NamedStack& stack, const std::string& group) {
  std::string line;
  append_frame(line, group);
  append_frame(line, cause_of(stack));
  if (stack.cut) {
    append_frame(line, cut_frame);
  }
  for (const Frame& frame : stack.frames) {
    append_frame(line, name_of(frame));
    line += frame.kernel ? kernel_suffix : "";
  }
  return line;
}

}  // namespace

void render_folded(const Report& report, StackWeight weight, std::ostream& out) {
  if (!report.stacks) {
    return;
  }
  const ProcessGroups names(report.session, report.grouping());
  std::map<std::string, std::uint64_t> lines;  // processes of one group are summed up
  for (const NamedStack& stack : report.stacks->stacks) {
    lines[folded(stack, names.of(stack.process))] +=
        weight == StackWeight::count ? stack.count : static_cast<std::uint64_t>(stack.time.count());
  }
  for (const auto& [line, sum] : lines) {
    if (sum > 0) {
      out << line << ' ' << sum << '\n';
    }
  }
}

}  // namespace taskcost
