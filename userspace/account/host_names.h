// SPDX-License-Identifier: Apache-2.0
//
// Names that only the observed machine knows, as it knew them at the end of the window.
#pragma once

#include <map>
#include <string>

#include "account/account.h"

namespace taskcost {

// The keys are decimal numbers. A number without a name is missing.
struct HostNames {
  std::map<std::string, std::string> users;    // by uid
  std::map<std::string, std::string> cgroups;  // paths by id; hostile
  std::map<std::string, std::string> wakers;   // names of tasks that are not observed, by tid; hostile
  // Paths by id, in the hierarchy of the CPU controller if that is one of version 1; hostile.
  std::map<std::string, std::string> cpu_cgroups{};
};

// Calls `visit` with each waker of the edges and chains.
template <typename AnySession, typename Visit>
void for_each_waker(AnySession& session, const Visit& visit) {
  for (auto& edge : session.edges) {
    visit(edge.from);
  }
  for (auto& chain : session.chains) {
    for (auto& link : chain) {
      visit(link.waker);
    }
  }
}

// Empty if the number has no name.
std::string name_in(const std::map<std::string, std::string>& names, std::uint64_t number);

// Names users, cgroups and wakers of the session; a number without a name becomes empty.
void set_names(Session& session, const HostNames& names);
// The names that set_names() has set.
HostNames names_in(const Session& session);

}  // namespace taskcost
