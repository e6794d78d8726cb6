// SPDX-License-Identifier: Apache-2.0
#include "account/summary.h"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "account/groups.h"

namespace taskcost {
namespace {

// Tasks that no group has, as wakers.
constexpr std::size_t no_group = static_cast<std::size_t>(-1);

// What the writer did while its reader waited for data is a cost of its own. The wait comes before costs that are less
// than this part of it.
constexpr int explained_part = 10;

struct WakerKey {
  Waker::Kind kind;
  std::size_t group;

  auto operator<=>(const WakerKey&) const = default;
};

struct Ended {
  Duration on_the_way{};
  Duration idle{};
};

// A thread with the name of its process, which may end with a number, is the process.
std::string kind_of(const Task& task, const Process& process) {
  return task.comm == process.comm ? process.comm : thread_pattern(task.comm);
}

// All tasks of one process name and one kind of thread, or of one group by another key.
struct Group {
  std::string process;
  std::string thread;  // empty: as the process
  std::string name;    // of its first thread
  bool one_name = true;
  std::uint64_t tasks = 0;
  PerActivity<Duration> running{};
  PerActivity<std::optional<std::uint64_t>> entries{};
  Duration preempted{};
  Duration throttled{};
  Duration runnable{};
  SplitWaits waits;
  PerWait<std::uint64_t> counts{};
  PerWait<std::uint64_t> open{};
  std::map<std::pair<tc_wait, WakerKey>, Ended> wakers;

  // A single name is shown as it is.
  [[nodiscard]] const std::string& shown_thread() const { return one_name && !thread.empty() ? name : thread; }
};

class Groups {
 public:
  Groups(const Session& session, std::optional<GroupBy> by) : rule_(session) {
    members_.reserve(session.task_count);
    std::optional<Grouping> other;  // the names of processes and threads tell groups by comm and by thread apart
    if (by && *by != GroupBy::comm && *by != GroupBy::thread) {
      other.emplace(session.processes, *by);
    }
    for_each_task(session, [&](const Process& process, const Task& task) {
      const std::size_t group = other ? group_named(other->of(process).label, "", task.comm)
                                      : group_named(process.comm, kind_of(task, process), task.comm);
      ++groups_[group].tasks;
      members_.emplace(task.id, group);
    });
    for_each_task(session, [this](const Process& /*process*/, const Task& task) {
      Group& group = groups_[members_.at(task.id)];
      const Account account = task.account;
      add(group, account, rule_.split(task, account));
      add_wakers(group, task, account);
    });
    for (const AggregatedProcesses& each : session.aggregated) {
      Group& group = groups_[group_named(each.comm, each.comm, each.comm)];
      group.tasks += each.tasks;
      add(group, each.total, IdleRule::split(each.total));
    }
  }

  [[nodiscard]] const std::vector<Group>& all() const { return groups_; }
  // The number of the group of a task; no_group if it is not kept one by one, or a kernel thread.
  [[nodiscard]] std::size_t of(std::uint64_t task) const {
    const auto member = members_.find(task);
    return member == members_.end() ? no_group : member->second;
  }
  [[nodiscard]] Duration lifetime() const { return lifetime_; }

 private:
  template <typename Visit>
  static void for_each_task(const Session& session, Visit visit) {
    for (const Process& process : session.processes) {
      if (!process.kernel) {
        for (const Task& task : process.tasks) {
          visit(process, task);
        }
      }
    }
  }

  std::size_t group_named(const std::string& process, std::string thread, const std::string& name) {
    if (thread == process) {
      thread.clear();
    }
    std::string key = process + '\0' + thread;
    const auto [found, is_new] = numbers_.try_emplace(std::move(key), groups_.size());
    if (is_new) {
      groups_.emplace_back();
      groups_.back().process = process;
      groups_.back().thread = std::move(thread);
      groups_.back().name = name;
      groups_.back().entries.fill(0);
    }
    Group& group = groups_[found->second];
    group.one_name = group.one_name && group.name == name;
    return found->second;
  }

  void add(Group& group, const Account& account, const SplitWaits& waits) {
    lifetime_ += account.lifetime;
    for (std::size_t i = 0; i < TC_NR_ACTIVITIES; ++i) {
      group.running[i] += account.cells[i][TC_CONDITION_RUNNING];
      group.preempted += account.cells[i][TC_CONDITION_PREEMPTED];
      group.runnable += account.cells[i][TC_CONDITION_RUNNABLE];
      if (group.entries[i] && account.entries[i]) {
        *group.entries[i] += *account.entries[i];
      } else {
        group.entries[i].reset();
      }
    }
    group.throttled += nanoseconds(account.counters[TC_COUNTER_THROTTLED_NS].value_or(0));
    for (std::size_t i = 0; i < TC_NR_WAITS; ++i) {
      group.waits.idle[i] += waits.idle[i];
      group.waits.on_the_way[i] += waits.on_the_way[i];
      group.counts[i] += account.waits[i].count;
      group.open[i] += account.waits[i].open;
    }
  }

  void add_wakers(Group& group, const Task& task, const Account& account) {
    for (const Edge* const edge : rule_.edges_to(task.id)) {
      const auto member = members_.find(edge->from.task);
      const bool kept = edge->from.kind == Waker::Kind::task && member != members_.end();
      Ended& ended = group.wakers[{edge->cause, {edge->from.kind, kept ? member->second : no_group}}];
      (IdleRule::is_idle(*edge, task, account) ? ended.idle : ended.on_the_way) += edge->waited;
    }
  }

  IdleRule rule_;
  std::vector<Group> groups_;
  std::unordered_map<std::string, std::size_t> numbers_;    // by process and thread
  std::unordered_map<std::uint64_t, std::size_t> members_;  // by Task::id
  Duration lifetime_{};
};

// What had CPUs for the longest time while tasks waited for them.
struct Ran {
  RanInstead::Kind kind = RanInstead::Kind::task;
  std::size_t group = no_group;  // of Kind::task
  std::string comm;              // of tasks that are not observed, as ThreadNames has it; of a kernel thread

  auto operator<=>(const Ran&) const = default;
};

// Finds it in the sums of a session.
class RanMost {
 public:
  explicit RanMost(const Session& session) {
    for (const Process& process : session.processes) {
      for (const Task& task : process.tasks) {
        if (process.kernel) {
          kernel_threads_.emplace(task.id, task.comm);
        }
      }
    }
    for (const RanInstead& each : rows_of(session)) {
      if (each.kind == RanInstead::Kind::unobserved) {
        unobserved_.add(each.comm);
      }
    }
  }

  [[nodiscard]] std::optional<std::pair<Ran, Duration>> find(const Session& session, const Groups& groups) const {
    std::map<Ran, Duration> sums;
    std::map<std::string, Duration> of_kernel_threads;
    for (const RanInstead& each : rows_of(session)) {
      if (each.waiter != 0 && groups.of(each.waiter) == no_group) {
        continue;  // a kernel thread
      }
      if (const std::optional<std::string> name = kernel_thread(each)) {
        sums[{RanInstead::Kind::kernel_thread, no_group, {}}] += each.time;
        of_kernel_threads[*name] += each.time;
      } else {
        const bool named = each.kind == RanInstead::Kind::unobserved;
        sums[{each.kind, groups.of(each.task), named ? unobserved_.shown(each.comm) : std::string()}] += each.time;
      }
    }
    const auto by_time = [](const auto& sum) { return sum.second; };
    const auto most = std::ranges::max_element(sums, {}, by_time);
    if (most == sums.end()) {
      return std::nullopt;
    }
    if (most->first.kind == RanInstead::Kind::kernel_thread) {
      const auto thread = std::ranges::max_element(of_kernel_threads, {}, by_time);
      if (thread->second > most->second / 2) {
        return std::pair(Ran{RanInstead::Kind::kernel_thread, no_group, thread->first}, thread->second);
      }
    }
    return std::pair(most->first, most->second);
  }

 private:
  static const std::vector<RanInstead>& rows_of(const Session& session) {
    static const std::vector<RanInstead> none;
    return session.ran_instead ? *session.ran_instead : none;
  }

  // The name of a kernel thread, observed or not; nullopt: it is none.
  [[nodiscard]] std::optional<std::string> kernel_thread(const RanInstead& ran) const {
    if (ran.kind == RanInstead::Kind::kernel_thread) {
      return ran.comm;
    }
    const auto observed = kernel_threads_.find(ran.kind == RanInstead::Kind::task ? ran.task : 0);
    return observed == kernel_threads_.end() ? std::nullopt : std::optional(observed->second);
  }

  std::unordered_map<std::uint64_t, std::string> kernel_threads_;  // by Task::id
  ThreadNames unobserved_;
};

// A cost before it has words. `group` is no_group for all tasks.
struct Candidate {
  Duration time{};
  Cost::Kind kind = Cost::Kind::user;
  int number = 0;  // of the activity, or of the wait
  std::size_t group = no_group;
};

bool waits_for_data(const Candidate& candidate) {
  return candidate.kind == Cost::Kind::wait && is_for_data(static_cast<tc_wait>(candidate.number));
}

Duration weight_of(const Candidate& candidate) {
  return waits_for_data(candidate) ? candidate.time / explained_part : candidate.time;
}

// Keeps the heaviest ones, in order; equal ones are in the order of groups.
template <typename Weight>
void keep_heaviest(std::vector<Candidate>& candidates, std::size_t most, Weight weight) {
  const auto key = [weight](const Candidate& each) {
    return std::tuple(-weight(each), each.group, each.kind, each.number);
  };
  const std::size_t kept = std::min(candidates.size(), most);
  std::ranges::partial_sort(candidates, candidates.begin() + static_cast<std::ptrdiff_t>(kept), std::less(), key);
  candidates.resize(kept);
}

// Makes costs of candidates.
class CostMaker {
 public:
  CostMaker(const std::vector<Group>& groups, const Summary& summary, std::optional<std::pair<Ran, Duration>> ran)
      : groups_(groups), summary_(summary), ran_(std::move(ran)) {}

  // `part` is the part of the waits that ended, which the cost is about.
  [[nodiscard]] std::vector<Cost> costs_of(const std::vector<Candidate>& candidates, Duration Ended::*part) const {
    std::vector<Cost> costs;
    costs.reserve(candidates.size());
    for (const Candidate& candidate : candidates) {
      costs.push_back(candidate.group == no_group ? queue_cost() : cost_of(candidate, part));
    }
    return costs;
  }

 private:
  [[nodiscard]] Cost cost_of(const Candidate& candidate, Duration Ended::*part) const {
    const Group& group = groups_[candidate.group];
    Cost cost;
    cost.kind = candidate.kind;
    cost.process = group.process;
    cost.thread = group.shown_thread();
    cost.tasks = group.tasks;
    cost.time = candidate.time;
    if (candidate.kind == Cost::Kind::kernel) {
      cost.activity = static_cast<tc_activity>(candidate.number);
      cost.count = group.entries[*cost.activity];
    } else if (candidate.kind == Cost::Kind::wait) {
      cost.wait = static_cast<tc_wait>(candidate.number);
      if (candidate.time == group.waits.idle[*cost.wait] + group.waits.on_the_way[*cost.wait]) {
        cost.count = group.counts[*cost.wait];
      }
      cost.open = group.open[*cost.wait];
      add_waker(cost, group, part);
    }
    return cost;
  }

  void add_waker(Cost& cost, const Group& group, Duration Ended::*part) const {
    for (const auto& [key, ended] : group.wakers) {
      const auto& [wait, waker] = key;
      if (wait == cost.wait && ended.*part > cost.by_time) {
        cost.by = waker.kind;
        set_by(cost, waker.group == no_group ? Group() : groups_[waker.group], ended.*part);
      }
    }
  }

  static void set_by(Cost& cost, const Group& by, Duration time) {
    cost.by_process = by.process;
    cost.by_thread = by.shown_thread();
    cost.by_time = time;
  }

  // The wait for a CPU is one cost of all tasks, because they wait for one another.
  [[nodiscard]] Cost queue_cost() const {
    Cost cost;
    cost.kind = Cost::Kind::queue;
    cost.time = summary_.preempted + summary_.runnable;
    cost.preempted = summary_.preempted;
    cost.throttled = summary_.throttled;
    if (ran_) {
      const auto& [ran, time] = *ran_;
      cost.ran = ran.kind;
      cost.ran_process = ran.group == no_group ? ran.comm : groups_[ran.group].process;
      cost.ran_thread = ran.group == no_group ? std::string() : groups_[ran.group].shown_thread();
      cost.ran_time = time;
    }
    const auto queued = [](const Group& group) { return group.preempted + group.runnable; };
    const Group& most = *std::ranges::max_element(groups_, {}, queued);
    set_by(cost, most, queued(most));
    cost.tasks = most.tasks;
    if (cost.by_time == cost.time) {
      cost.process = most.process;
      cost.thread = most.shown_thread();
    }
    return cost;
  }

  const std::vector<Group>& groups_;
  const Summary& summary_;
  std::optional<std::pair<Ran, Duration>> ran_;
};

}  // namespace

const char* to_string(Cost::Kind kind) {
  constexpr const char* keys[] = {"user", "kernel", "queue", "wait"};
  return keys[static_cast<int>(kind)];
}

std::optional<double> Summary::cpus_utilized() const {
  if (wall <= Duration::zero()) {
    return std::nullopt;
  }
  return in_ns(running_time()) / in_ns(wall);
}

Summary summary_of(const Session& session, std::optional<GroupBy> by, std::size_t most) {
  const Groups groups(session, by);
  Summary summary;
  summary.wall = session.end - session.start;
  summary.lifetime = groups.lifetime();
  std::vector<Candidate> costs;
  std::vector<Candidate> idle;
  const auto add = [](std::vector<Candidate>& candidates, const Candidate& candidate) {
    if (candidate.time > Duration::zero()) {
      candidates.push_back(candidate);
    }
  };
  for (std::size_t i = 0; i < groups.all().size(); ++i) {
    const Group& group = groups.all()[i];
    summary.preempted += group.preempted;
    summary.throttled += group.throttled;
    summary.runnable += group.runnable;
    for (int activity = 0; activity < TC_NR_ACTIVITIES; ++activity) {
      const Duration running = group.running[activity];
      const bool user = activity == TC_ACTIVITY_USER;
      summary.running[activity] += running;
      (user ? summary.user : summary.kernel) += running;
      add(costs, {running, user ? Cost::Kind::user : Cost::Kind::kernel, activity, i});
    }
    for (int cause = 0; cause < TC_NR_WAITS; ++cause) {
      summary.waits.idle[cause] += group.waits.idle[cause];
      summary.waits.on_the_way[cause] += group.waits.on_the_way[cause];
      add(costs, {group.waits.on_the_way[cause], Cost::Kind::wait, cause, i});
      add(idle, {group.waits.idle[cause], Cost::Kind::wait, cause, i});
    }
  }
  add(costs, {summary.preempted + summary.runnable, Cost::Kind::queue, 0, no_group});
  keep_heaviest(costs, most, weight_of);
  keep_heaviest(idle, most, [](const Candidate& each) { return each.time; });
  const CostMaker maker(groups.all(), summary, RanMost(session).find(session, groups));
  summary.costs = maker.costs_of(costs, &Ended::on_the_way);
  summary.idle = maker.costs_of(idle, &Ended::idle);
  return summary;
}

}  // namespace taskcost
