// SPDX-License-Identifier: Apache-2.0
//
// Captures: the records of the ring buffer (abi.h) kept in a file, in the order in which they came. What a record means
// is not this file's business; decode() of record.h reads those of a capture as it reads those of the ring.
//
// The format, version 1
// ---------------------
//
//   header | description | chunk... | index chunk... | trailer chunk | footer
//
// Numbers are unsigned, without padding, in the byte order of the machine that wrote them, which is little-endian on
// all that taskcost runs on; a reader of the other order refuses the file. A checksum is the 64-bit XXH3 with the
// header's `salt` as its seed. Records hold names that other programs chose: the salt, a random number, keeps them from
// holding what could pass for a chunk of this file. Nothing is aligned.
//
//   header, 48 bytes       0  magic             89 54 43 41 50 0d 0a 1a ("\x89TCAP\r\n\x1a")
//                          8  u32 byte order    0x01020304
//                         12  u32 version       1; any other is refused
//                         16  u64 salt
//                         24  u64 checksum of the description
//                         32  u32 size of the description, at most 16 MiB
//                         36  u32 0
//                         40  u64 checksum of the 40 bytes before
//
//   description           text that the writer's user gave
//
//   chunk, 64 bytes        0  u32 magic         0x4b4e4843 ("CHNK")
//                          4  u32 kind          1 records, 2 dropped, 3 index, 4 trailer
//                          8  u64 offset        of this chunk in the file
//                         16  u64 first         smallest and
//                         24  u64 last          largest time, CLOCK_MONOTONIC nanoseconds
//                         32  u64 records       how many
//                         40  u32 size          of the body before compression
//                         44  u32 stored size   of the body, which follows
//                         48  u64 checksum of the stored body
//                         56  u64 checksum of the 56 bytes before
//
//   records    The body is one zstd frame, without a checksum of its own, of at most 5 MiB. Decompressed it has `size`
//              bytes, a multiple of 8 and at most 4 MiB: `records` records, one after the other. Each begins with
//              struct tc_record, whose `size` is the record's: a multiple of 8, at least 8. No record crosses chunks.
//   dropped    No body. At this place `records` records are missing: the disk was slower than the events.
//   index      The body, not compressed and at most 4 MiB, is a copy of the 64 bytes of each chunk of records or of
//              dropped ones, in their order. An index too long for one chunk goes on in the next. `records` is the
//              number of copies, first and last are 0.
//   trailer    The body, not compressed and at most 16 MiB, is text that the writer's user gave. first, last and
//              `records` are those of all chunks of records.
//
//   footer, 32 bytes       0  magic             89 54 43 45 4e 44 0d 0a ("\x89TCEND\r\n")
//                          8  u64 offset of the first index chunk; that of the trailer when there is none
//                         16  u64 offset of the trailer chunk
//                         24  u64 checksum of the 24 bytes before
//
// A file is complete when its trailer is. Where the footer or the index is missing, the chunks are found by going from
// one header to the next; behind a damaged header at the next place where the 64 bytes of a valid one stand, whose
// `offset` must be that place. Whoever changes anything here raises the version.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "taskcost/fd.h"
#include "taskcost/result.h"

namespace taskcost {

// So many records between two instants.
struct CaptureSpan {
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::uint64_t records = 0;

  // Also of this instant, and of so many records more.
  void include(std::uint64_t first, std::uint64_t last, std::uint64_t count);
};

struct CaptureOptions {
  std::size_t chunk_size = 1 << 20;           // of records before compression; at most 4 MiB
  std::size_t buffers = 32;                   // of one chunk each, all allocated at once; at least 2
  std::uint64_t chunk_time_ns = 1000000000U;  // a chunk spans no longer: what a crash can lose, how exact a seek is
  int compression_level = -2;                 // of zstd
};

struct CaptureStatistics {
  std::uint64_t records = 0;    // in the file
  std::uint64_t bytes_in = 0;   // their size
  std::uint64_t bytes_out = 0;  // the size of the file
  std::uint64_t refused = 0;    // appended, but no records: their size field is wrong, or they are larger than a chunk
  std::uint64_t unwritten = 0;  // accepted, but then the file could not be written
  CaptureSpan dropped;          // found all buffers busy
};

// Writes a capture. append() is for one thread; so is finish(), after the last append(). A thread of its own compresses
// and writes.
class CaptureWriter {
 public:
  // Takes a file that is open for writing and empty, and writes the header to it. Errors: the file cannot be written,
  // the description is longer than 16 MiB.
  static Result<std::unique_ptr<CaptureWriter>> create(Fd file, const std::string& description,
                                                       const CaptureOptions& options = {});
  // Without finish() the file stays without index and trailer: readable, but not complete.
  ~CaptureWriter();
  CaptureWriter(const CaptureWriter&) = delete;
  CaptureWriter& operator=(const CaptureWriter&) = delete;

  // Copies the record. Never waits, never allocates and takes no lock: where no buffer is free, the record is dropped,
  // and the file tells where.
  void append(std::span<const std::byte> record, std::uint64_t time_ns);

  // Writes what is left, the index and the trailer, and closes the file. Error: the first that writing met, or the
  // trailer is longer than 16 MiB. Not to be called twice.
  Status finish(const std::string& trailer);

  // Writing met an error: what is appended from now on is lost, and finish() will tell why. From any thread.
  [[nodiscard]] bool has_failed() const;

  // From any thread; lags behind by what lies in buffers until finish() returned.
  [[nodiscard]] CaptureStatistics statistics() const;

 private:
  struct State;
  explicit CaptureWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A part of the file.
struct CaptureChunk {
  enum class Kind {
    records,
    dropped,  // the writer says that records are missing here
    damaged   // unreadable bytes between two chunks
  };
  Kind kind = Kind::records;
  std::uint64_t offset = 0;
  std::optional<CaptureSpan> span;  // nullopt for damaged bytes
  std::uint32_t size = 0;           // bytes of records
  std::uint32_t stored_size = 0;    // bytes of the body in the file
  std::uint64_t checksum = 0;       // of that body
};

// Records are missing between the last one and the next one.
struct Interruption {
  enum class Why { dropped, damaged };
  Why why = Why::dropped;
  std::optional<CaptureSpan> span;  // of those that are missing; nullopt: not known
};

// Both ends included. CLOCK_MONOTONIC nanoseconds.
struct TimeRange {
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = UINT64_MAX;
};

// When the missing records may have been: any time where nobody knows their span.
TimeRange range_of(const Interruption& interruption);

struct EndOfCapture {};

struct CaptureEnd {
  enum class State {
    complete,
    cut,     // the file ends where more should be
    damaged  // from `offset` to the end of the file nothing is readable
  };
  State state = State::cut;
  std::uint64_t offset = 0;              // what is readable ends here
  std::optional<std::uint64_t> last_ns;  // the largest time of all readable chunks; nullopt when there is none
  std::string trailer;                   // empty unless complete
};

// Reads a capture from the beginning to its end, or from a time on. Keeps one chunk in memory, and the list of chunks:
// about 100 bytes for each. Whatever the file holds, it is either an error of open() or told by next() and end().
class CaptureReader {
 public:
  // Errors: cannot be opened, not a regular file, not a capture, of another version or byte order, header cut or
  // damaged.
  static Result<CaptureReader> open(const std::string& path);
  // The same for a file that is open; `name` is for errors.
  static Result<CaptureReader> read(Fd file, const std::string& name);
  CaptureReader(CaptureReader&&) noexcept;
  CaptureReader& operator=(CaptureReader&&) noexcept;
  ~CaptureReader();

  [[nodiscard]] const std::string& description() const;
  [[nodiscard]] const std::vector<CaptureChunk>& chunks() const;  // in the order of the file
  [[nodiscard]] const CaptureEnd& end() const;                    // known from the beginning

  // A record: its bytes, valid until the next call, at an address that is a multiple of 8. At least 8 bytes, a multiple
  // of 8, as many as its size field says; what else it holds nobody has looked at.
  using Item = std::variant<std::span<const std::byte>, Interruption, EndOfCapture>;
  Item next();

  // What next() gives from here on begins with the first chunk that has records of this time or later; some of its
  // records may be earlier. All later records follow.
  void seek(std::uint64_t time_ns);

 private:
  struct State;
  explicit CaptureReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace taskcost
