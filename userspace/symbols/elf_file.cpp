// SPDX-License-Identifier: Apache-2.0
#include "symbols/elf_file.h"

#include <gelf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace taskcost {
namespace {

constexpr std::uint64_t most_table_bytes = std::uint64_t{1} << 30;

Error refused_elf(const char* why) { return {"cannot read an ELF file", why, ""}; }

// libelf reserves memory for as many sections as a file says to have, if it says so in the extended way.
template <typename Header>
bool has_many_headers(const Header& header) {
  return (header.e_shoff != 0 && header.e_shnum == 0) || header.e_phnum == PN_XNUM;
}

template <typename Header>
bool has_many_headers(std::span<const std::byte> begin) {
  Header header{};
  if (begin.size() < sizeof(header)) {
    return false;
  }
  std::memcpy(&header, begin.data(), sizeof(header));
  return has_many_headers(header);
}

bool is_table(const GElf_Shdr& section) {
  switch (section.sh_type) {
    case SHT_SYMTAB:
    case SHT_DYNSYM:
    case SHT_SYMTAB_SHNDX:
    case SHT_STRTAB:
    case SHT_DYNAMIC:
    case SHT_NOTE:
      return true;
    default:
      return false;
  }
}

template <typename Visit>
void visit_sections(Elf* elf, Visit&& visit) {
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr; section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) != nullptr) {
      visit(header);
    }
  }
}

template <typename Visit>
void visit_small_segments(Elf* elf, Visit&& visit) {
  std::size_t count = 0;
  elf_getphdrnum(elf, &count);
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, static_cast<int>(i), &header) != nullptr &&
        (header.p_type == PT_NOTE || header.p_type == PT_DYNAMIC)) {
      visit(header);
    }
  }
}

bool has_large_tables(Elf* elf) {
  std::uint64_t bytes = 0;
  const auto add = [&bytes](std::uint64_t more) { bytes += std::min(more, most_table_bytes + 1); };
  visit_sections(elf, [&add](const GElf_Shdr& header) { add(is_table(header) ? header.sh_size : 0); });
  visit_small_segments(elf, [&add](const GElf_Phdr& header) { add(header.p_filesz); });
  return bytes > most_table_bytes;
}

template <typename Open>
Result<ElfHandle> open_elf(std::span<const std::byte> begin, Open open) {
  if (begin.size() < EI_NIDENT || std::memcmp(begin.data(), ELFMAG, SELFMAG) != 0) {
    return refused_elf("not an ELF file");
  }
  const bool is_32_bit = begin[EI_CLASS] == std::byte{ELFCLASS32};
  if (is_32_bit ? has_many_headers<Elf32_Ehdr>(begin) : has_many_headers<Elf64_Ehdr>(begin)) {
    return refused_elf("more than 65,279 sections or segments");
  }
  elf_version(EV_CURRENT);
  ElfHandle elf(open(), elf_end);
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF) {
    return refused_elf("not an ELF file");
  }
  if (has_large_tables(elf.get())) {
    return refused_elf("tables of more than 1 GiB");
  }
  return elf;
}

class SymbolCopy {
 public:
  SymbolCopy(const RegularFile& from, Elf* elf) : from_(from), elf_(elf), to_(memfd_create("symbols", MFD_CLOEXEC)) {}

  Result<RegularFile> make() {
    if (!to_ || ftruncate(to_.get(), from_.status().st_size) != 0 || !add_headers()) {
      return refused_elf(std::strerror(errno));
    }
    bool is_whole = true;
    std::size_t names = 0;
    elf_getshdrstrndx(elf_, &names);
    visit_sections(elf_, [&](const GElf_Shdr& header) {
      if (is_table(header) || is_gnu_extra(header, names)) {
        is_whole = is_whole && add(header.sh_offset, header.sh_size);
      }
    });
    visit_small_segments(
        elf_, [&](const GElf_Phdr& header) { is_whole = is_whole && add(header.p_offset, header.p_filesz); });
    return is_whole ? Result<RegularFile>(std::move(to_)) : refused_elf(std::strerror(errno));
  }

 private:
  bool add_headers() {
    GElf_Ehdr header;
    if (gelf_getehdr(elf_, &header) == nullptr) {
      errno = EINVAL;
      return false;
    }
    if (header.e_shnum == 0) {
      // The dynamic segment says where the symbols are, which may be anywhere.
      return add(0, static_cast<std::uint64_t>(from_.status().st_size));
    }
    return add(0, sizeof(Elf64_Ehdr)) &&
           add(header.e_phoff, gelf_fsize(elf_, ELF_T_PHDR, header.e_phnum, EV_CURRENT)) &&
           add(header.e_shoff, gelf_fsize(elf_, ELF_T_SHDR, header.e_shnum, EV_CURRENT));
  }

  // The link to a debug file, and compressed symbols (.gnu_debugdata).
  bool is_gnu_extra(const GElf_Shdr& header, std::size_t names) {
    const char* const name = header.sh_type == SHT_PROGBITS && (header.sh_flags & SHF_ALLOC) == 0
                                 ? elf_strptr(elf_, names, header.sh_name)
                                 : nullptr;
    return name != nullptr && std::string_view(name).starts_with(".gnu");
  }

  bool add(std::uint64_t at, std::uint64_t size) {
    if (size > most_table_bytes - copied_) {
      errno = EFBIG;
      return false;
    }
    copied_ += size;
    for (const std::uint64_t end = at + size; at < end;) {
      const ssize_t got =
          pread(from_.get(), buffer_.data(), std::min<std::uint64_t>(end - at, buffer_.size()), static_cast<off_t>(at));
      if (got <= 0) {
        return true;
      }
      if (pwrite(to_.get(), buffer_.data(), static_cast<std::size_t>(got), static_cast<off_t>(at)) != got) {
        return false;
      }
      at += static_cast<std::uint64_t>(got);
    }
    return true;
  }

  const RegularFile& from_;
  Elf* elf_;
  RegularFile to_;
  std::vector<char> buffer_ = std::vector<char>(256 * 1024);
  std::uint64_t copied_ = 0;
};

}  // namespace

Result<ElfHandle> open_elf(int file) {
  std::vector<std::byte> begin(sizeof(Elf64_Ehdr));
  begin.resize(static_cast<std::size_t>(std::max<ssize_t>(pread(file, begin.data(), begin.size(), 0), 0)));
  return open_elf(begin, [file] { return elf_begin(file, ELF_C_READ, nullptr); });
}

Result<ElfHandle> open_elf(std::span<const std::byte> image) {
  // libelf writes to an image only when it is told to update it.
  auto* const bytes = const_cast<char*>(reinterpret_cast<const char*>(image.data()));
  return open_elf(image, [&] { return elf_memory(bytes, image.size()); });
}

Result<RegularFile> copy_symbols(const RegularFile& file) {
  auto elf = open_elf(file.get());
  return elf ? SymbolCopy(file, elf->get()).make() : Result<RegularFile>(elf.error());
}

}  // namespace taskcost
