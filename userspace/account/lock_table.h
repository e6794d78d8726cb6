// SPDX-License-Identifier: Apache-2.0
//
// Waits for locks of the kernel, from the sums of the kernel side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "account/account.h"
#include "taskcost/abi_locks.h"

namespace taskcost {

class LockTable {
 public:
  explicit LockTable(std::size_t limit) : limit_(limit) {}

  // Sums of no waits only say that they were measured. `symbol` is the name of a global lock, else empty. Beyond the
  // limit, waits are summed up by lock.
  void add(const tc_lock_key& key, const tc_lock_sums& sums, std::string_view symbol);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  // `task_number` returns the Task::id for a ledger id, 0 for a task that is not kept one by one; those are summed up.
  // Sorted by time, the longest first; nullopt: not measured.
  [[nodiscard]] std::optional<std::vector<LockWaits>> take(
      const std::function<std::uint64_t(std::uint64_t)>& task_number) const;

 private:
  // waiter, owner, type, name, symbol
  using Key = std::tuple<std::uint64_t, std::uint64_t, std::uint32_t, std::uint32_t, std::string>;

  std::size_t limit_;
  bool measured_ = false;
  std::map<Key, tc_lock_sums> entries_;
};

}  // namespace taskcost
