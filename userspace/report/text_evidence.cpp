// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "report/text_records.h"
#include "report/text_sections.h"
#include "report/units.h"

namespace taskcost {
namespace {

constexpr std::size_t probe_lines = 8;
constexpr std::size_t kind_width = 13;  // the longest kind and a gap

Ink ink_of(EvidenceKind kind) { return kind == EvidenceKind::unavailable ? Ink::warning : Ink::plain; }

void write_loss(Page& page, std::uint64_t count, std::string_view text) {
  if (count > 0) {
    page.item("! ", fmt::format("{} {}", count, text), Page::margin, Ink::warning);
  }
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
  text += observer.per_transition ? fmt::format(" of {} each", duration_text(*observer.per_transition))
                                  : " (cost of one: not measured)";
  text += observer.stack_time ? fmt::format("; {} taking stacks", duration_text(*observer.stack_time)) : "";
  text += fmt::format("; {} CPU in user space", duration_text(observer.userspace_cpu));
  text += observer.share_of_wall ? fmt::format("; together {} of the wall time", share_text(*observer.share_of_wall, 1))
                                 : "; share of the wall time not measured";
  text += observer.attach_time ? fmt::format("; attached in {}", duration_text(*observer.attach_time)) : "";
  return text;
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
  const Losses& losses = report.session.losses;
  const RecordCheck* records = report.records ? &*report.records : nullptr;
  if (!losses.any() && (records == nullptr || records->gaps.empty())) {
    page.blank();
    page.paragraph("losses: none", 0, Ink::good);
  } else {
    page.heading("Losses");
    for (int i = 0; i < TC_NR_LOSSES; ++i) {
      write_loss(page, losses.counts[i], text_of(static_cast<tc_loss>(i)));
    }
    write_loss(page, losses.skipped_probes,
               "probe runs that the kernel skipped: the program was already running there");
    write_loss(page, losses.missed_switches, "switches that the kernel counted and the ledgers did not");
  }
  if (records != nullptr) {
    write_records(page, *records, report);
  }
}

void write_observer(Page& page, const Report& report) {
  const Observer& observer = report.observer;
  page.heading("The observer's own cost");
  page.paragraph(cost_text(observer));
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
  page.paragraph(fmt::format("taskcost {} on Linux {}, {}, {}{}", report.tool_version, host.kernel, host.arch,
                             counted(host.cpus, "CPU", "CPUs"), machine));
  if (!machine.empty() && !report.claims.empty()) {
    page.paragraph(fmt::format(
        "On a virtual machine, time that the hypervisor takes counts as code of the task that it "
        "interrupts. {}.",
        report.stolen ? "The kernel was told of " + duration_text(*report.stolen) + " of such time (steal) meanwhile"
                      : "This kernel does not tell how much (steal)"));
  }
}

}  // namespace taskcost
