// SPDX-License-Identifier: Apache-2.0
//
// ELF files with an .eh_frame of any bytes.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace taskcost::test {

// The code of such a file is at the same offset in it.
inline constexpr std::uint64_t text_offset = 0x1000;
inline constexpr std::uint64_t text_size = 0x1000;
inline constexpr std::uint64_t text_address = 0x401000;
inline constexpr std::uint64_t frame_offset = 0x2000;
inline constexpr std::uint64_t frame_address = 0x402000;

template <typename T>
std::string raw(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

inline std::string text_of(std::initializer_list<int> bytes) { return {bytes.begin(), bytes.end()}; }

// A CIE of the usual kind (addresses relative to their position, 4 bytes), without alignment of its end.
inline std::string cie(const std::string& instructions, const std::string& augmentation = "zR", int link = 16) {
  const std::string data = augmentation.empty() ? "" : text_of({1, 0x1b});
  const std::string rest =
      text_of({0, 0, 0, 0, 1}) + augmentation + '\0' + text_of({1, 0x78, link}) + data + instructions;
  return raw(static_cast<std::uint32_t>(rest.size())) + rest;
}

// `position`: of the FDE in the section, whose first entry is its CIE.
inline std::string fde(std::size_t position, std::uint64_t address, std::uint32_t size,
                       const std::string& instructions) {
  const std::uint64_t here = frame_address + position + 8;
  const std::string rest = raw(static_cast<std::uint32_t>(position + 4)) +
                           raw(static_cast<std::uint32_t>(address - here)) + raw(size) + '\0' + instructions;
  return raw(static_cast<std::uint32_t>(rest.size())) + rest;
}

inline std::string elf_with(const std::string& eh_frame, std::uint16_t machine = EM_X86_64, std::uint64_t entry = 0) {
  const std::string names = std::string("\0.eh_frame\0", 11);
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = machine;
  header.e_entry = entry;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phoff = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  header.e_shoff = frame_offset + eh_frame.size() + names.size();
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 3;
  header.e_shstrndx = 2;
  const Elf64_Phdr code{.p_type = PT_LOAD,
                        .p_flags = PF_R | PF_X,
                        .p_offset = text_offset,
                        .p_vaddr = text_address,
                        .p_paddr = text_address,
                        .p_filesz = text_size,
                        .p_memsz = text_size,
                        .p_align = 0x1000};
  Elf64_Shdr none{};
  Elf64_Shdr frame{};
  frame.sh_name = 1;
  frame.sh_type = SHT_PROGBITS;
  frame.sh_addr = frame_address;
  frame.sh_offset = frame_offset;
  frame.sh_size = eh_frame.size();
  Elf64_Shdr strings{};
  strings.sh_type = SHT_STRTAB;
  strings.sh_offset = frame_offset + eh_frame.size();
  strings.sh_size = names.size();
  std::string file = raw(header) + raw(code);
  file.resize(frame_offset);
  return file + eh_frame + names + raw(none) + raw(frame) + raw(strings);
}

inline std::span<const std::byte> image_of(const std::string& file) { return std::as_bytes(std::span(file)); }

}  // namespace taskcost::test
