// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace taskcost {

// Becomes man(1) with this page. Returns if standard output is no terminal, or there is no man or no such page.
void show_manual_page(const std::string& name);

}  // namespace taskcost
