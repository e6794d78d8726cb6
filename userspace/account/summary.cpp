// SPDX-License-Identifier: Apache-2.0
#include "account/summary.h"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

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

// All tasks of one process name and one kind of thread.
struct Group {
  std::string process;
  std::string thread;  // empty: as the process
  std::string name;    // of its first thread
  bool one_name = true;
  std::uint64_t tasks = 0;
  PerActivity<Duration> running{};
  PerActivity<std::optional<std::uint64_t>> entries{};
  Duration preempted{};
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
  explicit Groups(const Session& session) : rule_(session) {
    members_.reserve(session.task_count);
    for_each_task(session, [this](const Process& process, const Task& task) {
      const std::size_t group = group_named(process.comm, thread_kind(task.comm, process.comm), task.comm);
      ++groups_[group].tasks;
      members_.emplace(task.id, group);
    });
    for_each_task(session, [this](const Process& /*process*/, const Task& task) {
      Group& group = groups_[members_.at(task.id)];
      add(group, task.account, rule_.split(task));
      add_wakers(group, task);
    });
    for (const AggregatedProcesses& each : session.aggregated) {
      Group& group = groups_[group_named(each.comm, each.comm, each.comm)];
      group.tasks += each.tasks;
      add(group, each.total, IdleRule::split(each.total));
    }
  }

  [[nodiscard]] const std::vector<Group>& all() const { return groups_; }
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
    for (std::size_t i = 0; i < TC_NR_WAITS; ++i) {
      group.waits.idle[i] += waits.idle[i];
      group.waits.on_the_way[i] += waits.on_the_way[i];
      group.counts[i] += account.waits[i].count;
      group.open[i] += account.waits[i].open;
    }
  }

  void add_wakers(Group& group, const Task& task) {
    for (const Edge* const edge : rule_.edges_to(task.id)) {
      const auto member = members_.find(edge->from.task);
      const bool kept = edge->from.kind == Waker::Kind::task && member != members_.end();
      Ended& ended = group.wakers[{edge->cause, {edge->from.kind, kept ? member->second : no_group}}];
      (IdleRule::is_idle(*edge, task) ? ended.idle : ended.on_the_way) += edge->waited;
    }
  }

  IdleRule rule_;
  std::vector<Group> groups_;
  std::unordered_map<std::string, std::size_t> numbers_;    // by process and thread
  std::unordered_map<std::uint64_t, std::size_t> members_;  // by Task::id
  Duration lifetime_{};
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
  CostMaker(const std::vector<Group>& groups, const Summary& summary) : groups_(groups), summary_(summary) {}

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

Summary summary_of(const Session& session, std::size_t most) {
  const Groups groups(session);
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
  const CostMaker maker(groups.all(), summary);
  summary.costs = maker.costs_of(costs, &Ended::on_the_way);
  summary.idle = maker.costs_of(idle, &Ended::idle);
  return summary;
}

}  // namespace taskcost
