// SPDX-License-Identifier: Apache-2.0
//
// The processes of a session as a tree in the order of reading, with look-alikes in one place: a shell script runs
// hundreds of the same command.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "report/sections/section.h"
#include "taskcost/account.h"

namespace taskcost::sections {

// One process, or siblings without children that have the name, the origin, the end and the number of threads in
// common.
struct FamilyMember {
  std::vector<const Process*> processes;  // not empty, by birth
  std::size_t depth = 0;

  [[nodiscard]] const Process& first() const { return *processes.front(); }
  [[nodiscard]] bool is_group() const { return processes.size() > 1; }
  [[nodiscard]] Duration lifetime() const;  // these are sums
  [[nodiscard]] Account account() const;
  [[nodiscard]] std::size_t tasks() const;
};

// Without kernel threads. Parents before their children. A process whose parent is unknown stands at depth 0. `session`
// must outlive the result.
std::vector<FamilyMember> family_of(const Session& session, bool grouped);

// "1.52 s", with `<` before it when it lived before the window and `>` behind it when it outlived it. Padded, so that
// figures with and without a mark end in the same column.
Cell lifetime_cell(Duration lifetime, bool open_at_start, bool open_at_end);

}  // namespace taskcost::sections
