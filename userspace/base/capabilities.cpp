// SPDX-License-Identifier: Apache-2.0
#include "base/capabilities.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace taskcost {
namespace {

using Sets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

// In both calls, process 0 is the calling thread.
bool read_sets(Sets& sets) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  return syscall(SYS_capget, &header, sets.data()) == 0;
}

bool write_sets(const Sets& sets) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  return syscall(SYS_capset, &header, sets.data()) == 0;
}

}  // namespace

bool has_capability(unsigned capability) {
  Sets sets{};
  return read_sets(sets) && (sets[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability)) != 0;
}

bool keep_capabilities_of(Phase phase) {
  (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  Sets sets{};
  if (!read_sets(sets)) {
    return false;
  }
  constexpr std::array<unsigned, 3> included_in_admin{CAP_BPF, CAP_PERFMON, CAP_CHECKPOINT_RESTORE};
  const bool needs_admin = std::ranges::any_of(included_in_admin, [&sets](unsigned capability) {
    return (sets[CAP_TO_INDEX(capability)].permitted & CAP_TO_MASK(capability)) == 0;
  });
  std::array<__u32, _LINUX_CAPABILITY_U32S_3> kept{};
  for (const KeptCapability& each : kept_capabilities) {
    if (each.until >= phase && (each.number != CAP_SYS_ADMIN || needs_admin)) {
      kept[CAP_TO_INDEX(each.number)] |= CAP_TO_MASK(each.number);
    }
  }
  for (std::size_t word = 0; word < sets.size(); ++word) {
    sets[word].effective &= kept[word];
    sets[word].permitted &= kept[word];
    sets[word].inheritable &= kept[word];
  }
  return write_sets(sets);
}

}  // namespace taskcost
