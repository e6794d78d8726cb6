// SPDX-License-Identifier: Apache-2.0
//
// The answer of a session: where the time of all tasks went, and what cost most. Kernel threads are not in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "account/account.h"
#include "account/groups.h"
#include "account/idle_waits.h"

namespace taskcost {

// Time that tasks of one name spent in one way.
struct Cost {
  enum class Kind {
    user,    // CPU time in user code
    kernel,  // CPU time in one activity of the kernel
    queue,   // preempted or runnable
    wait     // blocked for one cause
  };
  Kind kind = Kind::user;
  std::string process;      // comm; hostile; of Kind::queue empty if several names waited
  std::string thread;       // thread_pattern() of the threads, as "worker-*"; hostile; empty: the name is `process`
  std::uint64_t tasks = 0;  // tasks of that name, or of `by_process`; also those without a part in it
  std::optional<tc_activity> activity;  // of Kind::kernel
  std::optional<tc_wait> wait;          // of Kind::wait
  Duration time{};
  // Kind::kernel: how often the activity was entered; nullopt: not measured. Kind::wait: number of waits, `open` of
  // which had not ended; nullopt: some of them fall on the other side of the rule in idle_waits.h.
  std::optional<std::uint64_t> count;
  std::uint64_t open = 0;
  Duration preempted{};  // of Kind::queue
  Duration throttled{};  // the part of that by a CPU quota
  // Kind::queue: what had the CPU for the largest part of it; nullopt: not known. The names are those of a task. Of one
  // that is not observed, `ran_process` is its own; of kernel threads, that of the one that ran most of their time:
  // `ran_time` is its own then, and the name is empty if there was no such thread.
  std::optional<RanInstead::Kind> ran;
  std::string ran_process;
  std::string ran_thread;
  Duration ran_time{};
  // Kind::wait: the waker with the largest part of these waits; nullopt: no wakeup was traced. Its name has the form of
  // `process` and `thread`; empty if it is not kept one by one, or no task. Kind::queue: `by_process` waited most.
  std::optional<Waker::Kind> by;
  std::string by_process;
  std::string by_thread;
  Duration by_time{};
};
const char* to_string(Cost::Kind kind);

struct Summary {
  Duration wall{};
  Duration lifetime{};  // of all tasks, as all times below
  Duration user{};      // running in user code; all CPU time if system calls had no probes
  Duration kernel{};    // running, without user code
  Duration preempted{};
  Duration throttled{};  // the part of that by a CPU quota
  Duration runnable{};
  PerActivity<Duration> running{};
  SplitWaits waits;  // blocked

  // Costs that may delay a request or the end of the run, the largest first; and the idle waits. A wait for data of
  // observed tasks counts a tenth in that order: what those tasks did meanwhile is a cost of their own.
  std::vector<Cost> costs;
  std::vector<Cost> idle;

  [[nodiscard]] Duration running_time() const { return user + kernel; }
  [[nodiscard]] std::optional<double> cpus_utilized() const;  // CPU time / wall time; nullopt: there was no wall time
};

// `costs` and `idle` have up to `most` elements each.
inline constexpr std::size_t summary_costs = 20;
// `by` has the names of costs: by another key than comm and thread, they are those of its groups.
Summary summary_of(const Session& session, std::optional<GroupBy> by = std::nullopt, std::size_t most = summary_costs);

}  // namespace taskcost
