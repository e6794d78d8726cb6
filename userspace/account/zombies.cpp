// SPDX-License-Identifier: Apache-2.0
#include "account/zombies.h"

#include <algorithm>
#include <limits>

#include "account/ledger.h"

namespace taskcost {

std::optional<Zombies::Reaped> Zombies::on_end(const tc_ledger& ledger) {
  if (ledger.parent_process == 0 || ledger.pid_seen_by_parent == 0) {
    return std::nullopt;
  }
  if (!is_leader(ledger)) {
    prolong(ledger);
    return std::nullopt;
  }
  const std::uint64_t exit_start = ledger.exit_start_ns != 0 ? ledger.exit_start_ns : ledger.end_ns;
  const Key death{ledger.parent_process, ledger.pid_seen_by_parent, exit_start};
  if (const auto reap = reap_of(death, ledger.end_ns)) {
    const std::uint64_t running_ns = reaps_.find(*reap)->running_ns;
    reaps_.erase(*reap);
    return Reaped{ledger.process, ledger.end_ns, reap->at_ns, running_ns};
  }
  deaths_.refresh(death) = {ledger.process, ledger.end_ns};
  return std::nullopt;
}

void Zombies::prolong(const tc_ledger& thread) {
  const Key last{thread.parent_process, thread.pid_seen_by_parent, std::numeric_limits<std::uint64_t>::max()};
  const auto death = deaths_.last_not_above(last);
  if (death && death.key->same_pid(last) && death.value->process == thread.process) {
    death.value->end_ns = std::max<std::uint64_t>(death.value->end_ns, thread.end_ns);
  }
}

// A wait that returned before the exit began was for an earlier child of this pid, or for a stop. Of the others the one
// nearest to the end: the parent on another CPU may return a little before the child's final switch-out.
std::optional<Zombies::Key> Zombies::reap_of(const Key& death, std::uint64_t end_ns) {
  const Key end{death.parent, death.pid, end_ns};
  const auto after = reaps_.first_not_below(end);
  const auto before = reaps_.last_below(end);
  const bool may_be_after = after && after.key->same_pid(death);
  const bool may_be_before = before && before.key->same_pid(death) && before.key->at_ns >= death.at_ns;
  if (may_be_before && (!may_be_after || end_ns - before.key->at_ns < after.key->at_ns - end_ns)) {
    return *before.key;
  }
  return may_be_after ? std::optional(*after.key) : std::nullopt;
}

std::optional<Zombies::Reaped> Zombies::on_reap(const tc_reap& reap) {
  const Key key{reap.process, reap.pid, reap.at_ns};
  // The last child of this pid whose exit had begun.
  const auto death = deaths_.last_not_above(key);
  if (!death || !death.key->same_pid(key)) {
    reaps_.refresh(key).running_ns = reap.running_ns;
    return std::nullopt;
  }
  const Reaped reaped{death.value->process, death.value->end_ns, reap.at_ns, reap.running_ns};
  // A copy: the key dies with its entry.
  const Key matched = *death.key;
  deaths_.erase(matched);
  return reaped;
}

}  // namespace taskcost
