// SPDX-License-Identifier: Apache-2.0
//
// Selects and sorts the rows of the live table.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "account/groups.h"
#include "top/changes.h"

namespace taskcost {

enum class SortKey { cpu, user, kernel, queue, blocked, switches, faults, creations, pid, name };

struct SortKeyName {
  SortKey key;
  std::string_view name;
};
inline constexpr SortKeyName sort_keys[] = {
    {SortKey::pid, "pid"},         {SortKey::name, "name"},
    {SortKey::cpu, "cpu"},         {SortKey::user, "user"},
    {SortKey::kernel, "kernel"},   {SortKey::queue, "queue"},
    {SortKey::blocked, "blocked"}, {SortKey::switches, "switches"},
    {SortKey::faults, "faults"},   {SortKey::creations, "creations"},
};

std::string_view to_string(SortKey key);
std::optional<SortKey> find_sort_key(std::string_view name);

struct View {
  enum class Shape {
    processes,
    threads,
    tree,    // processes, each below its parent
    groups,  // sums of tasks
  };

  Shape shape = Shape::processes;
  SortKey sort = SortKey::cpu;  // figures descend, names and PIDs ascend
  GroupBy by = GroupBy::comm;   // for Shape::groups
  bool reverse = false;
  std::string filter;  // a part of the name, or the whole PID; of the process or of one of its threads
  // False without probes on system calls: there is no split into user and kernel time.
  bool user_kernel_split = true;
};

struct Row {
  const ProcessChange* process = nullptr;
  const TaskChange* thread = nullptr;  // nullptr: the row shows the whole process
  std::size_t processes = 1;           // in the group
  std::size_t depth = 0;               // in the tree
  bool context = false;                // the row does not match the filter, but a descendant does

  [[nodiscard]] const Figures& figures() const { return thread ? thread->figures : process->figures; }
  [[nodiscard]] const std::string& comm() const { return thread ? thread->comm : process->comm; }
  [[nodiscard]] std::uint32_t pid() const { return thread ? thread->tid : process->tgid; }
  [[nodiscard]] bool kernel_thread() const { return thread ? thread->kernel_thread : process->kernel_thread; }
  [[nodiscard]] bool ended() const { return thread ? thread->ended : process->ended; }
};

// Rows of groups point into `groups`, so they can be moved but not copied.
struct Rows {
  Rows() = default;
  Rows(std::vector<Row> rows, std::size_t unfiltered) : rows(std::move(rows)), unfiltered(unfiltered) {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  Rows(Rows&&) noexcept = default;
  Rows& operator=(Rows&&) noexcept = default;
  ~Rows() = default;

  std::vector<Row> rows;
  std::size_t unfiltered = 0;         // number of rows without the filter
  std::vector<ProcessChange> groups;  // a group is like a process that has its tasks and its name
};

// Kernel threads come last in every shape. The rows point into `changes`.
Rows rows_of(const Changes& changes, const View& view);

}  // namespace taskcost
