// SPDX-License-Identifier: Apache-2.0
//
// Finds the wait that reaped each child. A child has one number in the pid namespace of its parent, and each later
// parent is in that namespace too, so the number matches whichever task waits. The two records come in either order,
// pids are reused, and some children are reaped unseen (SIGCHLD ignored, a parent that is not observed). The wait of a
// tracer returns the child before that of its parent does: of several returns for one child, the last is the reap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "base/bounded_map.h"
#include "taskcost/abi.h"

namespace taskcost {

class Zombies {
 public:
  explicit Zombies(std::size_t limit) : deaths_(limit), reaps_(limit) {}

  // A process that was reaped.
  struct Reaped {
    std::uint64_t process = 0;
    std::uint64_t end_ns = 0;      // final switch-out of its last known task
    std::uint64_t at_ns = 0;       // time when the wait returned
    std::uint64_t running_ns = 0;  // CPU time of that wait
    bool again = false;            // an earlier wait was returned for it before
  };

  // Takes a final ledger. It keeps a leader until that is reaped; a thread that ends later moves the end of its
  // process.
  std::vector<Reaped> on_end(const tc_ledger& ledger);
  // Takes the return of a wait. A further return for a reaped child may be the first one of the next child with its
  // pid, whose end follows in the stream: it is kept until then, or until finish().
  std::vector<Reaped> on_reap(const tc_reap& reap);
  // No record follows.
  std::vector<Reaped> finish();

  [[nodiscard]] std::size_t size() const { return deaths_.size() + reaps_.size(); }

 private:
  // The time is the start of the exit for a death, and the return of the wait for a reap. Children with the same pid
  // are in the order of their lives.
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
    std::uint64_t reaped_ns = 0;  // 0: not reaped yet
  };
  struct Reap {
    std::uint64_t running_ns = 0;
  };

  static Key key_of(const tc_ledger& ledger, std::uint64_t at_ns);
  void prolong(const tc_ledger& thread);
  // Removes the returns for this pid in [from_ns, to_ns) and returns the last.
  std::optional<tc_reap> take_last_return(const Key& pid, std::uint64_t from_ns, std::uint64_t to_ns);
  static Reaped reaped(Death& death, const tc_reap& reap);

  BoundedMap<Key, Death> deaths_;
  BoundedMap<Key, Reap> reaps_;
};

}  // namespace taskcost
