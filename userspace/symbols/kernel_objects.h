// SPDX-License-Identifier: Apache-2.0
//
// Names of global variables of the kernel and its modules, from /proc/kallsyms.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace taskcost {

// The names of the variables that begin at these addresses. Others are missing: kallsyms has no sizes, not every kernel
// lists its variables there, and kernel.kptr_restrict hides all addresses.
std::map<std::uint64_t, std::string> name_kernel_objects(const std::set<std::uint64_t>& addresses,
                                                         std::string_view kallsyms);
// The same from /proc/kallsyms, which is read if there is an address.
std::map<std::uint64_t, std::string> name_kernel_objects(const std::set<std::uint64_t>& addresses);

}  // namespace taskcost
