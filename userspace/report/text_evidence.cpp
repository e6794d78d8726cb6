// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "report/remarks.h"
#include "report/text_records.h"
#include "report/text_sections.h"
#include "report/units.h"

namespace taskcost {
namespace {

constexpr std::size_t probe_lines = 8;
constexpr double worth_measuring = 0.05;  // a share that is noticed
constexpr std::size_t kind_width = 13;    // the longest kind and a gap

Ink ink_of(EvidenceKind kind) { return kind == EvidenceKind::unavailable ? Ink::warning : Ink::plain; }

constexpr std::size_t why_margin = 4;

void write_loss(Page& page, std::uint64_t count, std::string_view text, const Remark* remark = nullptr) {
  if (count == 0) {
    return;
  }
  page.item("! ", fmt::format("{} {}", count, text), Page::margin, Ink::warning);
  if (remark != nullptr) {
    page.paragraph(remark->text, why_margin);
  }
}

struct Loss {
  std::string key;
  std::uint64_t count;
  std::string_view text;
};

std::vector<Loss> all_losses(const Losses& losses) {
  std::vector<Loss> all;
  for (int i = 0; i < TC_NR_LOSSES; ++i) {
    const auto loss = static_cast<tc_loss>(i);
    all.push_back({key_of(loss), losses.counts[i], text_of(loss)});
  }
  all.push_back({"skipped_probes", losses.skipped_probes,
                 "probe runs that the kernel skipped: the program was already running there"});
  all.push_back(
      {"missed_switches", losses.missed_switches, "switches that the kernel counted and the ledgers did not"});
  std::erase_if(all, [](const Loss& loss) { return loss.count == 0; });
  return all;
}

// A capture that was cut off has no snapshots: there the living are told by their transitions.
void write_records(Page& page, const RecordCheck& records, const Report& report) {
  write_gaps(page, records, report.session.start);
  if (records.touched_tasks > 0) {
    page.paragraph(fmt::format("Unknown between the recorded events, and not guessed: {} of the lives of {}. {}",
                               duration_text(records.unknown), counted(records.touched_tasks, "task", "tasks"),
                               report.window_end == WindowEnd::cut
                                   ? "Of tasks that lived at the end it is in no account."
                                   : "Accounts come from the kernel's ledgers, which went on meanwhile."));
  }
  page.heading("The recorded events");
  write_integrity(page, records, report.session.start);
  if (report.window_end != WindowEnd::cut) {
    write_loss(page, records.missing_snapshots, "tasks that lived at the end without the kernel's ledger");
  }
}

std::string cost_text(const Observer& observer) {
  std::string text = fmt::format("{} transitions", observer.transitions);
  text += observer.per_transition ? fmt::format(" of {}", duration_text(*observer.per_transition))
                                  : " (cost of one: not measured)";
  if (observer.per_transition) {
    text += observer.per_transition_cold
                ? fmt::format(" (caches warm) to {} (cold) each", duration_text(*observer.per_transition_cold))
                : " each";
  }
  text += observer.stack_time ? fmt::format("; {} taking stacks", duration_text(*observer.stack_time)) : "";
  if (observer.share_of_cpu && observer.share_of_cpu_cold) {
    text += fmt::format(": {} to {} of the observed tasks' time on CPUs", share_text(*observer.share_of_cpu, 1),
                        share_text(*observer.share_of_cpu_cold, 1));
  } else if (observer.share_of_cpu) {
    text += fmt::format(": {} or more of the observed tasks' time on CPUs", share_text(*observer.share_of_cpu, 1));
  } else {
    text += ": share of the observed tasks' time on CPUs not measured";
  }
  text += fmt::format("; {} CPU of taskcost itself", duration_text(observer.userspace_cpu));
  text += observer.attach_time ? fmt::format("; attached in {}", duration_text(*observer.attach_time)) : "";
  return text;
}

std::string overhead_text(const MeasuredOverhead::Figure& figure) {
  if (!figure.ratio || !figure.interval) {
    return std::string(not_measured);
  }
  const auto percent = [](double ratio) { return fmt::format("{:+.1f}", (ratio - 1) * 100); };
  return fmt::format("{} % [{}..{}], {} instead of {}", percent(*figure.ratio), percent(figure.interval->low),
                     percent(figure.interval->high), nanoseconds_text(figure.with), nanoseconds_text(figure.without));
}

std::string overhead_text(const MeasuredOverhead& measured) {
  return fmt::format("Measured in {}, with and without probes: wall time {}; CPU time {}",
                     counted(measured.rounds, "round", "rounds"), overhead_text(measured.wall),
                     overhead_text(measured.cpu));
}

void write_probes(Page& page, std::vector<ProbeCost> probes) {
  std::stable_sort(probes.begin(), probes.end(), [](const ProbeCost& left, const ProbeCost& right) {
    return left.run_time.value_or(Duration::zero()) > right.run_time.value_or(Duration::zero());
  });
  Table table({{"probe", Column::Align::left, 20}, {"runs"}, {"time"}, {"per run"}});
  const std::size_t shown = page.verbose() ? probes.size() : std::min(probe_lines, probes.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const ProbeCost& probe = probes[i];
    table.row({probe.name, measured_text(probe.runs),
               probe.run_time ? duration_text(*probe.run_time) : std::string(not_measured),
               probe.run_time && probe.runs ? mean_text(*probe.run_time, *probe.runs) : "-"});
  }
  page.table(table);
  if (shown < probes.size()) {
    page.paragraph(fmt::format("... and {} more probes, see --verbose or the JSON", probes.size() - shown));
  }
}

}  // namespace

void write_evidence(Page& page, const EvidenceList& list) {
  if (list.empty()) {
    return;
  }
  page.heading("Where the figures come from");
  for (const Evidence& evidence : list) {
    const std::string source = evidence.source.empty() ? "" : ": " + evidence.source;
    page.item(fmt::format("{:<{}}", to_string(evidence.kind), kind_width), evidence.figure + source, Page::margin,
              ink_of(evidence.kind));
    if (!evidence.why.empty()) {
      page.item("why: ", evidence.why, Page::margin + kind_width, Ink::faint);
    }
    if (!evidence.hint.empty()) {
      page.item("hint: ", evidence.hint, Page::margin + kind_width);
    }
  }
}

void write_losses(Page& page, const Report& report) {
  const std::vector<Remark> remarks = remarks_of(report);
  const auto remark_on = [&remarks](const Loss& loss) { return remark_about(remarks, "losses." + loss.key); };
  std::vector<Loss> losses = all_losses(report.session.losses);
  const std::size_t all = losses.size();
  if (!page.verbose()) {
    std::erase_if(losses, [&](const Loss& loss) {
      const Remark* const remark = remark_on(loss);
      return remark != nullptr && !remark->matters;
    });
  }
  const RecordCheck* records = report.records ? &*report.records : nullptr;
  if (losses.empty() && (records == nullptr || records->gaps.empty())) {
    page.blank();
    page.paragraph(all == 0 ? "losses: none" : "losses: none that a figure shows (--verbose has the others)", 0,
                   Ink::good);
  } else {
    page.heading("Losses");
    for (const Loss& loss : losses) {
      write_loss(page, loss.count, loss.text, remark_on(loss));
    }
  }
  if (records != nullptr) {
    write_records(page, *records, report);
  }
}

// When it was, and whether times of CLOCK_MONOTONIC leave something out.
void write_window_times(Page& page, const WindowClocks& clocks) {
  if (!clocks.start) {
    return;
  }
  page.paragraph("From " + utc_time_text(clocks.start->realtime_ns) +
                 (clocks.end ? " to " + utc_time_text(clocks.end->realtime_ns) : ""));
  if (!clocks.end) {
    return;
  }
  constexpr std::uint64_t noticeable_ns = 1'000'000;
  const std::uint64_t with_suspend = clocks.end->boottime_ns - clocks.start->boottime_ns;
  const std::uint64_t without = clocks.end->monotonic_ns - clocks.start->monotonic_ns;
  if (with_suspend > without && with_suspend - without > noticeable_ns) {
    page.paragraph(fmt::format("The machine was suspended for {} of that time, which no figure contains",
                               duration_text(Duration(static_cast<Duration::rep>(with_suspend - without)))));
  }
}

void write_observer(Page& page, const Report& report) {
  const Observer& observer = report.observer;
  page.heading("The observer's own cost");
  page.paragraph(cost_text(observer));
  if (observer.measured) {
    page.paragraph(overhead_text(*observer.measured));
  } else if (observer.share_of_cpu && observer.share_of_cpu_cold.value_or(1) > worth_measuring) {
    page.paragraph(
        "An estimate, from a call that was calibrated at start. run --measure-overhead measures it; --detail switches "
        "makes it smaller.",
        Page::margin, Ink::faint);
  }
  const bool counted_runs = std::any_of(observer.probes.begin(), observer.probes.end(),
                                        [](const ProbeCost& probe) { return probe.runs || probe.run_time; });
  if (counted_runs) {
    write_probes(page, observer.probes);
  } else if (!observer.probes.empty()) {
    page.paragraph(fmt::format("{}; run times not measured", counted(observer.probes.size(), "probe", "probes")));
  }
  const Report::Host& host = report.host;
  const std::string machine = host.virtualization.empty() || host.virtualization == "none"
                                  ? ""
                                  : fmt::format(", virtualized ({})", host.virtualization);
  page.paragraph(fmt::format("taskcost {} on {}Linux {}, {}, {}{}", report.tool_version,
                             host.name.empty() ? "" : host.name + ": ", host.kernel, host.arch,
                             counted(host.cpus, "CPU", "CPUs"), machine));
  write_window_times(page, report.clocks);
  if (!machine.empty() && !report.claims.empty()) {
    page.paragraph(fmt::format(
        "On a virtual machine, time that the hypervisor takes counts as code of the task that it "
        "interrupts. {}.",
        report.stolen ? "The kernel was told of " + duration_text(*report.stolen) + " of such time (steal) meanwhile"
                      : "This kernel does not tell how much (steal)"));
  }
}

}  // namespace taskcost
