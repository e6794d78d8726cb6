// SPDX-License-Identifier: Apache-2.0
//
// Capture files in memory: small ones with numbered records, and files of any bytes.
#pragma once

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "capture/reader.h"
#include "capture/writer.h"
#include "taskcost/abi.h"

namespace taskcost::test {

using Bytes = std::vector<std::byte>;

inline Fd memory_file() {
  Fd file(memfd_create("capture", MFD_CLOEXEC));
  if (!file) {
    throw std::bad_alloc();
  }
  return file;
}

inline Fd file_of(std::span<const std::byte> bytes) {
  Fd file = memory_file();
  if (write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    throw std::bad_alloc();
  }
  return file;
}

inline Bytes contents_of(const Fd& file) {
  struct stat status {};
  fstat(file.get(), &status);
  Bytes bytes(static_cast<std::size_t>(status.st_size));
  bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(pread(file.get(), bytes.data(), bytes.size(), 0), 0)));
  return bytes;
}

// A record of `size` bytes: its header, the number, and bytes that do not compress.
inline Bytes numbered_record(std::uint64_t number, std::uint32_t size = 64) {
  Bytes bytes(size);
  const tc_record header{.type = 1000, .size = size};
  std::memcpy(bytes.data(), &header, sizeof(header));
  std::memcpy(bytes.data() + sizeof(header), &number, sizeof(number));
  std::uint64_t noise = number + 1;
  for (std::size_t i = sizeof(header) + sizeof(number); i < size; ++i) {
    noise = noise * 6364136223846793005U + 1442695040888963407U;
    bytes[i] = static_cast<std::byte>(noise >> 56U);
  }
  return bytes;
}

inline std::uint64_t number_of(std::span<const std::byte> record) {
  std::uint64_t number = 0;
  std::memcpy(&number, record.data() + sizeof(tc_record), sizeof(number));
  return number;
}

inline const std::string small_description = R"({"host":"here"})";
inline const std::string small_trailer = R"({"lost":0})";

// Records 0, 1, ... of 64 bytes; record n is at n * 1000 ns; a chunk has four unless the options say otherwise.
inline Bytes small_capture(std::uint64_t records, CaptureOptions options = {.chunk_size = 256, .buffers = 8}) {
  const Fd file = memory_file();
  auto writer = CaptureWriter::create(Fd(dup(file.get())), small_description, options);
  if (!writer) {
    throw std::runtime_error(to_line(writer.error()));
  }
  for (std::uint64_t number = 0; number < records; ++number) {
    (*writer)->append(numbered_record(number), number * 1000);
  }
  if (const auto status = (*writer)->finish(small_trailer); !status) {
    throw std::runtime_error(to_line(status.error()));
  }
  return contents_of(file);
}

using RecordBytes = std::span<const std::byte>;

// Everything that a reader returns until the end.
struct ReadItems {
  std::vector<Bytes> records;
  std::vector<Interruption> interruptions;
};

inline ReadItems read_on(CaptureReader& reader) {
  ReadItems items;
  while (true) {
    const auto item = reader.next();
    if (const auto* record = std::get_if<RecordBytes>(&item)) {
      items.records.emplace_back(record->begin(), record->end());
    } else if (const auto* interruption = std::get_if<Interruption>(&item)) {
      items.interruptions.push_back(*interruption);
    } else {
      return items;
    }
  }
}

inline CaptureReader reader_of(std::span<const std::byte> bytes) {
  auto reader = CaptureReader::read(file_of(bytes), "test.tcap");
  if (!reader) {
    throw std::runtime_error(to_line(reader.error()));
  }
  return std::move(*reader);
}

inline std::vector<std::uint64_t> numbers_of(const std::vector<Bytes>& records) {
  std::vector<std::uint64_t> numbers;
  std::transform(records.begin(), records.end(), std::back_inserter(numbers),
                 [](const Bytes& record) { return number_of(record); });
  return numbers;
}

}  // namespace taskcost::test
