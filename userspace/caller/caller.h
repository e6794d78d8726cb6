// SPDX-License-Identifier: Apache-2.0
//
// Who called the tool, and what they handed to it: a launched command and output files are theirs.
#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

#include "taskcost/result.h"

namespace taskcost {

struct Caller {
  uid_t uid;
  gid_t gid;
};

// Who called sudo. nullopt: it was not sudo that started this process, it was root who called it, or this process is
// not root.
std::optional<Caller> caller_of_sudo();

// Error: the program file has a set-user-ID or set-group-ID bit, and works for whoever called it with rights of
// another.
Status check_no_borrowed_rights();

// Fills standard streams that the caller closed, so that nothing which is opened later becomes one. Reading, writing
// and exec treat them as closed.
void occupy_closed_streams();

// To be asked before anything is opened: they are the caller's then.
std::vector<int> open_descriptors();

}  // namespace taskcost
