// SPDX-License-Identifier: Apache-2.0
//
// Finds the debug file of a stripped ELF file on this machine, by build id or .gnu_debuglink. libdwfl's own search is
// not used, because it asks debuginfod servers, and a measurement must not wait for a network.
#pragma once

#include <elfutils/libdwfl.h>

#include <string>
#include <vector>

#include "symbols/process_roots.h"
#include "symbols/regular_file.h"

namespace taskcost {

// Returns the build id in hexadecimal; empty if the file has none.
std::string read_build_id(Elf* elf);
std::string read_build_id(const RegularFile& file);

struct DebugLink {
  std::string name;  // hostile
  GElf_Word checksum = 0;
};

// Searches `directories` in order, and for a link also the directory of the file: first in the root of the process that
// mapped the file, then in ours. The result is closed if there is no such file.
RegularFile find_debug_file(const std::string& path, const std::string& build_id, const DebugLink& link,
                            const std::vector<std::string>& directories, const Root& root = {});

}  // namespace taskcost
