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

// `ends` returns the words for the waker and the sleeper of an edge.
template <typename AnyEdge, typename Ends>
Table edge_table(const std::vector<AnyEdge>& edges, std::size_t most, bool verbose, const Ends& ends) {
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
  Table table(std::move(columns));
  for (const AnyEdge& edge : edges) {
    if (table.rows.size() < most && is_shown(edge)) {
      auto [from, to] = ends(edge);
      table.row({std::move(from), std::move(to), key_words(key_of(edge.cause)), edge.wakeups, edge.waited,
                 edge.bytes ? quantity(static_cast<double>(*edge.bytes), Unit::bytes) : Cell("-"),
                 places_text(edge.call_sites, verbose)});
      if (verbose) {
        std::vector<Cell>& cells = table.rows.back().cells;
        cells.insert(cells.begin() + longest_column, edge.longest);
      }
    }
  }
  return table;
}

std::string end_text(GroupBy by, const std::optional<std::string>& group) {
  return group ? group_text(by, *group) : "others";
}

std::string from_text(GroupBy by, const GroupEdge& edge) {
  switch (edge.waker) {
    case Waker::Kind::task:
      return end_text(by, edge.from);
    case Waker::Kind::unobserved:
      return edge.from ? *edge.from + ", not observed" : "tasks not observed";
    default:
      return std::string(waker_text(edge.waker));
  }
}

void add_group_edges(Section& section, const Report& report, bool verbose, const ReportView& view) {
  const GroupBy by = report.grouping();
  const std::vector<GroupEdge> edges = edges_between_groups(report.session, by);
  const std::size_t shown = most_edges.shown(edges.size(), verbose, view);
  Table table = edge_table(edges, shown, verbose, [by](const GroupEdge& edge) {
    return std::pair(from_text(by, edge), end_text(by, edge.to));
  });
  if (!table.rows.empty()) {
    section.block("Who woke whom, by " + group_words(by)).id = "group_wakeups";
    section.add(std::move(table));
    section.more(edges.size() - shown, verbose);
  }
}

// Many pairs of tasks are summed up by group; --verbose shows both.
void add_edges(Section& section, const Report& report, const TaskNames& names, bool verbose, const ReportView& view) {
  const Session& session = report.session;
  const bool many = session.edges.size() > most_edges.most;
  if (many) {
    add_group_edges(section, report, verbose, view);
  }
  if (!many || verbose) {
    const std::size_t shown = most_edges.shown(session.edges.size(), verbose, view);
    Table table = edge_table(session.edges, shown, verbose, [&names](const Edge& edge) {
      return std::pair(names.of(edge.from), names.of(edge.to, edge.to_tid));
    });
    if (!table.rows.empty()) {
      section.block("Who woke whom").id = "wakeups";
      section.add(std::move(table));
      section.more(session.edges.size() - shown, verbose);
    }
  }
  if (session.other_edges > 0 && !session.edges.empty()) {
    section.say(fmt::format("and {} between tasks that were not kept one by one",
                            counted(session.other_edges, "edge", "edges")),
                Tone::faint);
  }
}

void add_chains(Section& section, const Session& session, const TaskNames& names, bool verbose,
                const ReportView& view) {
  if (session.chains.empty()) {
    return;
  }
  section.block("Longest chains");
  for (std::size_t i = 0; i < most_chains.shown(session.chains.size(), verbose, view); ++i) {
    std::size_t indent = margin;
    for (const ChainLink& link : session.chains[i]) {
      const bool by_task = link.waker.kind == Waker::Kind::task;
      section.say(
          fmt::format("{} {} {} for {}, ended by {}{}", names.of(link.task, link.tid),
                      indent == margin ? "waited" : "had waited", duration_text(link.waited), text_of(link.cause),
                      names.of(link.waker), by_task ? fmt::format(" ({})", link.call_site) : ""),
          Tone::plain, indent);
      indent += 2;
    }
  }
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
  }
  const TaskNames names(session);
  add_edges(section, report, names, verbose, view);
  add_chains(section, session, names, verbose, view);
  return section;
}

}  // namespace taskcost::sections
