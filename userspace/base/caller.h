// SPDX-License-Identifier: Apache-2.0
//
// The user who called the tool, and the descriptors that they passed to it. A launched command runs as this user, and
// output files belong to them.
#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

#include "base/result.h"

namespace taskcost {

struct Caller {
  uid_t uid;
  gid_t gid;
};

// The user who ran sudo. nullopt: this process is not root, sudo did not start it, or root ran sudo.
std::optional<Caller> caller_of_sudo();

// Error: the program file has a set-user-ID or set-group-ID bit, so that this process has privileges which its caller
// does not have.
Status check_no_borrowed_rights();

// Opens /dev/null with O_PATH for each standard stream that the caller closed, so that no file opened later gets its
// number. Reads and writes fail with EBADF as on a closed stream, and exec closes it.
void occupy_closed_streams();

// Call this before the process opens a file of its own: all open descriptors are the caller's then.
std::vector<int> open_descriptors();

}  // namespace taskcost
