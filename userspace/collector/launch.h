// SPDX-License-Identifier: Apache-2.0
//
// Starts a command as a child of this process, with everything prepared before the fork: what is done after it becomes
// part of the command's account.
#pragma once

#include <sys/types.h>

#include "taskcost/collector.h"
#include "taskcost/result.h"

namespace taskcost {

// Returns when the command's program runs. Errors carry the status that a shell would give: 127 not found, 126 found
// but not to be executed. The child is reaped then.
Result<pid_t> start_command(const Command& command);

// A command that cannot be observed is not left to run unobserved. Gives the reason back.
Error kill_command(pid_t command, Error reason);

}  // namespace taskcost
