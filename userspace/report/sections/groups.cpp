// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr Limit most_groups{12, 6};
constexpr std::size_t least_columns = 10;   // with the figures, all 80
constexpr std::uint64_t few_processes = 4;  // the table of processes shows them at a glance

using Figures = std::vector<std::pair<const char*, Cell>>;

// The columns of a group behind its name. A brief table leaves the room of some to long names.
Figures figures_of(const TaskGroup& group, bool calls_seen, bool brief) {
  const Account& total = group.total;
  Figures figures{{"tasks", group.tasks},
                  {"CPU", total.total(TC_CONDITION_RUNNING)},
                  {"queued", total.total(TC_CONDITION_PREEMPTED) + total.total(TC_CONDITION_RUNNABLE)},
                  {"blocked", total.total(TC_CONDITION_BLOCKED)}};
  if (brief) {
    return figures;
  }
  figures.insert(figures.begin(), {"procs", group.processes});
  if (calls_seen) {
    figures.insert(figures.begin() + 3,
                   {{"user", total.cells[TC_ACTIVITY_USER][TC_CONDITION_RUNNING]}, {"kernel", total.kernel_running()}});
  }
  figures.emplace_back("faults", sum_cell(total, TC_COUNTER_FAULTS_MINOR, TC_COUNTER_FAULTS_MAJOR));
  figures.emplace_back("switches", sum_cell(total, TC_COUNTER_VOLUNTARY_SWITCHES, TC_COUNTER_INVOLUNTARY_SWITCHES));
  return figures;
}

}  // namespace

Section groups(const Report& report, bool verbose, const ReportView& view) {
  const Session& session = report.session;
  const GroupBy by = report.grouping();
  Section section("groups", "By " + group_words(by));
  std::vector<TaskGroup> all = groups_of(session, by);
  std::erase_if(all, [](const TaskGroup& group) { return group.tasks == 0; });
  const bool worth_it = all.size() > 1 && (session.process_count > few_processes || by == GroupBy::thread);
  if (all.empty() || (!worth_it && !report.group_by)) {
    return section;
  }
  const bool brief = by == GroupBy::cmdline && !verbose;
  std::vector<Column> columns{left(to_string(by), least_columns)};
  for (const auto& [title, cell] : figures_of(all.front(), session.calls_seen, brief)) {
    columns.emplace_back(title);
  }
  Table table(std::move(columns));
  const std::size_t shown = most_groups.shown(all.size(), verbose, view);
  for (std::size_t i = 0; i < shown; ++i) {
    std::vector<Cell> cells{all[i].name ? Cell(group_text(by, *all[i].name)) : Cell("others", Tone::faint)};
    for (auto& [title, cell] : figures_of(all[i], session.calls_seen, brief)) {
      cells.push_back(std::move(cell));
    }
    table.row(std::move(cells));
  }
  section.add(std::move(table));
  section.more(all.size() - shown, verbose);
  return section;
}

}  // namespace taskcost::sections
