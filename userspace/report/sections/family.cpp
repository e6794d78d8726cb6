// SPDX-License-Identifier: Apache-2.0
#include "report/sections/family.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/units.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

// Smaller groups of similar processes are shown one by one.
constexpr std::size_t least_group = 4;

using Indices = std::vector<std::size_t>;
using Likeness = std::tuple<std::string, TaskOrigin, std::string, std::size_t, std::uint32_t>;

class Family {
 public:
  Family(const Session& session, bool grouped, const Order& order) : processes_(session.processes), grouped_(grouped) {
    link();
    add_figures(order);
    visit(roots_);
    // Parents that form a cycle have no root; their processes must be in the report too.
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      if (!seen_[i]) {
        visit({i});
      }
    }
  }

  std::vector<FamilyMember> take() { return std::move(members_); }

 private:
  void link() {
    std::unordered_map<std::uint64_t, std::size_t> index;
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      index.emplace(processes_[i].id, i);
    }
    children_.resize(processes_.size());
    seen_.resize(processes_.size());
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      // Kernel threads have a separate section.
      if (processes_[i].kernel) {
        seen_[i] = true;
        continue;
      }
      const auto parent = index.find(processes_[i].parent);
      const bool known = processes_[i].parent != 0 && parent != index.end() && parent->second != i &&
                         !processes_[parent->second].kernel;
      (known ? children_[parent->second] : roots_).push_back(i);
    }
  }

  // Parents come before their children, so that each has its sum when its parent gets it.
  void add_figures(const Order& order) {
    figures_.resize(processes_.size());
    for (std::size_t i = processes_.size(); i-- > 0;) {
      figures_[i] += order.figure(processes_[i]);
      for (const std::size_t child : children_[i]) {
        figures_[i] += figures_[child];
      }
    }
  }

  // This is not recursive, because the observed program decides how deep a chain of forks is.
  void visit(const Indices& siblings) {
    std::vector<std::pair<Indices, std::size_t>> pending;
    push(pending, siblings, 0);
    while (!pending.empty()) {
      const auto [alike, depth] = std::move(pending.back());
      pending.pop_back();
      FamilyMember member{{}, depth};
      for (const std::size_t i : alike) {
        if (!seen_[i]) {
          seen_[i] = true;
          member.processes.push_back(&processes_[i]);
        }
      }
      if (!member.processes.empty()) {
        members_.push_back(std::move(member));
        push(pending, children_[alike.front()], depth + 1);
      }
    }
  }

  void push(std::vector<std::pair<Indices, std::size_t>>& pending, const Indices& siblings, std::size_t depth) const {
    std::vector<Indices> groups = groups_of(siblings);
    std::ranges::stable_sort(groups, std::ranges::greater(), [this](const Indices& group) {
      return std::transform_reduce(group.begin(), group.end(), 0.0, std::plus(),
                                   [this](auto i) { return figures_[i]; });
    });
    for (auto group = groups.rbegin(); group != groups.rend(); ++group) {
      pending.emplace_back(*group, depth);
    }
  }

  [[nodiscard]] std::vector<Indices> groups_of(const Indices& siblings) const {
    std::map<Likeness, Indices> alike;
    for (const std::size_t i : siblings) {
      if (grouped_ && children_[i].empty()) {
        alike[likeness_of(processes_[i])].push_back(i);
      }
    }
    std::vector<Indices> groups;
    for (const std::size_t i : siblings) {
      const auto found = alike.find(likeness_of(processes_[i]));
      const bool in_group = found != alike.end() && children_[i].empty() && found->second.size() >= least_group;
      if (!in_group) {
        groups.push_back({i});
      } else if (found->second.front() == i) {
        groups.push_back(found->second);
      }
    }
    return groups;
  }

  static Likeness likeness_of(const Process& process) {
    return {process.comm, process.origin, ended_text(process), process.tasks.size(), process.ppid};
  }

  const std::vector<Process>& processes_;
  bool grouped_;
  std::vector<Indices> children_;
  std::vector<double> figures_;  // of each process with its descendants
  std::vector<bool> seen_;
  Indices roots_;
  std::vector<FamilyMember> members_;
};

}  // namespace

Duration FamilyMember::lifetime() const {
  Duration sum{};
  for (const Process* process : processes) {
    sum += lifetime_of(*process);
  }
  return sum;
}

Duration FamilyMember::running() const {
  Duration sum{};
  for (const Process* process : processes) {
    for (const Task& task : process->tasks) {
      sum += task.account->total(TC_CONDITION_RUNNING);
    }
  }
  return sum;
}

Account FamilyMember::account() const {
  Account sum = empty_account();
  for (const Process* process : processes) {
    add(sum, account_of(*process));
  }
  return sum;
}

std::size_t FamilyMember::tasks() const {
  std::size_t sum = 0;
  for (const Process* process : processes) {
    sum += process->tasks.size();
  }
  return sum;
}

std::vector<FamilyMember> family_of(const Session& session, bool grouped, const Order& order) {
  return Family(session, grouped, order).take();
}

Cell lifetime_cell(Duration lifetime, bool open_at_start, bool open_at_end) {
  return {fmt::format("{}{}{}", open_at_start ? "<" : "", duration_text(lifetime), open_at_end ? ">" : " "),
          Tone::plain, static_cast<double>(lifetime.count()), Unit::ns};
}

}  // namespace taskcost::sections
