// SPDX-License-Identifier: Apache-2.0
#include "account/zombies.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "account/ledger.h"

namespace taskcost {
namespace {

constexpr std::uint64_t end_of_time = std::numeric_limits<std::uint64_t>::max();

}  // namespace

Zombies::Key Zombies::key_of(const tc_ledger& ledger, std::uint64_t at_ns) {
  return {ledger.parent_namespace, ledger.pid_seen_by_parent, at_ns};
}

Zombies::Reaped Zombies::mark_reaped(Death& death, const tc_reap& reap) {
  const bool replaces_earlier = std::exchange(death.reaped_ns, reap.at_ns) != 0;
  return {death.process, death.end_ns, reap.at_ns, reap.running_ns, replaces_earlier};
}

std::vector<Zombies::Reaped> Zombies::on_end(const tc_ledger& ledger) {
  if (ledger.pid_seen_by_parent == 0) {
    return {};
  }
  if (!is_leader(ledger)) {
    extend_end(ledger);
    return {};
  }
  std::vector<Reaped> all;
  const Key born = key_of(ledger, ledger.start_ns);
  if (const auto before = deaths_.last_below(born); before && before.key->same_pid(born)) {
    if (const auto reap = take_last_wait(born, before.key->at_ns, ledger.start_ns)) {
      all.push_back(mark_reaped(*before.value, *reap));
    }
  }
  // The wait of the parent, on another CPU, may return a little before the final switch-out of the child.
  const Key death = key_of(ledger, ledger.exit_start_ns != 0 ? ledger.exit_start_ns : ledger.end_ns);
  Death& kept = deaths_.refresh(death);
  kept = {ledger.process, ledger.end_ns, 0};
  const auto later = deaths_.first_not_below(key_of(ledger, death.at_ns + 1));
  const bool has_later = later && later.key->same_pid(death);
  if (const auto reap = take_last_wait(death, death.at_ns, has_later ? later.key->at_ns : end_of_time)) {
    all.push_back(mark_reaped(kept, *reap));
  }
  return all;
}

void Zombies::extend_end(const tc_ledger& thread) {
  const Key last = key_of(thread, end_of_time);
  const auto death = deaths_.last_not_above(last);
  if (death && death.key->same_pid(last) && death.value->process == thread.process) {
    death.value->end_ns = std::max<std::uint64_t>(death.value->end_ns, thread.end_ns);
  }
}

std::optional<tc_reap> Zombies::take_last_wait(const Key& pid, std::uint64_t from_ns, std::uint64_t to_ns) {
  const Key end{pid.pid_namespace, pid.pid, to_ns};
  std::optional<tc_reap> last;
  for (auto found = waits_.last_below(end); found && found.key->same_pid(pid) && found.key->at_ns >= from_ns;
       found = waits_.last_below(end)) {
    // erase() frees the key that `found` points to: copy it first.
    const Key key = *found.key;
    if (!last) {
      last = tc_reap{{}, 0, key.at_ns, found.value->running_ns, key.pid, key.pid_namespace};
    }
    waits_.erase(key);
  }
  return last;
}

std::vector<Zombies::Reaped> Zombies::on_reap(const tc_reap& reap) {
  const Key key{reap.pid_namespace, reap.pid, reap.at_ns};
  // This is the last child with this pid whose exit had begun.
  const auto death = deaths_.last_not_above(key);
  if (!death || !death.key->same_pid(key) || death.value->reaped_ns != 0) {
    waits_.refresh(key).running_ns = reap.running_ns;
    return {};
  }
  return {mark_reaped(*death.value, reap)};
}

std::vector<Zombies::Reaped> Zombies::finish() {
  std::vector<Reaped> all;
  Key after{};
  for (auto found = waits_.first_not_below(after); found; found = waits_.first_not_below(after)) {
    after = {found.key->pid_namespace, found.key->pid, end_of_time};
    const auto death = deaths_.last_not_above(after);
    if (!death || !death.key->same_pid(after)) {
      continue;
    }
    if (const auto reap = take_last_wait(after, death.key->at_ns, end_of_time)) {
      all.push_back(mark_reaped(*death.value, *reap));
    }
  }
  return all;
}

}  // namespace taskcost
