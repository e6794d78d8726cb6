// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <span>

#include "base/units.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr std::size_t most_programs = 12;

std::string state_words(const CriticalPath::Part& part) {
  if (!part.condition) {
    return "unknown: events were lost";
  }
  switch (*part.condition) {
    case TC_CONDITION_RUNNING:
      return "on a CPU";
    case TC_CONDITION_BLOCKED:
      return fmt::format("blocked: {}", text_of(part.wait.value_or(TC_WAIT_OTHER)));
    default:
      return fmt::format("{}: waiting for a CPU", key_of(*part.condition));
  }
}

}  // namespace

Section critical_path(const Report& report, bool verbose) {
  Section section("critical_path", "Critical path");
  if (!report.critical_path) {
    return section;
  }
  const CriticalPath& path = *report.critical_path;
  const Duration whole = path.end - path.start;
  section.say(fmt::format("From the last exit {} back. A wait that a task ended continues in that task ({}); all other "
                          "time counts here, by the last name of the tasks.",
                          duration_text(whole), counted(path.wakeups, "wakeup", "wakeups")),
              Tone::faint);
  Table table({left("program", 16), left("state", 30), "time", "share"});
  const std::size_t shown = shown_of(path.parts.size(), most_programs, verbose);
  for (std::size_t i = 0; i < shown; ++i) {
    const CriticalPath::Part& part = path.parts[i];
    table.row({part.comm.empty() ? "[unknown]" : part.comm, state_words(part), part.time,
               share_text(in_ns(part.time), in_ns(whole))});
  }
  section.add(std::move(table));
  section.more(path.parts.size() - shown, verbose);
  if (path.functions) {
    const std::size_t most = shown_of(path.functions->size(), most_programs, verbose);
    section.block();
    section.say("By the function in which the tasks left their CPU: a wait is in it, a time on a CPU ends in it.",
                Tone::faint);
    Table functions({left("program", 16), left("function", 20), left("state", 16), "time", "share"});
    for (const CriticalPath::FunctionPart& part : std::span(*path.functions).first(most)) {
      functions.row({part.comm.empty() ? "[unknown]" : part.comm, part.function.empty() ? "[unknown]" : part.function,
                     state_words(part), part.time, share_text(in_ns(part.time), in_ns(whole))});
    }
    section.add(std::move(functions));
    section.more(path.functions->size() - most, verbose);
  }
  return section;
}

}  // namespace taskcost::sections
