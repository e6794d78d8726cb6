// SPDX-License-Identifier: Apache-2.0
//
// What the report lacks: lost events, and contradictions in the recorded events.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "base/units.h"
#include "report/remarks.h"
#include "report/sections/sections.h"

namespace taskcost::sections {
namespace {

// The list may have any length: further gaps are only counted.
constexpr std::size_t most_gaps = 10;

struct Loss {
  std::uint64_t count;
  std::string_view text;
  const Remark* remark;  // may be nullptr
};

std::vector<Loss> losses_of(const Losses& losses, const std::vector<Remark>& remarks) {
  std::vector<Loss> all;
  const auto add = [&](std::uint64_t count, const std::string& key, std::string_view text) {
    if (count > 0) {
      all.push_back({count, text, remark_about(remarks, "losses." + key)});
    }
  };
  for (int i = 0; i < TC_NR_LOSSES; ++i) {
    const auto loss = static_cast<tc_loss>(i);
    add(losses.counts[i], key_of(loss), text_of(loss));
  }
  add(losses.skipped_probes, "skipped_probes",
      "probe runs that the kernel skipped: the program was already running there");
  add(losses.missed_switches, "missed_switches", "switches that the kernel counted and the ledgers did not");
  return all;
}

const char* reason_of(ReplayGap::Why why) {
  switch (why) {
    case ReplayGap::Why::ring_full:
      return "the ring buffer was full";
    case ReplayGap::Why::disk_slow:
      return "the disk was too slow";
    case ReplayGap::Why::damaged:
      break;
  }
  return "the file is damaged there";
}

void warn(Section& section, const std::string& text) { section.item("! ", text, Tone::warning); }

}  // namespace

Section losses(const Report& report, bool verbose) {
  const std::vector<Remark> remarks = remarks_of(report);
  std::vector<Loss> losses = losses_of(report.session.losses, remarks);
  const bool lossless = losses.empty();
  if (!verbose) {
    std::erase_if(losses, [](const Loss& loss) { return loss.remark != nullptr && !loss.remark->matters; });
  }
  Section section("losses");
  if (losses.empty() && (!report.records || report.records->gaps.empty())) {
    section.say(lossless ? "losses: none" : "losses: none that affect a figure (--verbose has the others)", Tone::good,
                0);
  } else {
    section.title = "Losses";
  }
  for (const Loss& loss : losses) {
    warn(section, fmt::format("{} {}", loss.count, loss.text));
    if (loss.remark != nullptr) {
      section.say(loss.remark->text, Tone::plain, 2 * margin);
    }
  }
  if (!report.records) {
    return section;
  }
  const RecordCheck& records = *report.records;
  add_gaps(section, records, report.session.start, verbose);
  if (records.touched_tasks > 0) {
    section.say(fmt::format("Unknown between the recorded events, and not guessed: {} of the lifetimes of {}. {}",
                            duration_text(records.unknown), counted(records.touched_tasks, "task", "tasks"),
                            report.part ? "It is in no account."
                            : report.window_end == WindowEnd::cut
                                ? "Accounts of tasks that were alive at the end lack it."
                                : "Accounts come from the kernel's ledgers, which do not lack it."));
  }
  return section;
}

Section records(const Report& report, bool verbose) {
  Section section("records", "The recorded events");
  if (!report.records) {
    return section;
  }
  add_integrity(section, *report.records, report.session.start, verbose);
  // A capture that was cut off has no snapshots: tasks that still run are rebuilt from their transitions.
  if (report.window_end != WindowEnd::cut && report.records->missing_snapshots > 0) {
    warn(section,
         fmt::format("{} tasks that lived at the end without the kernel's ledger", report.records->missing_snapshots));
  }
  return section;
}

void add_gaps(Section& section, const RecordCheck& records, Instant start, bool verbose) {
  if (records.gaps.empty()) {
    return;
  }
  Table table({"lost at", "for", "events", left("of"), left("because", 10)});
  table.wraps = true;
  const std::size_t shown = shown_of(records.gaps.size(), most_gaps, verbose);
  for (std::size_t i = 0; i < shown; ++i) {
    const ReplayGap& gap = records.gaps[i];
    table.row({gap.is_anywhere() ? "any time" : signed_duration_text(gap.first - start),
               gap.is_anywhere() ? Cell("-") : Cell(gap.last - gap.first),
               gap.lost ? grouped_text(*gap.lost) : "not counted",
               gap.cpu ? fmt::format("CPU {}", *gap.cpu) : "every CPU",
               {reason_of(gap.why), Tone::warning}});
  }
  section.add(std::move(table));
  section.more(records.gaps.size() - shown, verbose);
}

void add_integrity(Section& section, const RecordCheck& records, Instant start, bool verbose) {
  const ReplayIntegrity& integrity = records.integrity;
  section.say(fmt::format("{} records, {} switches whose CPU had the task that left it", grouped_text(integrity.events),
                          grouped_text(integrity.switches_checked - integrity.broken_switches)));
  const auto say = [&](std::uint64_t count, const char* text) {
    if (count != 0) {
      warn(section, fmt::format("{} {}", grouped_text(count), text));
    }
  };
  say(integrity.broken_switches, "switches away from a task that their CPU did not have");
  const std::size_t shown = shown_of(integrity.breaks.size(), most_gaps, verbose);
  for (std::size_t i = 0; i < shown; ++i) {
    const ReplayIntegrity::Break& broken = integrity.breaks[i];
    section.say(fmt::format("{}: CPU {} had tid {}, tid {} left it", signed_duration_text(broken.at - start),
                            broken.cpu, broken.expected_tid, broken.seen_tid),
                Tone::plain, 2 * margin);
  }
  section.more(integrity.broken_switches - shown, verbose);
  say(integrity.impossible_switches, "events of a task that had no CPU, or switches to one that had");
  say(integrity.backward_times, "events older than the one before them");
  say(integrity.missing_new_tasks, "events of tasks whose creation is not among the records");
  say(integrity.repeated_new_tasks, "new-task events of a task that already existed");
  say(integrity.impossible_corrections, "corrections of more time than the cell held");
  say(integrity.invalid_cpus, "events with an invalid CPU number");
  say(integrity.lost_final_ledgers, "tasks that ended without the kernel's ledger");
}

}  // namespace taskcost::sections
