// SPDX-License-Identifier: Apache-2.0
//
// Tests files that are cut, damaged or not captures: a reader must never accept wrong data.
#include <gmock/gmock.h>
#include <xxhash.h>
#include <zstd.h>

#include <algorithm>
#include <functional>

#include "capture/format.h"
#include "support/capture_files.h"

namespace taskcost {
namespace {

using namespace capture_format;  // NOLINT(google-build-using-namespace): files are forged here
using test::Bytes;
using test::file_of;
using test::numbered_record;
using test::numbers_of;
using test::read_on;
using test::reader_of;
using test::ReadItems;
using test::small_capture;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t records_in_all = 11;

std::string error_of(std::span<const std::byte> bytes) {
  const auto reader = CaptureReader::read(file_of(bytes), "x.tcap");
  return reader ? "" : to_line(reader.error());
}

template <typename T>
T structure_at(const Bytes& bytes, std::size_t offset) {
  T structure{};
  std::memcpy(&structure, bytes.data() + offset, sizeof(T));
  return structure;
}

template <typename T>
void put(Bytes& bytes, std::size_t offset, T structure) {
  std::memcpy(bytes.data() + offset, &structure, sizeof(T));
}

// Each record that the reader returns was written, they are in order, and a missing record is reported.
void expect_true(CaptureReader& reader) {
  EXPECT_EQ(reader.description(), test::small_description);
  const ReadItems items = read_on(reader);
  std::uint64_t next = 0;
  for (const Bytes& record : items.records) {
    const std::uint64_t number = test::number_of(record);
    ASSERT_LT(number, records_in_all);
    ASSERT_GE(number, next);
    ASSERT_EQ(record, numbered_record(number));
    next = number + 1;
  }
  const bool is_complete = reader.end().state == CaptureEnd::State::complete;
  EXPECT_EQ(reader.end().trailer, is_complete ? test::small_trailer : "");
  for (const Interruption& interruption : items.interruptions) {
    EXPECT_EQ(interruption.why, Interruption::Why::damaged);
  }
  // The converse does not hold: a damaged index chunk could have been records.
  EXPECT_TRUE(items.records.size() == records_in_all || !is_complete || !items.interruptions.empty());
}

TEST(CaptureDamage, CutAtEveryByteItIsReadableUpToThere) {
  const Bytes whole = small_capture(records_in_all);
  const CaptureReader of_whole = reader_of(whole);
  const auto& chunks = of_whole.chunks();
  const std::size_t begin = chunks.front().offset;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    const auto part = std::span(whole).first(size);
    if (size < begin) {
      EXPECT_THAT(error_of(part), HasSubstr(size == 0 ? "empty" : "before any record"));
      continue;
    }
    std::uint64_t readable = 0;
    std::uint64_t readable_chunks = 0;
    for (const CaptureChunk& chunk : chunks) {
      if (chunk.offset + sizeof(ChunkHeader) + chunk.stored_size <= size) {
        readable += chunk.span->records;
        ++readable_chunks;
      }
    }
    CaptureReader reader = reader_of(part);
    EXPECT_EQ(read_on(reader).records.size(), readable);
    EXPECT_EQ(reader.chunks().size(), readable_chunks);
    EXPECT_EQ(reader.end().last_ns, readable == 0 ? std::nullopt : std::optional<std::uint64_t>((readable - 1) * 1000));
    EXPECT_LE(reader.end().offset, size);
    // A complete file can lack only its footer.
    EXPECT_EQ(reader.end().state,
              size + sizeof(Footer) < whole.size() ? CaptureEnd::State::cut : CaptureEnd::State::complete);
    reader.seek(0);
    expect_true(reader);
  }
}

TEST(CaptureDamage, NoFlippedBitMakesAnythingWrong) {
  const Bytes whole = small_capture(records_in_all);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    SCOPED_TRACE(bit);
    Bytes flipped = whole;
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    auto reader = CaptureReader::read(file_of(flipped), "x.tcap");
    if (!reader) {
      EXPECT_LT(bit / 8, sizeof(FileHeader) + test::small_description.size());
      continue;
    }
    expect_true(*reader);
    ASSERT_FALSE(HasFailure());
  }
}

TEST(CaptureDamage, NoFlippedBitMakesAnythingWrongWithoutAnIndex) {
  Bytes whole = small_capture(records_in_all);
  whole.resize(whole.size() - sizeof(Footer));
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    SCOPED_TRACE(bit);
    Bytes flipped = whole;
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    auto reader = CaptureReader::read(file_of(flipped), "x.tcap");
    if (reader) {
      expect_true(*reader);
    }
    ASSERT_FALSE(HasFailure());
  }
}

TEST(CaptureDamage, ADamagedChunkIsAnInterruptionOfKnownTime) {
  Bytes bytes = small_capture(12);
  const CaptureReader whole = reader_of(bytes);
  bytes[whole.chunks()[1].offset + sizeof(ChunkHeader) + 5] ^= std::byte{1};
  CaptureReader reader = reader_of(bytes);
  const ReadItems items = read_on(reader);
  EXPECT_THAT(numbers_of(items.records), ElementsAre(0, 1, 2, 3, 8, 9, 10, 11));
  ASSERT_EQ(items.interruptions.size(), 1U);
  EXPECT_EQ(items.interruptions[0].why, Interruption::Why::damaged);
  ASSERT_TRUE(items.interruptions[0].span);
  EXPECT_EQ(items.interruptions[0].span->first_ns, 4000U);
  EXPECT_EQ(items.interruptions[0].span->last_ns, 7000U);
  EXPECT_EQ(items.interruptions[0].span->records, 4U);
  EXPECT_EQ(reader.end().state, CaptureEnd::State::complete);
}

TEST(CaptureDamage, WithAnIndexADamagedChunkHeaderLosesNothing) {
  Bytes bytes = small_capture(12);
  const CaptureReader whole = reader_of(bytes);
  put(bytes, whole.chunks()[1].offset, ChunkHeader{});
  CaptureReader reader = reader_of(bytes);
  EXPECT_EQ(read_on(reader).records.size(), 12U);
}

TEST(CaptureDamage, WithoutAnIndexReadingGoesOnAtTheNextChunkHeader) {
  Bytes bytes = small_capture(12);
  const CaptureReader whole = reader_of(bytes);
  const std::size_t damaged = whole.chunks()[1].offset;
  put(bytes, damaged, ChunkHeader{});
  bytes.pop_back();
  CaptureReader reader = reader_of(bytes);
  const ReadItems items = read_on(reader);
  EXPECT_THAT(numbers_of(items.records), ElementsAre(0, 1, 2, 3, 8, 9, 10, 11));
  ASSERT_EQ(items.interruptions.size(), 1U);
  EXPECT_EQ(items.interruptions[0].span, std::nullopt);
  ASSERT_EQ(reader.chunks().size(), 3U);
  EXPECT_EQ(reader.chunks()[1].kind, CaptureChunk::Kind::damaged);
  EXPECT_EQ(reader.chunks()[1].offset, damaged);
  EXPECT_EQ(reader.end().state, CaptureEnd::State::complete);

  // Its time is unknown, so a seek to later records returns it too.
  reader.seek(8000);
  EXPECT_TRUE(std::holds_alternative<Interruption>(reader.next()));
  EXPECT_THAT(numbers_of(read_on(reader).records), ElementsAre(8, 9, 10, 11));
}

TEST(CaptureDamage, FindsTheNextChunkHeaderBehindMegabytes) {
  Bytes bytes = small_capture(12);
  const CaptureReader whole = reader_of(bytes);
  const std::uint64_t salt = structure_at<FileHeader>(bytes, 0).salt;
  auto header = structure_at<ChunkHeader>(bytes, whole.chunks()[1].offset);
  const Bytes body(bytes.begin() + static_cast<std::ptrdiff_t>(header.offset + sizeof(header)),
                   bytes.begin() + static_cast<std::ptrdiff_t>(whole.chunks()[2].offset));
  // The header may lie anywhere relative to the blocks that the reader scans.
  for (std::size_t behind = 3'000'000; behind < 3'000'070; ++behind) {
    SCOPED_TRACE(behind);
    Bytes holed(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header.offset));
    holed.resize(holed.size() + behind);
    auto moved = header;
    moved.offset = holed.size();
    moved.checksum = checksum_of_structure(moved, salt);
    holed.resize(holed.size() + sizeof(moved));
    put(holed, moved.offset, moved);
    holed.insert(holed.end(), body.begin(), body.end());
    CaptureReader reader = reader_of(holed);
    EXPECT_THAT(numbers_of(read_on(reader).records), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
    EXPECT_EQ(reader.end().state, CaptureEnd::State::cut);
  }
}

TEST(CaptureDamage, ARestOfZerosIsDamaged) {
  Bytes bytes = small_capture(12);
  const CaptureReader whole = reader_of(bytes);
  const std::uint64_t from = whole.chunks()[2].offset;
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.end(), std::byte{0});
  CaptureReader reader = reader_of(bytes);
  EXPECT_EQ(read_on(reader).records.size(), 8U);
  EXPECT_EQ(reader.end().state, CaptureEnd::State::damaged);
  EXPECT_EQ(reader.end().offset, from);
  EXPECT_EQ(reader.end().last_ns, 7000U);
}

TEST(CaptureDamage, WhatFollowsTheEndIsNotRead) {
  Bytes bytes = small_capture(12);
  const Bytes other = small_capture(3);
  bytes.insert(bytes.end(), other.begin(), other.end());
  CaptureReader reader = reader_of(bytes);
  EXPECT_EQ(read_on(reader).records.size(), 12U);
  EXPECT_EQ(reader.end().state, CaptureEnd::State::complete);
}

TEST(CaptureDamage, AFileThatBecomesShorterWhileItIsReadIsDamaged) {
  const Fd file = file_of(small_capture(12));
  auto reader = CaptureReader::read(Fd(dup(file.get())), "x.tcap");
  ASSERT_TRUE(reader);
  reader->next();
  ASSERT_EQ(ftruncate(file.get(), static_cast<off_t>(reader->chunks()[1].offset)), 0);
  const ReadItems items = read_on(*reader);
  EXPECT_THAT(numbers_of(items.records), ElementsAre(1, 2, 3));
  EXPECT_EQ(items.interruptions.size(), 2U);
}

TEST(CaptureDamage, WhatIsNoCaptureIsSaidToBeNone) {
  const std::string text = "#!/bin/sh\necho a script that is longer than any header\n";
  EXPECT_EQ(
      error_of(std::as_bytes(std::span(text))),
      "cannot read the capture 'x.tcap': it is not a capture (captures are made by 'taskcost record -o FILE.tcap')");
  EXPECT_THAT(error_of({}), HasSubstr("it is empty"));
}

// Returns a capture with a changed header and a correct checksum.
Bytes with_header(const std::function<void(FileHeader&)>& change) {
  Bytes bytes = small_capture(4);
  auto header = structure_at<FileHeader>(bytes, 0);
  change(header);
  header.checksum = checksum_of_structure(header, header.salt);
  put(bytes, 0, header);
  return bytes;
}

TEST(CaptureDamage, RefusesAnotherVersion) {
  EXPECT_EQ(error_of(with_header([](FileHeader& header) { header.version = 7; })),
            "cannot read the capture 'x.tcap': it has format version 7, but this taskcost reads version 2 (use the "
            "version of taskcost that recorded it)");
}

TEST(CaptureDamage, RefusesTheOtherByteOrder) {
  EXPECT_THAT(error_of(with_header([](FileHeader& header) { header.byte_order = other_byte_order; })),
              HasSubstr("it was written on a machine with another byte order"));
  EXPECT_THAT(error_of(with_header([](FileHeader& header) { header.byte_order = 0x02010403; })),
              HasSubstr("its header is damaged"));
}

TEST(CaptureDamage, RefusesAbsurdDescriptions) {
  EXPECT_THAT(error_of(with_header([](FileHeader& header) { header.description_size = 0xffffffff; })),
              HasSubstr("its header is damaged"));
  EXPECT_THAT(error_of(with_header([](FileHeader& header) { header.description_size = max_description_size; })),
              HasSubstr("it is cut off in its description"));
}

// Reads a capture without index whose first chunk has a changed header and a correct checksum.
CaptureReader reader_with_chunk(const std::function<void(ChunkHeader&)>& change) {
  Bytes bytes = small_capture(8);
  const CaptureReader whole = reader_of(bytes);
  const std::uint64_t salt = structure_at<FileHeader>(bytes, 0).salt;
  const std::size_t offset = whole.chunks()[0].offset;
  auto header = structure_at<ChunkHeader>(bytes, offset);
  change(header);
  header.checksum = checksum_of_structure(header, salt);
  put(bytes, offset, header);
  bytes.pop_back();
  return reader_of(bytes);
}

TEST(CaptureDamage, AbsurdChunksAreInterruptions) {
  const std::vector<std::function<void(ChunkHeader&)>> absurd = {
      [](ChunkHeader& header) { header.size = 0xfffffff8; },
      [](ChunkHeader& header) { header.size = max_chunk_size + 8; },
      [](ChunkHeader& header) { header.size = max_chunk_size; },  // more than in the frame
      [](ChunkHeader& header) { header.size -= 8; },              // less than in the frame
      [](ChunkHeader& header) { header.size = 0; },
      [](ChunkHeader& header) { header.size = 12; },
      [](ChunkHeader& header) { header.stored_size = 0; },
      [](ChunkHeader& header) { header.stored_size = 0xffffffff; },
      [](ChunkHeader& header) { header.stored_size = max_stored_size; },
      [](ChunkHeader& header) { header.stored_size -= 1; },
      [](ChunkHeader& header) { header.records = 3; },
      [](ChunkHeader& header) { header.records = 5; },
      [](ChunkHeader& header) { header.records = 0; },
      [](ChunkHeader& header) { header.records = ~0ULL; },
      [](ChunkHeader& header) { header.first_ns = header.last_ns + 1; },
      [](ChunkHeader& header) { header.offset += 1; },
      [](ChunkHeader& header) { header.magic = 0; },
      [](ChunkHeader& header) { header.kind = static_cast<ChunkKind>(0); },
      [](ChunkHeader& header) { header.kind = static_cast<ChunkKind>(99); },
      [](ChunkHeader& header) { header.kind = ChunkKind::dropped; },
  };
  for (std::size_t i = 0; i < absurd.size(); ++i) {
    SCOPED_TRACE(i);
    CaptureReader reader = reader_with_chunk(absurd[i]);
    const ReadItems items = read_on(reader);
    EXPECT_THAT(numbers_of(items.records), ElementsAre(4, 5, 6, 7));
    ASSERT_FALSE(items.interruptions.empty());
    EXPECT_EQ(items.interruptions[0].why, Interruption::Why::damaged);
  }
}

// Returns a capture of one chunk with any content, and with this number of records in its header; it is cut after it.
Bytes forged(std::span<const std::byte> content, std::uint64_t records) {
  Bytes bytes = small_capture(0);
  const std::uint64_t salt = structure_at<FileHeader>(bytes, 0).salt;
  Bytes body(ZSTD_compressBound(content.size()));
  body.resize(ZSTD_compress(body.data(), body.size(), content.data(), content.size(), 1));
  ChunkHeader header{.magic = chunk_magic,
                     .kind = ChunkKind::records,
                     .offset = sizeof(FileHeader) + test::small_description.size(),
                     .first_ns = 10,
                     .last_ns = 20,
                     .records = records,
                     .size = static_cast<std::uint32_t>(content.size()),
                     .stored_size = static_cast<std::uint32_t>(body.size()),
                     .body_checksum = checksum_of(body, salt),
                     .checksum = 0};
  header.checksum = checksum_of_structure(header, salt);
  bytes.resize(header.offset + sizeof(header));
  put(bytes, header.offset, header);
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

TEST(CaptureDamage, ARecordThatRunsAwayTakesOnlyItsChunk) {
  for (const std::uint32_t size : {0U, 4U, 7U, 12U, 72U, 4096U, 0xfffffff8U, 0xffffffffU}) {
    SCOPED_TRACE(size);
    Bytes content = numbered_record(1);
    Bytes second = numbered_record(2);
    put(second, offsetof(tc_record, size), size);
    content.insert(content.end(), second.begin(), second.end());
    CaptureReader reader = reader_of(forged(content, 2));
    const ReadItems items = read_on(reader);
    EXPECT_THAT(items.records, IsEmpty());
    ASSERT_EQ(items.interruptions.size(), 1U);
    ASSERT_TRUE(items.interruptions[0].span);
    EXPECT_EQ(items.interruptions[0].span->first_ns, 10U);
    EXPECT_EQ(items.interruptions[0].span->last_ns, 20U);
  }
}

TEST(CaptureDamage, TheForgedChunkIsFineWhenItsRecordsAre) {
  CaptureReader reader = reader_of(forged(numbered_record(1), 1));
  EXPECT_THAT(read_on(reader).records, ElementsAre(numbered_record(1)));
}

TEST(CaptureDamage, ABombStaysWithinItsSize) {
  // The chunk has 64 MiB of zeros in a few KiB, and its header says 4 MiB.
  const Bytes zeros(64U << 20U);
  Bytes bytes = forged(zeros, 1);
  const std::uint64_t salt = structure_at<FileHeader>(bytes, 0).salt;
  const std::size_t offset = sizeof(FileHeader) + test::small_description.size();
  auto header = structure_at<ChunkHeader>(bytes, offset);
  header.size = max_chunk_size;
  header.checksum = checksum_of_structure(header, salt);
  put(bytes, offset, header);
  CaptureReader reader = reader_of(bytes);
  EXPECT_EQ(read_on(reader).interruptions.size(), 1U);
}

}  // namespace
}  // namespace taskcost
