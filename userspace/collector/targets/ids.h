// SPDX-License-Identifier: Apache-2.0
//
// Says why the process or thread with a given id cannot be observed.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"

namespace taskcost {

// The kernel answers for an id by pidfd_open(2) and kill(2), even where /proc hides it (hidepid).
struct IdState {
  bool exists = false;
  bool leads = false;                   // a thread group leader: the id is that of a process
  bool ended = false;                   // a zombie
  bool shown = false;                   // /proc shows it; the fields below are known only then
  std::optional<pid_t> thread_group{};  // the id of its process
  bool others_live = false;             // it has ended, but other threads of its process have not
};

IdState inspect_id(pid_t id);

// -p takes the id of a process, -t that of a single task.
enum class IdKind { process, task };

// Returns the error for an id of the wrong kind. nullopt: the kind is right, or the id does not exist.
std::optional<Error> wrong_id(pid_t id, IdKind kind, const IdState& state);

// Says why there is nothing to observe although the kind is right; empty if there is something.
std::string why_ended(IdKind kind, const IdState& state);

// Says why the task iterator, which ran between `before` and `after`, did not find the task.
std::string why_unseen(IdKind kind, const IdState& before, const IdState& after);

}  // namespace taskcost
