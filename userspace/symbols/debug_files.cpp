// SPDX-License-Identifier: Apache-2.0
#include "symbols/debug_files.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <utility>

#include "symbols/elf_file.h"

namespace taskcost {
namespace {

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1) != 0 ? value >> 1 ^ 0xedb88320U : value >> 1;
    }
    table[i] = value;
  }
  return table;
}

// .gnu_debuglink has the CRC-32 of zlib.
bool has_checksum(const RegularFile& file, GElf_Word checksum) {
  static constexpr auto table = make_crc_table();
  // The observed program's file chose this path: do not read for ever.
  constexpr off_t largest = off_t{4} << 30;
  if (file.status().st_size > largest) {
    return false;
  }
  std::vector<unsigned char> buffer(64 * 1024);
  std::uint32_t sum = ~0U;
  off_t at = 0;
  for (ssize_t got = 0; (got = pread(file.get(), buffer.data(), buffer.size(), at)) > 0; at += got) {
    for (ssize_t i = 0; i < got; ++i) {
      sum = sum >> 8 ^ table[(sum ^ buffer[static_cast<std::size_t>(i)]) & 0xff];
    }
  }
  return ~sum == checksum;
}

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

RegularFile find_below(const Root& root, const std::string& path, const std::string& build_id, const DebugLink& link,
                       const std::vector<std::string>& directories) {
  const FileLook look{.root = descriptor_of(root)};
  if (build_id.size() > 2) {
    for (const std::string& directory : directories) {
      RegularFile file(directory + "/.build-id/" + build_id.substr(0, 2) + "/" + build_id.substr(2) + ".debug", look);
      if (file && read_build_id(file) == build_id) {
        return file;
      }
    }
  }
  // The link must be a file name: with a slash it could lead out of the directories.
  if (link.name.empty() || link.name.find('/') != std::string::npos) {
    return {};
  }
  const std::string beside = parent_of(path);
  std::vector<std::string> candidates = {beside, beside + "/.debug"};
  for (const std::string& directory : directories) {
    candidates.push_back(directory + beside);
  }
  for (const std::string& candidate : candidates) {
    RegularFile file(candidate + "/" + link.name, look);
    if (file && has_checksum(file, link.checksum)) {
      return file;
    }
  }
  return {};
}

}  // namespace

std::string read_build_id(Elf* elf) {
  const void* bytes = nullptr;
  const ssize_t size = dwelf_elf_gnu_build_id(elf, &bytes);
  std::string text;
  for (ssize_t i = 0; i < size; ++i) {
    constexpr const char* digits = "0123456789abcdef";
    const unsigned byte = static_cast<const unsigned char*>(bytes)[i];
    text += digits[byte >> 4];
    text += digits[byte & 0xf];
  }
  return text;
}

std::string read_build_id(const RegularFile& file) {
  const auto elf = open_elf(file.get());
  return elf ? read_build_id(elf->get()) : std::string();
}

RegularFile find_debug_file(const std::string& path, const std::string& build_id, const DebugLink& link,
                            const std::vector<std::string>& directories, const Root& root) {
  RegularFile file = root ? find_below(root, path, build_id, link, directories) : RegularFile();
  return file ? std::move(file) : find_below(Root(), path, build_id, link, directories);
}

}  // namespace taskcost
