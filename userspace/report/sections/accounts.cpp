// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/units.h"
#include "report/sections/family.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr Limit most_accounts{6, 1};
constexpr Limit most_tasks{20, 10};
// The cells of a task add up to its lifetime within a percent; a larger residual means that a transition was lost.
constexpr double largest_residual = 0.01;
constexpr double noticeable_interrupts = 0.01;  // of running time

Cell time_cell(Duration duration) { return {duration, duration == Duration::zero() ? Tone::faint : Tone::plain}; }

std::vector<Cell> account_row(const char* name, const PerCondition<Duration>& times, Duration total,
                              Duration lifetime) {
  std::vector<Cell> row{short_text(name)};
  for (const Duration time : times) {
    row.push_back(time_cell(time));
  }
  row.push_back(time_cell(total));
  row.push_back(share(total, lifetime));
  return row;
}

void add_activity(Table& table, const Account& account, tc_activity activity) {
  const Duration total = account.total(activity);
  const auto& entries = account.entries[activity];
  if (total != Duration::zero() || entries.value_or(0) != 0) {
    std::vector<Cell> row = account_row(text_of(activity), account.cells[activity], total, account.lifetime);
    row.push_back(entries ? Cell(*entries) : Cell("-"));
    table.row(std::move(row));
  }
}

// A large residual has a mark in addition to its color, for readers who do not see colors.
Cell residual_cell(const Account& account) {
  const auto residual = static_cast<double>(account.residual().count());
  const auto lifetime = static_cast<double>(account.lifetime.count());
  const bool large = std::abs(residual) > largest_residual * lifetime;
  const std::string percent = signed_percent_text(residual, lifetime);
  if (lifetime <= 0) {
    return large ? Cell("!" + percent, Tone::warning) : Cell(percent);
  }
  return {(large ? "!" : "") + percent, large ? Tone::warning : Tone::plain, residual / lifetime, Unit::share};
}

// The indices of the elements by their figures, the largest first.
template <typename Figure>
std::vector<std::size_t> sorted_by(std::size_t size, Figure figure) {
  std::vector<double> figures(size);
  std::vector<std::size_t> indices(size);
  std::iota(indices.begin(), indices.end(), 0);
  std::ranges::transform(indices, figures.begin(), figure);
  std::ranges::stable_sort(indices, std::ranges::greater(), [&figures](std::size_t i) { return figures[i]; });
  return indices;
}

void add_tasks(Section& section, const std::vector<Task>& tasks, const Order& order, std::size_t shown) {
  section.block();
  Table table({"tid", left("task", 8), "lifetime ", "running", "queued", "blocked", "switches", "faults", "residual"});
  std::vector<std::size_t> chosen = sorted_by(tasks.size(), [&](std::size_t i) { return order.figure(tasks[i]); });
  chosen.resize(shown);
  for (const std::size_t i : chosen) {
    const Task& task = tasks[i];
    const Account account = task.account;
    table.row({std::to_string(task.tid), task.comm,
               lifetime_cell(account.lifetime, task.open_at_start, task.open_at_end),
               time_cell(account.total(TC_CONDITION_RUNNING)),
               time_cell(account.total(TC_CONDITION_PREEMPTED) + account.total(TC_CONDITION_RUNNABLE)),
               time_cell(account.total(TC_CONDITION_BLOCKED)),
               sum_cell(account, TC_COUNTER_VOLUNTARY_SWITCHES, TC_COUNTER_INVOLUNTARY_SWITCHES),
               sum_cell(account, TC_COUNTER_FAULTS_MINOR, TC_COUNTER_FAULTS_MAJOR), residual_cell(account)});
  }
  section.add(std::move(table));
  section.rest(tasks.size() - shown, "more task", "more tasks");
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

// The table adds up: activities by conditions, total, lifetime, residual.
void add_account(Section& section, const Account& account) {
  Table table({left("activity", 8), "running", "preempted", "runnable", "blocked", "total", "share", "count"});
  for (int i = 0; i < TC_NR_ACTIVITIES; ++i) {
    add_activity(table, account, static_cast<tc_activity>(i));
  }
  PerCondition<Duration> columns{};
  for (int i = 0; i < TC_NR_CONDITIONS; ++i) {
    columns[i] = account.total(static_cast<tc_condition>(i));
  }
  const Duration residual = account.residual();
  table.row(account_row("total", columns, account.total(), account.lifetime));
  table.row({"lifetime", "", "", "", "", account.lifetime});
  table.row({"residual", "", "", "", "", signed_quantity(static_cast<double>(residual.count()), Unit::ns),
             residual_cell(account)});
  section.add(std::move(table));

  const auto counter = [&account](tc_counter which) { return account.counters[which].value_or(0); };
  if (const auto refused = counter(TC_COUNTER_SYSCALLS_ENTRY_UNSEEN); refused > 0) {
    section.say(fmt::format("user code contains {} that seccomp or a tracer refused on their way in.",
                            counted(refused, "system call", "system calls")));
  }
  const auto say_preempted = [&](tc_counter ns, const char* why, tc_counter times) {
    if (counter(ns) > 0) {
      section.say(fmt::format("preempted: {} of it {} ({}).", nanoseconds_text(static_cast<double>(counter(ns))), why,
                              counted(counter(times), "time", "times")));
    }
  };
  say_preempted(TC_COUNTER_THROTTLED_NS, "by the CPU quota of the cgroup", TC_COUNTER_THROTTLED);
  say_preempted(TC_COUNTER_YIELDED_NS, "after sched_yield", TC_COUNTER_YIELDS);
  const auto interrupted = counter(TC_COUNTER_SOFTIRQ_NS) + counter(TC_COUNTER_IRQ_NS);
  if (static_cast<double>(interrupted) > noticeable_interrupts * in_ns(account.total(TC_CONDITION_RUNNING))) {
    section.say(fmt::format("running: {} of it in softirqs, {} in interrupt handlers.",
                            nanoseconds_text(static_cast<double>(counter(TC_COUNTER_SOFTIRQ_NS))),
                            nanoseconds_text(static_cast<double>(counter(TC_COUNTER_IRQ_NS)))));
  }
}

// "shares with its creator: memory, files; its own: cgroups"; empty if its creation was not seen.
std::string shares_text(const Task& task) {
  if (!task.shares) {
    return {};
  }
  const auto list = [&task](bool shared) {
    std::string names;
    for (int i = 0; i < TC_NR_SHARED; ++i) {
      if ((*task.shares)[i] == shared) {
        names += (names.empty() ? "" : ", ") + short_text(text_of(static_cast<tc_shared>(i)));
      }
    }
    return names.empty() ? std::string("nothing") : names;
  };
  return fmt::format("shares with its creator: {}; its own: {}", list(true), list(false));
}

// Inside a container, a task has other ids.
void say_inside(Section& section, const char* what, const std::optional<std::uint32_t>& id) {
  if (id) {
    section.say(fmt::format("{} {} in its own pid namespace", what, *id), Tone::faint);
  }
}

void say_facts(Section& section, const Process& process) {
  const auto say = [&section](std::string text) {
    if (!text.empty()) {
      section.say(std::move(text), Tone::faint);
    }
  };
  say(process.command);
  if (!process.tasks.empty()) {
    say_inside(section, "pid", process.tasks.front().tgid_inside);
  }
  if (process.fatal) {
    const auto target = std::ranges::find(process.tasks, process.fatal->target, &Task::id);
    say("ended by " + signal_text(process.fatal->number) +
        (target == process.tasks.end() ? "" : fmt::format(" to {} ({})", target->comm, target->tid)));
  }
  if (process.zombie) {
    say(fmt::format("zombie for {}{}", duration_text(*process.zombie),
                    process.reap ? ", reaped in " + duration_text(*process.reap) : ""));
  }
  if (process.tasks.size() == 1) {
    say(shares_text(process.tasks.front()));
  }
}

void add_waits_and_channels(Section& section, const Account& account, bool calls_seen) {
  for (Table& table : std::array{wait_causes(account), calls_seen ? channel_calls(account) : Table({})}) {
    if (!table.rows.empty()) {
      section.block();
      section.add(std::move(table));
    }
  }
}

void add_task_accounts(Section& section, const Process& process) {
  for (const Task& task : process.tasks) {
    section.block(fmt::format("{} ({}), task of {} ({})", task.comm, task.tid, process.comm, process.tgid));
    say_inside(section, "tid", task.tid_inside);
    if (std::string shares = shares_text(task); !shares.empty()) {
      section.say(std::move(shares), Tone::faint);
    }
    add_account(section, task.account);
  }
}

std::string totals_title(const Session& session) {
  return fmt::format("All {} of {}", counted(session.task_count, "task", "tasks"),
                     counted(session.process_count, "process", "processes"));
}

}  // namespace

Cell sum_cell(const Account& account, tc_counter one, tc_counter other) {
  const auto& left = account.counters[one];
  const auto& right = account.counters[other];
  return left && right ? Cell(*left + *right) : Cell("n/a");
}

namespace {

class Accounts {
 public:
  // `order` must outlive it.
  Accounts(const Session& session, const Order& order, bool verbose, const ReportView& view)
      : session_(session), order_(order), verbose_(verbose), view_(view) {}

  void add(const FamilyMember& member, std::size_t depth = 0) {
    section_.block(title_of(member)).depth = depth;
    if (verbose_) {
      say_facts(section_, member.first());
    }
    const Account account = member.account();
    add_account(section_, account);
    if (verbose_) {
      add_waits_and_channels(section_, account, session_.calls_seen);
    }
    if (!member.is_group() && member.first().tasks.size() > 1) {
      any_threads_ = true;
      const std::vector<Task>& tasks = member.first().tasks;
      add_tasks(section_, tasks, order_, most_tasks.shown(tasks.size(), verbose_, view_));
      if (verbose_) {
        section_.say(legend, Tone::faint);
        add_task_accounts(section_, member.first());
      }
    }
  }

  // The processes of a group stand below it.
  void add_groups(const std::vector<FamilyMember>& family, const std::vector<std::size_t>& sorted, GroupBy by) {
    const Grouping grouping(session_.processes, by);
    std::vector<std::pair<GroupKey, std::vector<const FamilyMember*>>> groups;
    std::unordered_map<std::string, std::size_t> places;
    for (const std::size_t i : sorted) {
      GroupKey key = grouping.of(family[i].first());
      const auto [place, added] = places.try_emplace(key.value, groups.size());
      if (added) {
        groups.emplace_back(std::move(key), std::vector<const FamilyMember*>());
      }
      groups[place->second].second.push_back(&family[i]);
    }
    // The sum of a single group is that of all tasks.
    if (session_.process_count > 1) {
      section_.block(totals_title(session_));
      add_account(section_, session_.totals);
    }
    for (const auto& [key, members] : groups) {
      if (members.size() > 1 && groups.size() > 1) {
        add_sum(group_text(by, key.label), members);
      }
      for (const FamilyMember* const member : members) {
        add(*member, members.size() > 1 ? 1 : 0);
      }
    }
  }

  Section take(std::size_t left_out) {
    if (any_threads_ && !verbose_) {
      section_.say(legend, Tone::faint);
    }
    if (left_out > 0) {
      section_.block();
      section_.rest(left_out, "more account", "more accounts");
    }
    return std::move(section_);
  }

 private:
  static constexpr const char* legend =
      "queued: preempted + runnable; n/a: not measured; !: more than 1% is in no cell";

  void add_sum(const std::string& name, const std::vector<const FamilyMember*>& members) {
    Account sum = empty_account();
    std::size_t processes = 0;
    std::size_t tasks = 0;
    for (const FamilyMember* const member : members) {
      taskcost::add(sum, member->account());
      processes += member->processes.size();
      tasks += member->tasks();
    }
    section_.block(fmt::format("{}: sum of {}, {}", name, counted(processes, "process", "processes"),
                               counted(tasks, "task", "tasks")));
    add_account(section_, sum);
    if (verbose_) {
      add_waits_and_channels(section_, sum, session_.calls_seen);
    }
  }

  const Session& session_;
  const Order& order_;
  bool verbose_;
  const ReportView& view_;
  Section section_{"accounts", "Accounts"};
  bool any_threads_ = false;
};

}  // namespace

Section accounts(const Session& session, bool verbose, const ReportView& view, GroupBy by) {
  const Order order(session, view.sort);
  const std::vector<FamilyMember> family = family_of(session, !verbose, order);
  std::vector<std::size_t> shown =
      sorted_by(family.size(), [&](std::size_t i) { return order.figure(family[i].processes); });
  shown.resize(most_accounts.shown(family.size(), verbose, view));
  Accounts all(session, order, verbose, view);
  if (!view.folds) {
    for (const std::size_t i : shown) {
      all.add(family[i]);
    }
  } else {
    all.add_groups(family, shown, by);
  }
  return all.take(family.size() - shown.size());
}

Section totals(const Session& session) {
  Section section("totals", totals_title(session));
  if (session.process_count > 1) {
    add_account(section, session.totals);
  }
  return section;
}

}  // namespace taskcost::sections
