// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/units.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

std::string end_of_window(const Report& report) {
  switch (report.window_end) {
    case WindowEnd::duration:
      return "until the duration was over";
    case WindowEnd::signal:
      return "stopped by a signal";
    case WindowEnd::cut:
      return "the capture is cut off";
    case WindowEnd::failure:
      return "taskcost could not wait any longer";
    case WindowEnd::target_exited:
      break;
  }
  if (report.target.exit_signal) {
    return fmt::format("killed by {}", signal_text(*report.target.exit_signal));
  }
  if (report.target.exit_code) {
    return fmt::format("exit {}", *report.target.exit_code);
  }
  return "all ended";
}

std::string target_text(const Report& report) {
  if (!report.target.command.empty()) {
    return report.target.command;
  }
  return report.target.pid ? fmt::format("process {}", *report.target.pid) : "observed tasks";
}

std::string rulings_text(const Report& report) {
  constexpr std::array rulings{Ruling::confirmed, Ruling::refuted, Ruling::inconclusive, Ruling::not_measurable};
  std::string text = counted(report.claims.size(), "claim", "claims");
  for (const Ruling ruling : rulings) {
    if (const auto count = std::ranges::count(report.claims, ruling, &Verdict::ruling); count > 0) {
      text += fmt::format(", {} {}", count, to_string(ruling));
    }
  }
  return text;
}

void append(std::vector<Section>& all, std::vector<Section> more) { std::ranges::move(more, std::back_inserter(all)); }

std::vector<Section> judgement(const Report& report) {
  return {claims(report), unit_prices(report), figure_tables(report), sweeps(report), comparisons(report)};
}

std::vector<Section> of_session(const Report& report, bool verbose) {
  const Session& session = report.session;
  return {groups(report, verbose),
          processes(session, verbose),
          accounts(session, verbose),
          totals(session),
          kernel_threads(session, verbose),
          waits(report, verbose),
          creations(session),
          lifetime_prices(session),
          signal_deaths(session),
          switches(session),
          faults(session),
          verbose ? counters(session) : Section("counters"),
          latencies(session, verbose),
          channels(session),
          stacks(report, verbose),
          kernel_books(report)};
}

}  // namespace

Section head(const Report& report) {
  Section section("head");
  if (report.target.mode == TargetMode::verify) {
    section.add(Line{{{"taskcost verify", Tone::strong}, {": " + rulings_text(report)}}});
    return section;
  }
  const Session& session = report.session;
  section.add(Line{{{target_text(report), Tone::strong}},
                   fmt::format("{} wall, {}, {}, {}", duration_text(session.end - session.start),
                               counted(session.process_count, "process", "processes"),
                               counted(session.task_count, "task", "tasks"), end_of_window(report))});
  if (!session.calls_seen) {
    section.say(std::string(without_calls), Tone::faint);
  }
  return section;
}

std::vector<Section> of(const Report& report, bool verbose) {
  const bool judged_first = report.target.mode == TargetMode::verify;
  std::vector<Section> all{head(report)};
  if (judged_first) {
    append(all, judgement(report));
  }
  // The report of `verify` may have no session of its own, because its claims are judged over many.
  if (!judged_first || report.session.task_count > 0) {
    append(all, of_session(report, verbose));
  }
  append(all,
         {evidence(report.evidence), losses(report, verbose), records(report, verbose), observer(report, verbose)});
  if (!judged_first) {
    append(all, judgement(report));
  }
  std::erase_if(all, [](const Section& section) { return section.blocks.empty(); });
  return all;
}

}  // namespace taskcost::sections
