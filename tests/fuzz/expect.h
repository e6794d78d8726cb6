// SPDX-License-Identifier: Apache-2.0
//
// Conditions that hold for any input.
#pragma once

#include <cstdlib>
#include <iostream>

namespace taskcost::fuzz {

inline void expect(bool holds, const char* what) {
  if (!holds) {
    std::cerr << "does not hold: " << what << '\n';
    std::abort();
  }
}

}  // namespace taskcost::fuzz
