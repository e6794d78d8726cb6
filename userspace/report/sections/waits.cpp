// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/units.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr Limit most_causes{TC_NR_WAITS, 6};
constexpr Limit most_edges{12, 5};
constexpr Limit most_chains{5, 2};
constexpr std::size_t most_foldable = 200;  // sums, each with its members
constexpr std::size_t most_edges_inside = 50;
constexpr std::ptrdiff_t longest_column = 5;  // with --verbose

// Names of tasks, "name (tid)", by Task::id.
class TaskNames {
 public:
  explicit TaskNames(const Session& session) {
    for (const Process& process : session.processes) {
      for (const Task& task : process.tasks) {
        names_[task.id] = fmt::format("{} ({})", task.comm, task.tid);
      }
    }
  }

  [[nodiscard]] std::string of(std::uint64_t task, std::uint32_t tid) const {
    const auto found = names_.find(task);
    if (found != names_.end()) {
      return found->second;
    }
    return tid != 0 ? fmt::format("task {}", tid) : "others";
  }
  [[nodiscard]] std::string of(const Waker& waker) const {
    switch (waker.kind) {
      case Waker::Kind::task:
        return of(waker.task, waker.tid);
      case Waker::Kind::unobserved:
        return waker.comm.empty() ? fmt::format("task {}, not observed", waker.tid)
                                  : fmt::format("{} ({}), not observed", waker.comm, waker.tid);
      default:
        return std::string(waker_text(waker.kind));
    }
  }

 private:
  std::unordered_map<std::uint64_t, std::string> names_;
};

}  // namespace

Table wait_causes(const Account& account) {
  std::vector<tc_wait> waits;
  for (int wait = 0; wait < TC_NR_WAITS; ++wait) {
    if (account.waits[wait].blocked > Duration::zero() || account.waits[wait].count > 0) {
      waits.push_back(static_cast<tc_wait>(wait));
    }
  }
  std::ranges::stable_sort(waits, std::ranges::greater(), [&](tc_wait wait) { return account.waits[wait].blocked; });
  Table table({left("waited for", least_name_columns), "blocked", "share", "waits", "mean"});
  for (const tc_wait wait : waits) {
    const WaitSums& sums = account.waits[wait];
    table.row({text_of(wait), sums.blocked, share(sums.blocked, account.lifetime), sums.count,
               mean(sums.blocked, sums.count)});
  }
  return table;
}

namespace {

// The call sites with the most wakeups; with --verbose all, with their numbers.
std::string places_text(const std::map<std::string, std::uint64_t>& of_edge, bool verbose) {
  std::vector<std::pair<std::string, std::uint64_t>> call_sites(of_edge.begin(), of_edge.end());
  std::ranges::stable_sort(call_sites, std::ranges::greater(), [](const auto& call_site) { return call_site.second; });
  std::string text;
  for (std::size_t i = 0; i < shown_of(call_sites.size(), 2, verbose); ++i) {
    text +=
        (text.empty() ? "" : ", ") + call_sites[i].first + (verbose ? fmt::format(" {}", call_sites[i].second) : "");
  }
  return text;
}

bool is_shown(const auto& edge) { return edge.wakeups > 0 || edge.bytes.value_or(0) > 0; }

std::vector<Column> edge_columns(bool verbose) {
  std::vector<Column> columns{left("from", least_name_columns),
                              left("to", least_name_columns),
                              left("through", 8),
                              "wake-ups",
                              "waited",
                              "bytes",
                              left("by", 4)};
  if (verbose) {
    columns.insert(columns.begin() + longest_column, "longest");
  }
  return columns;
}

template <typename AnyEdge>
void add_edge(Table& table, const AnyEdge& edge, std::pair<Cell, Cell> ends, bool verbose, std::size_t depth = 0) {
  table.row({std::move(ends.first), std::move(ends.second), key_words(key_of(edge.cause)), edge.wakeups, edge.waited,
             edge.bytes ? quantity(static_cast<double>(*edge.bytes), Unit::bytes) : Cell("-"),
             places_text(edge.call_sites, verbose)},
            depth);
  if (verbose) {
    std::vector<Cell>& cells = table.rows.back().cells;
    cells.insert(cells.begin() + longest_column, edge.longest);
  }
}

std::pair<Cell, Cell> ends_of(const Edge& edge, const TaskNames& names) {
  return {{names.of(edge.from), edge.from.kind == Waker::Kind::task ? Tone::plain : Tone::faint},
          names.of(edge.to, edge.to_tid)};
}

// What is no group is faint, because a group can have any name.
Cell group_cell(GroupBy by, const std::optional<std::string>& group) {
  return group ? Cell(group_text(by, *group)) : Cell("others", Tone::faint);
}

Cell waker_cell(GroupBy by, Waker::Kind waker, const std::optional<std::string>& group) {
  switch (waker) {
    case Waker::Kind::task:
      return group_cell(by, group);
    case Waker::Kind::unobserved:
      return {group ? *group + ", not observed" : "tasks not observed", Tone::faint};
    default:
      return {waker_text(waker), Tone::faint};
  }
}

void add_members(Table& table, const std::vector<Edge>& edges, const std::vector<std::size_t>& members,
                 const TaskNames& names, bool verbose) {
  std::size_t rows = 0;
  for (const std::size_t i : members) {
    if (is_shown(edges[i]) && ++rows <= most_edges_inside) {
      add_edge(table, edges[i], ends_of(edges[i], names), verbose, 1);
    }
  }
  if (rows > most_edges_inside) {
    table.row({Cell(fmt::format("and {} more", rows - most_edges_inside), Tone::faint)}, 1);
  }
}

// The edges between tasks stand below their sum, if they can be folded.
void add_group_edges(Section& section, const Report& report, const std::vector<GroupEdge>& edges,
                     const TaskNames& names, bool verbose, const ReportView& view) {
  const GroupBy by = report.grouping();
  Table table(edge_columns(verbose));
  const std::size_t shown =
      view.folds ? std::min(edges.size(), most_foldable) : most_edges.shown(edges.size(), verbose, view);
  std::size_t rows = 0;
  for (const GroupEdge& edge : edges) {
    if (rows >= shown || !is_shown(edge)) {
      continue;
    }
    add_edge(table, edge, {waker_cell(by, edge.waker, edge.from), group_cell(by, edge.to)}, verbose);
    ++rows;
    if (view.folds) {
      table.fold();
      add_members(table, report.session.edges, edge.members, names, verbose);
    }
  }
  if (!table.rows.empty()) {
    section.block("Who woke whom, by " + group_words(by)).id = "wakeups";
    section.add(std::move(table));
    section.more(edges.size() - shown, verbose);
  }
}

void add_task_edges(Section& section, const std::vector<Edge>& edges, const TaskNames& names, bool verbose,
                    const ReportView& view) {
  const std::size_t shown = most_edges.shown(edges.size(), verbose, view);
  Table table(edge_columns(verbose));
  for (const Edge& edge : edges) {
    if (table.rows.size() < shown && is_shown(edge)) {
      add_edge(table, edge, ends_of(edge, names), verbose);
    }
  }
  if (!table.rows.empty()) {
    section.block("Who woke whom").id = "wakeups";
    section.add(std::move(table));
    section.more(edges.size() - shown, verbose);
  }
}

// Many pairs of tasks are summed up by group; --verbose shows both.
void add_edges(Section& section, const Report& report, const TaskNames& names, bool verbose, const ReportView& view) {
  const Session& session = report.session;
  const bool many = session.edges.size() > most_edges.most;
  const std::vector<GroupEdge> sums =
      many ? edges_between_groups(session, report.grouping()) : std::vector<GroupEdge>();
  const bool several =
      std::ranges::any_of(sums, [](const GroupEdge& edge) { return edge.from && edge.from != edge.to; });
  const bool by_group = many && (several || !view.folds);
  if (by_group) {
    add_group_edges(section, report, sums, names, verbose, view);
  }
  if (!by_group || (verbose && !view.folds)) {
    add_task_edges(section, session.edges, names, verbose, view);
  }
  if (session.other_edges > 0 && !session.edges.empty()) {
    section.say(fmt::format("and {} between tasks that were not kept one by one",
                            counted(session.other_edges, "edge", "edges")),
                Tone::faint);
  }
}

void add_chains(Section& section, const Report& report, bool verbose, const ReportView& view) {
  const GroupBy by = report.grouping();
  const std::vector<ChainNode> tree = chain_tree(report.session, by);
  if (tree.empty()) {
    return;
  }
  const auto is_first = [](const ChainNode& node) { return node.depth == 0; };
  const auto all = static_cast<std::size_t>(std::ranges::count_if(tree, is_first));
  const std::size_t shown = most_chains.shown(all, verbose, view);
  std::vector<Column> columns{left("waited", least_name_columns),
                              left("for"),
                              left("woken by", least_name_columns),
                              left("in", 4),
                              "chains",
                              "time"};
  if (verbose) {
    columns.emplace_back("longest");
  }
  Table table(std::move(columns));
  std::size_t first = 0;
  for (const ChainNode& node : tree) {
    first += is_first(node) ? 1 : 0;
    if (first > shown) {
      break;
    }
    table.row({group_cell(by, node.waiter), key_words(key_of(node.cause)), waker_cell(by, node.waker, node.by),
               node.waker == Waker::Kind::task ? node.call_site : "", node.chains, node.waited},
              node.depth);
    if (verbose) {
      table.rows.back().cells.emplace_back(node.longest);
    }
  }
  section.block("Longest chains of waits, by " + group_words(by)).id = "chains";
  section.add(std::move(table));
  section.more(all - shown, verbose);
  section.say("An indented wait had to end before the one above. Chains that begin alike are summed up.", Tone::faint);
}

}  // namespace

Section waits(const Report& report, bool verbose, const ReportView& view) {
  const Session& session = report.session;
  Section section("waits", "Waits");
  if (session.totals.total(TC_CONDITION_BLOCKED) == Duration::zero()) {
    section.say("no task was blocked");
  } else {
    Table causes = wait_causes(session.totals);
    const std::size_t all = causes.rows.size();
    causes.rows.resize(most_causes.shown(all, verbose, view));
    const std::size_t left_out = all - causes.rows.size();
    section.add(std::move(causes));
    section.more(left_out, verbose);
    if (std::string text = locks_text(session); !text.empty()) {
      section.say(std::move(text), Tone::faint);
    }
  }
  const TaskNames names(session);
  add_edges(section, report, names, verbose, view);
  add_chains(section, report, verbose, view);
  return section;
}

}  // namespace taskcost::sections
