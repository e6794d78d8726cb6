// SPDX-License-Identifier: Apache-2.0
#include "capture/chunk_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace taskcost {

using namespace capture_format;  // NOLINT(google-build-using-namespace): all of this file is about them

namespace {

template <typename T>
std::span<const std::byte> bytes_of(const T& structure) {
  return std::as_bytes(std::span(&structure, 1));
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

}  // namespace

void CaptureOutput::write(std::span<const std::byte> bytes) {
  while (!bytes.empty() && error_ == 0) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(written));
      size_ += static_cast<std::uint64_t>(written);
    } else if (written == 0 || errno != EINTR) {
      error_ = written == 0 ? ENOSPC : errno;
    }
  }
}

void CaptureOutput::close() {
  if (::close(file_.release()) != 0 && error_ == 0) {
    error_ = errno;
  }
}

Status CaptureOutput::status() const {
  if (error_ == 0) {
    return Done{};
  }
  const bool is_full = error_ == ENOSPC || error_ == EDQUOT || error_ == EFBIG;
  return Error{"cannot write the capture", std::strerror(error_),
               is_full ? "the part that was written is readable; free some space, or record for a shorter time"
                       : "the part that was written is readable"};
}

void write_capture_header(CaptureOutput& output, const std::string& description, std::uint64_t salt) {
  FileHeader header{.magic = file_magic,
                    .byte_order = byte_order,
                    .version = version,
                    .salt = salt,
                    .description_checksum = checksum_of(bytes_of(description), salt),
                    .description_size = static_cast<std::uint32_t>(description.size()),
                    .reserved = 0,
                    .checksum = 0};
  header.checksum = checksum_of_structure(header, salt);
  output.write(bytes_of(header));
  output.write(bytes_of(description));
}

ChunkCompressor::ChunkCompressor(std::size_t chunk_size, int level)
    : level_(level), context_(ZSTD_createCCtx()), compressed_(ZSTD_compressBound(chunk_size)) {
  if (!context_) {
    throw std::bad_alloc();
  }
}

std::span<const std::byte> ChunkCompressor::compress(std::span<const std::byte> records) {
  const std::size_t size =
      ZSTD_compressCCtx(context_.get(), compressed_.data(), compressed_.size(), records.data(), records.size(), level_);
  return ZSTD_isError(size) != 0U ? std::span<const std::byte>() : std::span(compressed_).first(size);
}

bool ChunkFile::write_records(std::span<const std::byte> records, const CaptureSpan& span) {
  const auto stored = compressor_.compress(records);
  if (stored.empty()) {
    write_dropped(span);
    return false;
  }
  write_stored(stored, records.size(), span);
  return !output_.has_failed();
}

void ChunkFile::write_stored(std::span<const std::byte> stored, std::size_t size, const CaptureSpan& span) {
  index_.push_back(write_chunk(ChunkKind::records, span, size, stored));
  all_.include(span.first_ns, span.last_ns, span.records);
}

void ChunkFile::write_dropped(const CaptureSpan& span) {
  index_.push_back(write_chunk(ChunkKind::dropped, span, 0, {}));
}

void ChunkFile::write_end() {
  if (!trailer_) {
    return;
  }
  Footer footer{.magic = footer_magic, .index_offset = output_.size(), .trailer_offset = 0, .checksum = 0};
  for (std::span<const ChunkHeader> rest(index_); !rest.empty();) {
    const auto part = rest.first(std::min(rest.size(), max_index_entries));
    write_chunk(ChunkKind::index, {.first_ns = 0, .last_ns = 0, .records = part.size()}, part.size_bytes(),
                std::as_bytes(part));
    rest = rest.subspan(part.size());
  }
  footer.trailer_offset = output_.size();
  ChunkCompressor compressor(trailer_->size(), compressor_.level());
  const auto stored = compressor.compress(bytes_of(*trailer_));
  if (stored.empty()) {
    fail(ENOMEM);
    return;
  }
  write_chunk(ChunkKind::trailer, all_, trailer_->size(), stored);
  footer.checksum = checksum_of_structure(footer, salt_);
  output_.write(bytes_of(footer));
}

ChunkHeader ChunkFile::write_chunk(ChunkKind kind, const CaptureSpan& span, std::size_t size,
                                   std::span<const std::byte> body) {
  ChunkHeader header{.magic = chunk_magic,
                     .kind = kind,
                     .offset = output_.size(),
                     .first_ns = span.first_ns,
                     .last_ns = span.last_ns,
                     .records = span.records,
                     .size = static_cast<std::uint32_t>(size),
                     .stored_size = static_cast<std::uint32_t>(body.size()),
                     .body_checksum = checksum_of(body, salt_),
                     .checksum = 0};
  header.checksum = checksum_of_structure(header, salt_);
  output_.write(bytes_of(header));
  output_.write(body);
  return header;
}

}  // namespace taskcost
