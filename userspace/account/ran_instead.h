// SPDX-License-Identifier: Apache-2.0
//
// What ran on CPUs while tasks waited for them, from the sums of the kernel side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "account/account.h"
#include "taskcost/abi_ran_instead.h"

namespace taskcost {

// Takes a tc_turn.who or the owner of a lock.
RanInstead::Kind runner_kind(std::uint64_t who);

class RanInsteadTable {
 public:
  // More than `limit` entries go to waiter 0.
  explicit RanInsteadTable(std::size_t limit) : limit_(limit) {}

  // Sums without turns only say that they were measured.
  void add(const tc_ran_key& key, const tc_ran_sums& sums);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  // `task_number` returns the Task::id for a ledger id, 0 for a task that is not kept one by one; those are summed up.
  // Sorted by time, the longest first; nullopt: not measured.
  [[nodiscard]] std::optional<std::vector<RanInstead>> take(
      const std::function<std::uint64_t(std::uint64_t)>& task_number) const;

 private:
  using Key = std::tuple<std::uint64_t, std::uint64_t, std::string>;  // waiter, who, name

  std::size_t limit_;
  bool measured_ = false;
  std::map<Key, tc_ran_sums> entries_;
};

}  // namespace taskcost
