// SPDX-License-Identifier: Apache-2.0
#include "account/idle_waits.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>
#include <utility>

namespace taskcost {
namespace {

enum class Rule {
  idle,
  by_waker,  // idle unless an observed task ended it
  futex,
  on_the_way
};

Rule rule_of(tc_wait cause) {
  switch (cause) {
    case TC_WAIT_EPOLL:
    case TC_WAIT_POLL:
    case TC_WAIT_ASYNC_IO:
    case TC_WAIT_TIMER:
    case TC_WAIT_SIGNAL:
    case TC_WAIT_CHILD:
    case TC_WAIT_CREATION:
    case TC_WAIT_STOPPED:
    case TC_WAIT_FROZEN:
      return Rule::idle;
    case TC_WAIT_PIPE:
    case TC_WAIT_UNIX_SOCKET:
    case TC_WAIT_INET_SOCKET:
    case TC_WAIT_OTHER_SOCKET:
    case TC_WAIT_MESSAGE_QUEUE:
    case TC_WAIT_EVENTFD:
    case TC_WAIT_TERMINAL:
    case TC_WAIT_OTHER_FILE:
    case TC_WAIT_SYSV_QUEUE:
    case TC_WAIT_SYSV_SEMAPHORE:
    case TC_WAIT_FUTEX_SHARED:
      return Rule::by_waker;
    case TC_WAIT_FUTEX_PRIVATE:
      return Rule::futex;
    default:
      return Rule::on_the_way;
  }
}

bool is_futex(tc_wait cause) { return cause == TC_WAIT_FUTEX_PRIVATE || cause == TC_WAIT_FUTEX_SHARED; }

bool is_exit(std::string_view call_site) { return call_site == "exit" || call_site == "exit_group"; }

bool is_mostly_blocked(const Account& account) {
  constexpr std::int64_t tenths = 9;  // the division comes first: a product of hostile figures could overflow
  return account.total(TC_CONDITION_BLOCKED) > account.lifetime / 10 * tenths;
}

// What the rule asks of the sleeper.
struct Sleeper {
  bool leader = true;
  bool mostly_blocked = false;

  [[nodiscard]] bool serves() const { return !leader && mostly_blocked; }
};

bool ends_idle_wait(const Edge& edge, const Sleeper& sleeper) {
  const bool by_task = edge.from.kind == Waker::Kind::task;
  const bool by_time = edge.from.kind == Waker::Kind::timer && sleeper.mostly_blocked;
  if (is_futex(edge.cause) && (sleeper.serves() || by_time)) {
    return true;
  }
  switch (rule_of(edge.cause)) {
    case Rule::idle:
      return true;
    case Rule::by_waker:
      return !by_task || edge.call_sites.contains("connect");
    case Rule::futex:
      return by_task && !edge.call_sites.empty() &&
             std::ranges::all_of(edge.call_sites, [](const auto& site) { return is_exit(site.first); });
    case Rule::on_the_way:
      break;
  }
  return false;
}

// The idle part of what no edge explains.
bool rest_is_idle(tc_wait cause, const WaitSums& sums, const Sleeper& sleeper) {
  switch (rule_of(cause)) {
    case Rule::idle:
    case Rule::by_waker:
      return true;
    case Rule::futex:
      return sleeper.serves() || sums.open > 0;
    case Rule::on_the_way:
      break;
  }
  return false;
}

SplitWaits split_by(const Account& account, std::span<const Edge* const> edges, const Sleeper& sleeper) {
  PerWait<Duration> ended{};
  PerWait<Duration> idle{};
  for (const Edge* const edge : edges) {
    ended[edge->cause] += edge->waited;
    idle[edge->cause] += ends_idle_wait(*edge, sleeper) ? edge->waited : Duration::zero();
  }
  SplitWaits split;
  for (int number = 0; number < TC_NR_WAITS; ++number) {
    const auto cause = static_cast<tc_wait>(number);
    const WaitSums& sums = account.waits[cause];
    if (sums.blocked == Duration::zero()) {
      continue;
    }
    const Duration rest = std::max(sums.blocked - ended[cause], Duration::zero());
    const Duration part = idle[cause] + (rest_is_idle(cause, sums, sleeper) ? rest : Duration::zero());
    split.idle[cause] = std::min(part, sums.blocked);
    split.on_the_way[cause] = sums.blocked - split.idle[cause];
  }
  return split;
}

Sleeper sleeper_of(const Task& task, const Account& account) { return {task.leader, is_mostly_blocked(account)}; }

}  // namespace

Duration sum_of(const PerWait<Duration>& waits) {
  return std::accumulate(waits.begin(), waits.end(), Duration::zero());
}

bool is_for_data(tc_wait cause) {
  constexpr std::array data{TC_WAIT_PIPE,          TC_WAIT_UNIX_SOCKET, TC_WAIT_INET_SOCKET, TC_WAIT_OTHER_SOCKET,
                            TC_WAIT_MESSAGE_QUEUE, TC_WAIT_EVENTFD,     TC_WAIT_TERMINAL,    TC_WAIT_SYSV_QUEUE};
  return std::ranges::find(data, cause) != data.end();
}

IdleRule::IdleRule(const Session& session) {
  std::vector<std::pair<std::uint64_t, const Edge*>> by_sleeper;
  for (const Edge& edge : session.edges) {
    if (edge.to != 0 && edge.cause < TC_NR_WAITS && edge.waited > Duration::zero()) {
      by_sleeper.emplace_back(edge.to, &edge);
    }
  }
  std::ranges::sort(by_sleeper);
  for (const auto& [sleeper, edge] : by_sleeper) {
    sleepers_.push_back(sleeper);
    edges_.push_back(edge);
  }
}

std::span<const Edge* const> IdleRule::edges_to(std::uint64_t task) const {
  const auto [first, last] = std::equal_range(sleepers_.begin(), sleepers_.end(), task);
  return std::span(edges_).subspan(static_cast<std::size_t>(first - sleepers_.begin()),
                                   static_cast<std::size_t>(last - first));
}

SplitWaits IdleRule::split(const Task& task, const Account& account) const {
  if (task.origin == TaskOrigin::worker) {
    SplitWaits split;
    std::ranges::transform(account.waits, split.idle.begin(), &WaitSums::blocked);
    return split;
  }
  return split_by(account, edges_to(task.id), sleeper_of(task, account));
}

bool IdleRule::is_idle(const Edge& edge, const Task& task, const Account& account) {
  return task.origin == TaskOrigin::worker || ends_idle_wait(edge, sleeper_of(task, account));
}

SplitWaits IdleRule::split(const Account& account) { return split_by(account, {}, {}); }

std::unordered_map<std::uint64_t, Duration> busy_times(const Session& session) {
  const IdleRule rule(session);
  std::unordered_map<std::uint64_t, Duration> times;
  times.reserve(session.task_count);
  for (const Process& process : session.processes) {
    for (const Task& task : process.tasks) {
      const Account account = task.account;
      Duration busy = account.total() - account.total(TC_CONDITION_BLOCKED);
      const SplitWaits waits = rule.split(task, account);
      for (int cause = 0; cause < TC_NR_WAITS; ++cause) {
        busy += is_for_data(static_cast<tc_wait>(cause)) ? Duration::zero() : waits.on_the_way[cause];
      }
      times.emplace(task.id, busy);
    }
  }
  return times;
}

}  // namespace taskcost
