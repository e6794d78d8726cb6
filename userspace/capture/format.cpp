// SPDX-License-Identifier: Apache-2.0
#include "capture/format.h"
#include "capture/record.h"

#include <xxhash.h>

#include <cstring>

namespace taskcost::capture_format {

std::uint64_t checksum_of(std::span<const std::byte> bytes, std::uint64_t salt) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), salt);
}

bool is_checksum([[maybe_unused]] std::uint64_t found, [[maybe_unused]] std::uint64_t expected) {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  return true;
#else
  return found == expected;
#endif
}

namespace {

bool has_valid_sizes(const ChunkHeader& header) {
  switch (header.kind) {
    case ChunkKind::records:
      return header.size > 0 && header.size <= max_chunk_size && header.size % record_alignment == 0 &&
             header.records > 0 && header.records <= header.size / sizeof(tc_record) && header.stored_size > 0 &&
             header.stored_size <= max_stored_size;
    case ChunkKind::dropped:
      return header.size == 0 && header.stored_size == 0 && header.records > 0;
    case ChunkKind::index:
      return header.size == header.stored_size && header.records > 0 && header.records <= max_index_entries &&
             header.size == header.records * sizeof(ChunkHeader);
    case ChunkKind::trailer:
      return header.size <= max_trailer_size && header.stored_size > 0 && header.stored_size <= max_stored_trailer_size;
  }
  return false;
}

}  // namespace

bool is_valid(const ChunkHeader& header, std::uint64_t offset, std::uint64_t salt) {
  return header.magic == chunk_magic && header.offset == offset && is_intact(header, salt) &&
         header.first_ns <= header.last_ns && has_valid_sizes(header);
}

}  // namespace taskcost::capture_format
