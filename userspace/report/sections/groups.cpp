// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "report/sections/order.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr Limit most_groups{12, 6};
constexpr std::size_t most_listed = 20;
constexpr std::size_t least_columns = 10;   // with the figures, all 80
constexpr std::uint64_t few_processes = 4;  // the table of processes shows them at a glance

using Figures = std::vector<std::pair<const char*, Cell>>;

// The tasks of each group, process by process, by the keys of the groups.
using Members = std::map<std::string, std::vector<std::pair<const Process*, std::vector<const Task*>>>>;

Members members_of(const Session& session, GroupBy by) {
  const Grouping grouping(session.processes, by);
  Members members;
  for (const Process& process : session.processes) {
    if (process.kernel) {
      continue;
    }
    for (const Task& task : process.tasks) {
      auto& list = members[grouping.of(process, task.comm).value];
      if (list.empty() || list.back().first != &process) {
        list.emplace_back(&process, std::vector<const Task*>());
      }
      list.back().second.push_back(&task);
    }
  }
  return members;
}

TaskGroup sum_of(const std::vector<const Task*>& tasks) {
  TaskGroup sum;
  sum.processes = 1;
  sum.tasks = tasks.size();
  sum.total = empty_account();
  for (const Task* const task : tasks) {
    add(sum.total, task->account);
  }
  return sum;
}

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

class GroupTable {
 public:
  GroupTable(const Session& session, GroupBy by, bool verbose)
      : calls_seen_(session.calls_seen),
        brief_(by == GroupBy::cmdline && !verbose),
        most_(verbose ? SIZE_MAX : most_listed),
        table_({left(to_string(by), least_columns)}) {
    for (const auto& [title, cell] : figures_of({{}, {}, 0, 0, empty_account()}, calls_seen_, brief_)) {
      table_.columns.emplace_back(title);
    }
  }

  void add(Cell name, const TaskGroup& group, std::size_t depth = 0) {
    std::vector<Cell> cells{std::move(name)};
    for (auto& [title, cell] : figures_of(group, calls_seen_, brief_)) {
      cells.push_back(std::move(cell));
    }
    table_.row(std::move(cells), depth);
  }

  void add_members(Members::mapped_type& members, const Order& order) {
    if (members.empty()) {
      return;
    }
    table_.fold();
    if (members.size() == 1) {
      add_tasks(members.front().second, order, 1);
      return;
    }
    std::ranges::stable_sort(members, std::ranges::greater(), [&order](const auto& member) {
      double sum = 0;
      for (const Task* const task : member.second) {
        sum += order.figure(*task);
      }
      return sum;
    });
    const std::size_t shown = std::min(members.size(), most_);
    for (auto& [process, tasks] : std::span(members).first(shown)) {
      const std::string name = process->command.empty() ? process->comm : short_command(process->command);
      add(fmt::format("{} ({})", name, process->tgid), sum_of(tasks), 1);
      if (tasks.size() > 1) {
        table_.fold();
        add_tasks(tasks, order, 2);
      }
    }
    rest(members.size() - shown, 1);
  }

  Table take() { return std::move(table_); }

 private:
  void add_tasks(std::vector<const Task*>& tasks, const Order& order, std::size_t depth) {
    std::ranges::stable_sort(tasks, std::ranges::greater(), [&order](const Task* task) { return order.figure(*task); });
    const std::size_t shown = std::min(tasks.size(), most_);
    for (const Task* const task : std::span(tasks).first(shown)) {
      add(fmt::format("{} ({})", task->comm, task->tid), sum_of({task}), depth);
    }
    rest(tasks.size() - shown, depth);
  }

  void rest(std::size_t left_out, std::size_t depth) {
    if (left_out > 0) {
      table_.row({Cell(fmt::format("and {} more", left_out), Tone::faint)}, depth);
    }
  }

  bool calls_seen_;
  bool brief_;
  std::size_t most_;
  Table table_;
};

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
  GroupTable table(session, by, verbose);
  Members members;
  std::optional<Order> order;
  if (view.folds) {
    members = members_of(session, by);
    order.emplace(session, view.sort);
  }
  const std::size_t shown = most_groups.shown(all.size(), verbose, view);
  for (const TaskGroup& group : std::span(all).first(shown)) {
    table.add(group.name ? Cell(group_text(by, *group.name)) : Cell("others", Tone::faint), group);
    if (order && group.name) {
      table.add_members(members[group.key], *order);
    }
  }
  section.add(table.take());
  section.more(all.size() - shown, verbose);
  return section;
}

}  // namespace taskcost::sections
