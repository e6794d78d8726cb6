// SPDX-License-Identifier: Apache-2.0
//
// The one way to open ELF files of observed programs. Such a file can be cut off while it is read, and a mapping of
// what was cut off ends the process that reads it with SIGBUS. So no file is mapped: libelf reads it, and libdwfl,
// which maps what it is given, is given a copy.
#pragma once

#include <libelf.h>

#include <cstddef>
#include <memory>
#include <span>

#include "base/result.h"
#include "symbols/regular_file.h"

namespace taskcost {

using ElfHandle = std::unique_ptr<Elf, int (*)(Elf*)>;

// The descriptor outlives the handle. Errors: it is no ELF file, or one that needs too much memory: it has more than
// 65,279 sections or segments, or its tables of symbols and names, which libelf loads as a whole, exceed 1 GiB.
Result<ElfHandle> open_elf(int file);
// A whole file in memory, as the vDSO.
Result<ElfHandle> open_elf(std::span<const std::byte> image);

// Copies the headers, the symbols and the notes of an ELF file to a memfd of the same size, without its code and data.
// What is cut off meanwhile reads as zeros. Errors: those of open_elf(), or there is no memory.
Result<RegularFile> copy_symbols(const RegularFile& file);

}  // namespace taskcost
