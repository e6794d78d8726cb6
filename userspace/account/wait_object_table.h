// SPDX-License-Identifier: Apache-2.0
//
// What tasks waited for, from the sums of the kernel side.
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
#include "taskcost/abi_wait_objects.h"

namespace taskcost {

// The name, kind, disk and inode of an object; the other fields are empty.
ObjectWaits object_of(const tc_wait_object& object, const tc_wait_object_sums& sums);

class WaitObjectTable {
 public:
  explicit WaitObjectTable(std::size_t limit) : limit_(limit) {}

  // Sums of no waits only say that they were measured. Beyond the limit, waits are summed up by cause.
  void add(const tc_wait_object_key& key, const tc_wait_object_sums& sums);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  // `task_number` returns the Task::id for a ledger id, 0 for a task that is not kept one by one; those are summed up.
  // Sorted by time, the longest first; nullopt: not measured.
  [[nodiscard]] std::optional<std::vector<ObjectWaits>> take(
      const std::function<std::uint64_t(std::uint64_t)>& task_number) const;

 private:
  // ledger, cause, kind, name, disk, device, inode
  using Key = std::tuple<std::uint64_t, std::uint32_t, WaitObjectKind, std::string, std::string, std::string,
                         std::optional<std::uint64_t>>;

  std::size_t limit_;
  bool measured_ = false;
  std::map<Key, ObjectWaits> entries_;
};

}  // namespace taskcost
