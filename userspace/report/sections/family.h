// SPDX-License-Identifier: Apache-2.0
//
// The processes of a session as a tree in reading order. Similar siblings form a group, because a shell script runs the
// same command hundreds of times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "account/account.h"
#include "report/sections/section.h"

namespace taskcost::sections {

// One process, or a group of siblings without children that have the same name, origin, end and number of threads.
struct FamilyMember {
  std::vector<const Process*> processes;  // not empty; sorted by start
  std::size_t depth = 0;

  [[nodiscard]] const Process& first() const { return *processes.front(); }
  [[nodiscard]] bool is_group() const { return processes.size() > 1; }
  [[nodiscard]] Duration lifetime() const;  // these three are sums
  [[nodiscard]] Account account() const;
  [[nodiscard]] std::size_t tasks() const;
};

// Leaves out kernel threads. Parents come before their children. A process with an unknown parent has depth 0.
// `session` must outlive the result.
std::vector<FamilyMember> family_of(const Session& session, bool grouped);

// "1.52 s", with `<` in front if it existed before the window, and `>` at the end if it outlived it. It is padded, so
// that figures with and without a mark are aligned.
Cell lifetime_cell(Duration lifetime, bool open_at_start, bool open_at_end);

}  // namespace taskcost::sections
