// SPDX-License-Identifier: Apache-2.0
#include "capture/reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "capture/format.h"
#include "capture/record.h"

namespace taskcost {

using namespace capture_format;  // NOLINT(google-build-using-namespace): all of this file is about them

namespace {

Error cannot_read(const std::string& name, std::string why, std::string hint = "") {
  return Error{"cannot read the capture '" + name + "'", std::move(why), std::move(hint)};
}

Error cannot_read(const std::string& name, int error_number) { return cannot_read(name, std::strerror(error_number)); }

const char* const capture_hint = "captures are made by 'taskcost record -o FILE.tcap'";

// Compares as much of the magic number as a short file has.
bool has_capture_magic(const CaptureFile& file) {
  std::array<unsigned char, file_magic.size()> begin{};
  const auto size = std::min<std::uint64_t>(file.size(), begin.size());
  return size > 0 && file.read(0, std::as_writable_bytes(std::span(begin)).first(size)) &&
         std::equal(begin.begin(), begin.begin() + static_cast<std::ptrdiff_t>(size), file_magic.begin());
}

Result<FileHeader> read_header(const CaptureFile& file, const std::string& name) {
  if (file.size() == 0) {
    return cannot_read(name, "it is empty", capture_hint);
  }
  if (!has_capture_magic(file)) {
    return cannot_read(name, "it is not a capture", capture_hint);
  }
  FileHeader header{};
  if (!file.read_structure(0, header)) {
    return cannot_read(name, "it is cut off in its header, before any record");
  }
  if (header.byte_order == other_byte_order) {
    return cannot_read(name, "it was written on a machine with another byte order", "read it on such a machine");
  }
  if (header.byte_order != byte_order) {
    return cannot_read(name, "its header is damaged");
  }
  if (header.version != version) {
    return cannot_read(name,
                       "it has format version " + std::to_string(header.version) +
                           ", but this taskcost reads version " + std::to_string(version),
                       "use the version of taskcost that recorded it");
  }
  if (!is_intact(header, header.salt) || header.description_size > max_description_size) {
    return cannot_read(name, "its header is damaged");
  }
  return header;
}

Result<std::string> read_description(const CaptureFile& file, const FileHeader& header, const std::string& name) {
  if (header.description_size > file.size() - sizeof(header)) {
    return cannot_read(name, "it is cut off in its description, before any record");
  }
  std::string description(header.description_size, '\0');
  const auto bytes = std::as_writable_bytes(std::span(description));
  if (!file.read(sizeof(header), bytes) || !is_checksum(header.description_checksum, checksum_of(bytes, header.salt))) {
    return cannot_read(name, "its description is damaged");
  }
  return description;
}

// True if the bytes are `expected` records and nothing else.
bool are_records(std::span<const std::byte> bytes, std::uint64_t expected) {
  std::uint64_t found = 0;
  for (; !bytes.empty(); ++found) {
    const auto size = record_size(bytes);
    if (!size) {
      return false;
    }
    bytes = bytes.subspan(*size);
  }
  return found == expected;
}

// Makes the interruption that a chunk without readable records stands for.
Interruption make_interruption(const CaptureChunk& chunk) {
  const bool dropped = chunk.kind == CaptureChunk::Kind::dropped;
  return {.why = dropped ? Interruption::Why::dropped : Interruption::Why::damaged, .span = chunk.span};
}

}  // namespace

Result<Fd> CaptureReader::open_file(const std::string& path) {
  // O_NONBLOCK: without it, opening a FIFO would wait for a writer.
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) {
    return cannot_read(path, errno);
  }
  return file;
}

Result<CaptureReader> CaptureReader::open(const std::string& path) {
  auto file = open_file(path);
  return file ? read(*std::move(file), path) : file.error();
}

Result<CaptureReader> CaptureReader::read(Fd file, const std::string& name) {
  struct stat status {};
  if (fstat(file.get(), &status) != 0) {
    return cannot_read(name, errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return cannot_read(name, "it is not a regular file", "copy it into a file first");
  }
  CaptureFile capture(std::move(file), static_cast<std::uint64_t>(status.st_size));
  const auto header = read_header(capture, name);
  if (!header) {
    return header.error();
  }
  auto description = read_description(capture, *header, name);
  if (!description) {
    return description.error();
  }
  ChunkList list = list_chunks(capture, sizeof(FileHeader) + header->description_size, header->salt);
  return CaptureReader(std::move(capture), header->salt, std::move(*description), std::move(list));
}

CaptureReader::CaptureReader(CaptureFile file, std::uint64_t salt, std::string description, ChunkList list)
    : file_(std::move(file)),
      salt_(salt),
      description_(std::move(description)),
      list_(std::move(list)),
      context_(ZSTD_createDCtx()) {
  if (!context_) {
    throw std::bad_alloc();
  }
}

CaptureReader::Item CaptureReader::next() {
  while (unread_.empty()) {
    if (next_chunk_ == list_.chunks.size()) {
      return EndOfCapture{};
    }
    const CaptureChunk& chunk = list_.chunks[next_chunk_++];
    if (chunk.kind != CaptureChunk::Kind::records || !load(chunk)) {
      return make_interruption(chunk);
    }
  }
  // load() checked that the chunk consists of records.
  const auto record = unread_.first(record_size(unread_).value_or(unread_.size()));
  unread_ = unread_.subspan(record.size());
  return record;
}

void CaptureReader::seek(std::uint64_t time_ns) {
  const auto& chunks = list_.chunks;
  auto found = std::find_if(chunks.begin(), chunks.end(),
                            [&](const CaptureChunk& chunk) { return chunk.span && chunk.span->last_ns >= time_ns; });
  // The time of damaged bytes is not known: they may hold records of `time_ns`.
  while (found != chunks.begin() && !std::prev(found)->span) {
    --found;
  }
  next_chunk_ = static_cast<std::size_t>(found - chunks.begin());
  unread_ = {};
}

bool CaptureReader::load(const CaptureChunk& chunk) {
  stored_.resize(chunk.stored_size);
  if (!file_.read(chunk.offset + sizeof(ChunkHeader), stored_) ||
      !is_checksum(chunk.checksum, checksum_of(stored_, salt_))) {
    return false;
  }
  bytes_.resize(chunk.size);
  const std::size_t size =
      ZSTD_decompressDCtx(context_.get(), bytes_.data(), bytes_.size(), stored_.data(), stored_.size());
  if (size != bytes_.size() || !are_records(bytes_, chunk.span->records)) {
    return false;
  }
  unread_ = bytes_;
  return true;
}

}  // namespace taskcost
