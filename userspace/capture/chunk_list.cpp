// SPDX-License-Identifier: Apache-2.0
#include "capture/chunk_list.h"

#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "capture/format.h"

namespace taskcost {

using namespace capture_format;  // NOLINT(google-build-using-namespace): all of this file is about them

bool CaptureFile::read(std::uint64_t offset, std::span<std::byte> into) const {
  if (offset > size_ || into.size() > size_ - offset) {
    return false;
  }
  while (!into.empty()) {
    const ssize_t got = pread(file_.get(), into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return false;  // an I/O error, or the file was truncated
    }
    into = into.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return true;
}

namespace {

constexpr std::size_t header_size = sizeof(ChunkHeader);

std::uint64_t end_of(const ChunkHeader& header) { return header.offset + header_size + header.stored_size; }

CaptureChunk make_chunk(const ChunkHeader& header) {
  return {.kind = header.kind == ChunkKind::records ? CaptureChunk::Kind::records : CaptureChunk::Kind::dropped,
          .offset = header.offset,
          .span = CaptureSpan{.first_ns = header.first_ns, .last_ns = header.last_ns, .records = header.records},
          .size = header.size,
          .stored_size = header.stored_size,
          .checksum = header.body_checksum};
}

bool is_listed(const ChunkHeader& header) {
  return header.kind == ChunkKind::records || header.kind == ChunkKind::dropped;
}

std::optional<ChunkHeader> read_chunk_header(const CaptureFile& file, std::uint64_t offset, std::uint64_t salt) {
  ChunkHeader header{};
  if (!file.read_structure(offset, header) || !is_valid(header, offset, salt) || end_of(header) > file.size()) {
    return std::nullopt;
  }
  return header;
}

// REQUIRES: read_chunk_header() returned `header`, so that its sizes are valid and the body ends within the file.
template <typename Container>
bool read_body(const CaptureFile& file, const ChunkHeader& header, std::uint64_t salt, Container& into) {
  into.resize(header.stored_size / sizeof(into[0]));
  const auto bytes = std::as_writable_bytes(std::span(into));
  return file.read(header.offset + header_size, bytes) && is_checksum(header.body_checksum, checksum_of(bytes, salt));
}

std::optional<std::string> read_trailer(const CaptureFile& file, const ChunkHeader& header, std::uint64_t salt) {
  std::vector<std::byte> stored;
  if (header.kind != ChunkKind::trailer || !read_body(file, header, salt, stored) ||
      ZSTD_getFrameContentSize(stored.data(), stored.size()) != header.size) {
    return std::nullopt;
  }
  std::string text(header.size, '\0');
  if (ZSTD_decompress(text.data(), text.size(), stored.data(), stored.size()) != text.size()) {
    return std::nullopt;
  }
  return text;
}

// The index
// ---------

// Appends the entries of one index chunk, which must describe the chunks from `next` on without a gap.
bool add_entries(const std::vector<ChunkHeader>& entries, std::uint64_t salt, std::uint64_t& next,
                 std::vector<CaptureChunk>& chunks) {
  for (const ChunkHeader& entry : entries) {
    if (!is_valid(entry, next, salt) || !is_listed(entry)) {
      return false;
    }
    chunks.push_back(make_chunk(entry));
    next = end_of(entry);
  }
  return true;
}

// nullopt: there is no footer, or any part of the index or the trailer is invalid.
std::optional<ChunkList> list_by_index(const CaptureFile& file, std::uint64_t begin, std::uint64_t salt) {
  Footer footer{};
  if (file.size() < begin + sizeof(footer) || !file.read_structure(file.size() - sizeof(footer), footer) ||
      footer.magic != footer_magic || !is_intact(footer, salt)) {
    return std::nullopt;
  }
  ChunkList list;
  std::uint64_t indexed_to = begin;
  std::uint64_t offset = footer.index_offset;
  std::vector<ChunkHeader> entries;
  while (offset < footer.trailer_offset) {
    const auto header = read_chunk_header(file, offset, salt);
    if (!header || header->kind != ChunkKind::index || !read_body(file, *header, salt, entries) ||
        !add_entries(entries, salt, indexed_to, list.chunks)) {
      return std::nullopt;
    }
    offset = end_of(*header);
  }
  const auto trailer = read_chunk_header(file, offset, salt);
  if (offset != footer.trailer_offset || indexed_to != footer.index_offset || !trailer ||
      end_of(*trailer) + sizeof(footer) != file.size()) {
    return std::nullopt;
  }
  auto text = read_trailer(file, *trailer, salt);
  if (!text) {
    return std::nullopt;
  }
  list.end.state = CaptureEnd::State::complete;
  list.end.offset = end_of(*trailer);
  list.end.trailer = std::move(*text);
  return list;
}

// Without an index
// ----------------

constexpr std::size_t first_search_size = 4096;
constexpr std::size_t largest_search_size = 1U << 20U;

// Finds the next valid header behind `offset`. The blocks that it reads become larger the longer it searches.
std::optional<ChunkHeader> find_next_header(const CaptureFile& file, std::uint64_t offset, std::uint64_t salt) {
  std::vector<std::byte> bytes;
  std::size_t search_size = first_search_size;
  std::array<std::byte, sizeof(chunk_magic)> magic{};
  std::memcpy(magic.data(), &chunk_magic, sizeof(chunk_magic));
  for (++offset; offset + header_size <= file.size();) {
    bytes.resize(std::min<std::uint64_t>(search_size, file.size() - offset));
    if (!file.read(offset, bytes)) {
      return std::nullopt;
    }
    for (auto at = bytes.begin();; ++at) {
      at = std::search(at, bytes.end(), magic.begin(), magic.end());
      if (at == bytes.end()) {
        break;
      }
      if (const auto header = read_chunk_header(file, offset + static_cast<std::uint64_t>(at - bytes.begin()), salt)) {
        return header;
      }
    }
    offset += bytes.size() - (magic.size() - 1);  // the magic may lie across two blocks
    search_size = std::min(2 * search_size, largest_search_size);
  }
  return std::nullopt;
}

// Classifies the rest of a file that has no whole chunk from `offset` on: a chunk that is cut off, or damaged bytes.
CaptureEnd::State classify_rest(const CaptureFile& file, std::uint64_t offset, std::uint64_t salt) {
  ChunkHeader header{};
  const bool is_cut = !file.read_structure(offset, header) || is_valid(header, offset, salt);
  return is_cut ? CaptureEnd::State::cut : CaptureEnd::State::damaged;
}

ChunkList list_by_headers(const CaptureFile& file, std::uint64_t begin, std::uint64_t salt) {
  ChunkList list;
  list.end.offset = begin;
  while (true) {
    auto header = read_chunk_header(file, list.end.offset, salt);
    if (!header) {
      header = find_next_header(file, list.end.offset, salt);
      if (!header) {
        list.end.state = classify_rest(file, list.end.offset, salt);
        return list;
      }
      list.chunks.push_back({.kind = CaptureChunk::Kind::damaged, .offset = list.end.offset, .span = std::nullopt});
    }
    if (header->kind == ChunkKind::trailer) {
      auto text = read_trailer(file, *header, salt);
      list.end.state = text ? CaptureEnd::State::complete : CaptureEnd::State::damaged;
      list.end.offset = text ? end_of(*header) : header->offset;
      list.end.trailer = std::move(text).value_or("");
      return list;
    }
    if (is_listed(*header)) {
      list.chunks.push_back(make_chunk(*header));
    }
    list.end.offset = end_of(*header);
  }
}

}  // namespace

ChunkList list_chunks(const CaptureFile& file, std::uint64_t begin, std::uint64_t salt) {
  auto by_index = list_by_index(file, begin, salt);
  ChunkList list = by_index ? std::move(*by_index) : list_by_headers(file, begin, salt);
  for (const CaptureChunk& chunk : list.chunks) {
    if (chunk.kind == CaptureChunk::Kind::records) {
      list.end.last_ns = std::max(list.end.last_ns.value_or(0), chunk.span->last_ns);
    }
  }
  return list;
}

}  // namespace taskcost
