// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pwd.h>

#include <string>

#include "support/subprocess.h"

namespace taskcost::test {

// Makes the process look as under sudo: root, with the caller in the environment.
inline SpawnOptions as_sudo_by(const passwd& user) {
  SpawnOptions spawn;
  spawn.environment["SUDO_UID"] = std::to_string(user.pw_uid);
  spawn.environment["SUDO_GID"] = std::to_string(user.pw_gid);
  spawn.environment["SUDO_USER"] = user.pw_name;
  spawn.environment["SUDO_COMMAND"] = "taskcost run";
  spawn.environment["HOME"] = "/root";
  spawn.environment["USER"] = "root";
  return spawn;
}

}  // namespace taskcost::test
