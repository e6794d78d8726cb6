// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a process or thread that is named by its id: is it there, and why was it not found where it is.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "taskcost/result.h"

namespace taskcost {

// What the kernel tells of an id, by pidfd_open(2) and kill(2), and what /proc tells, which may hide it (hidepid).
struct IdState {
  bool exists = false;
  bool leads = false;                   // it is the id of a process, not of one of its other threads
  bool ended = false;                   // a zombie
  bool shown = false;                   // by /proc: what follows is known only then
  std::optional<pid_t> thread_group{};  // the id of its process
  bool others_live = false;             // it has ended, and other threads of its process have not
};

IdState look_at_id(pid_t id);

// Of ids that a target names.
enum class IdKind { process, task };

// Why an id is of the wrong kind. nullopt: it is not, or it is no id any more.
std::optional<Error> wrong_id(pid_t id, IdKind kind, const IdState& state);

// Why there is nothing to observe although the id may be right; empty when there is something.
std::string why_ended(IdKind kind, const IdState& state);

// Why a walk over all tasks, made in between, did not come upon it.
std::string why_unseen(IdKind kind, const IdState& before, const IdState& after);

}  // namespace taskcost
