// SPDX-License-Identifier: Apache-2.0
#include "symbols/own_vdso.h"

#include <elf.h>
#include <sys/auxv.h>

namespace taskcost {

std::span<const std::byte> own_vdso_image() {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): getauxval() returns an address as a number
  const auto* const image = reinterpret_cast<const std::byte*>(getauxval(AT_SYSINFO_EHDR));
  if (image == nullptr) {
    return {};
  }
  // Its sections lie behind its segments, and the section headers behind those.
  const auto* const header = reinterpret_cast<const Elf64_Ehdr*>(image);
  return {image, header->e_shoff + std::size_t{header->e_shnum} * header->e_shentsize};
}

}  // namespace taskcost
