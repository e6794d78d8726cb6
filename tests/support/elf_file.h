// SPDX-License-Identifier: Apache-2.0
//
// The ELF files of tests/elf, as if a process had mapped them, and their symbols according to nm.
#pragma once

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "symbols/address_space.h"

namespace taskcost::test {

inline std::string elf_path(const std::string& name) { return std::string(TASKCOST_ELF_DIR) + "/" + name; }

inline std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Addresses by name, from `nm` of the file with its symbols.
inline std::map<std::string, std::uint64_t> nm_of(const std::string& name) {
  std::map<std::string, std::uint64_t> addresses;
  std::ifstream file(elf_path(name + ".nm"));
  for (std::string line; std::getline(file, line);) {
    const std::size_t symbol = line.rfind(' ') + 1;
    if (line[0] != ' ') {
      addresses[line.substr(symbol)] = std::stoull(line, nullptr, 16);
    }
  }
  EXPECT_FALSE(addresses.empty()) << "nm of " << name;
  return addresses;
}

struct Loaded {
  Mapping mapping;         // the mapping of its code
  std::uint64_t bias = 0;  // nm's address plus this is the address in memory

  Mapping* operator->() { return &mapping; }
};

inline void identify(Mapping& mapping) {
  struct stat status {};
  EXPECT_EQ(stat(mapping.path.c_str(), &status), 0) << mapping.path;
  mapping.device_major = major(status.st_dev);
  mapping.device_minor = minor(status.st_dev);
  mapping.inode = status.st_ino;
}

// Maps the file as the kernel does: in whole pages, at addresses of its choice unless they are fixed.
inline Loaded load(const std::string& path) {
  constexpr std::uint64_t page = 4096;
  const std::string bytes = bytes_of(path);
  Elf64_Ehdr header{};
  EXPECT_GE(bytes.size(), sizeof header) << path;
  std::memcpy(&header, bytes.data(), sizeof header);
  Loaded loaded;
  loaded.bias = header.e_type == ET_DYN ? 0x5581'2345'6000 : 0;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    std::memcpy(&segment, bytes.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0) {
      loaded.mapping.start = segment.p_vaddr / page * page + loaded.bias;
      loaded.mapping.end = (segment.p_vaddr + segment.p_filesz + page - 1) / page * page + loaded.bias;
      loaded.mapping.file_offset = segment.p_offset / page * page;
    }
  }
  loaded.mapping.path = path;
  identify(loaded.mapping);
  return loaded;
}

class Folder {
 public:
  Folder() {
    std::string name = ::testing::TempDir() + "taskcost-XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  // Copies a file of tests/elf to this directory.
  [[nodiscard]] std::string take(const std::string& name, const std::string& as) const {
    std::filesystem::create_directories(std::filesystem::path(file(as)).parent_path());
    std::filesystem::copy_file(elf_path(name), file(as));
    return file(as);
  }

 private:
  std::string path_;
};

}  // namespace taskcost::test
