// SPDX-License-Identifier: Apache-2.0
#include "report/text_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "report/units.h"

namespace taskcost {
namespace {

// Of a list that has no end: what is behind these is counted.
constexpr std::size_t shown_gaps = 10;

std::size_t shown_of(const Page& page, std::size_t count) {
  return page.verbose() ? count : std::min(count, shown_gaps);
}

const char* words_of(ReplayGap::Why why) {
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

void write_breaks(Page& page, const ReplayIntegrity& integrity, Instant start) {
  const std::size_t shown = shown_of(page, integrity.breaks.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const ReplayIntegrity::Break& broken = integrity.breaks[i];
    page.paragraph(fmt::format("{}: CPU {} had tid {}, tid {} left it", signed_duration_text(broken.at - start),
                               broken.cpu, broken.expected_tid, broken.seen_tid),
                   2 * Page::margin);
  }
  page.more(integrity.broken_switches - shown);
}

}  // namespace

void write_gaps(Page& page, const RecordCheck& records, Instant start) {
  if (records.gaps.empty()) {
    return;
  }
  Table table({{"lost at"}, {"for"}, {"events"}, {"of", Column::Align::left}, {"because", Column::Align::left, 10}});
  const std::size_t shown = shown_of(page, records.gaps.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const ReplayGap& gap = records.gaps[i];
    table.row({gap.is_anywhere() ? "any time" : signed_duration_text(gap.first - start),
               gap.is_anywhere() ? "-" : duration_text(gap.last - gap.first),
               gap.lost ? grouped_text(*gap.lost) : "not counted",
               gap.cpu ? fmt::format("CPU {}", *gap.cpu) : "every CPU", Cell(words_of(gap.why), Ink::warning)});
  }
  page.table(table);
  page.more(records.gaps.size() - shown);
}

void write_integrity(Page& page, const RecordCheck& records, Instant start) {
  const ReplayIntegrity& integrity = records.integrity;
  page.paragraph(fmt::format("{} records, {} switches whose CPU had the task that left it",
                             grouped_text(integrity.events),
                             grouped_text(integrity.switches_checked - integrity.broken_switches)));
  const auto say = [&](std::uint64_t count, const char* text) {
    if (count != 0) {
      page.item("! ", fmt::format("{} {}", grouped_text(count), text), Page::margin, Ink::warning);
    }
  };
  say(integrity.broken_switches, "switches away from a task that their CPU did not have");
  write_breaks(page, integrity, start);
  say(integrity.impossible_switches, "events of a task that had no CPU, or switches to one that had");
  say(integrity.backward_times, "events older than the one before them");
  say(integrity.unknown_beginnings, "events of tasks whose birth is not among the records");
  say(integrity.repeated_births, "births of a task that lived already");
  say(integrity.impossible_corrections, "corrections of more time than was booked");
  say(integrity.wild_cpus, "events of a CPU that cannot be");
  say(integrity.lost_final_ledgers, "tasks that ended without the kernel's ledger");
}

}  // namespace taskcost
