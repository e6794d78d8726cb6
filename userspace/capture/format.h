// SPDX-License-Identifier: Apache-2.0
//
// The structures of a capture file, byte for byte. capture.h describes the format.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "taskcost/abi.h"

namespace taskcost::capture_format {

constexpr std::array<unsigned char, 8> file_magic = {0x89, 'T', 'C', 'A', 'P', '\r', '\n', 0x1a};
constexpr std::array<unsigned char, 8> footer_magic = {0x89, 'T', 'C', 'E', 'N', 'D', '\r', '\n'};
constexpr std::uint32_t chunk_magic = 0x4b4e4843;
constexpr std::uint32_t byte_order = 0x01020304;
constexpr std::uint32_t other_byte_order = 0x04030201;
constexpr std::uint32_t version = 2;

constexpr std::size_t max_description_size = 16U << 20U;
constexpr std::size_t max_trailer_size = 256U << 20U;
constexpr std::size_t max_stored_trailer_size = 257U << 20U;
constexpr std::size_t max_chunk_size = 4U << 20U;
constexpr std::size_t max_stored_size = 5U << 20U;

struct FileHeader {
  std::array<unsigned char, 8> magic;
  std::uint32_t byte_order;
  std::uint32_t version;
  std::uint64_t salt;
  std::uint64_t description_checksum;
  std::uint32_t description_size;
  std::uint32_t reserved;
  std::uint64_t checksum;
};
static_assert(sizeof(FileHeader) == 48);

enum class ChunkKind : std::uint32_t { records = 1, dropped = 2, index = 3, trailer = 4 };

struct ChunkHeader {
  std::uint32_t magic;
  ChunkKind kind;
  std::uint64_t offset;
  std::uint64_t first_ns;
  std::uint64_t last_ns;
  std::uint64_t records;
  std::uint32_t size;
  std::uint32_t stored_size;
  std::uint64_t body_checksum;
  std::uint64_t checksum;
};
static_assert(sizeof(ChunkHeader) == 64);

constexpr std::size_t max_index_entries = max_chunk_size / sizeof(ChunkHeader);

struct Footer {
  std::array<unsigned char, 8> magic;
  std::uint64_t index_offset;
  std::uint64_t trailer_offset;
  std::uint64_t checksum;
};
static_assert(sizeof(Footer) == 32);

std::uint64_t checksum_of(std::span<const std::byte> bytes, std::uint64_t salt);

// REQUIRES: `checksum` is the last member.
template <typename T>
std::uint64_t checksum_of_structure(const T& structure, std::uint64_t salt) {
  return checksum_of(std::as_bytes(std::span(&structure, 1)).first(offsetof(T, checksum)), salt);
}

// Always true in a fuzzing build, because a fuzzer cannot guess checksums.
bool is_checksum(std::uint64_t found, std::uint64_t expected);

template <typename T>
bool is_intact(const T& structure, std::uint64_t salt) {
  return is_checksum(structure.checksum, checksum_of_structure(structure, salt));
}

// True if the header is intact, belongs at `offset`, and its sizes are within bounds.
bool is_valid(const ChunkHeader& header, std::uint64_t offset, std::uint64_t salt);

}  // namespace taskcost::capture_format
