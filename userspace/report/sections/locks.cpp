// SPDX-License-Identifier: Apache-2.0
//
// Locks of the kernel that tasks waited for.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/units.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr Limit most_locks{12, 4};

std::string lock_text(const GroupLockWaits& waits) {
  return waits.lock.empty() ? fmt::format("a {} without a name", key_words(key_of(waits.type)))
                            : fmt::format("{} ({})", waits.lock, text_of(waits.type));
}

std::string holder_text(GroupBy by, const GroupLockWaits& waits) {
  if (!waits.owner) {
    return "-";
  }
  const GroupRanInstead holder{{}, *waits.owner, waits.owner_group};
  switch (*waits.owner) {
    case RanInstead::Kind::unobserved:
      return "not observed";
    case RanInstead::Kind::kernel_thread:
      return "a kernel thread";
    default:
      return ran_text(by, holder);
  }
}

}  // namespace

Section locks(const Report& report, bool verbose, const ReportView& view) {
  Section section("locks", "Locks of the kernel");
  const GroupBy by = report.grouping();
  const std::vector<GroupLockWaits> all = lock_waits_by_group(report.session, by);
  if (all.empty()) {
    return section;
  }
  Table table({left(group_words(by), least_name_columns), left("lock", least_name_columns), "waits", "time", "longest",
               left("mostly held by", 4)});
  const std::size_t shown = most_locks.shown(all.size(), verbose, view);
  for (std::size_t i = 0; i < shown; ++i) {
    const GroupLockWaits& waits = all[i];
    table.row({waits.group ? Cell(group_text(by, *waits.group)) : Cell("others", Tone::faint), lock_text(waits),
               waits.waits, waits.time, waits.longest, holder_text(by, waits)});
  }
  section.add(std::move(table));
  section.more(all.size() - shown, verbose);
  section.say("blocked time of the wait's cause, or running time if the task span", Tone::faint);
  return section;
}

// "something else in the kernel: 300 ms of it for locks of the kernel, most for i_rwsem (300 ms)"
std::string locks_text(const Session& session) {
  Duration all{};
  std::map<std::string, Duration> by_lock;
  for (const LockWaits& waits : session.locks.value_or(std::vector<LockWaits>())) {
    all += waits.other;
    by_lock[waits.lock.empty() ? fmt::format("a {}", key_words(key_of(waits.type))) : waits.lock] += waits.other;
  }
  if (all == Duration::zero()) {
    return "";
  }
  const auto& [name, time] = *std::ranges::max_element(by_lock, {}, [](const auto& each) { return each.second; });
  return fmt::format("{}: {} of it for locks of the kernel, most for {} ({})", text_of(TC_WAIT_OTHER),
                     duration_text(all), name, duration_text(time));
}

}  // namespace taskcost::sections
