// SPDX-License-Identifier: Apache-2.0
//
// Regions that programs mark themselves (docs/regions.md).
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr Limit most_regions{15, 8};
constexpr Limit most_found{20, 10};
constexpr std::size_t causes_of_region = 3;
constexpr std::size_t least_region_columns = 10;

Cell region_cell(const std::string& name) { return name.empty() ? Cell("(no name)", Tone::faint) : Cell(name); }

Cell time_or_none(const std::optional<Duration>& time) { return time ? Cell(*time) : Cell("-"); }

// "a pipe 1.23 ms, a timer 40 µs", the longest first; empty if nothing was waited for.
std::string causes_text(const RegionParts& parts) {
  std::vector<std::pair<Duration, tc_wait>> causes;
  for (std::size_t wait = 0; wait < parts.blocked.size(); ++wait) {
    if (parts.blocked[wait] > Duration()) {
      causes.emplace_back(parts.blocked[wait], static_cast<tc_wait>(wait));
    }
  }
  std::ranges::sort(causes, std::ranges::greater());
  std::string text;
  for (std::size_t i = 0; i < std::min(causes.size(), causes_of_region); ++i) {
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", text_of(causes[i].second), duration_text(causes[i].first));
  }
  return causes.size() > causes_of_region ? text + ", ..." : text;
}

// What is wrong with the marks of a region; empty if each beginning has its end.
std::string misuse_text(const MarkedRegion& region) {
  std::vector<std::string> parts;
  if (region.not_ended > 0) {
    parts.push_back(fmt::format("{} not ended ({})", region.not_ended, duration_text(region.not_ended_time)));
  }
  if (region.stray_ends > 0) {
    parts.push_back(counted(region.stray_ends, "end", "ends") + " without a beginning");
  }
  if (region.too_deep > 0) {
    parts.push_back(fmt::format("{} within {} others, not measured", region.too_deep, int{TC_REGION_DEPTH}));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

void add_notes(Table& table, const MarkedRegion& region) {
  constexpr std::size_t indent = 2 * margin;
  if (const std::string causes = causes_text(region.parts); !causes.empty()) {
    table.note("blocked on " + causes, indent, Tone::faint);
  }
  if (region.open > 0) {
    table.note(fmt::format("{} open at the end ({})", region.open, duration_text(region.open_time)), indent,
               Tone::faint);
  }
  if (const std::string misuse = misuse_text(region); !misuse.empty()) {
    table.note(misuse, indent, Tone::warning);
  }
}

}  // namespace

Section regions(const Session& session, bool verbose, const ReportView& view) {
  Section section("regions", "Regions");
  if (!session.regions || session.regions->empty()) {
    return section;
  }
  const std::vector<MarkedRegion>& all = *session.regions;
  const bool one_program =
      std::ranges::all_of(all, [&](const MarkedRegion& region) { return region.program == all.front().program; });
  std::vector<Column> columns{left("region", least_region_columns)};
  if (!one_program) {
    columns.insert(columns.begin(), left("program", least_region_columns));
  }
  for (const char* title : {"count", "total", "p50", "p99", "user", "kernel", "queued", "blocked"}) {
    columns.emplace_back(title);
  }
  Table table(std::move(columns));
  const std::size_t shown = most_regions.shown(all.size(), verbose, view);
  for (std::size_t i = 0; i < shown; ++i) {
    const MarkedRegion& region = all[i];
    const RegionParts& parts = region.parts;
    std::vector<Cell> cells{region_cell(region.name),
                            region.count,
                            region.total,
                            time_or_none(region.p50),
                            time_or_none(region.p99),
                            parts.user,
                            parts.calls + parts.faults,
                            parts.preempted + parts.runnable,
                            parts.total_blocked()};
    if (!one_program) {
      cells.insert(cells.begin(), region.program);
    }
    table.row(std::move(cells));
    add_notes(table, region);
  }
  section.add(std::move(table));
  section.more(all.size() - shown, verbose);
  const auto bad = std::ranges::count_if(std::span(all).subspan(shown),
                                         [](const MarkedRegion& region) { return !misuse_text(region).empty(); });
  if (bad > 0) {
    section.say(fmt::format("{} of these {} marks without their counterpart", bad, bad == 1 ? "has" : "have"),
                Tone::warning);
  }
  section.say("marked by the program; times include the regions inside; kernel: system calls and page faults",
              Tone::faint);
  return section;
}

Section found_regions(const Report& report, bool verbose, const ReportView& view) {
  Section section("found_regions");
  if (!report.found_regions) {
    return section;
  }
  const FoundRegions& found = *report.found_regions;
  section.title = fmt::format("Regions '{}'", found.name);
  if (found.longer_than) {
    section.title += " longer than " + duration_text(*found.longer_than);
  }
  if (found.count == 0) {
    section.say(fmt::format("none; the longest took {}", duration_text(found.longest)), Tone::warning);
    return section;
  }
  section.title += fmt::format(": {}", found.count);
  Table table({"at", left("thread", least_region_columns), left("region", least_region_columns), "time", "user",
               "kernel", "queued", "blocked"});
  const std::size_t shown = most_found.shown(found.regions.size(), verbose, view);
  for (std::size_t i = 0; i < shown; ++i) {
    const FoundRegion& region = found.regions[i];
    table.row(
        {Cell(region.start - report.session.start),
         region.comm.empty() ? Cell("[unknown]", Tone::faint) : Cell(fmt::format("{} ({})", region.comm, region.tid)),
         region_cell(region.name), region.time, region.user, region.calls + region.faults,
         region.preempted + region.runnable, region.blocked});
    if (region.wait && region.blocked * 10 >= region.time) {
      table.note(fmt::format("blocked mostly on {}", text_of(*region.wait)), 2 * margin, Tone::faint);
    }
    if (!region.ended) {
      table.note("no mark ended it", 2 * margin, Tone::warning);
    }
  }
  section.add(std::move(table));
  section.more(static_cast<std::size_t>(found.count) - shown, verbose);
  return section;
}

}  // namespace taskcost::sections
