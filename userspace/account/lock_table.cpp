// SPDX-License-Identifier: Apache-2.0
#include "account/lock_table.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "account/ran_instead.h"

namespace taskcost {

void LockTable::add(const tc_lock_key& key, const tc_lock_sums& sums, std::string_view symbol) {
  measured_ = true;
  if (sums.count == 0 || key.type >= TC_NR_LOCK_TYPES) {
    return;
  }
  Key full{key.task, key.owner, key.type, key.name, std::string(symbol)};
  if (entries_.size() >= limit_ && !entries_.contains(full)) {
    std::get<0>(full) = 0;  // one of several waiters
    std::get<1>(full) = 0;
  }
  tc_lock_sums& sum = entries_[std::move(full)];
  sum.count += sums.count;
  sum.ns += sums.ns;
  sum.max_ns = std::max(sum.max_ns, sums.max_ns);
  sum.other_ns += sums.other_ns;
}

std::optional<std::vector<LockWaits>> LockTable::take(
    const std::function<std::uint64_t(std::uint64_t)>& task_number) const {
  if (!measured_) {
    return std::nullopt;
  }
  using Row = std::tuple<std::uint64_t, std::string, std::uint32_t, std::optional<RanInstead::Kind>, std::uint64_t>;
  std::map<Row, LockWaits> merged;
  for (const auto& [key, sums] : entries_) {
    const auto& [waiting, owning, type, name, symbol] = key;
    const auto owner = owning == 0 ? std::nullopt : std::optional(runner_kind(owning));
    const std::uint64_t owner_task = owner == RanInstead::Kind::task ? task_number(owning) : 0;
    const std::uint64_t waiter = waiting == 0 ? 0 : task_number(waiting);
    std::string lock =
        !symbol.empty() || name == TC_LOCK_NAME_UNKNOWN ? symbol : key_of(static_cast<tc_lock_name>(name));
    LockWaits& row = merged[{waiter, lock, type, owner, owner_task}];
    row.task = waiter;
    row.lock = std::move(lock);
    row.type = static_cast<tc_lock_type>(type);
    row.owner = owner;
    row.owner_task = owner_task;
    row.waits += sums.count;
    row.time += nanoseconds(sums.ns);
    row.longest = std::max(row.longest, nanoseconds(sums.max_ns));
    row.other += nanoseconds(sums.other_ns);
  }
  std::vector<LockWaits> rows;
  rows.reserve(merged.size());
  for (auto& entry : merged) {
    rows.push_back(std::move(entry.second));
  }
  std::ranges::stable_sort(rows, std::ranges::greater(), &LockWaits::time);
  return rows;
}

}  // namespace taskcost
