// SPDX-License-Identifier: Apache-2.0
#include "collector/adopt.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>

#include "targets/cgroups.h"
#include "targets/glob.h"

namespace taskcost {
namespace {

// Thread group of a task, by /proc; nullopt when it does not exist (or /proc does not show it).
std::optional<pid_t> thread_group_of(pid_t tid) {
  std::ifstream status(fmt::format("/proc/{}/status", tid));
  std::string key;
  pid_t tgid = 0;
  while (status >> key) {
    if (key == "Tgid:" && status >> tgid) {
      return tgid;
    }
    std::getline(status, key);
  }
  return std::nullopt;
}

Status check_id(pid_t id, bool single_task) {
  const char* kind = single_task ? "task" : "process";
  const auto tgid = thread_group_of(id);
  if (!tgid && kill(id, 0) != 0 && errno == ESRCH) {
    return Error{fmt::format("cannot observe {} {}", kind, id), "it does not exist", "see: ps -eLo pid,tid,comm"};
  }
  if (tgid && !single_task && *tgid != id) {
    return Error{fmt::format("cannot observe process {}", id), fmt::format("it is a thread of process {}", *tgid),
                 fmt::format("use -p {} for the whole process, -t {} for this thread", *tgid, id)};
  }
  return Done{};
}

Status set_ids(const Probes& probes, const Target& target) {
  constexpr std::uint8_t present = 1;
  for (const pid_t id : target.ids) {
    if (auto status = check_id(id, target.kind == Target::Kind::tasks); !status) {
      return status;
    }
    const auto key = static_cast<std::uint32_t>(id);
    if (bpf_map_update_elem(bpf_map__fd(probes.object().maps.targets), &key, &present, BPF_ANY) != 0) {
      return Error{"cannot set the targets",
                   errno == E2BIG
                       ? fmt::format("more than {} of them", bpf_map__max_entries(probes.object().maps.targets))
                       : std::strerror(errno),
                   "name fewer processes"};
    }
  }
  return Done{};
}

Status set_name(const Probes& probes, const Target& target) {
  const auto glob = compile_glob(target.name);
  if (!glob) {
    return glob.error();
  }
  probes.shared().target_name = *glob;
  return Done{};
}

Status set_cgroup(const Probes& probes, const Target& target) {
  const auto cgroup = find_cgroup(target.cgroup);
  if (!cgroup) {
    return cgroup.error();
  }
  probes.shared().target_cgroup = cgroup->id;
  probes.shared().target_hierarchy = cgroup->hierarchy;
  return Done{};
}

struct Kind {
  tc_target_kind raw;
  Status (*set)(const Probes&, const Target&);
  const char* nobody;  // why nothing could be adopted
};

Kind kind_of(Target::Kind kind) {
  const auto nothing_to_set = [](const Probes&, const Target&) -> Status { return Done{}; };
  switch (kind) {
    case Target::Kind::tasks:
      return {TC_TARGET_TASKS, set_ids, "the target ended while attaching"};
    case Target::Kind::name:
      return {TC_TARGET_NAME, set_name, "no process has such a name"};
    case Target::Kind::cgroup:
      return {TC_TARGET_CGROUP, set_cgroup, "no task is in the cgroup or below it"};
    case Target::Kind::machine:
      return {TC_TARGET_MACHINE, nothing_to_set, "there is no task"};
    case Target::Kind::processes:
      break;
  }
  return {TC_TARGET_PROCESSES, set_ids, "the target ended while attaching"};
}

}  // namespace

Result<std::uint64_t> adopt_arrivals(const Probes& probes) {
  auto& shared = probes.shared();
  std::uint64_t adopted = 0;
  // A thread that has no ledger yet may start another one behind the walk: walk until nobody new is found.
  do {
    shared.adopted = 0;
    shared.unfinished = 0;
    if (auto status = probes.walk_tasks(probes.object().progs.taskcost_adopt); !status) {
      return status.error();
    }
    adopted += shared.adopted;
  } while (shared.adopted + shared.unfinished > 0);
  return adopted;
}

Result<std::uint64_t> adopt_tasks(const Probes& probes, const Target& target) {
  const Kind kind = kind_of(target.kind);
  if (auto status = kind.set(probes, target); !status) {
    return status.error();
  }
  probes.object().data->follow_children = target.kind == Target::Kind::tasks ? 0 : 1;
  probes.shared().target_kind = kind.raw;
  auto adopted = adopt_arrivals(probes);
  if (adopted && *adopted == 0) {
    const bool full = probes.shared().losses[TC_LOSS_MISSED_LEDGERS] > 0;
    return Error{"nothing to observe", full ? "too many tasks" : kind.nobody, full ? "raise --max-tasks" : ""};
  }
  return adopted;
}

}  // namespace taskcost
