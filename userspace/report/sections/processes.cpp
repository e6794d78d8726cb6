// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>

#include "base/units.h"
#include "report/sections/family.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr Limit most_members{40, 10};
constexpr Limit most_names{10, 5};
constexpr Limit most_kernel_threads{10, 5};

bool is_open(const FamilyMember& member) {
  const auto open = [](const auto& life) { return life.open_at_start || life.open_at_end; };
  return std::ranges::any_of(member.processes, [&](const Process* process) {
    return open(*process) || std::ranges::any_of(process->tasks, open);
  });
}

// "4 + 1": the program's own threads, and those that the kernel created in the process.
std::string threads_text(const Process& process) {
  const std::size_t workers = process.workers();
  const std::string own = std::to_string(process.tasks.size() - workers);
  return workers == 0 ? own : fmt::format("{} + {}", own, workers);
}

// The names that processes with different command lines have in common.
std::set<std::string> ambiguous_names(const Session& session) {
  std::map<std::string, const Process*> first;
  std::set<std::string> ambiguous;
  for (const Process& process : session.processes) {
    const Process* const other = first.try_emplace(process.comm, &process).first->second;
    if (!process.kernel && process.command != other->command) {
      ambiguous.insert(process.comm);
    }
  }
  return ambiguous;
}

Cell ended_cell(const Process& process) {
  const bool failed = process.exit_signal || process.exit_code.value_or(0) != 0;
  return {ended_text(process), failed ? Tone::warning : Tone::plain};
}

// Its name; for one of the names in `ambiguous` its command line, unless the process has changed its name.
std::string name_of(const Process& process, const std::set<std::string>& ambiguous) {
  if (!ambiguous.contains(process.comm)) {
    return process.comm;
  }
  std::string command = short_command(process.command);
  return command.starts_with(process.comm) ? command : process.comm;
}

void add_process(Table& table, const Process& process, std::size_t depth, const std::set<std::string>& ambiguous) {
  table.row({name_of(process, ambiguous), std::to_string(process.tgid), to_string(process.origin),
             lifetime_cell(lifetime_of(process), process.open_at_start, process.open_at_end),
             account_of(process).total(TC_CONDITION_RUNNING), threads_text(process), ended_cell(process)},
            depth);
}

// The processes of a group stand below it, if they can be folded.
void add_member(Table& table, const FamilyMember& member, const std::set<std::string>& ambiguous, bool folds) {
  const Process& process = member.first();
  if (!member.is_group()) {
    add_process(table, process, member.depth, ambiguous);
    return;
  }
  Cell lifetime = mean(member.lifetime(), member.processes.size());
  lifetime.text += " ";
  table.row({fmt::format("{} x {}", member.processes.size(), process.comm), "", to_string(process.origin),
             std::move(lifetime), member.running(), threads_text(process), ended_cell(process)},
            member.depth);
  if (folds) {
    table.fold();
    for (const Process* const each : member.processes) {
      add_process(table, *each, member.depth + 1, ambiguous);
    }
  }
}

void add_aggregated(Section& section, const std::vector<AggregatedProcesses>& aggregated, bool verbose,
                    const ReportView& view) {
  if (aggregated.empty()) {
    return;
  }
  section.block();
  section.say("Not kept one by one, there were too many (sums by name):");
  Table table({"processes", "tasks", left("name", least_name_columns), "lifetime", "running"});
  const std::size_t shown = most_names.shown(aggregated.size(), verbose, view);
  for (std::size_t i = 0; i < shown; ++i) {
    table.row({aggregated[i].processes, aggregated[i].tasks, aggregated[i].comm, aggregated[i].total.lifetime,
               aggregated[i].total.total(TC_CONDITION_RUNNING)});
  }
  section.add(std::move(table));
  section.rest(aggregated.size() - shown, "more names", "more names");
}

}  // namespace

Section processes(const Session& session, bool verbose, const ReportView& view) {
  Section section("processes", "Processes");
  const std::vector<FamilyMember> family = family_of(session, !verbose || view.folds, Order(session, view.sort));
  if (family.empty() && session.aggregated.empty()) {
    return section;
  }
  Table table({left("name", 16), "pid", left("how"), "lifetime ", "CPU time", "threads", left("ended")});
  const std::size_t shown = most_members.shown(family.size(), verbose, view);
  const std::set<std::string> ambiguous = ambiguous_names(session);
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < family.size(); ++i) {
    if (i < shown) {
      add_member(table, family[i], ambiguous, verbose && view.folds);
    } else {
      left_out += family[i].processes.size();
    }
  }
  section.add(std::move(table));
  section.rest(left_out, "more process", "more processes");
  if (std::ranges::any_of(family, &FamilyMember::is_group)) {
    section.say("N x name: N processes with the same name, origin, end and threads; mean lifetime, total CPU time",
                Tone::faint);
  }
  if (std::ranges::any_of(family, is_open)) {
    section.say("< lived before the window, > outlived it: that end is open", Tone::faint);
  }
  add_aggregated(section, session.aggregated, verbose, view);
  return section;
}

Section kernel_threads(const Session& session, bool verbose, const ReportView& view) {
  std::vector<std::pair<const Process*, Account>> threads;
  for (const Process& process : session.processes) {
    if (process.kernel) {
      threads.emplace_back(&process, account_of(process));
    }
  }
  Section section("kernel_threads", fmt::format("Kernel threads ({})", threads.size()));
  if (threads.empty()) {
    return section;
  }
  std::ranges::stable_sort(threads, std::ranges::greater(),
                           [](const auto& thread) { return thread.second.total(TC_CONDITION_RUNNING); });
  Table table({left("thread", least_name_columns), "on a CPU", "waiting for one", "switches"});
  const auto add_row = [&table](Cell name, const Account& account) {
    table.row({std::move(name), account.total(TC_CONDITION_RUNNING),
               account.total(TC_CONDITION_PREEMPTED) + account.total(TC_CONDITION_RUNNABLE), account.switches()});
  };
  for (std::size_t i = 0; i < most_kernel_threads.shown(threads.size(), verbose, view); ++i) {
    const auto& [process, account] = threads[i];
    add_row(fmt::format("{} ({})", process->comm, process->tgid), account);
  }
  add_row({"all", Tone::strong}, session.kernel_totals);
  section.add(std::move(table));
  return section;
}

}  // namespace taskcost::sections
