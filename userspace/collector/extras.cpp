// SPDX-License-Identifier: Apache-2.0
#include "collector/extras.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <string>

#include "base/capabilities.h"
#include "base/start_thread.h"
#include "collector/handles.h"
#include "symbols/kernel_symbols.h"

namespace taskcost {
namespace {

Extra reader_priority() {
  return {"reader_priority",
          "real-time priority (SCHED_FIFO) for reading and writing records: fewer lost events on a busy machine",
          may_set_priority(Priority::reader), "CAP_SYS_NICE"};
}

Extra other_users() {
  return {"other_users", "running commands as another user (--user, and the user who ran sudo)",
          has_capability(CAP_SETUID) && has_capability(CAP_SETGID), "root"};
}

}  // namespace

Extra kernel_names() {
  return {"kernel_names", "names of kernel functions in stacks", !kernel_addresses_are_hidden(),
          "CAP_SYSLOG, and kernel.kptr_restrict below 2"};
}

Extra user_names() {
  return {"user_names", "names of functions in stacks of other users' programs that were already running",
          has_capability(CAP_SYS_PTRACE), "CAP_SYS_PTRACE, and CAP_DAC_READ_SEARCH for files that are not readable"};
}

Extra probe_statistics() {
  const Fd statistics(bpf_enable_stats(BPF_STATS_RUN_TIME));
  return {"probe_stats", "run counts and run times of the probes (--probe-stats)", static_cast<bool>(statistics),
          "CAP_SYS_ADMIN"};
}

std::vector<Extra> all_extras() {
  return {kernel_names(), user_names(), reader_priority(), probe_statistics(), other_users()};
}

void report_missing(const Extra& extra, EvidenceList& evidence) {
  if (!extra.works) {
    evidence.push_back({extra.name, "", EvidenceKind::unavailable, fmt::format("missing privileges for {}", extra.what),
                        fmt::format("needs {}", extra.needs)});
  }
}

}  // namespace taskcost
