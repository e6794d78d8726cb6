// SPDX-License-Identifier: Apache-2.0
#include "account/ran_instead.h"

#include <algorithm>
#include <array>
#include <utility>

#include "account/ledger.h"

namespace taskcost {

RanInstead::Kind runner_kind(std::uint64_t who) {
  switch (who) {
    case TC_RAN_PROGRAM:
      return RanInstead::Kind::unobserved;
    case TC_RAN_KERNEL:
      return RanInstead::Kind::kernel_thread;
    case TC_RAN_IDLE:
      return RanInstead::Kind::idle;
    default:
      return RanInstead::Kind::task;
  }
}

const char* to_string(RanInstead::Kind kind) {
  constexpr std::array names{"task", "unobserved", "kernel_thread", "idle"};
  return names.at(static_cast<std::size_t>(kind));
}

void RanInsteadTable::add(const tc_ran_key& key, const tc_ran_sums& sums) {
  measured_ = true;
  if (sums.turns == 0) {
    return;
  }
  const auto* const name = reinterpret_cast<const char*>(key.comm);  // NOLINT: comm is stored as two u64
  Key full{key.waiter, key.who, text_of(name, sizeof key.comm)};
  if (entries_.size() >= limit_ && !entries_.contains(full)) {
    std::get<0>(full) = 0;  // table full: waiter 0 takes the rest
  }
  tc_ran_sums& sum = entries_[std::move(full)];
  sum.turns += sums.turns;
  sum.ns += sums.ns;
}

std::optional<std::vector<RanInstead>> RanInsteadTable::take(
    const std::function<std::uint64_t(std::uint64_t)>& task_number) const {
  if (!measured_) {
    return std::nullopt;
  }
  std::map<std::tuple<std::uint64_t, RanInstead::Kind, std::uint64_t, std::string>, RanInstead> merged;
  for (const auto& [key, sums] : entries_) {
    const auto& [waiter, who, name] = key;
    const RanInstead::Kind kind = runner_kind(who);
    const std::uint64_t ran = kind == RanInstead::Kind::task ? task_number(who) : 0;
    const std::uint64_t waited = waiter == 0 ? 0 : task_number(waiter);
    RanInstead& row = merged.try_emplace({waited, kind, ran, name}, RanInstead{waited, kind, ran, name}).first->second;
    row.turns += sums.turns;
    row.time += nanoseconds(sums.ns);
  }
  std::vector<RanInstead> rows;
  rows.reserve(merged.size());
  for (auto& entry : merged) {
    rows.push_back(std::move(entry.second));
  }
  std::ranges::stable_sort(rows, std::ranges::greater(), &RanInstead::time);
  return rows;
}

}  // namespace taskcost
