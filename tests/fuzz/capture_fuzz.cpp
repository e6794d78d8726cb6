// SPDX-License-Identifier: Apache-2.0
//
// Takes any bytes as a capture file. What the reader reports must be consistent, however damaged they are.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

#include "capture/reader.h"
#include "capture/record.h"
#include "fuzz/expect.h"
#include "taskcost/abi.h"

namespace {

using namespace taskcost;  // NOLINT(google-build-using-namespace): a program of one file
using fuzz::expect;

Fd file_of(const std::uint8_t* data, std::size_t size) {
  Fd file(memfd_create("capture", MFD_CLOEXEC));
  expect(file && write(file.get(), data, size) == static_cast<ssize_t>(size), "there is memory for the file");
  return file;
}

void check(std::span<const std::byte> record) {
  tc_record header{};
  expect(record.size() >= sizeof(header) && record.size() % 8 == 0, "a record has a possible size");
  std::memcpy(&header, record.data(), sizeof(header));
  expect(header.size == record.size(), "a record has the size in its header");
  expect(!decode(record) || (header.type >= TC_RECORD_LEDGER && header.type < TC_RECORD_TYPES_END),
         "what can be decoded is of a known type");
}

// Counts the records and the interruptions from here to the end.
struct Count {
  std::uint64_t records = 0;
  std::uint64_t interruptions = 0;
};

Count read_on(CaptureReader& reader) {
  Count count;
  while (true) {
    const auto item = reader.next();
    if (const auto* record = std::get_if<std::span<const std::byte>>(&item)) {
      check(*record);
      ++count.records;
    } else if (std::holds_alternative<Interruption>(item)) {
      ++count.interruptions;
    } else {
      return count;
    }
  }
}

void check_chunks(const CaptureReader& reader, std::size_t size) {
  std::uint64_t end = 0;
  for (const CaptureChunk& chunk : reader.chunks()) {
    expect(chunk.offset >= end, "chunks do not overlap");
    expect(chunk.span.has_value() == (chunk.kind != CaptureChunk::Kind::damaged), "the time of a chunk is known");
    end = chunk.offset + chunk.stored_size;
  }
  expect(end <= size && reader.end().offset <= size, "chunks end within the file");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto reader = CaptureReader::read(file_of(data, size), "fuzz.tcap");
  if (!reader) {
    expect(!to_line(reader.error()).empty(), "an error has words");
    return 0;
  }
  check_chunks(*reader, size);
  const Count all = read_on(*reader);
  std::uint64_t time_ns = 0;
  std::memcpy(&time_ns, data + size - sizeof(time_ns), sizeof(time_ns));  // any time: the header is longer than this
  for (const std::uint64_t from : {time_ns, reader->end().last_ns.value_or(0), std::uint64_t{0}}) {
    reader->seek(from);
    const Count later = read_on(*reader);
    expect(later.records <= all.records && later.interruptions <= all.interruptions, "a seek adds nothing");
  }
  reader->seek(0);
  const Count again = read_on(*reader);
  expect(again.records == all.records && again.interruptions == all.interruptions, "a file reads twice alike");
  return 0;
}
