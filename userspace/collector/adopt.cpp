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

Status set_targets(const Probes& probes, const Target& target) {
  constexpr std::uint8_t present = 1;
  probes.shared().targets_are_tasks = target.single_tasks ? 1 : 0;
  probes.object().data->follow_children = target.single_tasks ? 0 : 1;
  for (const pid_t id : target.ids) {
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

}  // namespace

Result<std::uint64_t> adopt_tasks(const Probes& probes, const Target& target) {
  for (const pid_t id : target.ids) {
    if (auto status = check_id(id, target.single_tasks); !status) {
      return status.error();
    }
  }
  if (auto status = set_targets(probes, target); !status) {
    return status.error();
  }
  auto& shared = probes.shared();
  std::uint64_t adopted = 0;
  // A thread that has no ledger yet may start another one behind the walk: walk until nobody new is found.
  do {
    shared.adopted = 0;
    if (auto status = probes.walk_tasks(probes.object().progs.taskcost_adopt); !status) {
      return status.error();
    }
    adopted += shared.adopted;
  } while (shared.adopted > 0);
  if (adopted == 0) {
    return Error{"nothing to observe",
                 shared.losses[TC_LOSS_MISSED_LEDGERS] > 0 ? "too many tasks" : "the target ended while attaching",
                 shared.losses[TC_LOSS_MISSED_LEDGERS] > 0 ? "raise --max-tasks" : ""};
  }
  return adopted;
}

}  // namespace taskcost
