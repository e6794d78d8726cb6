// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/utsname.h>

#include <string>
#include <string_view>

#include "base/read_text.h"

namespace taskcost {

// True if the kernel may preempt a task in the middle of kernel code (CONFIG_PREEMPT). The version string says so, and
// with CONFIG_PREEMPT_DYNAMIC, which decides at boot, debugfs.
inline bool kernel_is_preemptible() {
  utsname host{};
  uname(&host);
  const std::string_view version = host.version;
  if (version.find("PREEMPT_DYNAMIC") == std::string_view::npos) {
    return version.find("PREEMPT") != std::string_view::npos;
  }
  // The text is "none voluntary (full) lazy": the model in parentheses is active.
  const std::string model = read_text("/sys/kernel/debug/sched/preempt");
  return model.find("(none)") == std::string::npos && model.find("(voluntary)") == std::string::npos;
}

// True if most interrupt handlers and softirqs run in threads (CONFIG_PREEMPT_RT).
inline bool kernel_is_realtime() {
  utsname host{};
  uname(&host);
  return std::string_view(host.version).find("PREEMPT_RT") != std::string_view::npos;
}

}  // namespace taskcost
