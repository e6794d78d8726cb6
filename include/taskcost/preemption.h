// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/utsname.h>

#include <string>
#include <string_view>

#include "taskcost/read_text.h"

namespace taskcost {

// Whether the kernel may give the CPU to another task in the middle of what it does for one. Its build tells, and where
// that is decided at boot, debugfs.
inline bool kernel_is_preemptible() {
  utsname host{};
  uname(&host);
  const std::string_view version = host.version;
  if (version.find("PREEMPT_DYNAMIC") == std::string_view::npos) {
    return version.find("PREEMPT") != std::string_view::npos;
  }
  // "none voluntary (full) lazy": the one in brackets.
  const std::string model = read_text("/sys/kernel/debug/sched/preempt");
  return model.find("(none)") == std::string::npos && model.find("(voluntary)") == std::string::npos;
}

}  // namespace taskcost
