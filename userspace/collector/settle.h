// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

namespace taskcost {

// Gives tasks that are on their last steps a short time to take them: returns when `settled` holds, or that time is
// over.
void settle(const std::function<bool()>& settled);

}  // namespace taskcost
