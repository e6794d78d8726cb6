// SPDX-License-Identifier: Apache-2.0
//
// A capture is a file with the records of the ring buffer (abi.h), in the order of their arrival. decode() of record.h
// reads a record from a capture as it does from the ring; nothing here depends on the content of records.
//
// The format, version 2
// ---------------------
//
// taskcost-capture(5) shows this from here on: it fits 80 columns.
//
//   header, description, chunk..., index chunk..., trailer chunk, footer
//
// Numbers are unsigned, without padding or alignment, in the byte order of
// the machine that wrote them: little-endian on all machines that taskcost
// supports. A reader with another byte order refuses the file. A checksum
// is the 64-bit XXH3 with the header's `salt`, a random number, as its
// seed. Records hold names that observed programs chose: without knowing
// the salt, no program can put a valid chunk into its name.
//
//   header, 48 bytes
//      0  magic            89 54 43 41 50 0d 0a 1a ("\x89TCAP\r\n\x1a")
//      8  u32 byte order   0x01020304
//     12  u32 version      2; any other is refused
//     16  u64 salt
//     24  u64 checksum of the description
//     32  u32 size of the description, at most 16 MiB
//     36  u32 0
//     40  u64 checksum of the 40 bytes before
//
//   description            text from the caller of create()
//
//   chunk, 64 bytes
//      0  u32 magic        0x4b4e4843 ("CHNK")
//      4  u32 kind         1 records, 2 dropped, 3 index, 4 trailer
//      8  u64 offset       of this chunk in the file
//     16  u64 first        smallest and
//     24  u64 last         largest time, CLOCK_MONOTONIC nanoseconds
//     32  u64 records      how many
//     40  u32 size         bytes of the body before compression
//     44  u32 stored size  bytes of the body as stored, behind this header
//     48  u64 checksum of the stored body
//     56  u64 checksum of the 56 bytes before
//
//   records  The body is one zstd frame, without a checksum of its own, of at
//            most 5 MiB. Decompressed it has `size` bytes, a multiple of 8
//            and at most 4 MiB: `records` records, one after the other. Each
//            begins with struct tc_record, whose `size` is the record's: a
//            multiple of 8, at least 8. No record crosses chunks.
//   dropped  There is no body. `records` records are missing here: the disk
//            was slower than the events.
//   index    The body, not compressed and at most 4 MiB, has a copy of the 64
//            bytes of each chunk of kind records or dropped, in their order.
//            An index that is too long for one chunk continues in the next.
//            `records` is the number of copies, first and last are 0.
//   trailer  The body is text from the caller of finish(), as one zstd frame
//            that knows its size. The text has `size` bytes, at most 256 MiB,
//            and the frame at most 257 MiB. first, last and `records` cover
//            all chunks of kind records.
//
//   footer, 32 bytes
//      0  magic            89 54 43 45 4e 44 0d 0a ("\x89TCEND\r\n")
//      8  u64 offset of the first index chunk, or of the trailer if there is
//             no index
//     16  u64 offset of the trailer chunk
//     24  u64 checksum of the 24 bytes before
//
// A file is complete if its trailer is. Without footer or index, a reader
// goes from one chunk header to the next. Behind a damaged header it
// searches for the next 64 bytes that are a valid header, whose `offset`
// is their own offset. Any change of this format increments the version.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace taskcost {

// The number of records, and the smallest and largest of their times; CLOCK_MONOTONIC ns.
struct CaptureSpan {
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::uint64_t records = 0;

  // Adds `count` records between these times.
  void include(std::uint64_t first, std::uint64_t last, std::uint64_t count);
};

// One chunk of records or dropped records, or a range of damaged bytes.
struct CaptureChunk {
  enum class Kind {
    records,
    dropped,  // the writer dropped records here
    damaged   // unreadable bytes between two chunks
  };
  Kind kind = Kind::records;
  std::uint64_t offset = 0;
  std::optional<CaptureSpan> span;  // nullopt for damaged bytes
  std::uint32_t size = 0;           // bytes of records before compression
  std::uint32_t stored_size = 0;    // bytes of the body in the file
  std::uint64_t checksum = 0;       // checksum of the stored body
};

// Records are missing between the previous and the next record.
struct Interruption {
  enum class Why { dropped, damaged };
  Why why = Why::dropped;
  std::optional<CaptureSpan> span;  // the missing records; nullopt: not known
};

// A closed interval of CLOCK_MONOTONIC ns.
struct TimeRange {
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = UINT64_MAX;
};

// The times that the missing records may have; all times if their span is not known.
TimeRange range_of(const Interruption& interruption);

struct CaptureEnd {
  enum class State {
    complete,
    cut,     // the file ends in the middle of a chunk or without a trailer
    damaged  // from `offset` to the end of the file nothing is readable
  };
  State state = State::cut;
  std::uint64_t offset = 0;              // end of the readable part
  std::optional<std::uint64_t> last_ns;  // largest time of all readable chunks; nullopt if there is none
  std::string trailer;                   // empty unless complete
};

}  // namespace taskcost
