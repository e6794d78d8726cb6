// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/units.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr std::size_t most_edges = 12;
constexpr std::size_t most_chains = 5;
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
        return fmt::format("task {}, not observed", waker.tid);
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
std::string places_text(const Edge& edge, bool verbose) {
  std::vector<std::pair<std::string, std::uint64_t>> call_sites(edge.call_sites.begin(), edge.call_sites.end());
  std::ranges::stable_sort(call_sites, std::ranges::greater(), [](const auto& call_site) { return call_site.second; });
  std::string text;
  for (std::size_t i = 0; i < shown_of(call_sites.size(), 2, verbose); ++i) {
    text +=
        (text.empty() ? "" : ", ") + call_sites[i].first + (verbose ? fmt::format(" {}", call_sites[i].second) : "");
  }
  return text;
}

void add_edges(Section& section, const Session& session, const TaskNames& names, bool verbose) {
  const std::size_t shown = shown_of(session.edges.size(), most_edges, verbose);
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
  for (const Edge& edge : session.edges) {
    if (table.rows.size() < shown && (edge.wakeups > 0 || edge.bytes.value_or(0) > 0)) {
      table.row({names.of(edge.from), names.of(edge.to, edge.to_tid), key_words(key_of(edge.cause)), edge.wakeups,
                 edge.waited, edge.bytes ? quantity(static_cast<double>(*edge.bytes), Unit::bytes) : Cell("-"),
                 places_text(edge, verbose)});
      if (verbose) {
        std::vector<Cell>& cells = table.rows.back().cells;
        cells.insert(cells.begin() + longest_column, edge.longest);
      }
    }
  }
  if (!table.rows.empty()) {
    section.block("Who woke whom").id = "wakeups";
    section.add(std::move(table));
    section.more(session.edges.size() - shown, verbose);
    if (session.other_edges > 0) {
      section.say(fmt::format("and {} between tasks that were not kept one by one",
                              counted(session.other_edges, "edge", "edges")),
                  Tone::faint);
    }
  }
}

void add_chains(Section& section, const Session& session, const TaskNames& names, bool verbose) {
  if (session.chains.empty()) {
    return;
  }
  section.block("Longest chains");
  for (std::size_t i = 0; i < shown_of(session.chains.size(), most_chains, verbose); ++i) {
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

Section waits(const Session& session, bool verbose) {
  Section section("waits", "Waits");
  if (session.totals.total(TC_CONDITION_BLOCKED) == Duration::zero()) {
    section.say("no task was blocked");
  } else {
    section.add(wait_causes(session.totals));
  }
  const TaskNames names(session);
  add_edges(section, session, names, verbose);
  add_chains(section, session, names, verbose);
  return section;
}

}  // namespace taskcost::sections
