// SPDX-License-Identifier: Apache-2.0
#include "symbols/needed_libraries.h"

#include <gelf.h>

#include "symbols/elf_file.h"

namespace taskcost {
namespace {

constexpr std::size_t most = 256;

void append_needed(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, std::vector<std::string>& names) {
  Elf_Data* const data = elf_getdata(section, nullptr);
  GElf_Dyn entry{};
  for (int i = 0; names.size() < most && data != nullptr && gelf_getdyn(data, i, &entry) != nullptr; ++i) {
    if (entry.d_tag == DT_NULL) {
      return;
    }
    const char* const name = entry.d_tag == DT_NEEDED ? elf_strptr(elf, header.sh_link, entry.d_un.d_val) : nullptr;
    if (name != nullptr) {
      names.emplace_back(name);
    }
  }
}

}  // namespace

std::vector<std::string> needed_libraries(int file) {
  std::vector<std::string> names;
  const auto elf = open_elf(file);
  for (Elf_Scn* section = elf ? elf_nextscn(elf->get(), nullptr) : nullptr; section != nullptr;
       section = elf_nextscn(elf->get(), section)) {
    GElf_Shdr header{};
    if (gelf_getshdr(section, &header) != nullptr && header.sh_type == SHT_DYNAMIC) {
      append_needed(elf->get(), section, header, names);
    }
  }
  return names;
}

}  // namespace taskcost
