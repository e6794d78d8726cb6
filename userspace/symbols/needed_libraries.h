// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace taskcost {

// The names of the libraries that an ELF file asks for (DT_NEEDED), at most 256; empty if it is no such file.
std::vector<std::string> needed_libraries(int file);

}  // namespace taskcost
