// SPDX-License-Identifier: Apache-2.0
//
// Sums of the tasks of each group, from one glance to the next. At any time a task is in one group, so that the sums
// over all groups are true; what it did before it changed its group stays where it was counted. No list of ended tasks
// is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "account/glance.h"
#include "account/groups.h"
#include "export/labels.h"
#include "export/series.h"

namespace taskcost {

class GroupCounters {
 public:
  // REQUIRES: `by` is cgroup or comm. Beyond `max_groups` groups at a time, tasks of further ones are in `(others)`.
  GroupCounters(GroupBy by, std::size_t max_groups, std::vector<GroupSeries> series);

  // Adds what happened since the last glance.
  void take(const Glance& glance);

  struct Group {
    std::string label;
    std::optional<CgroupIdentity> identity;  // of a cgroup; nullopt: it is none, or several
    std::uint64_t tasks = 0;                 // that live
    // By index in series(); nullopt: not measured. They never fall: a sum that was corrected downwards stays until the
    // true one has reached it.
    std::vector<std::optional<std::int64_t>> shown;
  };
  // The groups for one scrape, by label. A group without tasks is in it once, and then forgotten.
  std::vector<Group> scrape();

  [[nodiscard]] const std::vector<GroupSeries>& series() const { return series_; }
  // The number of tasks and groups in memory.
  [[nodiscard]] std::size_t held() const { return known_.size() + groups_.size(); }

 private:
  struct Sums {
    std::optional<CgroupIdentity> identity;
    std::uint64_t tasks = 0;
    std::uint64_t ending = 0;  // tasks whose final account is still to come
    std::vector<std::optional<std::int64_t>> sums;
    std::vector<std::optional<std::int64_t>> shown;
  };
  using Values = std::vector<std::int64_t>;
  struct Known {
    Values last;     // at the last glance that had the task
    Instant seen{};  // that glance
    Sums* group = nullptr;
  };

  Sums& group_at(const std::string& label, const std::optional<CgroupIdentity>& identity);
  Sums& group_of_cgroup(std::uint64_t id, const HostNames& names);
  void add_change(Sums& group, Values& last, const Account& account) const;
  void keep_ending(Instant at, std::unordered_map<std::uint64_t, Known>& known);

  GroupBy by_;
  std::size_t max_groups_;
  std::vector<GroupSeries> series_;
  std::map<std::string, Sums> groups_;              // by label
  std::unordered_map<std::uint64_t, Known> known_;  // by task id: that live, or are ending
};

}  // namespace taskcost
