// SPDX-License-Identifier: Apache-2.0
#include "account/host_names.h"

namespace taskcost {
namespace {

void keep(std::map<std::string, std::string>& names, std::uint64_t number, const std::string& name) {
  if (!name.empty()) {
    names.insert_or_assign(std::to_string(number), name);
  }
}

}  // namespace

std::string name_in(const std::map<std::string, std::string>& names, std::uint64_t number) {
  const auto found = names.find(std::to_string(number));
  return found == names.end() ? std::string() : found->second;
}

void set_names(Session& session, const HostNames& names) {
  for (Process& process : session.processes) {
    process.user = process.uid ? name_in(names.users, *process.uid) : std::string();
    process.cgroup = name_in(names.cgroups, process.cgroup_id);
  }
  for (CpuQuota& quota : session.cpu_quotas) {
    quota.cgroup = name_in(names.cpu_cgroups, quota.cgroup_id);
  }
  for_each_waker(session, [&names](Waker& waker) {
    if (waker.kind == Waker::Kind::unobserved) {
      waker.comm = name_in(names.wakers, waker.tid);
    }
  });
}

HostNames names_in(const Session& session) {
  HostNames names;
  for (const Process& process : session.processes) {
    keep(names.users, process.uid.value_or(0), process.user);
    keep(names.cgroups, process.cgroup_id, process.cgroup);
  }
  for (const CpuQuota& quota : session.cpu_quotas) {
    keep(names.cpu_cgroups, quota.cgroup_id, quota.cgroup);
  }
  for_each_waker(session, [&names](const Waker& waker) { keep(names.wakers, waker.tid, waker.comm); });
  return names;
}

}  // namespace taskcost
