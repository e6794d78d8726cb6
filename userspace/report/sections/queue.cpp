// SPDX-License-Identifier: Apache-2.0
//
// What had the CPUs while tasks waited for them.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr Limit most_rows_of_queue{15, 5};
constexpr int noticeable_part = 10;  // of the CPU time: a shorter wait is not on the terminal

struct QueueRow {
  std::optional<std::string> waiter;  // group; nullopt: tasks that are not kept one by one
  std::string ran;
  Duration time{};
  std::optional<std::uint64_t> turns{};
};

Duration waited_by(const Account& account) {
  return account.total(TC_CONDITION_PREEMPTED) + account.total(TC_CONDITION_RUNNABLE);
}

Duration throttled_of(const Account& account) {
  return nanoseconds(account.counters[TC_COUNTER_THROTTLED_NS].value_or(0));
}

std::vector<QueueRow> rows_of(const Report& report, GroupBy by) {
  std::vector<QueueRow> rows;
  std::map<std::optional<std::string>, Duration> told;
  for (const GroupRanInstead& each : ran_instead_by_group(report.session, by)) {
    if (each.waiter != kernel_group) {
      told[each.waiter] += each.time;
      rows.push_back({each.waiter, ran_text(by, each), each.time, each.turns});
    }
  }
  for (const TaskGroup& group : groups_of(report.session, by)) {
    const Duration throttled = std::min(throttled_of(group.total), waited_by(group.total));
    const Duration rest = waited_by(group.total) - throttled - told[group.name];
    for (const auto& [name, time] : {std::pair("the CPU quota of its cgroup", throttled), {"not told apart", rest}}) {
      if (time > Duration::zero()) {
        rows.push_back({group.name, name, time});
      }
    }
  }
  std::ranges::stable_sort(rows, std::ranges::greater(), &QueueRow::time);
  return rows;
}

// "/lab: 20.0 ms of CPU time per 100 ms; it throttled tasks 7 times, for 560 ms"
std::string quota_text(const CpuQuota& quota) {
  const std::string limit =
      quota.quota && quota.period
          ? fmt::format("{} of CPU time per {}", duration_text(*quota.quota), duration_text(*quota.period))
          : "several limits";
  return fmt::format("{}; throttled tasks {}, for {}", limit, counted(quota.throttled, "time", "times"),
                     duration_text(quota.time));
}

void say_quotas(Section& section, const Session& session, std::size_t most) {
  for (std::size_t i = 0; i < std::min(most, session.cpu_quotas.size()); ++i) {
    const CpuQuota& quota = session.cpu_quotas[i];
    const std::string name = !quota.cgroup.empty()  ? quota.cgroup
                             : quota.cgroup_id != 0 ? fmt::format("cgroup {}", quota.cgroup_id)
                                                    : "other cgroups";
    section.item(name + ": ", quota_text(quota));
  }
}

}  // namespace

Section queue(const Report& report, bool verbose, const ReportView& view) {
  const GroupBy by = report.grouping();
  Section section("queue", "Waiting for a CPU, by " + group_words(by));
  const Account& totals = report.session.totals;
  const Duration waited = waited_by(totals);
  const bool main = view.extent == ReportView::Extent::main && !verbose;
  if (!report.session.ran_instead || waited == Duration::zero() ||
      (main && waited < totals.total(TC_CONDITION_RUNNING) / noticeable_part)) {
    return section;
  }
  const std::vector<QueueRow> rows = rows_of(report, by);
  const std::size_t shown = most_rows_of_queue.shown(rows.size(), verbose, view);
  Table table({left("waiting", least_name_columns), left("ran instead", least_name_columns), "time", "share", "turns"});
  for (std::size_t i = 0; i < shown; ++i) {
    const QueueRow& row = rows[i];
    table.row({row.waiter ? Cell(group_text(by, *row.waiter)) : Cell("others", Tone::faint), row.ran, row.time,
               share(row.time, waited), row.turns ? Cell(*row.turns) : Cell("")});
  }
  section.add(std::move(table));
  section.more(rows.size() - shown, verbose);
  say_quotas(section, report.session, most_rows_of_queue.shown(report.session.cpu_quotas.size(), verbose, view));
  section.say(
      "ran instead: had the CPU that the task got in the end, within its wait; share: of all time that tasks waited "
      "for a CPU",
      Tone::faint);
  return section;
}

}  // namespace taskcost::sections
