// SPDX-License-Identifier: Apache-2.0
#include "capture/writer.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "capture/format.h"

namespace taskcost {

using capture_format::max_description_size;
using capture_format::max_trailer_size;

namespace {

Result<std::uint64_t> random_salt() {
  std::uint64_t salt = 0;
  if (getrandom(&salt, sizeof(salt), 0) != static_cast<ssize_t>(sizeof(salt))) {
    return Error{"cannot start the capture", std::string("getrandom: ") + std::strerror(errno), ""};
  }
  return salt;
}

Status check_text(const char* name, const std::string& text, std::size_t limit) {
  if (text.size() > limit) {
    return Error{"cannot write the capture", fmt::format("its {} is longer than {} MiB", name, limit >> 20U), ""};
  }
  return Done{};
}

}  // namespace

Result<ChunkFile> begin_capture(Fd file, const std::string& description, const CaptureOptions& options) {
  if (auto status = check_text("description", description, max_description_size); !status) {
    return status.error();
  }
  const auto salt = random_salt();
  if (!salt) {
    return salt.error();
  }
  CaptureOutput output(std::move(file));
  write_capture_header(output, description, *salt);
  if (auto status = output.status(); !status) {
    return status.error();
  }
  return ChunkFile(std::move(output), *salt, options.chunk_size, options.compression_level);
}

Status end_capture(ChunkFile& file, const std::string& trailer) {
  Status status = check_text("trailer", trailer, max_trailer_size);
  if (status) {
    file.end_with(trailer);
  }
  return status;
}

Result<std::unique_ptr<CaptureWriter>> CaptureWriter::create(Fd file, const std::string& description,
                                                             const CaptureOptions& options) {
  const CaptureOptions limits = bounded(options);
  auto begun = begin_capture(std::move(file), description, limits);
  if (!begun) {
    return begun.error();
  }
  std::unique_ptr<CaptureWriter> writer(new CaptureWriter(*std::move(begun), limits));
  if (auto status = writer->queue_.start(); !status) {
    return status.error();
  }
  return writer;
}

Status CaptureWriter::finish(const std::string& trailer) {
  const Status status = end_capture(file_, trailer);
  queue_.end();
  file_.close();
  return status ? file_.output().status() : status;
}

}  // namespace taskcost
