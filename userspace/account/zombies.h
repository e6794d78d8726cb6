// SPDX-License-Identifier: Apache-2.0
//
// Which wait reaped which child. The two records may come in either order, pids are used again, and some children are
// reaped unseen (waitid, SIGCHLD ignored), some waits reap nobody (a child that stopped).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>

#include "account/bounded_map.h"
#include "taskcost/abi.h"

namespace taskcost {

class Zombies {
 public:
  explicit Zombies(std::size_t limit) : deaths_(limit), reaps_(limit) {}

  // A process that was reaped.
  struct Reaped {
    std::uint64_t process = 0;
    std::uint64_t end_ns = 0;      // of its last task, as far as it is known
    std::uint64_t at_ns = 0;       // the parent's wait returned
    std::uint64_t running_ns = 0;  // what that took on a CPU
  };

  // A final ledger. A leader that waits to be reaped is kept in mind; a thread that ends after it prolongs its process.
  std::optional<Reaped> on_end(const tc_ledger& ledger);
  std::optional<Reaped> on_reap(const tc_reap& reap);

  [[nodiscard]] std::size_t size() const { return deaths_.size() + reaps_.size(); }

 private:
  // Of deaths, the begin of the exit; of reaps, the return of the wait. Children that had the same pid one after the
  // other stand in the order of their lives.
  struct Key {
    std::uint64_t parent = 0;
    std::uint32_t pid = 0;
    std::uint64_t at_ns = 0;
    bool operator<(const Key& other) const {
      return std::tie(parent, pid, at_ns) < std::tie(other.parent, other.pid, other.at_ns);
    }
    [[nodiscard]] bool same_pid(const Key& other) const { return parent == other.parent && pid == other.pid; }
  };
  struct Death {
    std::uint64_t process = 0;
    std::uint64_t end_ns = 0;
  };
  struct Reap {
    std::uint64_t running_ns = 0;
  };

  void prolong(const tc_ledger& thread);
  std::optional<Key> reap_of(const Key& death, std::uint64_t end_ns);

  BoundedMap<Key, Death> deaths_;
  BoundedMap<Key, Reap> reaps_;
};

}  // namespace taskcost
