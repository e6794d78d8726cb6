// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "report/text_family.h"
#include "report/text_sections.h"
#include "report/text_words.h"
#include "report/units.h"

namespace taskcost {
namespace {

constexpr std::size_t detailed_processes = 6;
constexpr std::size_t task_lines = 20;
// The account of a task closes to a percent; beyond it, a transition was lost.
constexpr double largest_residual = 0.01;

double count_of(Duration duration) { return static_cast<double>(duration.count()); }

Cell time_cell(Duration duration) {
  return {duration_text(duration), duration == Duration::zero() ? Ink::faint : Ink::plain};
}

std::vector<Cell> account_row(std::string name, const PerCondition<Duration>& times, Duration total,
                              Duration lifetime) {
  std::vector<Cell> row{std::move(name)};
  for (const Duration time : times) {
    row.push_back(time_cell(time));
  }
  row.push_back(time_cell(total));
  row.emplace_back(share_text(count_of(total), count_of(lifetime)));
  return row;
}

void add_activity(Table& table, const Account& account, tc_activity activity) {
  const Duration total = account.total(activity);
  if (total == Duration::zero() && account.entries[activity].value_or(0) == 0) {
    return;
  }
  std::vector<Cell> row = account_row(short_text(text_of(activity)), account.cells[activity], total, account.lifetime);
  row.emplace_back(account.entries[activity] ? std::to_string(*account.entries[activity]) : "-");
  table.row(std::move(row));
}

bool residual_is_large(const Account& account) {
  return std::abs(count_of(account.residual())) > largest_residual * count_of(account.lifetime);
}

// Marked also for those who see no colour.
Cell residual_cell(const Account& account) {
  const std::string percent = signed_percent_text(count_of(account.residual()), count_of(account.lifetime));
  return residual_is_large(account) ? Cell("!" + percent, Ink::warning) : Cell(percent);
}

// Indices of the `limit` longest, in their old order.
template <typename Lifetime>
std::vector<std::size_t> longest(std::size_t size, std::size_t limit, Lifetime lifetime) {
  std::vector<std::size_t> chosen(size);
  std::iota(chosen.begin(), chosen.end(), 0);
  if (size <= limit) {
    return chosen;
  }
  std::stable_sort(chosen.begin(), chosen.end(),
                   [&](std::size_t left, std::size_t right) { return lifetime(left) > lifetime(right); });
  chosen.resize(limit);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

std::string sum_text(const Account& account, tc_counter one, tc_counter other) {
  const auto& left = account.counters[one];
  const auto& right = account.counters[other];
  return left && right ? std::to_string(*left + *right) : "n/a";
}

void add_task(Table& table, const Task& task) {
  const Account& account = task.account;
  table.row({std::to_string(task.tid), task.comm, lifetime_text(account.lifetime, task.open_at_start, task.open_at_end),
             time_cell(account.total(TC_CONDITION_RUNNING)),
             time_cell(account.total(TC_CONDITION_PREEMPTED) + account.total(TC_CONDITION_RUNNABLE)),
             time_cell(account.total(TC_CONDITION_BLOCKED)),
             sum_text(account, TC_COUNTER_VOLUNTARY_SWITCHES, TC_COUNTER_INVOLUNTARY_SWITCHES),
             sum_text(account, TC_COUNTER_FAULTS_MINOR, TC_COUNTER_FAULTS_MAJOR), residual_cell(account)});
}

void write_tasks(Page& page, const std::vector<Task>& tasks) {
  page.blank();
  Table table({{"tid"},
               {"task", Column::Align::left, 8},
               {"lifetime "},
               {"running"},
               {"queued"},
               {"blocked"},
               {"switches"},
               {"faults"},
               {"residual"}});
  const std::size_t limit = page.verbose() ? tasks.size() : task_lines;
  const std::vector<std::size_t> shown =
      longest(tasks.size(), limit, [&](std::size_t i) { return tasks[i].account.lifetime; });
  for (const std::size_t i : shown) {
    add_task(table, tasks[i]);
  }
  page.table(table);
  if (shown.size() < tasks.size()) {
    page.paragraph(fmt::format("... and {} that lived shorter, see --verbose or the JSON",
                               counted(tasks.size() - shown.size(), "task", "tasks")));
  }
}

std::string title_of(const FamilyMember& member) {
  const Process& process = member.first();
  const std::string tasks = counted(member.tasks(), "task", "tasks");
  if (member.is_group()) {
    return fmt::format("{} x {}: sum of {}, {}", member.processes.size(), process.comm, tasks, ended_text(process));
  }
  return fmt::format("{} ({}): {}{}, {}", process.comm, process.tgid, process.tasks.size() > 1 ? "sum of " : "", tasks,
                     ended_text(process));
}

void write_member(Page& page, const FamilyMember& member) {
  Account sum = empty_account();
  for (const Process* process : member.processes) {
    add(sum, account_of(*process));
  }
  page.subheading(title_of(member));
  write_account_table(page, sum);
  if (!member.is_group() && member.first().tasks.size() > 1) {
    write_tasks(page, member.first().tasks);
  }
}

bool has_threads(const std::vector<FamilyMember>& family, const std::vector<std::size_t>& shown) {
  return std::any_of(shown.begin(), shown.end(),
                     [&family](std::size_t i) { return !family[i].is_group() && family[i].first().tasks.size() > 1; });
}

}  // namespace

void write_account_table(Page& page, const Account& account) {
  Table table({{"activity", Column::Align::left, 8},
               {"running"},
               {"preempted"},
               {"runnable"},
               {"blocked"},
               {"total"},
               {"share"},
               {"count"}});
  for (int i = 0; i < TC_NR_ACTIVITIES; ++i) {
    add_activity(table, account, static_cast<tc_activity>(i));
  }
  PerCondition<Duration> columns{};
  for (int i = 0; i < TC_NR_CONDITIONS; ++i) {
    columns[i] = account.total(static_cast<tc_condition>(i));
  }
  table.row(account_row("total", columns, account.total(), account.lifetime));
  table.row({"lifetime", "", "", "", "", duration_text(account.lifetime)});
  table.row({"residual", "", "", "", "", signed_duration_text(account.residual()), residual_cell(account)});
  page.table(table);
  if (const auto refused = account.counters[TC_COUNTER_SYSCALLS_ENTRY_UNSEEN].value_or(0); refused > 0) {
    page.paragraph(fmt::format("user code contains {} that seccomp or a tracer refused on their way in.",
                               counted(refused, "system call", "system calls")));
  }
  const auto throttled = account.counters[TC_COUNTER_THROTTLED_NS].value_or(0);
  const auto yielded = account.counters[TC_COUNTER_YIELDED_NS].value_or(0);
  if (throttled > 0) {
    page.paragraph(fmt::format("preempted: {} of it by the CPU quota of the cgroup ({}).",
                               nanoseconds_text(static_cast<double>(throttled)),
                               counted(account.counters[TC_COUNTER_THROTTLED].value_or(0), "time", "times")));
  }
  if (yielded > 0) {
    page.paragraph(fmt::format("preempted: {} of it after sched_yield ({}).",
                               nanoseconds_text(static_cast<double>(yielded)),
                               counted(account.counters[TC_COUNTER_YIELDS].value_or(0), "time", "times")));
  }
}

void write_accounts(Page& page, const Session& session) {
  const std::vector<FamilyMember> family = family_of(session, !page.verbose());
  if (family.empty()) {
    return;
  }
  page.heading("Accounts");
  const std::size_t limit = page.verbose() ? family.size() : detailed_processes;
  const std::vector<std::size_t> shown =
      longest(family.size(), limit, [&family](std::size_t i) { return family[i].lifetime(); });
  for (const std::size_t i : shown) {
    write_member(page, family[i]);
  }
  if (has_threads(family, shown)) {
    page.paragraph("queued: preempted + runnable; n/a: not measured; !: more than 1% is in no cell", Page::margin,
                   Ink::faint);
  }
  if (shown.size() < family.size()) {
    page.blank();
    page.paragraph(fmt::format("... and {} that lived shorter, see --verbose or the JSON",
                               counted(family.size() - shown.size(), "account", "accounts")));
  }
}

void write_totals(Page& page, const Session& session) {
  if (session.process_count <= 1) {
    return;
  }
  page.heading(fmt::format("All {} of {}", counted(session.task_count, "task", "tasks"),
                           counted(session.process_count, "process", "processes")));
  write_account_table(page, session.totals);
}

}  // namespace taskcost
