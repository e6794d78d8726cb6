// SPDX-License-Identifier: Apache-2.0
#include "collector/adopt.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collector/targets/cgroups.h"
#include "collector/targets/glob.h"
#include "collector/targets/ids.h"

namespace taskcost {
namespace {

struct NamedId {
  pid_t id = 0;
  IdState before;
};

IdKind id_kind(const Target& target) { return target.kind == Target::Kind::tasks ? IdKind::task : IdKind::process; }

std::string subject(IdKind kind, pid_t id) {
  return fmt::format("{} {}", kind == IdKind::task ? "task" : "process", id);
}

Status set_id(const Probes& probes, pid_t id) {
  constexpr std::uint8_t unseen = TC_NAMED_UNSEEN;
  const auto key = static_cast<std::uint32_t>(id);
  if (bpf_map_update_elem(bpf_map__fd(probes.object().maps.targets), &key, &unseen, BPF_ANY) != 0) {
    return Error{"cannot set the targets",
                 errno == E2BIG
                     ? fmt::format("there are more than {}", bpf_map__max_entries(probes.object().maps.targets))
                     : std::strerror(errno),
                 "name fewer processes, or raise --max-tasks"};
  }
  return Done{};
}

bool was_seen(const Probes& probes, pid_t id) {
  const auto key = static_cast<std::uint32_t>(id);
  std::uint8_t state = TC_NAMED_UNSEEN;
  return bpf_map_lookup_elem(bpf_map__fd(probes.object().maps.targets), &key, &state) == 0 && state == TC_NAMED_SEEN;
}

// Sets the ids that exist as targets; the others go to adoption.left_out. Error: no id exists.
Result<std::vector<NamedId>> set_ids(const Probes& probes, const Target& target, Adoption& adoption) {
  const IdKind kind = id_kind(target);
  std::vector<NamedId> named;
  std::string first;
  for (const pid_t id : target.ids) {
    const IdState state = inspect_id(id);
    if (auto wrong = wrong_id(id, kind, state)) {
      return *wrong;
    }
    if (const std::string why = why_ended(kind, state); !why.empty()) {
      first = first.empty() ? why : first;
      adoption.left_out.push_back(fmt::format("{} is not observed: {}", subject(kind, id), why));
      continue;
    }
    if (auto status = set_id(probes, id); !status) {
      return status.error();
    }
    named.push_back({id, state});
  }
  if (named.empty()) {
    const std::string others = target.ids.size() > 1 ? " and the other targets" : "";
    return Error{fmt::format("cannot observe {}{}", subject(kind, target.ids.front()), others), first,
                 "see: ps -eLo pid,tid,stat,comm"};
  }
  return named;
}

Error none_seen_error(const Target& target, const std::vector<NamedId>& named) {
  const IdKind kind = id_kind(target);
  const NamedId& first = named.front();
  return {fmt::format("cannot observe {}{}", subject(kind, first.id), named.size() > 1 ? " and the other targets" : ""),
          why_unseen(kind, first.before, inspect_id(first.id)), "see: ps -eLo pid,tid,stat,comm"};
}

// Adds the ids that the task iterator did not find to adoption.left_out.
void add_unseen(const Probes& probes, const Target& target, const std::vector<NamedId>& named, Adoption& adoption) {
  const IdKind kind = id_kind(target);
  for (const NamedId& each : named) {
    if (!was_seen(probes, each.id)) {
      adoption.left_out.push_back(fmt::format("{} is not observed: {}", subject(kind, each.id),
                                              why_unseen(kind, each.before, inspect_id(each.id))));
    }
  }
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

struct KindTraits {
  tc_target_kind raw;
  Status (*set)(const Probes&, const Target&);
  const char* none_found;  // why nothing could be adopted
};

KindTraits traits_of(Target::Kind kind) {
  const auto nothing_to_set = [](const Probes&, const Target&) -> Status { return Done{}; };
  switch (kind) {
    case Target::Kind::tasks:
      return {TC_TARGET_TASKS, nothing_to_set, ""};
    case Target::Kind::name:
      return {TC_TARGET_NAME, set_name, "no process has a matching name"};
    case Target::Kind::cgroup:
      return {TC_TARGET_CGROUP, set_cgroup, "no task is in the cgroup or its descendants"};
    case Target::Kind::machine:
      return {TC_TARGET_MACHINE, nothing_to_set, "the task iterator found no task"};
    case Target::Kind::processes:
      break;
  }
  return {TC_TARGET_PROCESSES, nothing_to_set, ""};
}

// The ledger flags that say which children of a task are observed as well.
std::uint32_t follow_flags(const Target& target) {
  if (target.kind == Target::Kind::tasks) {
    return 0;
  }
  const bool threads_alone = target.kind == Target::Kind::processes && !target.children;
  return threads_alone ? TC_LEDGER_FOLLOW_THREADS : TC_LEDGER_FOLLOW;
}

}  // namespace

Result<std::uint64_t> adopt_arrivals(const Probes& probes) {
  auto& shared = probes.shared();
  std::uint64_t adopted = 0;
  // A thread without a ledger may start another thread that the iterator misses: repeat until no new task is found.
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

Result<Adoption> adopt_tasks(const Probes& probes, const Target& target) {
  const KindTraits traits = traits_of(target.kind);
  const bool by_id = target.kind == Target::Kind::processes || target.kind == Target::Kind::tasks;
  Adoption adoption;
  std::vector<NamedId> named;
  if (by_id) {
    auto ids = set_ids(probes, target, adoption);
    if (!ids) {
      return ids.error();
    }
    named = *std::move(ids);
  } else if (auto status = traits.set(probes, target); !status) {
    return status.error();
  }
  probes.object().data->follow = follow_flags(target);
  probes.shared().target_kind = traits.raw;
  const auto adopted = adopt_arrivals(probes);
  if (!adopted) {
    return adopted.error();
  }
  adoption.tasks = *adopted;
  if (adoption.tasks == 0 && probes.shared().losses[TC_LOSS_MISSED_LEDGERS] > 0) {
    return Error{"cannot observe the target", "it has too many tasks", "raise --max-tasks"};
  }
  if (adoption.tasks == 0) {
    return by_id ? none_seen_error(target, named) : Error{"cannot observe the target", traits.none_found, ""};
  }
  add_unseen(probes, target, named, adoption);
  return adoption;
}

}  // namespace taskcost
