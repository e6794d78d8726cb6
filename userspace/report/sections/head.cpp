// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/units.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

// Empty if it is not known: tasks that were not launched, or a command that lives on.
std::string end_of_command(const Report& report) {
  if (report.target.exit_signal) {
    return fmt::format("killed by {}", signal_text(*report.target.exit_signal));
  }
  return report.target.exit_code ? fmt::format("exit {}", *report.target.exit_code) : "";
}

std::string end_of_window(const Report& report) {
  const std::string ended = end_of_command(report);
  if (report.part && report.part->to < report.part->whole) {
    return "the part ends there";
  }
  switch (report.window_end) {
    case WindowEnd::duration:
      return "until the duration elapsed";
    case WindowEnd::signal:
      return "stopped by a signal";
    case WindowEnd::cut:
      return "the capture is cut off";
    case WindowEnd::failure:
      return "taskcost could not wait any longer";
    case WindowEnd::timeout:
      return ended.empty() ? "timed out" : "timed out: " + ended;
    case WindowEnd::went_on:
      return "the recording went on";
    case WindowEnd::target_exited:
      break;
  }
  return ended.empty() ? "all ended" : ended;
}

std::string part_text(const ReportedPart& part) {
  std::string text = fmt::format("A part of the capture: from {} to {} of {}", duration_text(part.from),
                                 duration_text(part.to), duration_text(part.whole));
  if (!part.pids.empty()) {
    text += fmt::format(", {} {}", part.pids.size() == 1 ? "process" : "processes", fmt::join(part.pids, ", "));
  }
  return text + (part.comm.empty() ? "" : ", tasks named " + part.comm);
}

std::string why_text(const KeptPart& kept) {
  switch (kept.why) {
    case KeptWhy::signal:
      return "written on SIGUSR1";
    case KeptWhy::trigger:
      return fmt::format("written because of '{}': {}", kept.trigger, kept.value_text);
    case KeptWhy::end:
      break;
  }
  return "written at its end";
}

std::string kept_text(const KeptPart& kept) {
  return fmt::format("The last {} of a recording of {}, {}", duration_text(kept.to - kept.from),
                     duration_text(kept.to - kept.recording_start), why_text(kept));
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

std::vector<Section> of_session(const Report& report, bool verbose, const ReportView& view) {
  const Session& session = report.session;
  return {per_unit(report),
          groups(report, verbose, view),
          processes(session, verbose, view),
          accounts(session, verbose, view, report.grouping()),
          view.folds ? Section("totals") : totals(session),
          kernel_threads(session, verbose, view),
          waits(report, verbose, view),
          wait_objects(report, verbose, view),
          queue(report, verbose, view),
          locks(report, verbose, view),
          syscalls(session, verbose, view),
          ring_operations(session, verbose, view),
          regions(session, verbose, view),
          found_regions(report, verbose, view),
          critical_path(report, verbose),
          creations(session),
          lifetime_prices(session),
          signal_deaths(session),
          switches(session),
          faults(session),
          verbose ? counters(session, view.folds) : Section("counters"),
          interrupts(report),
          latencies(session, verbose),
          channels(session),
          stacks(report, verbose, view),
          kernel_accounting(report)};
}

std::vector<Section> of_observation(const Report& report, bool verbose) {
  return {evidence(report.evidence), losses(report, verbose), records(report, verbose), observer(report, verbose)};
}

bool warns(const Section& section) {
  const auto of_warning = [](const Item& item) {
    const auto* const paragraph = std::get_if<Paragraph>(&item);
    return std::holds_alternative<Table>(item) || (paragraph != nullptr && paragraph->tone == Tone::warning);
  };
  return std::ranges::any_of(section.blocks,
                             [&](const Block& block) { return std::ranges::any_of(block.items, of_warning); });
}

// The sections of the terminal. Losses and contradictions are shown if there are any that matter.
std::vector<Section> main_sections(const Report& report, bool verbose, const ReportView& view) {
  const Session& session = report.session;
  std::vector<Section> all{groups(report, verbose, view),
                           processes(session, verbose, view),
                           accounts(session, verbose, view, report.grouping()),
                           kernel_threads(session, verbose, view),
                           waits(report, verbose, view),
                           wait_objects(report, verbose, view),
                           queue(report, verbose, view),
                           syscalls(session, verbose, view),
                           ring_operations(session, verbose, view),
                           critical_path(report, verbose),
                           signal_deaths(session),
                           stacks(report, verbose),
                           regions(session, verbose, view),
                           found_regions(report, verbose, view)};
  for (Section& section : std::vector{losses(report, verbose), records(report, verbose)}) {
    if (warns(section)) {
      all.push_back(std::move(section));
    }
  }
  if (report.observer.measured) {
    all.push_back(observer(report, verbose));
  }
  append(all, judgement(report));
  all.push_back(per_unit(report));
  Section more("more");
  more.add(Line{{{"More with -v: creation, switches, faults, latencies, channels, sources, own cost", Tone::faint}}});
  all.push_back(std::move(more));
  return all;
}

// The report of `verify` may have no session of its own, because its claims are judged over many.
std::vector<Section> of_verify(const Report& report, bool verbose, const ReportView& view) {
  std::vector<Section> all{head(report)};
  append(all, judgement(report));
  if (report.session.task_count > 0) {
    append(all, of_session(report, verbose, view));
  }
  append(all, of_observation(report, verbose));
  std::erase_if(all, [](const Section& section) { return section.blocks.empty(); });
  return all;
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
  if (report.kept) {
    section.say(kept_text(*report.kept) +
                ". Its figures come from the recorded events alone; what began before is cut at its start.");
  }
  if (report.part) {
    section.say(
        part_text(*report.part) +
        ". Its figures come from the recorded events alone; losses and the check of the events are those of the "
        "whole capture.");
  }
  if (!session.calls_seen) {
    section.say(std::string(without_calls), Tone::faint);
  }
  return section;
}

std::vector<Section> of(const Report& report, bool verbose, const ReportView& view) {
  if (report.target.mode == TargetMode::verify) {
    return of_verify(report, verbose, {.folds = view.folds});
  }
  std::vector<Section> answer{head(report), summary(report, view)};
  std::vector<Section> rest;
  if (view.extent == ReportView::Extent::main) {
    rest = main_sections(report, verbose, view);
  } else if (view.extent == ReportView::Extent::all) {
    rest = of_session(report, verbose, view);
    append(rest, of_observation(report, verbose));
    append(rest, judgement(report));
  }
  std::vector<Section> all = std::move(view.summary_last ? rest : answer);
  append(all, std::move(view.summary_last ? answer : rest));
  std::erase_if(all, [](const Section& section) { return section.blocks.empty(); });
  return all;
}

}  // namespace taskcost::sections
