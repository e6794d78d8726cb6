// SPDX-License-Identifier: Apache-2.0
//
// Starts a command as a child of this process. As much as possible is done before the fork, because what the child does
// counts for the command.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "collector/observe.h"

namespace taskcost {

// Finds the file that a shell would run. This searches PATH before the fork, because execvpe() would count a failed
// exec in each folder for the command, and would report EACCES for a folder that it cannot search. nullopt: not found.
std::optional<std::string> find_program(const std::string& name);

// Returns after the exec. Errors have the exit status of a shell: 127 if the command is not found, 126 if it cannot be
// executed. The child is reaped then.
Result<pid_t> start_command(const Command& command);

// Kills and reaps a command that cannot be observed. Returns `reason`.
Error kill_command(pid_t command, Error reason);

}  // namespace taskcost
