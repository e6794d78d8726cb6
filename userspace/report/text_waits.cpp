// SPDX-License-Identifier: Apache-2.0
//
// What tasks waited for, who ended their waits, and which waits hung together.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "report/text_sections.h"
#include "report/text_words.h"
#include "report/units.h"

namespace taskcost {
namespace {

constexpr std::size_t shown_edges = 12;
constexpr std::size_t shown_chains = 5;
constexpr std::size_t shown_kernel_threads = 10;

// "name (tid)" by Task::id.
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

void write_causes(Page& page, const Account& totals) {
  std::vector<tc_wait> causes;
  for (int wait = 0; wait < TC_NR_WAITS; ++wait) {
    if (totals.waits[wait].blocked > Duration::zero() || totals.waits[wait].count > 0) {
      causes.push_back(static_cast<tc_wait>(wait));
    }
  }
  std::ranges::stable_sort(causes, std::ranges::greater(), [&](tc_wait wait) { return totals.waits[wait].blocked; });
  Table table({{"waited for", Column::Align::left, least_name_columns}, {"blocked"}, {"share"}, {"waits"}, {"mean"}});
  const auto lifetime = static_cast<double>(totals.lifetime.count());
  for (const tc_wait wait : causes) {
    const WaitSums& sums = totals.waits[wait];
    table.row({text_of(wait), duration_text(sums.blocked),
               share_text(static_cast<double>(sums.blocked.count()), lifetime), std::to_string(sums.count),
               mean_text(sums.blocked, sums.count)});
  }
  page.table(table);
}

std::string places_text(const Edge& edge) {
  std::vector<std::pair<std::string, std::uint64_t>> places(edge.places.begin(), edge.places.end());
  std::ranges::stable_sort(places, std::ranges::greater(), [](const auto& place) { return place.second; });
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(places.size(), 2); ++i) {
    text += (text.empty() ? "" : ", ") + places[i].first;
  }
  return text;
}

void write_edges(Page& page, const Session& session, const TaskNames& names) {
  const std::size_t shown = page.verbose() ? session.edges.size() : shown_edges;
  Table table({{"from", Column::Align::left, least_name_columns},
               {"to", Column::Align::left, least_name_columns},
               {"through", Column::Align::left, 8},
               {"wake-ups"},
               {"waited"},
               {"bytes"},
               {"by", Column::Align::left, 4}});
  for (const Edge& edge : session.edges) {
    if (table.size() < shown && (edge.wakeups > 0 || edge.bytes.value_or(0) > 0)) {
      table.row({names.of(edge.from), names.of(edge.to, edge.to_tid), key_words(key_of(edge.cause)),
                 std::to_string(edge.wakeups), duration_text(edge.waited),
                 edge.bytes ? bytes_text(static_cast<double>(*edge.bytes)) : "-", places_text(edge)});
    }
  }
  if (table.empty()) {
    return;
  }
  page.subheading("Who woke whom");
  page.table(table);
  page.more(session.edges.size() - std::min(session.edges.size(), shown));
}

void write_chains(Page& page, const Session& session, const TaskNames& names) {
  if (session.chains.empty()) {
    return;
  }
  page.subheading("Longest chains");
  for (std::size_t i = 0; i < std::min(shown_chains, session.chains.size()); ++i) {
    std::size_t indent = Page::margin;
    for (const ChainLink& link : session.chains[i]) {
      const bool by_task = link.waker.kind == Waker::Kind::task;
      page.paragraph(
          fmt::format("{} {} {} for {}, ended by {}{}", names.of(link.task, link.tid),
                      indent == Page::margin ? "waited" : "had waited", duration_text(link.waited), text_of(link.cause),
                      names.of(link.waker), by_task ? fmt::format(" ({})", link.place) : ""),
          indent);
      indent += 2;
    }
  }
}

}  // namespace

void write_waits(Page& page, const Session& session) {
  page.heading("Waits");
  if (session.totals.total(TC_CONDITION_BLOCKED) == Duration::zero()) {
    page.paragraph("no task was blocked");
    return;
  }
  write_causes(page, session.totals);
  const TaskNames names(session);
  write_edges(page, session, names);
  write_chains(page, session, names);
}

void write_kernel_threads(Page& page, const Session& session) {
  std::vector<std::pair<const Process*, Account>> threads;
  for (const Process& process : session.processes) {
    if (process.kernel) {
      threads.emplace_back(&process, account_of(process));
    }
  }
  if (threads.empty()) {
    return;
  }
  std::ranges::stable_sort(threads, std::ranges::greater(),
                           [](const auto& thread) { return thread.second.total(TC_CONDITION_RUNNING); });
  page.heading(fmt::format("Kernel threads ({})", threads.size()));
  Table table({{"thread", Column::Align::left, least_name_columns}, {"on a CPU"}, {"waiting for one"}, {"switches"}});
  const auto row = [&table](Cell name, const Account& account) {
    table.row({std::move(name), duration_text(account.total(TC_CONDITION_RUNNING)),
               duration_text(account.total(TC_CONDITION_PREEMPTED) + account.total(TC_CONDITION_RUNNABLE)),
               std::to_string(account.switches())});
  };
  for (std::size_t i = 0; i < std::min(shown_kernel_threads, threads.size()); ++i) {
    const auto& [process, account] = threads[i];
    row(fmt::format("{} ({})", process->comm, process->tgid), account);
  }
  row({"all", Ink::strong}, session.kernel_totals);
  page.table(table);
}

}  // namespace taskcost
