// SPDX-License-Identifier: Apache-2.0
#include "symbols/elf_symbols.h"

#include <elfutils/libdwfl.h>
#include <gelf.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <memory>
#include <string_view>
#include <tuple>
#include <utility>

#include "symbols/debug_files.h"
#include "symbols/elf_file.h"

namespace taskcost {
namespace {

struct DwflEnd {
  void operator()(Dwfl* dwfl) const { dwfl_end(dwfl); }
};

// The argument of libdwfl's callback for debug files.
struct Search {
  std::string path;
  const std::vector<std::string>* directories = nullptr;
  Root root;
};

int find_no_elf(Dwfl_Module* /*module*/, void** /*user*/, const char* /*name*/, Dwarf_Addr /*base*/, char** /*path*/,
                Elf** /*elf*/) {
  return -1;
}

int find_debuginfo(Dwfl_Module* module, void** user, const char* /*name*/, Dwarf_Addr /*base*/, const char* /*file*/,
                   const char* link, GElf_Word checksum, char** /*found*/) {
  const auto& search = *static_cast<const Search*>(*user);
  GElf_Addr bias = 0;
  Elf* elf = dwfl_module_getelf(module, &bias);
  auto copy = copy_symbols(find_debug_file(search.path, elf == nullptr ? "" : read_build_id(elf),
                                           {link == nullptr ? "" : link, checksum}, *search.directories, search.root));
  return copy ? copy->release() : -1;
}

bool is_function(const GElf_Sym& symbol, GElf_Word section, std::string_view name) {
  const int type = GELF_ST_TYPE(symbol.st_info);
  // Functions written in assembly often have no type.
  const bool may_be = type == STT_FUNC || type == STT_GNU_IFUNC || (type == STT_NOTYPE && name[0] != '$');
  return may_be && section != SHN_UNDEF && section != SHN_ABS;
}

struct Candidate {
  GElf_Sym symbol;
  const char* name;
  GElf_Addr section_end;
};

// Among several symbols at one address, the lowest rank wins: a function before a label, a global before a local
// symbol, and the one with the fewest leading underscores.
auto symbol_rank(const GElf_Sym& symbol, std::string_view name) {
  const auto underscores = std::min(name.find_first_not_of('_'), name.size());
  return std::tuple(GELF_ST_TYPE(symbol.st_info) == STT_NOTYPE, symbol.st_size == 0,
                    GELF_ST_BIND(symbol.st_info) == STB_LOCAL, underscores);
}

}  // namespace

class ElfSymbols::Reader {
 public:
  Reader(Dwfl_Module* module, ElfSymbols& into) : module_(module), into_(into) {}

  bool read() {
    GElf_Addr bias = 0;
    Elf* elf = dwfl_module_getelf(module_, &bias);
    if (elf == nullptr) {
      return false;
    }
    into_.build_id_ = taskcost::read_build_id(elf);
    read_segments(elf);
    read_symbols();
    return true;
  }

 private:
  void read_segments(Elf* elf) {
    std::size_t count = 0;
    elf_getphdrnum(elf, &count);
    for (std::size_t i = 0; i < count; ++i) {
      GElf_Phdr header;
      if (gelf_getphdr(elf, static_cast<int>(i), &header) != nullptr && header.p_type == PT_LOAD) {
        into_.segments_.push_back({header.p_offset, header.p_filesz, header.p_vaddr});
      }
    }
  }

  void read_symbols() {
    std::vector<Candidate> found;
    const int count = dwfl_module_getsymtab(module_);
    for (int i = 0; i < count; ++i) {
      GElf_Sym symbol;
      GElf_Word section = SHN_UNDEF;
      GElf_Addr address = 0;
      Elf* elf = nullptr;
      Dwarf_Addr bias = 0;
      const char* name = dwfl_module_getsym_info(module_, i, &symbol, &address, &section, &elf, &bias);
      if (name != nullptr && *name != '\0' && is_function(symbol, section, name)) {
        symbol.st_value = address;
        found.push_back({symbol, name, symbol.st_size == 0 ? section_end(elf, section) + bias : 0});
      }
    }
    std::stable_sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
      return std::tuple(a.symbol.st_value, symbol_rank(a.symbol, a.name)) <
             std::tuple(b.symbol.st_value, symbol_rank(b.symbol, b.name));
    });
    const auto same_address = [](const Candidate& a, const Candidate& b) {
      return a.symbol.st_value == b.symbol.st_value;
    };
    found.erase(std::unique(found.begin(), found.end(), same_address), found.end());
    for (std::size_t i = 0; i < found.size(); ++i) {
      GElf_Sym& symbol = found[i].symbol;
      if (symbol.st_size == 0) {
        const GElf_Addr next = i + 1 < found.size() ? found[i + 1].symbol.st_value : found[i].section_end;
        symbol.st_size = std::max(std::min(next, found[i].section_end), symbol.st_value) - symbol.st_value;
      }
      keep(symbol, found[i].name);
    }
  }

  // Functions in assembly may have no size: they reach to the next one, but not into another section, as that of the
  // linkage table.
  static GElf_Addr section_end(Elf* elf, GElf_Word section) {
    GElf_Shdr header{};
    Elf_Scn* const found = elf == nullptr ? nullptr : elf_getscn(elf, section);
    return found != nullptr && gelf_getshdr(found, &header) != nullptr ? header.sh_addr + header.sh_size : 0;
  }

  void keep(const GElf_Sym& symbol, std::string_view name) {
    // Cut off the version, as in "memcpy@@GLIBC_2.14".
    const std::size_t version = name.find('@');
    if (version != 0) {
      name = name.substr(0, version);
    }
    if (into_.names_.size() + name.size() >= std::numeric_limits<std::uint32_t>::max()) {
      return;
    }
    into_.symbols_.push_back({symbol.st_value, symbol.st_size, static_cast<std::uint32_t>(into_.names_.size())});
    into_.names_.append(name).push_back('\0');
  }

  Dwfl_Module* module_;
  ElfSymbols& into_;
};

Result<ElfSymbols> ElfSymbols::read(const RegularFile& file, const std::string& path,
                                    const std::vector<std::string>& debug_directories, const Root& root) {
  const auto failure = [&path](const std::string& why) { return Error{"cannot read symbols of " + path, why, ""}; };
  auto copy = copy_symbols(file);
  if (!copy) {
    return failure(copy.error().why);
  }
  Dwfl_Callbacks callbacks{};
  callbacks.find_elf = find_no_elf;
  callbacks.find_debuginfo = find_debuginfo;
  callbacks.section_address = dwfl_offline_section_address;
  const std::unique_ptr<Dwfl, DwflEnd> dwfl(dwfl_begin(&callbacks));
  if (!dwfl) {
    return failure(dwfl_errmsg(-1));
  }
  dwfl_report_begin(dwfl.get());
  // The last argument keeps the addresses of the file: find() gets offsets in the file, not addresses in memory.
  Dwfl_Module* module = dwfl_report_elf(dwfl.get(), path.c_str(), path.c_str(), copy->get(), 0, true);
  if (module == nullptr) {
    return failure(dwfl_errmsg(-1));
  }
  (void)copy->release();  // libdwfl owns the descriptor now
  dwfl_report_end(dwfl.get(), nullptr, nullptr);

  Search search{path, &debug_directories, root};
  void** user = nullptr;
  dwfl_module_info(module, &user, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  *user = &search;
  ElfSymbols symbols;
  if (!Reader(module, symbols).read()) {
    return failure(dwfl_errmsg(-1));
  }
  return symbols;
}

std::optional<std::uint64_t> ElfSymbols::to_address(std::uint64_t file_offset) const {
  for (const Segment& segment : segments_) {
    if (file_offset >= segment.file_offset && file_offset - segment.file_offset < segment.size) {
      return segment.address + (file_offset - segment.file_offset);
    }
  }
  return std::nullopt;
}

std::string ElfSymbols::find(std::uint64_t file_offset) const {
  // Symbols can nest: look at this many of them for an outer function that covers the address.
  constexpr int symbols_inside = 16;
  const auto address = to_address(file_offset);
  if (!address) {
    return {};
  }
  auto after = std::upper_bound(symbols_.begin(), symbols_.end(), *address,
                                [](std::uint64_t at, const Symbol& symbol) { return at < symbol.address; });
  for (int i = 0; i <= symbols_inside && after != symbols_.begin(); ++i) {
    const Symbol& symbol = *--after;
    if (*address - symbol.address < symbol.size) {
      return names_.c_str() + symbol.name;
    }
  }
  return {};
}

}  // namespace taskcost
