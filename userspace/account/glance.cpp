// SPDX-License-Identifier: Apache-2.0
#include "account/glance.h"

#include "account/ledger.h"

namespace taskcost {

Glance::Task to_glance_task(tc_ledger ledger, Instant now, const SessionOptions& options) {
  Glance::Task task;
  task.ended = ledger.end_ns != 0;
  if (!task.ended) {
    close_at(ledger, static_cast<std::uint64_t>(now.time_since_epoch().count()));
  }
  task.id = ledger.id;
  task.process = ledger.process;
  task.parent_process = ledger.parent_process;
  task.tid = ledger.tid;
  task.tgid = ledger.tgid;
  task.comm = text_of(ledger.comm, sizeof(ledger.comm));
  task.uid = ledger.cgroup != 0 ? std::optional(ledger.uid) : std::nullopt;
  task.cgroup = ledger.cgroup;
  task.leader = is_leader(ledger);
  task.kernel_thread = is_kernel_thread(ledger);
  task.activity = ledger.activity < TC_NR_ACTIVITIES ? static_cast<tc_activity>(ledger.activity) : TC_ACTIVITY_OTHER;
  task.condition =
      ledger.condition < TC_NR_CONDITIONS ? static_cast<tc_condition>(ledger.condition) : TC_CONDITION_RUNNING;
  task.account = account_of(ledger, task.ended ? Closed::by_end_of_task : Closed::by_end_of_window, options);
  task.account.task_stats.reset();
  return task;
}

}  // namespace taskcost
