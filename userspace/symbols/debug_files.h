// SPDX-License-Identifier: Apache-2.0
//
// Where the symbols of a stripped file are kept: by build id, or by .gnu_debuglink. Files of this machine only:
// libdwfl's own search would ask a debuginfod server, which must not happen while something is measured.
#pragma once

#include <elfutils/libdwfl.h>

#include <string>
#include <vector>

#include "symbols/regular_file.h"

namespace taskcost {

// Hexadecimal; empty when the file has none.
std::string build_id_of(Elf* elf);
std::string build_id_of(const RegularFile& file);

struct DebugLink {
  std::string name;  // hostile
  GElf_Word checksum = 0;
};

// `directories` are searched in order; the link also beside the file. Closed when there is no such file.
RegularFile find_debug_file(const std::string& path, const std::string& build_id, const DebugLink& link,
                            const std::vector<std::string>& directories);

}  // namespace taskcost
