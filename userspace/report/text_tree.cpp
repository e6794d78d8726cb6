// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "report/text_family.h"
#include "report/text_sections.h"
#include "report/text_words.h"
#include "report/units.h"

namespace taskcost {
namespace {

constexpr std::size_t tree_lines = 40;
constexpr std::size_t folded_lines = 10;
// Deeper processes stay at this indentation, with their depth in front.
constexpr std::size_t deepest_indent = 10;

bool any_open(const std::vector<FamilyMember>& family) {
  return std::any_of(family.begin(), family.end(), [](const FamilyMember& member) {
    return std::any_of(member.processes.begin(), member.processes.end(), [](const Process* process) {
      return process->open_at_start || process->open_at_end ||
             std::any_of(process->tasks.begin(), process->tasks.end(),
                         [](const Task& task) { return task.open_at_start || task.open_at_end; });
    });
  });
}

std::string indented_name(const FamilyMember& member) {
  const std::string indent(2 * std::min(member.depth, deepest_indent), ' ');
  const std::string depth = member.depth > deepest_indent ? fmt::format("({}) ", member.depth) : "";
  const std::string name =
      member.is_group() ? fmt::format("{} x {}", member.processes.size(), member.first().comm) : member.first().comm;
  return indent + depth + name;
}

// The program's own, and those of the kernel beside them.
std::string threads_text(const Process& process) {
  const std::size_t workers = process.workers();
  const std::string own = std::to_string(process.tasks.size() - workers);
  return workers == 0 ? own : fmt::format("{} + {}", own, workers);
}

void add_member(Table& table, const FamilyMember& member) {
  const Process& process = member.first();
  const bool failed = process.exit_signal || process.exit_code.value_or(0) != 0;
  const auto count = static_cast<std::uint64_t>(member.processes.size());
  table.row({indented_name(member),
             member.is_group() ? "" : std::to_string(process.tgid),
             to_string(process.how),
             member.is_group() ? mean_text(member.lifetime(), count) + " "
                               : lifetime_text(lifetime_of(process), process.open_at_start, process.open_at_end),
             threads_text(process),
             {ended_text(process), failed ? Ink::warning : Ink::plain}});
}

// Only whole lines are left out, and what they stand for is counted.
void write_rest(Page& page, const std::vector<FamilyMember>& family, std::size_t shown) {
  std::size_t processes = 0;
  for (std::size_t i = shown; i < family.size(); ++i) {
    processes += family[i].processes.size();
  }
  if (processes > 0) {
    page.paragraph(
        fmt::format("... and {}, see --verbose or the JSON", counted(processes, "more process", "more processes")));
  }
}

void write_folded(Page& page, const Session& session) {
  if (session.folded.empty()) {
    return;
  }
  page.blank();
  page.paragraph("Not kept one by one, there were too many (sums by name):");
  Table table({{"processes"}, {"tasks"}, {"name", Column::Align::left, 12}, {"lifetime"}, {"running"}});
  const std::size_t shown = page.verbose() ? session.folded.size() : std::min(folded_lines, session.folded.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const FoldedProcesses& folded = session.folded[i];
    table.row({std::to_string(folded.processes), std::to_string(folded.tasks), folded.comm,
               duration_text(folded.total.lifetime), duration_text(folded.total.total(TC_CONDITION_RUNNING))});
  }
  page.table(table);
  if (shown < session.folded.size()) {
    page.paragraph(fmt::format("... and {} more names, see --verbose or the JSON", session.folded.size() - shown));
  }
}

}  // namespace

void write_tree(Page& page, const Session& session) {
  const std::vector<FamilyMember> family = family_of(session, !page.verbose());
  if (family.empty() && session.folded.empty()) {
    return;
  }
  page.heading("Processes");
  Table table({{"name", Column::Align::left, 16},
               {"pid"},
               {"how", Column::Align::left},
               {"lifetime "},
               {"threads"},
               {"ended", Column::Align::left}});
  const std::size_t shown = page.verbose() ? family.size() : std::min(tree_lines, family.size());
  for (std::size_t i = 0; i < shown; ++i) {
    add_member(table, family[i]);
  }
  page.table(table);
  write_rest(page, family, shown);
  const bool grouped =
      std::any_of(family.begin(), family.end(), [](const FamilyMember& member) { return member.is_group(); });
  if (grouped) {
    page.paragraph("N x name: alike in name, origin, end and threads; the lifetime is their mean", Page::margin,
                   Ink::faint);
  }
  if (any_open(family)) {
    page.paragraph("< lived before the window, > outlived it: that end is open", Page::margin, Ink::faint);
  }
  write_folded(page, session);
}

}  // namespace taskcost
