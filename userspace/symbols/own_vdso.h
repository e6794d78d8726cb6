// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace taskcost {

// The vDSO of this process, an ELF file in memory; all 64-bit processes have the same. Empty if there is none.
std::span<const std::byte> own_vdso_image();

}  // namespace taskcost
