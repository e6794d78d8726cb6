// SPDX-License-Identifier: Apache-2.0
#include "report/recorded/chosen_tasks.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <vector>

#include "account/ledger.h"
#include "base/units.h"
#include "report/describe/read.h"

namespace taskcost {
namespace {

constexpr std::size_t most_listed = 8;

std::uint64_t ns_of(Instant at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); }

std::string seconds_text(Duration since_start) { return fmt::format("{}s", in_ns(since_start) / 1e9); }

std::string list_of(std::vector<std::string> names) {
  const std::size_t rest = names.size() - std::min(names.size(), most_listed);
  names.resize(names.size() - rest);
  return fmt::format("{}{}", fmt::join(names, ", "), rest == 0 ? "" : fmt::format(" and {} more", rest));
}

}  // namespace

Result<TraceSpan> span_of(const CapturePart& part, Instant start, Instant end) {
  const Duration whole = end - start;
  const std::string range = fmt::format("the capture lasts from 0 to {}", seconds_text(whole));
  const auto since_start = [&](Duration given) { return given < Duration::zero() ? whole + given : given; };
  const Duration from = part.from ? since_start(*part.from) : Duration::zero();
  const Duration to = part.to ? since_start(*part.to) : whole;
  if (from < Duration::zero() || from >= whole) {
    return Error{fmt::format("--from {} is outside of the capture", seconds_text(*part.from)), range, ""};
  }
  if (to <= Duration::zero() || to > whole) {
    return Error{fmt::format("--to {} is outside of the capture", seconds_text(*part.to)), range, ""};
  }
  if (from >= to) {
    return Error{"the part is empty",
                 fmt::format("it would be from {} to {}, and {}", seconds_text(from), seconds_text(to), range),
                 "make --from earlier than --to"};
  }
  return TraceSpan{from > Duration::zero() ? ns_of(start + from) : 0,
                   to < whole ? ns_of(start + to) : TraceSpan::unbounded};
}

void add_rebuilt(SessionBuilder& builder, const RebuiltTask& task) {
  builder.on_ledger(task.ledger);
  for (const tc_edge& edge : task.edges) {
    builder.on_edge(edge);
  }
  for (const tc_flow& flow : task.flows) {
    builder.on_flow(flow);
  }
}

bool ChosenTasks::chooses(const tc_ledger& ledger) const {
  const bool named =
      part_->pids.empty() || std::ranges::find(part_->pids, static_cast<pid_t>(ledger.tgid)) != part_->pids.end();
  return named &&
         (!part_->comm || fnmatch(part_->comm->c_str(), text_of(ledger.comm, sizeof(ledger.comm)).c_str(), 0) == 0);
}

void ChosenTasks::on_task(const RebuiltTask& task) {
  if (!task.in_span) {
    return;
  }
  const std::string comm = text_of(task.ledger.comm, sizeof(task.ledger.comm));
  if (is_leader(task.ledger) || !processes_.contains(task.ledger.tgid)) {
    processes_[task.ledger.tgid] = comm;
  }
  ++comms_[comm];
  if (chooses(task.ledger)) {
    chosen_->ids.insert(task.ledger.id);
    chosen_->processes.insert(task.ledger.process);
    add_rebuilt(*builder_, task);
  }
}

Status ChosenTasks::check() const {
  std::vector<std::string> processes;
  for (const auto& [tgid, comm] : processes_) {
    processes.push_back(fmt::format("{} ({})", tgid, printable(comm)));
  }
  for (const pid_t pid : part_->pids) {
    if (!processes_.contains(static_cast<std::uint32_t>(pid))) {
      return Error{fmt::format("--pid {}: no such process in this part of the capture", pid),
                   processes.empty() ? "no task lives there" : "there are " + list_of(std::move(processes)), ""};
    }
  }
  if (chosen_->ids.empty() && part_->comm) {
    std::vector<std::pair<std::uint64_t, std::string>> by_count;
    for (const auto& [comm, count] : comms_) {
      by_count.emplace_back(count, printable(comm));
    }
    std::ranges::sort(by_count, std::ranges::greater());
    std::vector<std::string> names;
    names.reserve(by_count.size());
    for (auto& [count, name] : by_count) {
      names.push_back(std::move(name));
    }
    return Error{fmt::format("--comm {}: no task of this part of the capture has such a name", printable(*part_->comm)),
                 names.empty() ? "no task lives there" : "there are " + list_of(std::move(names)),
                 "quote the pattern, as in --comm 'cc*'"};
  }
  return Done{};
}

}  // namespace taskcost
