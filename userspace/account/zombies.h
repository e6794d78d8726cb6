// SPDX-License-Identifier: Apache-2.0
//
// Finds the wait call that reaped each child, by pairing the child's final ledger with the records of wait calls
// (tc_reap). Both name the child by its pid in the pid namespace of its parent. A new parent after reparenting is in
// the same namespace, so this pid is the same for every parent.
//
// Either record can come first, and pids are reused. A child has no tc_reap if SIGCHLD is ignored or its parent is not
// observed. A child with a tracer can have two: the tracer's wait returns before the parent's. The last wait for a
// child is its reap.
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
  // Keeps up to `limit` ended children and as many waits without a child, and drops the oldest.
  explicit Zombies(std::size_t limit) : deaths_(limit), waits_(limit) {}

  // A process that was reaped.
  struct Reaped {
    std::uint64_t process = 0;      // tc_ledger.process
    std::uint64_t end_ns = 0;       // final switch-out of its last known task
    std::uint64_t at_ns = 0;        // time when the wait returned
    std::uint64_t running_ns = 0;   // CPU time of the wait call
    bool replaces_earlier = false;  // an earlier wait was taken for its reap; this one corrects that
  };

  // Takes a final ledger and returns the reaps that it completes. A process is known by the ledger of its leader; a
  // thread that ends after the leader only makes the end of the process later.
  std::vector<Reaped> on_end(const tc_ledger& ledger);
  // Takes a wait call that returned a child, and returns the reap if the child is known. If the last known child with
  // this pid is reaped already, the wait may be a second one for it, or belong to a later child with the same pid whose
  // ledger has not come yet. It is kept until that ledger comes, or until finish().
  std::vector<Reaped> on_reap(const tc_reap& reap);
  // Call this after the last record. Returns the reaps by the waits that were kept.
  std::vector<Reaped> finish();

  [[nodiscard]] std::size_t size() const { return deaths_.size() + waits_.size(); }

 private:
  // `at_ns` is the start of the exit in deaths_, and the return of the wait call in waits_. So children with the same
  // pid are sorted by the order in which they existed.
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
  struct Wait {
    std::uint64_t running_ns = 0;
  };

  static Key key_of(const tc_ledger& ledger, std::uint64_t at_ns);
  // Moves the end of the thread's process to the end of the thread if that is later.
  void extend_end(const tc_ledger& thread);
  // Removes the kept waits for this pid with a time in [from_ns, to_ns). The result is the last of them.
  std::optional<tc_reap> take_last_wait(const Key& pid, std::uint64_t from_ns, std::uint64_t to_ns);
  static Reaped mark_reaped(Death& death, const tc_reap& reap);

  BoundedMap<Key, Death> deaths_;
  BoundedMap<Key, Wait> waits_;  // without a child so far
};

}  // namespace taskcost
