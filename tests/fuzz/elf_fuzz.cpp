// SPDX-License-Identifier: Apache-2.0
//
// Takes any bytes as a file that a process had mapped, and any name in it as a mangled one.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "fuzz/expect.h"
#include "symbols/elf_symbols.h"

using namespace taskcost;  // NOLINT(google-build-using-namespace): a program of one file

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const RegularFile file(memfd_create("elf", MFD_CLOEXEC));
  fuzz::expect(file && write(file.get(), data, size) == static_cast<ssize_t>(size), "there is memory for the file");
  const auto symbols = ElfSymbols::read(file, "/proc/no-such-directory/file", {});
  if (!symbols) {
    fuzz::expect(!to_line(symbols.error()).empty(), "an error has words");
    return 0;
  }
  for (std::uint64_t offset = 0; offset < size; offset += 16) {
    const std::string name = symbols->find(offset);
    fuzz::expect(name.size() <= size && demangle(name).size() < 2048, "a name is of bounded length");
  }
  (void)symbols->find(~std::uint64_t{0});
  return 0;
}
