// SPDX-License-Identifier: Apache-2.0
#include "symbols/eh_frame.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace taskcost {
namespace {

constexpr std::uint64_t most_bytes = 64U << 20;
constexpr std::uint64_t most_file_bytes = std::uint64_t{4} << 30;
constexpr std::size_t most_code = 64;         // linkers make 1 to 3 segments
constexpr std::size_t most_headers = 0xff00;  // from here on ELF counts in another way

Error malformed(const char* why) { return no_unwind_table(std::string(".eh_frame is malformed: ") + why); }

class Reader {
 public:
  Reader(Elf* elf, std::uint64_t size) : elf_(elf), file_size_(std::min(size, most_file_bytes - 1)) {}

  Result<EhFrame> read() {
    if (auto good = check_file(); !good) {
      return good.error();
    }
    read_code();
    if (frame_.code.empty() || frame_.code.size() > most_code) {
      return no_unwind_table(frame_.code.empty() ? "no executable segment" : "too many executable segments");
    }
    find_entry();
    if (auto found = find_section(); !found) {
      return found.error();
    }
    if (auto all = read_entries(); !all) {
      return all.error();
    }
    if (frame_.registers.is_arm64) {
      find_sigreturn();
    }
    return std::move(frame_);
  }

 private:
  Status check_file() {
    GElf_Ehdr header;
    const char* ident = elf_getident(elf_, nullptr);
    if (ident == nullptr || elf_kind(elf_) != ELF_K_ELF || gelf_getehdr(elf_, &header) == nullptr) {
      return no_unwind_table("not an ELF file");
    }
    if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB) {
      return no_unwind_table("not a 64-bit little-endian ELF file");
    }
    if (header.e_machine != EM_X86_64 && header.e_machine != EM_AARCH64) {
      return no_unwind_table("code of another machine (" + std::to_string(header.e_machine) + ")");
    }
    frame_.registers = header.e_machine == EM_AARCH64 ? arm64_registers : x86_64_registers;
    return Done{};
  }

  template <typename Visit>
  void visit_segments(Visit&& visit) {
    std::size_t count = 0;
    elf_getphdrnum(elf_, &count);
    for (std::size_t i = 0; i < std::min(count, most_headers); ++i) {
      GElf_Phdr header;
      if (gelf_getphdr(elf_, static_cast<int>(i), &header) != nullptr) {
        visit(header);
      }
    }
  }

  [[nodiscard]] std::uint64_t clip(std::uint64_t offset, std::uint64_t size) const {
    return offset < file_size_ ? std::min(size, file_size_ - offset) : 0;
  }

  void read_code() {
    visit_segments([this](const GElf_Phdr& header) {
      const std::uint64_t size = clip(header.p_offset, header.p_filesz);
      if (header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0 && size > 0) {
        frame_.code.push_back({header.p_offset, size, header.p_vaddr});
      }
    });
  }

  void find_entry() {
    GElf_Ehdr header;
    if (gelf_getehdr(elf_, &header) == nullptr) {
      return;
    }
    for (const CodeSegment& code : frame_.code) {
      if (header.e_entry >= code.address && header.e_entry - code.address < code.size) {
        frame_.entry = static_cast<std::uint32_t>(code.offset + (header.e_entry - code.address));
      }
    }
  }

  Status find_section() {
    std::size_t names = 0;
    if (elf_getshdrstrndx(elf_, &names) == 0) {
      for (Elf_Scn* section = elf_nextscn(elf_, nullptr); section != nullptr; section = elf_nextscn(elf_, section)) {
        GElf_Shdr header;
        const char* name =
            gelf_getshdr(section, &header) == nullptr ? nullptr : elf_strptr(elf_, names, header.sh_name);
        if (name != nullptr && std::string_view(name) == ".eh_frame") {
          return header.sh_type == SHT_NOBITS ? Status(no_unwind_table("a debug file, without .eh_frame"))
                                              : read_bytes(header.sh_offset, header.sh_size, header.sh_addr);
        }
      }
    }
    return find_by_segment();
  }

  // Without section headers, .eh_frame_hdr says where .eh_frame begins, and a terminator where it ends.
  Status find_by_segment() {
    std::optional<std::uint64_t> begin;
    visit_segments([&](const GElf_Phdr& header) {
      if (header.p_type == PT_GNU_EH_FRAME) {
        begin = read_frame_pointer(header);
      }
    });
    std::optional<GElf_Phdr> segment;
    visit_segments([&](const GElf_Phdr& header) {
      if (begin && header.p_type == PT_LOAD && *begin >= header.p_vaddr && *begin - header.p_vaddr < header.p_filesz) {
        segment = header;
      }
    });
    if (!segment) {
      return no_unwind_table("no .eh_frame");
    }
    ends_at_zero_ = true;
    const std::uint64_t skipped = *begin - segment->p_vaddr;
    const std::uint64_t offset = segment->p_offset + skipped;
    return read_bytes(offset, std::min(clip(offset, segment->p_filesz - skipped), most_bytes), *begin);
  }

  std::optional<std::uint64_t> read_frame_pointer(const GElf_Phdr& header) {
    constexpr std::uint64_t size = 12;
    constexpr std::uint64_t encodings = 4;  // with the version before
    const Elf_Data* data = elf_getdata_rawchunk(elf_, static_cast<std::int64_t>(header.p_offset), size, ELF_T_BYTE);
    if (data == nullptr || data->d_size != size) {
      return std::nullopt;
    }
    CfiBytes bytes({static_cast<const std::uint8_t*>(data->d_buf), size});
    const auto version = bytes.fixed(1);
    const auto encoding = static_cast<std::uint8_t>(bytes.fixed(1));
    (void)bytes.fixed(2);
    const auto pointer = bytes.pointer(encoding, header.p_vaddr + encodings);
    return version == 1 && !bytes.failed() ? pointer : std::nullopt;
  }

  Status read_bytes(std::uint64_t offset, std::uint64_t size, std::uint64_t address) {
    if (size > most_bytes) {
      return no_unwind_table(".eh_frame is larger than 64 MiB");
    }
    if (size == 0) {
      return Done{};
    }
    if (clip(offset, size) != size) {
      return malformed("it is not in the file");
    }
    data_ = elf_getdata_rawchunk(elf_, static_cast<std::int64_t>(offset), size, ELF_T_BYTE);
    if (data_ == nullptr || data_->d_buf == nullptr || data_->d_size != size) {
      return no_unwind_table(std::string("cannot read .eh_frame: ") + elf_errmsg(-1));
    }
    frame_.bytes = {static_cast<const std::uint8_t*>(data_->d_buf), size};
    frame_.address = address;
    return Done{};
  }

  Status read_entries() {
    const auto* ident = reinterpret_cast<const unsigned char*>(elf_getident(elf_, nullptr));
    Dwarf_Off at = 0;
    while (at + sizeof(std::uint32_t) <= frame_.bytes.size()) {
      if (std::ranges::all_of(frame_.bytes.subspan(at, sizeof(std::uint32_t)), [](auto byte) { return byte == 0; })) {
        if (ends_at_zero_) {
          break;
        }
        at += sizeof(std::uint32_t);  // a terminator; the linker can have put more behind it
        continue;
      }
      Dwarf_Off next = 0;
      Dwarf_CFI_Entry entry;
      if (dwarf_next_cfi(ident, data_, true, at, &next, &entry) != 0 || next <= at) {
        return malformed("an entry is cut off or of an unknown version");
      }
      auto good = dwarf_cfi_cie_p(&entry) ? read_common(at, entry.cie) : read_function(entry.fde);
      if (!good) {
        return good;
      }
      at = next;
    }
    return Done{};
  }

  [[nodiscard]] std::uint64_t address_of(const std::uint8_t* position) const {
    return frame_.address + static_cast<std::uint64_t>(position - frame_.bytes.data());
  }

  Status read_common(Dwarf_Off at, const Dwarf_CIE& cie) {
    CfiCommon common;
    common.code_factor = cie.code_alignment_factor;
    common.data_factor = cie.data_alignment_factor;
    common.is_other_link = cie.return_address_register != frame_.registers.return_address;
    const std::string_view augmentation = cie.augmentation;
    common.is_sized = augmentation.starts_with('z');
    if (!common.is_sized && !augmentation.empty()) {
      return malformed("the augmentation of a CIE is not known");
    }
    if (common.is_sized && !read_augmentation(common, augmentation.substr(1), cie)) {
      return malformed("the augmentation of a CIE");
    }
    const auto size = cie.initial_instructions_end - cie.initial_instructions;
    if (size < 0) {
      return malformed("a CIE is cut off");
    }
    CfiProgram program(frame_.registers, common, {cie.initial_instructions, static_cast<std::size_t>(size)}, 0, 0);
    const auto stop = program.run();
    if (stop == CfiProgram::Stop::malformed || stop == CfiProgram::Stop::advanced) {
      return malformed(stop == CfiProgram::Stop::advanced ? "a CIE has locations" : program.why());
    }
    common.is_unknown = stop == CfiProgram::Stop::unknown_instruction;
    common.initial = program.state();
    common_at_.emplace(at, static_cast<std::uint32_t>(frame_.commons.size()));
    frame_.commons.push_back(common);
    return Done{};
  }

  bool read_augmentation(CfiCommon& common, std::string_view letters, const Dwarf_CIE& cie) {
    if (cie.augmentation_data == nullptr) {
      return letters.empty();
    }
    CfiBytes data({cie.augmentation_data, cie.augmentation_data_size});
    for (const char letter : letters) {
      if (letter == 'R') {
        common.pointer_encoding = static_cast<std::uint8_t>(data.fixed(1));
      } else if (letter == 'L') {
        (void)data.fixed(1);
      } else if (letter == 'P') {
        const auto encoding = static_cast<std::uint8_t>(data.fixed(1));
        if (!data.pointer(encoding & ~DW_EH_PE_indirect, 0)) {
          return false;
        }
      } else if (letter == 'S') {
        common.is_signal = true;
      } else if (letter != 'B' && letter != 'G') {  // arm64: how return addresses are signed, and memory is tagged
        break;
      }
    }
    return !data.failed();
  }

  Status read_function(const Dwarf_FDE& fde) {
    const auto found = common_at_.find(fde.CIE_pointer);
    if (found == common_at_.end() || fde.end < fde.start) {
      return malformed("an FDE has no CIE");
    }
    const CfiCommon& common = frame_.commons[found->second];
    CfiBytes bytes({fde.start, static_cast<std::size_t>(fde.end - fde.start)});
    const auto address = bytes.pointer(common.pointer_encoding, address_of(fde.start));
    constexpr std::uint8_t size_format = 0x07;  // a size is unsigned
    const auto size = bytes.pointer(common.pointer_encoding & size_format, 0);
    if (common.is_sized) {
      (void)bytes.bytes(bytes.uleb());
    }
    if (bytes.failed() || !address || !size) {
      return malformed(bytes.failed() ? "an FDE is cut off" : "the encoding of a pointer is not supported");
    }
    keep(*address, *size, found->second, bytes);
    return Done{};
  }

  void keep(std::uint64_t address, std::uint64_t size, std::uint32_t common, const CfiBytes& instructions) {
    for (const CodeSegment& code : frame_.code) {
      const std::uint64_t inside = address - code.address;
      if (address >= code.address && inside < code.size && size > 0) {
        const std::uint64_t from = code.offset + inside;
        const auto position = static_cast<std::uint32_t>(instructions.position() - frame_.bytes.data());
        frame_.functions.push_back({address, static_cast<std::uint32_t>(from),
                                    static_cast<std::uint32_t>(from + std::min(size, code.size - inside)), common,
                                    position, static_cast<std::uint32_t>(instructions.rest().size())});
        return;
      }
    }
    ++frame_.outside;
  }

  // Since v5.8 the vDSO of arm64 does not describe the code that handlers of signals return to. A nop before it is for
  // unwinders, which look up a return address - 1.
  void find_sigreturn() {
    constexpr std::uint64_t most_vdso_bytes = 64U << 10;
    // nop; mov x8, 139; svc 0
    constexpr std::array<std::uint8_t, 12> code{0x1f, 0x20, 0x03, 0xd5, 0x68, 0x11, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4};
    for (const CodeSegment& segment : frame_.code) {
      const Elf_Data* data =
          segment.size > most_vdso_bytes
              ? nullptr
              : elf_getdata_rawchunk(elf_, static_cast<std::int64_t>(segment.offset), segment.size, ELF_T_BYTE);
      if (data == nullptr || data->d_size != segment.size) {
        continue;
      }
      const std::span bytes(static_cast<const std::uint8_t*>(data->d_buf), data->d_size);
      const auto found = std::search(bytes.begin(), bytes.end(), code.begin(), code.end());
      if (found != bytes.end()) {
        frame_.commons.push_back({.is_signal = true});
        const CfiBytes no_instructions(frame_.bytes.first(0));
        keep(segment.address + static_cast<std::uint64_t>(found - bytes.begin()), code.size(),
             static_cast<std::uint32_t>(frame_.commons.size() - 1), no_instructions);
      }
    }
  }

  Elf* elf_;
  std::uint64_t file_size_;
  Elf_Data* data_ = nullptr;
  bool ends_at_zero_ = false;
  EhFrame frame_;
  std::unordered_map<Dwarf_Off, std::uint32_t> common_at_;  // by position
};

}  // namespace

Error no_unwind_table(std::string why) { return {"cannot make an unwind table", std::move(why), ""}; }

Result<EhFrame> read_eh_frame(Elf* elf, std::uint64_t size) { return Reader(elf, size).read(); }

}  // namespace taskcost
