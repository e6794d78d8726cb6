// SPDX-License-Identifier: Apache-2.0
//
// Which wait reaped which child, whoever waited: a child has one number in the pid namespace of its parent, and whoever
// becomes its parent later is in that namespace too. The two records may come in either order, pids are used again, and
// some children are reaped unseen (SIGCHLD ignored, by a process that is not observed). A tracer's wait returns the
// child before its parent's does: of several returns of one child the last is the reap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

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
    std::uint64_t at_ns = 0;       // the wait returned
    std::uint64_t running_ns = 0;  // what that took on a CPU
    bool again = false;            // told before, of an earlier wait
  };

  // A final ledger. A leader that waits to be reaped is kept in mind; a thread that ends after it prolongs its process.
  std::vector<Reaped> on_end(const tc_ledger& ledger);
  // A further return of a child that was reaped may be the first one of the next child with its pid, whose end is still
  // to be told: it is kept until that, or the end.
  std::vector<Reaped> on_reap(const tc_reap& reap);
  // No more records.
  std::vector<Reaped> finish();

  [[nodiscard]] std::size_t size() const { return deaths_.size() + reaps_.size(); }

 private:
  // Of deaths, the begin of the exit; of reaps, the return of the wait. Children that had the same pid one after the
  // other stand in the order of their lives.
  struct Key {
    std::uint32_t pid_namespace = 0;
    std::uint32_t pid = 0;
    std::uint64_t at_ns = 0;
    bool operator<(const Key& other) const {
      return std::tie(pid_namespace, pid, at_ns) < std::tie(other.pid_namespace, other.pid, other.at_ns);
    }
    [[nodiscard]] bool same_pid(const Key& other) const {
      return pid_namespace == other.pid_namespace && pid == other.pid;
    }
  };
  struct Death {
    std::uint64_t process = 0;
    std::uint64_t end_ns = 0;
    std::uint64_t reaped_ns = 0;  // 0: not yet
  };
  struct Reap {
    std::uint64_t running_ns = 0;
  };

  static Key key_of(const tc_ledger& ledger, std::uint64_t at_ns);
  void prolong(const tc_ledger& thread);
  // Takes the returns of this pid from `from_ns` to before `to_ns`, and hands out the last.
  std::optional<tc_reap> take_last_return(const Key& pid, std::uint64_t from_ns, std::uint64_t to_ns);
  static Reaped reaped(Death& death, const tc_reap& reap);

  BoundedMap<Key, Death> deaths_;
  BoundedMap<Key, Reap> reaps_;
};

}  // namespace taskcost
