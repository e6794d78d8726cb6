// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/text_sections.h"
#include "report/text_words.h"
#include "report/units.h"

namespace taskcost {
namespace {

std::string ended_text(const Report& report) {
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
    const auto count = std::count_if(report.claims.begin(), report.claims.end(),
                                     [ruling](const Verdict& verdict) { return verdict.ruling == ruling; });
    if (count > 0) {
      text += fmt::format(", {} {}", count, to_string(ruling));
    }
  }
  return text;
}

void write_judgement(Page& page, const Report& report) {
  write_claims(page, report);
  write_price_list(page, report);
  write_tables(page, report);
  write_sweeps(page, report);
  write_comparisons(page, report);
}

void write_session(Page& page, const Report& report) {
  const Session& session = report.session;
  write_tree(page, session);
  write_accounts(page, session);
  write_totals(page, session);
  write_kernel_threads(page, session);
  write_waits(page, session);
  write_creations(page, session);
  write_prices(page, session);
  write_blasts(page, session);
  write_switches(page, session);
  write_faults(page, session);
  write_latencies(page, session);
  write_channels(page, session);
  write_stacks(page, report);
  write_books(page, report);
}

}  // namespace

void write_head(Page& page, const Report& report) {
  if (report.target.mode == TargetMode::verify) {
    page.line({{"taskcost verify", Ink::strong}, {": " + rulings_text(report)}});
    return;
  }
  const Session& session = report.session;
  const std::string rest = fmt::format("{} wall, {}, {}, {}", duration_text(session.end - session.start),
                                       counted(session.process_count, "process", "processes"),
                                       counted(session.task_count, "task", "tasks"), ended_text(report));
  page.line_with_tail({target_text(report), Ink::strong}, rest);
  if (!session.calls_seen) {
    page.paragraph(without_calls, Page::margin, Ink::faint);
  }
}

void render_text(const Report& report, std::ostream& out, const TextOptions& options) {
  Page page(out, options);
  const bool judged_first = report.target.mode == TargetMode::verify;
  write_head(page, report);
  if (judged_first) {
    write_judgement(page, report);
  }
  // Claims are judged over many runs; there need not be a session of their own.
  if (!judged_first || report.session.task_count > 0) {
    write_session(page, report);
  }
  write_evidence(page, report.evidence);
  write_losses(page, report);
  write_observer(page, report);
  if (!judged_first) {
    write_judgement(page, report);
  }
}

}  // namespace taskcost
